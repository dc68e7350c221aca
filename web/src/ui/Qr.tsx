import { useMemo } from 'react'
import { qr } from './qr'

/** Modules of light around a code, without which readers do not find it. */
const QUIET = 4

/** A QR code, dark on white whatever the theme: readers want it so. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const modules = qr(text)
    const dots = modules.flatMap((line, row) =>
      line.flatMap((dark, column) => (dark ? `M${column + QUIET} ${row + QUIET}h1v1h-1z` : [])),
    )
    return { size: modules.length + 2 * QUIET, path: dots.join('') }
  }, [text])
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-48 shrink-0 rounded-md"
    >
      <path fill="#ffffff" d={`M0 0h${size}v${size}H0z`} />
      <path fill="#000000" d={path} />
    </svg>
  )
}
