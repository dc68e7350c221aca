import { ArrowDown, ArrowUp } from 'lucide-react'
import { useTicker } from '@/api/tickers'
import { classes } from '@/ui/classes'
import { compare, type Decimal, divide, multiply, subtract } from '@/ui/decimal'
import { amount, UNKNOWN } from '@/ui/format'
import { useDirection } from '../direction'
import { useTraded } from '../market'

const BASIS_POINTS = '10000' as Decimal

/** Between asks and bids: the last price and the spread. */
export function LastPrice() {
  const { market, pricePlaces } = useTraded()
  const ticker = useTicker(market.symbol)
  const last = ticker?.last ?? null
  const down = useDirection(last) === 'down'
  const spread = spreadOf(ticker?.bid ?? null, ticker?.ask ?? null)
  return (
    <div
      className="figures my-0.5 flex h-9 shrink-0 items-center justify-between border-y border-line
        bg-s1 px-3"
    >
      <span
        className={classes(
          'flex items-center gap-1 text-lg font-semibold',
          down ? 'text-down' : 'text-up',
        )}
      >
        {down ? (
          <ArrowDown aria-hidden="true" size={14} />
        ) : (
          <ArrowUp aria-hidden="true" size={14} />
        )}
        {amount(last, pricePlaces)}
      </span>
      <span className="text-2xs text-t3">
        Spread{' '}
        <span className="text-t2">
          {spread === null
            ? UNKNOWN
            : `${amount(spread.width, pricePlaces)} · ${amount(spread.basisPoints, 2)} bp`}
        </span>
      </span>
    </div>
  )
}

function spreadOf(bid: Decimal | null, ask: Decimal | null) {
  if (bid === null || ask === null || compare(ask, bid) < 0) return null
  const width = subtract(ask, bid)
  return { width, basisPoints: divide(multiply(width, BASIS_POINTS), ask, 2) }
}
