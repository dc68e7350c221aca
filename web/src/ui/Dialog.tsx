/** Dialogs, loaded apart: no page needs them to be drawn. */
import { Suspense, useState } from 'react'
import type { ConfirmProps, DialogProps } from './DialogBox'
import { later } from './later'

const LazyDialog = later(async () => ({ default: (await import('./DialogBox')).DialogBox }))
const LazyConfirm = later(async () => ({ default: (await import('./DialogBox')).ConfirmBox }))

/** Stays once opened, so that closing can be seen. */
function useOnce(open: boolean): boolean {
  const [opened, setOpened] = useState(open)
  if (open && !opened) setOpened(true)
  return opened || open
}

export function Dialog(props: DialogProps) {
  return useOnce(props.open) ? (
    <Suspense>
      <LazyDialog {...props} />
    </Suspense>
  ) : null
}

/** Asks before something that cannot be taken back. The safe button has the focus. */
export function Confirm(props: ConfirmProps) {
  return useOnce(props.open) ? (
    <Suspense>
      <LazyConfirm {...props} />
    </Suspense>
  ) : null
}
