import type { ComponentProps, ReactNode } from 'react'
import { classes } from './classes'
import { Spinner } from './Spinner'

type Look = 'solid' | 'outline' | 'quiet' | 'danger' | 'dangerQuiet' | 'buy' | 'sell'
type Size = 'small' | 'medium' | 'large'

const LOOKS: Record<Look, string> = {
  solid: 'bg-accent-solid text-white hover:brightness-110',
  outline: 'border border-strong text-t1 hover:bg-s3',
  quiet: 'text-t2 hover:bg-s3 hover:text-t1',
  danger: 'bg-bad-solid text-white hover:brightness-110',
  dangerQuiet: 'text-bad hover:bg-s3',
  buy: 'bg-up-solid text-white hover:brightness-110',
  sell: 'bg-down-solid text-white hover:brightness-110',
}
const SIZES: Record<Size, string> = {
  small: 'h-7 px-2.5 text-xs',
  medium: 'h-9 px-3.5 text-sm',
  large: 'h-11 px-4 text-base font-semibold',
}

type ButtonProps = ComponentProps<'button'> & {
  look?: Look
  size?: Size
  /** An answer is awaited: the button keeps its width and takes no second click. */
  pending?: boolean
}

export function Button(props: ButtonProps) {
  const { look = 'outline', size = 'medium', pending = false, className, children, ...rest } = props
  return (
    <button
      type="button"
      {...rest}
      aria-busy={pending || undefined}
      aria-disabled={pending || undefined}
      // A waiting button keeps the focus, which a disabled one would lose.
      onClick={pending ? (event) => event.preventDefault() : rest.onClick}
      className={classes(
        'relative inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md',
        'font-medium whitespace-nowrap select-none disabled:opacity-60 aria-disabled:opacity-80',
        LOOKS[look],
        SIZES[size],
        className,
      )}
    >
      <span className={classes('inline-flex items-center gap-1.5', pending && 'invisible')}>
        {children}
      </span>
      {pending && <Spinner className="absolute" />}
    </button>
  )
}

type IconButtonProps = ComponentProps<'button'> & { label: string; children: ReactNode }

/** A button that is an icon: its label is its name and its hint. */
export function IconButton({ label, className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      className={classes(
        'inline-flex size-8 shrink-0 items-center justify-center rounded-md text-t2',
        'hover:bg-s3 hover:text-t1 disabled:opacity-60',
        className,
      )}
    >
      {children}
    </button>
  )
}
