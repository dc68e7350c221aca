import { useInfiniteQuery } from '@tanstack/react-query'
import { orderHistoryQuery } from '@/api/queries'
import type { Order } from '@/api/shapes'
import { divide, sign } from '@/ui/decimal'
import { exact, UNKNOWN } from '@/ui/format'
import { Pair, SideText } from '@/ui/Marks'
import { reasonName, statusName, typeName } from '@/ui/orders'
import { type Column, figure } from '@/ui/Table'
import { Pages, when } from './Pages'

const AVERAGE_PLACES = 8

export default function OrderHistory({ symbol }: { symbol: string | null }) {
  const query = useInfiniteQuery(orderHistoryQuery(symbol))
  return (
    <Pages
      query={query}
      label="Order history"
      empty="No orders have ended yet."
      columns={ORDER_COLUMNS}
      rowKey={({ id }) => id}
    />
  )
}

const ORDER_COLUMNS: Column<Order>[] = [
  { key: 'time', title: 'Ended', cell: ({ updatedAt }) => when(updatedAt) },
  { key: 'pair', title: 'Pair', cell: ({ symbol }) => <Pair symbol={symbol} /> },
  { key: 'side', title: 'Side', cell: ({ side }) => <SideText side={side} /> },
  { key: 'type', title: 'Type', cell: ({ type }) => typeName(type) },
  figure('price', 'Price', ({ price }) => (price === null ? 'Market' : exact(price))),
  figure('average', 'Average', average),
  {
    key: 'filled',
    title: 'Filled / amount',
    figures: true,
    cell: ({ filled, quantity }) => `${exact(filled)} / ${exact(quantity)}`,
  },
  {
    key: 'status',
    title: 'Status',
    cell: ({ status, reason }) => (
      <span>
        {statusName(status)}
        {reason !== null && <span className="text-t3"> · {reasonName(reason)}</span>}
      </span>
    ),
  },
  { key: 'id', title: 'Number', figures: true, className: 'text-t3', cell: ({ id }) => id },
]

function average({ filled, quoteFilled }: Order): string {
  const price = sign(filled) === 0 ? null : divide(quoteFilled, filled, AVERAGE_PLACES)
  return price === null ? UNKNOWN : exact(price)
}
