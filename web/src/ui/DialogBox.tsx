import { AlertDialog } from '@base-ui/react/alert-dialog'
import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { type ReactNode, type RefObject, useRef, useState } from 'react'
import { Button } from './Button'
import { classes } from './classes'

const BACKDROP =
  'fixed inset-0 z-40 bg-app/75 transition-opacity duration-150 ' +
  'data-ending-style:opacity-0 data-starting-style:opacity-0'
const POPUP =
  'fixed top-1/2 left-1/2 z-50 flex max-h-[90dvh] w-[calc(100vw-24px)] -translate-x-1/2 ' +
  '-translate-y-1/2 flex-col gap-4 overflow-y-auto rounded-lg border border-line bg-s1 p-5 ' +
  'shadow-2xl outline-none transition-opacity duration-150 ' +
  'data-ending-style:opacity-0 data-starting-style:opacity-0'
const SHEET =
  'fixed inset-x-0 bottom-0 z-50 flex max-h-[92dvh] flex-col gap-3 overflow-y-auto rounded-t-lg ' +
  'border-t border-line bg-s1 p-4 shadow-2xl outline-none transition-transform duration-150 ' +
  'data-ending-style:translate-y-full data-starting-style:translate-y-full'

export type DialogProps = {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  wide?: boolean
  /** Rises from the lower edge: for phones. */
  sheet?: boolean
  /** Cannot be closed except by what is in it. */
  held?: boolean
  /** What has the focus afterwards, where what opened the dialog is gone. */
  fallback?: RefObject<HTMLElement | null>
  children: ReactNode
}

export function DialogBox(props: DialogProps) {
  const { open, onClose, title, description, wide, sheet, held, fallback, children } = props
  const popup = useRef<HTMLDivElement>(null)
  const [opener] = useState(() => document.activeElement)
  return (
    <Base.Root
      open={open}
      onOpenChange={(next) => {
        if (!next && !held) onClose()
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={BACKDROP} />
        <Base.Popup
          ref={popup}
          // Who opens a dialog wants to write in it; the way out is Esc.
          initialFocus={() => popup.current?.querySelector('input, textarea') ?? true}
          finalFocus={() => opener?.isConnected === true || (fallback?.current ?? true)}
          className={sheet ? SHEET : classes(POPUP, wide ? 'max-w-[640px]' : 'max-w-[440px]')}
        >
          <div className="flex items-start justify-between gap-4">
            <Base.Title className="text-lg font-semibold">{title}</Base.Title>
            {!held && (
              <Base.Close
                aria-label="Close"
                className="-m-1 flex size-8 items-center justify-center rounded-md text-t2 hover:bg-s3"
              >
                <X aria-hidden="true" size={16} />
              </Base.Close>
            )}
          </div>
          {description && (
            <Base.Description render={<div />} className="-mt-2 text-sm text-t2">
              {description}
            </Base.Description>
          )}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

export type ConfirmProps = {
  open: boolean
  onClose: () => void
  onConfirm: () => void
  title: string
  /** What will happen, in figures. */
  consequence: ReactNode
  confirm: string
  refuse?: string
  pending?: boolean
  /** For what is asked for caution and destroys nothing. */
  gentle?: boolean
}

export function ConfirmBox(props: ConfirmProps) {
  const safe = useRef<HTMLButtonElement>(null)
  return (
    <AlertDialog.Root open={props.open} onOpenChange={(next) => !next && props.onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP} />
        <AlertDialog.Popup className={classes(POPUP, 'max-w-[440px]')} initialFocus={safe}>
          <AlertDialog.Title className="text-lg font-semibold">{props.title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className="text-sm text-t2">
            {props.consequence}
          </AlertDialog.Description>
          <div className="flex justify-end gap-2">
            <Button ref={safe} onClick={props.onClose}>
              {props.refuse ?? 'Keep'}
            </Button>
            <Button
              look={props.gentle ? 'solid' : 'danger'}
              pending={props.pending ?? false}
              onClick={props.onConfirm}
            >
              {props.confirm}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
