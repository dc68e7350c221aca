import { type Ref, useImperativeHandle, useState } from 'react'
import type { Candle } from '@/api/shapes'
import { classes } from '@/ui/classes'
import { compare, divide, multiply, subtract, type Decimal } from '@/ui/decimal'
import { amount, compact, percent } from '@/ui/format'
import { useTraded } from '../market'

export type LegendHandle = { show: (candle: Candle | null) => void }

const HUNDRED = '100' as Decimal

/** Open, high, low, close of the candle under the crosshair. */
export function Legend({ ref }: { ref: Ref<LegendHandle> }) {
  const { pricePlaces } = useTraded()
  const [candle, setCandle] = useState<Candle | null>(null)
  useImperativeHandle(ref, () => ({ show: setCandle }), [])
  if (candle === null) return null
  const tone = compare(candle.close, candle.open) < 0 ? 'text-down' : 'text-up'
  const moved = divide(multiply(subtract(candle.close, candle.open), HUNDRED), candle.open, 2)
  const figures = [
    ['O', candle.open],
    ['H', candle.high],
    ['L', candle.low],
    ['C', candle.close],
  ] as const
  return (
    <p
      className="figures pointer-events-none absolute top-1.5 left-3 right-18 z-10 flex gap-x-3
        overflow-hidden text-xs whitespace-nowrap max-sm:left-2 max-sm:gap-x-1.5 max-sm:text-2xs"
    >
      {figures.map(([name, price]) => (
        <span key={name} className="text-t3">
          {name} <span className={tone}>{amount(price, pricePlaces)}</span>
        </span>
      ))}
      <span className={classes('max-sm:hidden', tone)}>{percent(moved)}</span>
      <span className="text-t3 max-sm:hidden">
        Vol <span className="text-t2">{compact(candle.volume)}</span>
      </span>
    </p>
  )
}
