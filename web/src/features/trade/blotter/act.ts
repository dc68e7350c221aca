/** What somebody does to orders that are open. */
import { patch, query, remove } from '@/api/client'
import { Problem, said, UNREACHABLE } from '@/api/problem'
import type { List, Order } from '@/api/shapes'
import type { Decimal } from '@/ui/decimal'
import { say } from '@/ui/toasts'

export async function cancel(order: Order) {
  try {
    await remove<Order>(`/trading/orders/${encodeURIComponent(order.id)}`)
  } catch (error) {
    const unknown = error instanceof Problem && error.code === UNREACHABLE
    const title = unknown ? 'No answer: perhaps not cancelled' : 'Not cancelled'
    say({ key: `order-${order.id}`, tone: 'bad', title, detail: said(error) })
  }
}

/** Cancels the open orders of one market, or of all that `orders` are in. */
export async function cancelAll(orders: Order[]) {
  const symbols = [...new Set(orders.map(({ symbol }) => symbol))]
  try {
    for (const symbol of symbols) {
      await remove<List<Order>>(`/trading/orders${query({ symbol })}`)
    }
  } catch (error) {
    say({ key: 'cancelAll', tone: 'bad', title: 'Not all were cancelled', detail: said(error) })
  }
}

export type Amendment = { price?: Decimal; quantity?: Decimal }

/** Whether an order was given another price. */
export async function moveTo(order: Order, price: Decimal): Promise<boolean> {
  try {
    await amend(order, { price })
    return true
  } catch (error) {
    say({ key: `order-${order.id}`, tone: 'bad', title: 'Not amended', detail: said(error) })
    return false
  }
}

export function amend(order: Order, change: Amendment): Promise<Order> {
  return patch<Order>(`/trading/orders/${encodeURIComponent(order.id)}`, change)
}
