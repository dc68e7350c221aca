import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { youngQuery } from '@/api/queries'
import { Loading } from '@/ui/Faces'
import { later } from '@/ui/later'
import { prefer, usePreferences } from '@/ui/preferences'
import { Segmented } from '@/ui/Segmented'
import { useTraded } from '../market'
import { type Interval, INTERVALS, intervalOf } from './candles'

const PriceChart = lazy(() => import('./PriceChart'))
const CandleTable = later(() => import('./CandleTable'))

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
  const navigate = useNavigate({ from: '/trade/$symbol' })
  const [view, setView] = useState<View>('chart')
  const interval = useInterval()

  function choose(wanted: Interval) {
    prefer({ interval: wanted })
    void navigate({ search: { interval: wanted }, replace: true })
  }

  return (
    <section aria-label="Chart" className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="flex h-9 shrink-0 items-center justify-between border-b border-line px-1.5">
        <Segmented<Interval | ''>
          label="Interval"
          value={interval ?? ''}
          segments={CHOICES}
          onChange={(wanted) => wanted !== '' && choose(wanted)}
          className="min-w-0 overflow-x-auto max-sm:[&_label]:px-1.5"
        />
        <Segmented<View>
          label="Shown as"
          value={view}
          segments={VIEWS}
          onChange={setView}
          className="shrink-0"
        />
      </div>
      <Suspense fallback={<Loading label="Loading the chart" rows={8} />}>
        {interval === null ? (
          <Loading label="Loading the chart" rows={8} />
        ) : view === 'table' ? (
          <CandleTable key={`${market.symbol}-${interval}`} interval={interval} />
        ) : (
          <PriceChart interval={interval} />
        )}
      </Suspense>
    </section>
  )
}

/** As the address says, or as somebody likes it, or as there is something to see; null until known. */
function useInterval(): Interval | null {
  const { market } = useTraded()
  const search = useSearch({ from: '/shell/trade/$symbol' })
  const preferred = usePreferences((preferences) => preferences.interval)
  const chosen = intervalOf(search.interval) ?? intervalOf(preferred)
  const young = useQuery({ ...youngQuery(market.symbol), enabled: chosen === null })
  if (chosen !== null) return chosen
  if (young.isPending) return null
  return young.data === true ? '1s' : '1m'
}
