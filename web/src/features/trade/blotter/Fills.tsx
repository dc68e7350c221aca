import { useInfiniteQuery } from '@tanstack/react-query'
import { fillsQuery } from '@/api/queries'
import type { Fill } from '@/api/shapes'
import { amount, exact } from '@/ui/format'
import { Pair, SideText } from '@/ui/Marks'
import { type Column, figure } from '@/ui/Table'
import { Pages, when } from './Pages'

export default function Fills({ symbol }: { symbol: string | null }) {
  const query = useInfiniteQuery(fillsQuery(symbol))
  return (
    <Pages
      query={query}
      label="Fills"
      empty="Nothing has been filled yet."
      columns={FILL_COLUMNS}
      rowKey={({ tradeId, orderId }) => `${tradeId}-${orderId}`}
    />
  )
}

const FILL_COLUMNS: Column<Fill>[] = [
  { key: 'time', title: 'Time', cell: ({ at }) => when(at) },
  { key: 'pair', title: 'Pair', cell: ({ symbol }) => <Pair symbol={symbol} /> },
  { key: 'side', title: 'Side', cell: ({ side }) => <SideText side={side} /> },
  figure('price', 'Price', ({ price }) => exact(price)),
  figure('amount', 'Amount', ({ quantity }) => exact(quantity)),
  {
    key: 'value',
    title: 'Value',
    figures: true,
    cell: ({ quoteQuantity }) => amount(quoteQuantity, 2),
  },
  {
    key: 'fee',
    title: 'Fee',
    figures: true,
    cell: ({ fee, feeAsset }) => `${exact(fee)} ${feeAsset}`,
  },
  { key: 'role', title: 'Role', cell: ({ maker }) => (maker ? 'Maker' : 'Taker') },
  {
    key: 'order',
    title: 'Order',
    figures: true,
    className: 'text-t3',
    cell: (fill) => fill.orderId,
  },
]
