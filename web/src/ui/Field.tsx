import { type ComponentProps, type ReactNode, useId } from 'react'
import { classes } from './classes'

export const INPUT =
  'h-9 w-full min-w-0 rounded-md border border-strong bg-s2 px-3 text-sm text-t1 ' +
  'aria-invalid:border-bad disabled:opacity-60'

type FieldProps = Omit<ComponentProps<'input'>, 'children'> & {
  label: string
  hint?: ReactNode
  error?: string | null
  /** Stands beside the label: a link, a button. */
  aside?: ReactNode
}

/** A labelled input with its hint and its error, tied together for screen readers. */
export function Field({ label, hint, error, aside, className, ...input }: FieldProps) {
  const id = useId()
  const described = error ? `${id}-error` : hint ? `${id}-hint` : undefined
  return (
    <div className={classes('flex flex-col gap-1', className)}>
      <div className="flex min-h-6 items-center justify-between gap-2">
        <label htmlFor={id} className="text-xs text-t2">
          {label}
        </label>
        {aside}
      </div>
      <input
        {...input}
        id={id}
        className={INPUT}
        aria-invalid={error ? true : undefined}
        aria-describedby={described}
      />
      <FieldError id={`${id}-error`} text={error} />
      {hint && !error && (
        <p id={`${id}-hint`} className="text-xs text-t3">
          {hint}
        </p>
      )}
    </div>
  )
}

export function FieldError({ id, text }: { id: string; text: string | null | undefined }) {
  if (!text) return null
  return (
    <p id={id} role="alert" className="text-xs text-bad">
      {text}
    </p>
  )
}
