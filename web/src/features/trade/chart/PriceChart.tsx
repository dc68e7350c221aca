import './chart.css'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useAccount } from '@/api/account'
import { unitsOf } from '@/api/book'
import { stream } from '@/api/connection'
import { known } from '@/api/live'
import { paced } from '@/api/paced'
import { olderCandles } from '@/api/queries'
import { classes } from '@/ui/classes'
import { Failed, Loading } from '@/ui/Faces'
import { usePreferences } from '@/ui/preferences'
import { useTraded } from '../market'
import { CandleChart } from './CandleChart'
import { type Interval, Waiting } from './candles'
import { watchColours } from './colours'
import { Legend, type LegendHandle } from './Legend'
import { OrderDrags } from './OrderDrags'

const PAINTS_PER_SECOND = 4

type ChartState = 'connecting' | 'live' | 'stale' | 'failed'

/** Candles of a market that move; loaded apart, because the library is large. */
export default function PriceChart({ interval }: { interval: Interval }) {
  const { market, pricePlaces } = useTraded()
  const box = useRef<HTMLDivElement>(null)
  const legend = useRef<LegendHandle>(null)
  const [chart, setChart] = useState<CandleChart | null>(null)
  const [state, setState] = useState<ChartState>('connecting')
  const numbers = usePreferences((preferences) => preferences.numbers)

  useEffect(() => {
    if (box.current === null) return
    const { symbol } = market
    let asking = false
    /** The first candle that there is. */
    let oldest: string | null = null
    const made = new CandleChart(box.current, {
      pricePlaces,
      tick: unitsOf(market.tickSize, pricePlaces),
      onLegend: (candle) => legend.current?.show(candle),
      onOlder: (before) => {
        if (asking || before.openAt === oldest) return
        asking = true
        olderCandles(symbol, interval, before.openAt)
          .then(({ items }) => {
            const older = items.filter((candle) => candle.openAt < before.openAt)
            if (older.length === 0) oldest = before.openAt
            else made.prepend(older)
          })
          // Scrolling on asks again.
          .catch(() => undefined)
          .finally(() => {
            asking = false
          })
      },
    })
    setChart(made)
    const closes = [follow(made, symbol, interval, setState), watchColours(() => made.recolour())]
    return () => {
      for (const close of closes) close()
      made.remove()
      setChart(null)
      setState('connecting')
    }
  }, [market, pricePlaces, interval, numbers])

  useOrderLines(chart)
  return (
    <div className="relative min-h-0 flex-1">
      <Legend ref={legend} />
      <div
        ref={box}
        role="group"
        aria-label={`Candles of ${market.symbol}, ${interval}. The table has the same figures.`}
        className={classes('absolute inset-0', state === 'stale' && 'opacity-60 grayscale')}
      />
      {chart !== null && <OrderDrags chart={chart} box={box} />}
      {state === 'connecting' && (
        <Loading label="Waiting for candles" rows={8} className="absolute inset-0 bg-s1" />
      )}
      {state === 'failed' && (
        <Failed text="The server does not tell these candles." className="absolute inset-0 bg-s1" />
      )}
      <a
        href="https://www.tradingview.com/"
        target="_blank"
        rel="noreferrer"
        className="absolute bottom-8 left-2 z-10 rounded-sm bg-s1/80 px-1 text-2xs text-t3 hover:text-t1"
      >
        Chart by TradingView
      </a>
    </div>
  )
}

/** Feeds a chart from the stream until the answer is called. */
function follow(
  chart: CandleChart,
  symbol: string,
  interval: Interval,
  become: (state: ChartState) => void,
): () => void {
  const waiting = new Waiting()
  const painter = paced(PAINTS_PER_SECOND, () => {
    const { candles, torn } = waiting.take()
    if (torn) chart.show(candles)
    else chart.update(candles)
  })
  const close = stream.listen(`candles:${symbol}:${interval}`, {
    message: ({ items, type }) => {
      if (type === 'snapshot') {
        waiting.take()
        chart.show(items)
        become('live')
      } else {
        waiting.add(items)
        painter.dirty()
      }
    },
    lost: () => become('stale'),
    failed: () => become('failed'),
  })
  return () => {
    close()
    painter.stop()
  }
}

function useOrderLines(chart: CandleChart | null) {
  const { market } = useTraded()
  const orders = useAccount((account) => known(account.orders))
  const own = useMemo(
    () => (orders ?? []).filter(({ symbol }) => symbol === market.symbol),
    [orders, market],
  )
  useEffect(() => chart?.showOrders(own), [chart, own])
}
