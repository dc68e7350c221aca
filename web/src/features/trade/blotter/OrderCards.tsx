import type { Order } from '@/api/shapes'
import { clock, exact } from '@/ui/format'
import { Pair, SideText } from '@/ui/Marks'
import { typeName } from '@/ui/orders'
import { OrderActs } from './OrderActs'

type OrderCardsProps = { orders: Order[]; onAmend: (order: Order) => void }

/** Open orders where a table would not fit. */
export function OrderCards({ orders, onAmend }: OrderCardsProps) {
  return (
    <ul aria-label="Open orders" className="min-h-0 flex-1 divide-y divide-line overflow-y-auto">
      {orders.map((order) => (
        <li key={order.id} className="figures flex items-center gap-3 px-3 py-2">
          <div className="min-w-0 flex-1">
            <p className="flex items-center gap-2">
              <Pair symbol={order.symbol} /> <SideText side={order.side} />
              <span className="truncate text-t3">{typeName(order.type)}</span>
            </p>
            <p className="text-t2">
              {exact(order.quantity)} at {exact(order.price ?? order.stopPrice)}
              <span className="text-t3"> · {exact(order.filled)} filled</span>
            </p>
          </div>
          <time dateTime={order.createdAt} className="text-xs text-t3">
            {clock(order.createdAt)}
          </time>
          <OrderActs order={order} onAmend={onAmend} />
        </li>
      ))}
    </ul>
  )
}
