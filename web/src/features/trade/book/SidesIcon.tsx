import type { Sides } from './useLadder'

const LINES = [3, 6, 10, 13]

/** Two lines of each side that is shown, grey ones for the rest. */
export function SidesIcon({ sides }: { sides: Sides }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" className="size-4">
      {LINES.map((y, at) => {
        const ask = at < 2
        const shown = sides === 'both' || (ask ? sides === 'asks' : sides === 'bids')
        const colour = shown ? (ask ? 'var(--down)' : 'var(--up)') : 'var(--strong)'
        return <path key={y} d={`M2 ${y}h12`} stroke={colour} strokeWidth="2" />
      })}
    </svg>
  )
}
