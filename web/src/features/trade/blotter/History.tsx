import { useInfiniteQuery } from '@tanstack/react-query'
import { said } from '@/api/problem'
import { fillsQuery, orderHistoryQuery } from '@/api/queries'
import type { Fill, Order } from '@/api/shapes'
import { Button } from '@/ui/Button'
import { divide, sign } from '@/ui/decimal'
import { Empty, Failed, Loading } from '@/ui/Faces'
import { amount, exact, moment, UNKNOWN } from '@/ui/format'
import { Pair, SideText } from '@/ui/Marks'
import { reasonName, statusName, typeName } from '@/ui/orders'
import { type Column, Table } from '@/ui/Table'

type HistoryProps = { symbol: string | null }

const AVERAGE_PLACES = 8

export function OrderHistory({ symbol }: HistoryProps) {
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

export function Fills({ symbol }: HistoryProps) {
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

type PagesProps<Row> = {
  query: {
    data: { pages: { items: Row[] }[] } | undefined
    error: Error | null
    hasNextPage: boolean
    isFetchingNextPage: boolean
    fetchNextPage: () => unknown
    refetch: () => unknown
  }
  label: string
  empty: string
  columns: Column<Row>[]
  rowKey: (row: Row) => string
}

function Pages<Row>({ query, label, empty, columns, rowKey }: PagesProps<Row>) {
  if (query.error) return <Failed text={said(query.error)} onRetry={() => void query.refetch()} />
  if (query.data === undefined) return <Loading label={`Waiting for: ${label.toLowerCase()}`} />
  const rows = query.data.pages.flatMap((page) => page.items)
  if (rows.length === 0) return <Empty text={empty} />
  return (
    <>
      <Table label={label} columns={columns} rows={rows} rowKey={rowKey} />
      {query.hasNextPage && (
        <div className="flex shrink-0 justify-center border-t border-line p-1">
          <Button
            size="small"
            look="quiet"
            pending={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show older
          </Button>
        </div>
      )}
    </>
  )
}

function when(at: string) {
  return (
    <time dateTime={at} className="figures text-t3">
      {moment(at)}
    </time>
  )
}

const ORDER_COLUMNS: Column<Order>[] = [
  { key: 'time', title: 'Ended', cell: ({ updatedAt }) => when(updatedAt) },
  { key: 'pair', title: 'Pair', cell: ({ symbol }) => <Pair symbol={symbol} /> },
  { key: 'side', title: 'Side', cell: ({ side }) => <SideText side={side} /> },
  { key: 'type', title: 'Type', cell: ({ type }) => typeName(type) },
  {
    key: 'price',
    title: 'Price',
    figures: true,
    cell: ({ price }) => (price === null ? 'Market' : exact(price)),
  },
  { key: 'average', title: 'Average', figures: true, cell: average },
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

const FILL_COLUMNS: Column<Fill>[] = [
  { key: 'time', title: 'Time', cell: ({ at }) => when(at) },
  { key: 'pair', title: 'Pair', cell: ({ symbol }) => <Pair symbol={symbol} /> },
  { key: 'side', title: 'Side', cell: ({ side }) => <SideText side={side} /> },
  { key: 'price', title: 'Price', figures: true, cell: ({ price }) => exact(price) },
  {
    key: 'amount',
    title: 'Amount',
    figures: true,
    cell: ({ quantity }) => exact(quantity),
  },
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
