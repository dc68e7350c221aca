import {
  type ComponentProps,
  type ReactNode,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { classes } from './classes'

/** Between the opener and what it opens, and to the edges of the window. */
const GAP_PX = 6
const EDGE_PX = 8

type PopoverProps = {
  /** Properties of the button that opens it. */
  button: Omit<ComponentProps<'button'>, 'popoverTarget' | 'type'>
  /** Names what opens. */
  title: string
  onOpenChange?: (open: boolean) => void
  align?: 'start' | 'end'
  className?: string
  /** What is shown, told how to close. */
  children: (close: () => void) => ReactNode
}

/** A box in the browser's top layer: closed by Esc, by a click elsewhere, and by what is in it. */
export function Popover(props: PopoverProps) {
  const { button, title, onOpenChange, align = 'start', className, children } = props
  const id = useId()
  const opener = useRef<HTMLButtonElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const [shown, setShown] = useState(false)

  function place() {
    if (opener.current === null || box.current === null) return
    const from = opener.current.getBoundingClientRect()
    const width = box.current.offsetWidth
    const wanted = align === 'start' ? from.left : from.right - width
    const left = Math.max(EDGE_PX, Math.min(wanted, innerWidth - width - EDGE_PX))
    box.current.style.left = `${left}px`
    box.current.style.top = `${from.bottom + GAP_PX}px`
  }

  // What is in it has its width only now.
  useLayoutEffect(() => {
    if (shown) place()
  })

  return (
    <>
      <button
        {...button}
        ref={opener}
        type="button"
        popoverTarget={id}
        aria-haspopup="dialog"
        aria-expanded={shown}
      />
      <div
        id={id}
        ref={box}
        popover="auto"
        role="dialog"
        aria-label={title}
        onToggle={(event) => {
          const open = event.newState === 'open'
          setShown(open)
          onOpenChange?.(open)
        }}
        className={classes(
          'fixed inset-auto m-0 max-w-[calc(100vw-16px)] rounded-md border border-line bg-s1 p-0',
          'text-t1 shadow-2xl',
          className,
        )}
      >
        {shown && children(() => box.current?.hidePopover())}
      </div>
    </>
  )
}
