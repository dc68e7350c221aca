import { useEffect, useState } from 'react'
import { stream } from '@/api/connection'
import { paced } from '@/api/paced'
import type { Candle } from '@/api/shapes'
import { Loading } from '@/ui/Faces'
import { amount, moment } from '@/ui/format'
import { type Column, Table } from '@/ui/Table'
import { useTraded } from '../market'
import { type Interval, joined } from './candles'

const ROWS = 50

/** The newest candles as figures. */
export default function CandleTable({ interval }: { interval: Interval }) {
  const { market, pricePlaces, lotPlaces } = useTraded()
  const [candles, setCandles] = useState<Candle[] | null>(null)
  useEffect(() => {
    let latest: Candle[] = []
    const painter = paced(1, () => setCandles(latest))
    const close = stream.listen(`candles:${market.symbol}:${interval}`, {
      message: (message) => {
        const before = message.type === 'snapshot' ? [] : latest
        latest = joined(before, message.items).slice(-ROWS)
        painter.dirty()
      },
      lost: () => undefined,
    })
    return () => {
      close()
      painter.stop()
    }
  }, [market, interval])
  if (candles === null) return <Loading label="Waiting for candles" rows={8} />

  const price = (key: 'open' | 'high' | 'low' | 'close', title: string): Column<Candle> => ({
    key,
    title,
    figures: true,
    cell: (candle) => amount(candle[key], pricePlaces),
  })
  const columns: Column<Candle>[] = [
    { key: 'time', title: 'Time', cell: (candle) => moment(candle.openAt) },
    price('open', 'Open'),
    price('high', 'High'),
    price('low', 'Low'),
    price('close', 'Close'),
    {
      key: 'volume',
      title: `Volume (${market.base})`,
      figures: true,
      cell: (candle) => amount(candle.volume, lotPlaces),
    },
  ]
  return (
    <Table
      label="Candles"
      columns={columns}
      rows={candles.toReversed()}
      rowKey={({ openAt }) => openAt}
    />
  )
}
