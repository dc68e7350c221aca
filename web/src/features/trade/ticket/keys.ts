import { type RefObject, useEffect, useRef } from 'react'

/** Whether a key belongs to a dialog that is not the ticket's own sheet. */
function elsewhere(target: EventTarget | null, ticket: Element | null): boolean {
  if (!(target instanceof Element)) return false
  const dialog = target.closest('[role=dialog], [role=alertdialog]')
  return dialog !== null && !dialog.contains(ticket)
}

/** Ctrl and Enter send the ticket, wherever the focus is on the page itself. */
export function useSubmitKey(ticket: RefObject<Element | null>, submit: () => void) {
  const latest = useRef(submit)
  useEffect(() => {
    latest.current = submit
  })
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (!(event.ctrlKey || event.metaKey) || event.key !== 'Enter') return
      if (elsewhere(event.target, ticket.current)) return
      event.preventDefault()
      latest.current()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [ticket])
}
