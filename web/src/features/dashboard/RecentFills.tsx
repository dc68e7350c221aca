import { useInfiniteQuery } from '@tanstack/react-query'
import { said } from '@/api/problem'
import { fillsQuery } from '@/api/queries'
import type { Fill } from '@/api/shapes'
import { Empty, Failed, Loading } from '@/ui/Faces'
import { clock, exact, moment } from '@/ui/format'
import { Pair, SideText } from '@/ui/Marks'
import { type Column, figure, Table } from '@/ui/Table'

const ROWS = 8

const COLUMNS: Column<Fill>[] = [
  {
    key: 'time',
    title: 'Time',
    className: 'max-md:hidden',
    cell: ({ at }) => (
      <time dateTime={at} title={moment(at)} className="figures text-t3">
        {clock(at)}
      </time>
    ),
  },
  {
    key: 'pair',
    title: 'Pair',
    className: 'max-md:ps-0',
    cell: ({ symbol }) => <Pair symbol={symbol} />,
  },
  { key: 'side', title: 'Side', cell: ({ side }) => <SideText side={side} /> },
  figure('price', 'Price', ({ price }) => exact(price)),
  figure('amount', 'Amount', ({ quantity }) => exact(quantity)),
]

export function RecentFills() {
  const { data, error, refetch } = useInfiniteQuery(fillsQuery(null))
  if (error) return <Failed text={said(error)} onRetry={() => void refetch()} />
  if (data === undefined) return <Loading label="Waiting for your fills" />
  const rows = (data.pages[0]?.items ?? []).slice(0, ROWS)
  if (rows.length === 0) return <Empty text="Nothing has been filled yet." className="p-2" />
  return (
    <Table
      flush
      label="Recent fills"
      columns={COLUMNS}
      rows={rows}
      rowKey={({ tradeId, orderId }) => `${tradeId}-${orderId}`}
    />
  )
}
