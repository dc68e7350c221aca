import { ChevronDown } from 'lucide-react'
import { classes } from './classes'

export type Choice<V extends string> = { value: V; label: string; hint?: string }

type SelectProps<V extends string> = {
  /** Its name for screen readers. */
  label: string
  value: V
  choices: readonly Choice<V>[]
  onChange: (value: V) => void
  dense?: boolean
  className?: string
}

/** One of many. The browser's own: it knows phones, keys and readers better than any copy. */
export function Select<V extends string>(props: SelectProps<V>) {
  const { label, value, choices, onChange, dense, className } = props
  return (
    <span className={classes('relative inline-flex', className)}>
      <select
        aria-label={label}
        title={choices.find((choice) => choice.value === value)?.hint}
        value={value}
        onChange={(event) => onChange(event.target.value as V)}
        className={classes(
          'figures w-full cursor-pointer appearance-none rounded-md text-t1',
          dense
            ? 'h-7 bg-s1 ps-2 pe-6 text-xs hover:bg-s3'
            : 'h-9 border border-strong bg-s2 ps-3 pe-8 text-sm',
        )}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} className="bg-s1">
            {choice.label}
          </option>
        ))}
      </select>
      <ChevronDown
        aria-hidden="true"
        size={14}
        className="pointer-events-none absolute end-1.5 top-1/2 -translate-y-1/2 text-t3"
      />
    </span>
  )
}
