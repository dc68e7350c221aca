import { useEffect, useState } from 'react'
import { paced } from '@/api/paced'
import type { BookSide } from '@/api/book'
import { fix } from '@/ui/format'
import { type Column, Table } from '@/ui/Table'
import { useTraded } from '../market'

const LEVELS = 10

type Level = { side: 'Bid' | 'Ask'; price: string; size: string }

/** The ten best levels of each side as a table, drawn anew once a second. */
export default function BookTable() {
  const { feed, market, pricePlaces, lotPlaces } = useTraded()
  const [levels, setLevels] = useState<Level[]>([])
  useEffect(() => {
    const take = (side: BookSide, name: Level['side']): Level[] =>
      Array.from({ length: Math.min(LEVELS, side.length) }, (_, at) => ({
        side: name,
        price: fix(side.prices[at] ?? 0, pricePlaces),
        size: fix(side.sizes[at] ?? 0, lotPlaces),
      }))
    const painter = paced(1, () =>
      setLevels([...take(feed.book.asks, 'Ask').toReversed(), ...take(feed.book.bids, 'Bid')]),
    )
    painter.dirty()
    const close = feed.watch(painter.dirty)
    return () => {
      close()
      painter.stop()
    }
  }, [feed, pricePlaces, lotPlaces])

  const columns: Column<Level>[] = [
    {
      key: 'side',
      title: 'Side',
      cell: ({ side }) => <span className={side === 'Bid' ? 'text-up' : 'text-down'}>{side}</span>,
    },
    { key: 'price', title: `Price (${market.quote})`, figures: true, cell: ({ price }) => price },
    { key: 'size', title: `Size (${market.base})`, figures: true, cell: ({ size }) => size },
  ]
  return (
    <Table
      label="Ten best levels of each side"
      columns={columns}
      rows={levels}
      rowKey={({ side, price }) => side + price}
    />
  )
}
