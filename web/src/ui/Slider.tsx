import type { CSSProperties } from 'react'

type SliderProps = { label: string; value: number; onChange: (percent: number) => void }

const MARKS = [0, 25, 50, 75, 100]

/** A share from 0 to 100 percent, with the quarters to click. */
export function PercentSlider({ label, value, onChange }: SliderProps) {
  return (
    <div className="flex flex-col">
      <input
        type="range"
        aria-label={label}
        aria-valuetext={`${value}%`}
        min={0}
        max={100}
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
        className="slider h-6 w-full cursor-pointer"
        style={{ '--share': `${value}%` } as CSSProperties}
      />
      <div className="-mx-1 flex justify-between">
        {MARKS.map((mark) => (
          <button
            key={mark}
            type="button"
            className="figures min-h-6 rounded-sm px-1 text-2xs text-t3 hover:text-t1"
            aria-label={`${label}: ${mark}%`}
            onClick={() => onChange(mark)}
          >
            {mark}%
          </button>
        ))}
      </div>
    </div>
  )
}
