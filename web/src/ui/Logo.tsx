/** Our mark: a bridge over water, of which Rialto is one. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" fill="none" aria-hidden="true" className={className}>
      <g stroke="var(--accent)" strokeWidth="2" strokeLinecap="round">
        <path d="M2.5 18.500h19" />
        <path d="M5 18a7 7 0 0 1 14 0" />
        <path d="M9.5 18a2.5 2.5 0 0 1 5 0" />
      </g>
      <path
        d="m2.5 12 9.5-7 9.5 7"
        stroke="var(--t1)"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
