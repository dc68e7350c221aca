import { type ReactNode, useId } from 'react'
import { classes } from './classes'

export type Segment<V extends string> = {
  value: V
  label: ReactNode
  /** The name where the label is a picture. */
  name?: string
  /** Class names while chosen; grey without. */
  chosen?: string
}

type SegmentedProps<V extends string> = {
  label: string
  value: V
  onChange: (value: V) => void
  segments: readonly Segment<V>[]
  /** All of the same width, over the whole row. */
  wide?: boolean
  className?: string
}

/** One of a few, all in view: radio buttons that look like one bar. */
export function Segmented<V extends string>(props: SegmentedProps<V>) {
  const { label, value, onChange, segments, wide, className } = props
  const group = useId()
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className={classes('flex items-center gap-0.5', wide && 'rounded-md bg-s2 p-0.5', className)}
    >
      {segments.map((segment) => (
        <label
          key={segment.value}
          title={segment.name}
          className={classes(
            'relative flex min-h-7 items-center justify-center rounded-sm px-2 text-sm font-medium',
            'whitespace-nowrap has-focus-visible:outline-2 has-focus-visible:outline-accent',
            wide && 'h-9 flex-1',
            segment.value === value ? (segment.chosen ?? 'bg-s3 text-t1') : 'text-t3 hover:text-t1',
          )}
        >
          <input
            type="radio"
            name={group}
            value={segment.value}
            aria-label={segment.name}
            checked={segment.value === value}
            onChange={() => onChange(segment.value)}
            className="absolute inset-0 cursor-pointer appearance-none opacity-0"
          />
          {segment.label}
        </label>
      ))}
    </div>
  )
}
