import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { Loading } from '@/ui/Faces'
import { Segmented } from '@/ui/Segmented'
import { useTraded } from '../market'
import { CandleTable } from './CandleTable'
import { type Interval, INTERVALS, intervalOf } from './candles'

const PriceChart = lazy(() => import('./PriceChart'))

type View = 'chart' | 'table'
const VIEWS = [
  { value: 'chart', label: 'Chart' },
  { value: 'table', label: 'Table' },
] as const
const CHOICES = INTERVALS.map((interval) => ({
  value: interval,
  label: /[dw]$/.test(interval) ? interval.toUpperCase() : interval,
}))

export function ChartPanel() {
  const { market } = useTraded()
  const search = useSearch({ from: '/shell/trade/$symbol' })
  const navigate = useNavigate({ from: '/trade/$symbol' })
  const [view, setView] = useState<View>('chart')
  const interval = intervalOf(search.interval)
  return (
    <section aria-label="Chart" className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-9 shrink-0 items-center justify-between border-b border-line px-1.5">
        <Segmented<Interval>
          label="Interval"
          value={interval}
          segments={CHOICES}
          onChange={(wanted) => void navigate({ search: { interval: wanted }, replace: true })}
          className="min-w-0 overflow-x-auto"
        />
        <Segmented<View>
          label="Shown as"
          value={view}
          segments={VIEWS}
          onChange={setView}
          className="shrink-0"
        />
      </div>
      {view === 'table' ? (
        <CandleTable key={`${market.symbol}-${interval}`} interval={interval} />
      ) : (
        <Suspense fallback={<Loading label="Loading the chart" rows={8} />}>
          <PriceChart interval={interval} />
        </Suspense>
      )}
    </section>
  )
}
