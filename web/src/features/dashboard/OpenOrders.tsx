import { Link } from '@tanstack/react-router'
import { useAccount } from '@/api/account'
import type { Order } from '@/api/shapes'
import { Empty, Failed, Loading } from '@/ui/Faces'
import { exact } from '@/ui/format'
import { Pair, SideText } from '@/ui/Marks'
import { typeName } from '@/ui/orders'
import { type Column, figure, Table } from '@/ui/Table'

const ROWS = 8

const COLUMNS: Column<Order>[] = [
  {
    key: 'pair',
    title: 'Pair',
    cell: ({ symbol }) => (
      <Link to="/trade/$symbol" params={{ symbol }} className="hover:underline">
        <Pair symbol={symbol} />
      </Link>
    ),
  },
  {
    key: 'side',
    title: 'Side',
    cell: ({ side, type }) => (
      <>
        <SideText side={side} /> <span className="text-t3 max-md:hidden">{typeName(type)}</span>
      </>
    ),
  },
  figure('price', 'Price', ({ price, stopPrice }) => {
    const shown = price ?? stopPrice
    return shown === null ? 'Market' : exact(shown)
  }),
  figure('amount', 'Amount', ({ quantity }) => exact(quantity)),
]

export function OpenOrders() {
  const orders = useAccount((account) => account.orders)
  if (orders.state === 'connecting') return <Loading label="Waiting for your orders" />
  if (orders.state === 'failed') return <Failed text={`No orders are told: ${orders.reason}`} />
  if (orders.value.length === 0) return <Empty text="No open orders." className="p-2" />
  const rest = orders.value.length - ROWS
  return (
    <>
      <Table
        flush
        label="Open orders"
        columns={COLUMNS}
        rows={orders.value.slice(0, ROWS)}
        rowKey={({ id }) => id}
      />
      {rest > 0 && <p className="text-t3">and {rest} more</p>}
    </>
  )
}
