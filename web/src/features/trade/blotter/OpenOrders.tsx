import { type RefObject, Suspense, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useAccount } from '@/api/account'
import type { Market, Order } from '@/api/shapes'
import { divide, multiply, placesOf, toPlaces, trim, type Decimal, ZERO } from '@/ui/decimal'
import { Empty, Failed, Loading } from '@/ui/Faces'
import { amount, clock, exact, moment, UNKNOWN } from '@/ui/format'
import { Pair, SideText } from '@/ui/Marks'
import { later } from '@/ui/later'
import { PHONE, useMedia } from '@/ui/media'
import { typeName } from '@/ui/orders'
import { type Column, Table } from '@/ui/Table'
import { OrderActs } from './OrderActs'
import { OrderCards } from './OrderCards'

const AmendDialog = later(() => import('./AmendDialog'))

type OpenOrdersProps = { markets: Market[]; symbol: string | null }

const HUNDRED = '100' as Decimal

export default function OpenOrders({ markets, symbol }: OpenOrdersProps) {
  const panel = useRef<HTMLDivElement>(null)
  const [amended, setAmended] = useState<Order | null>(null)
  const market = markets.find((candidate) => candidate.symbol === amended?.symbol)
  useKeptFocus(panel)
  return (
    <div ref={panel} tabIndex={-1} className="flex min-h-0 flex-1 flex-col -outline-offset-2">
      <List markets={markets} symbol={symbol} onAmend={setAmended} />
      <Suspense>
        {amended !== null && market !== undefined && (
          <AmendDialog
            key={amended.id}
            order={amended}
            market={market}
            panel={panel}
            onClose={() => setAmended(null)}
          />
        )}
      </Suspense>
    </div>
  )
}

/** An order that is over takes its buttons away: the focus goes to the list, not to the page. */
function useKeptFocus(panel: RefObject<HTMLElement | null>) {
  const orders = useAccount((account) => account.orders)
  const had = useRef(false)
  useEffect(() => {
    const note = ({ target }: FocusEvent) => {
      had.current = target instanceof Node && panel.current?.contains(target) === true
    }
    document.addEventListener('focusin', note)
    return () => document.removeEventListener('focusin', note)
  }, [panel])
  useLayoutEffect(() => {
    if (had.current && document.activeElement === document.body) panel.current?.focus()
  }, [orders, panel])
}

type ListProps = OpenOrdersProps & { onAmend: (order: Order) => void }

function List({ markets, symbol, onAmend }: ListProps) {
  const orders = useAccount((account) => account.orders)
  const phone = useMedia(PHONE)
  if (orders.state === 'connecting') return <Loading label="Waiting for your orders" />
  if (orders.state === 'failed') return <Failed text={`No orders are told: ${orders.reason}`} />
  const rows = orders.value.filter((order) => symbol === null || order.symbol === symbol)
  if (rows.length === 0) return <Empty text="No open orders. What you place shows here." />
  const marketOf = (order: Order) => markets.find((market) => market.symbol === order.symbol)
  if (phone) return <OrderCards orders={rows} onAmend={onAmend} />
  return (
    <Table
      label="Open orders"
      columns={columnsOf(marketOf, onAmend)}
      rows={rows}
      rowKey={({ id }) => id}
    />
  )
}

function columnsOf(
  marketOf: (order: Order) => Market | undefined,
  onAmend: (order: Order) => void,
): Column<Order>[] {
  const priceOf = (order: Order, price: Decimal | null) => {
    const market = marketOf(order)
    return market ? amount(price, placesOf(market.tickSize)) : amount(price, 2)
  }
  return [
    {
      key: 'time',
      title: 'Time',
      cell: ({ createdAt }) => (
        <time dateTime={createdAt} title={moment(createdAt)} className="figures text-t3">
          {clock(createdAt)}
        </time>
      ),
    },
    { key: 'pair', title: 'Pair', cell: ({ symbol }) => <Pair symbol={symbol} /> },
    { key: 'side', title: 'Side', cell: ({ side }) => <SideText side={side} /> },
    { key: 'type', title: 'Type', cell: ({ type }) => typeName(type) },
    {
      key: 'price',
      title: 'Price',
      figures: true,
      cell: (order) => (order.price === null ? 'Market' : priceOf(order, order.price)),
    },
    { key: 'trigger', title: 'Trigger', figures: true, cell: (order) => trigger(order, priceOf) },
    {
      key: 'amount',
      title: 'Amount',
      figures: true,
      cell: (order) => {
        const market = marketOf(order)
        return market ? amount(order.quantity, placesOf(market.lotSize)) : exact(order.quantity)
      },
    },
    { key: 'filled', title: 'Filled', figures: true, cell: (order) => <Filled order={order} /> },
    {
      key: 'value',
      title: 'Value',
      figures: true,
      className: 'text-t2',
      cell: ({ price, quantity }) =>
        price === null || quantity === null ? UNKNOWN : amount(multiply(price, quantity), 2),
    },
    {
      key: 'force',
      title: 'In force',
      className: 'text-t2',
      cell: ({ timeInForce, icebergQuantity }) =>
        `${timeInForce?.toUpperCase() ?? UNKNOWN}${icebergQuantity ? ' · iceberg' : ''}`,
    },
    {
      key: 'acts',
      title: 'Amend and cancel',
      untitled: true,
      figures: true,
      cell: (order) => <OrderActs order={order} onAmend={onAmend} />,
    },
  ]
}

function trigger(order: Order, priceOf: (order: Order, price: Decimal) => string): string {
  if (order.stopPrice !== null) return priceOf(order, order.stopPrice)
  if (!order.trailingDelta) return UNKNOWN
  const percent = divide(String(order.trailingDelta) as Decimal, HUNDRED, 2)
  return `follows ${percent === null ? '' : trim(percent)}%`
}

function Filled({ order }: { order: Order }) {
  const share = divide(multiply(order.filled, HUNDRED), order.quantity ?? ZERO, 0) ?? ZERO
  return (
    <span className="flex items-center justify-end gap-2">
      <span aria-hidden="true" className="h-1 w-10 overflow-hidden rounded-full bg-s3">
        <span
          className="block h-full origin-left bg-accent"
          style={{ transform: `scaleX(${Number(share) / 100})` }}
        />
      </span>
      {toPlaces(share, 0)}%
    </span>
  )
}
