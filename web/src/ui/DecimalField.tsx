import { Minus, Plus } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react'
import { classes } from './classes'
import { add, compare, type Decimal, floorToStep, multiply, placesOf, subtract } from './decimal'
import { toPlaces, trim, typed, ZERO } from './decimal'
import { FieldError } from './Field'
import { grouped, thousandsMark } from './format'

type DecimalFieldProps = {
  label: string
  value: Decimal | null
  onChange: (value: Decimal | null) => void
  /** What one arrow key or one click on plus changes. */
  step: Decimal
  unit: string
  error?: string | null
  aside?: ReactNode
  disabled?: boolean
  /** Where keys and links find the input. */
  inputId?: string
}

const SHIFT_STEPS = '10' as Decimal

/** Moves to the next multiple of `step`, never below zero. */
function moved(value: Decimal | null, step: Decimal, up: boolean): Decimal {
  const from = floorToStep(value ?? ZERO, step)
  const next = up ? add(from, step) : subtract(from, step)
  return toPlaces(compare(next, ZERO) < 0 ? ZERO : next, placesOf(step))
}

/** An amount that is typed: the text stays as written until the field is left, or told another. */
export function DecimalField(props: DecimalFieldProps) {
  const { label, value, onChange, step, unit, error, aside, disabled, inputId } = props
  const made = useId()
  const id = inputId ?? made
  const [written, setDraft] = useState<string | null>(null)
  const draft = written !== null && typed(written, thousandsMark()) === value ? written : null
  const unreadable = draft !== null && draft.trim() !== '' && typed(draft, thousandsMark()) === null
  const problem = unreadable ? 'This is not a number' : error

  function move(up: boolean, large: boolean) {
    setDraft(null)
    onChange(moved(value, large ? multiply(step, SHIFT_STEPS) : step, up))
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
    event.preventDefault()
    move(event.key === 'ArrowUp', event.shiftKey)
  }

  const stepButton = 'flex w-9 shrink-0 items-center justify-center text-t2 hover:text-t1'
  return (
    <div className="flex flex-col gap-1">
      <div className="flex min-h-6 items-center justify-between gap-2">
        <label htmlFor={id} className="text-xs text-t2">
          {label}
        </label>
        {aside}
      </div>
      <div
        className={classes(
          'flex h-9 items-stretch rounded-md border bg-s2',
          'has-[input:focus-visible]:outline-2 has-[input:focus-visible]:outline-accent',
          problem ? 'border-bad' : 'border-strong',
          disabled && 'opacity-60',
        )}
      >
        <button
          type="button"
          tabIndex={-1}
          aria-label={`${label}: one step down`}
          disabled={disabled}
          className={stepButton}
          onClick={() => move(false, false)}
        >
          <Minus aria-hidden="true" size={14} />
        </button>
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          spellCheck={false}
          disabled={disabled}
          className="figures w-full min-w-0 bg-transparent text-right text-base outline-none"
          value={draft ?? (value === null ? '' : grouped(trim(value)))}
          aria-invalid={problem ? true : undefined}
          aria-describedby={problem ? `${id}-error` : undefined}
          onChange={(event) => {
            setDraft(event.target.value)
            onChange(typed(event.target.value, thousandsMark()))
          }}
          onBlur={() => {
            if (!unreadable) setDraft(null)
          }}
          onKeyDown={onKeyDown}
        />
        <span className="flex items-center pl-1.5 text-xs text-t3">{unit}</span>
        <button
          type="button"
          tabIndex={-1}
          aria-label={`${label}: one step up`}
          disabled={disabled}
          className={stepButton}
          onClick={() => move(true, false)}
        >
          <Plus aria-hidden="true" size={14} />
        </button>
      </div>
      <FieldError id={`${id}-error`} text={problem} />
    </div>
  )
}
