import { useEffect, useRef } from 'react'
import { usePreferences } from '@/ui/preferences'

/** Ctrl and Enter send the ticket, from any of its fields, where somebody wants keys for trading. */
export function useSubmitKey(submit: () => void) {
  const wanted = usePreferences((preferences) => preferences.tradingKeys)
  const latest = useRef(submit)
  useEffect(() => {
    latest.current = submit
  })
  useEffect(() => {
    if (!wanted) return
    function onKeyDown(event: KeyboardEvent) {
      if (!(event.ctrlKey || event.metaKey) || event.key !== 'Enter') return
      event.preventDefault()
      latest.current()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [wanted])
}
