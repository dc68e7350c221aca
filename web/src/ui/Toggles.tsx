import type { ReactNode } from 'react'
import { classes } from './classes'

type ToggleProps = {
  label: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
  className?: string
}

/** On or off, at once. */
export function Switch({ label, checked, onChange, disabled = false, className }: ToggleProps) {
  return (
    <label className={classes('flex min-h-6 items-center gap-2 text-sm text-t2', className)}>
      <span className="relative flex">
        <input
          type="checkbox"
          role="switch"
          aria-checked={checked}
          checked={checked}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked)}
          className={classes(
            'peer h-4.5 w-8 shrink-0 cursor-pointer appearance-none rounded-full border border-strong',
            'bg-s3 checked:border-accent-solid checked:bg-accent-solid disabled:opacity-60',
          )}
        />
        <span
          aria-hidden="true"
          className={classes(
            'pointer-events-none absolute top-1/2 left-0.5 size-3.5 -translate-y-1/2 rounded-full',
            'bg-t2 transition-transform duration-150 peer-checked:translate-x-3.5',
            'peer-checked:bg-white',
          )}
        />
      </span>
      {label}
    </label>
  )
}

/** Chosen or not, for what a button does later. */
export function Checkbox({ label, checked, onChange, disabled = false, className }: ToggleProps) {
  return (
    <label className={classes('flex min-h-6 items-center gap-2 text-sm text-t2', className)}>
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
        className="size-4 shrink-0 cursor-pointer accent-accent-solid"
      />
      {label}
    </label>
  )
}
