/** What somebody does to orders that are open, by one click. */
import { query, remove } from '@/api/client'
import { isNo } from '@/api/outcome'
import { said } from '@/api/problem'
import type { List, Order } from '@/api/shapes'
import { say } from '@/ui/toasts'

function tellFailure(key: string, error: unknown) {
  const title = isNo(error) ? 'Not cancelled' : 'No answer: perhaps not cancelled'
  say({ key, tone: 'bad', title, detail: said(error) })
}

export async function cancel(order: Order) {
  try {
    await remove<Order>(`/trading/orders/${encodeURIComponent(order.id)}`)
  } catch (error) {
    tellFailure(`order-${order.id}`, error)
  }
}

/** Cancels the open orders of a market, `count` as far as is known; of all: but in halted ones. */
export async function cancelAll(symbol: string | null, count: number) {
  try {
    const { items } = await remove<List<Order>>(`/trading/orders${query({ symbol })}`)
    if (items.length >= count) return
    const why = 'Others ended before, or their market is halted.'
    const detail = `${items.length} of ${count} were. ${why}`
    say({ key: 'cancelAll', tone: 'bad', title: 'Not all were cancelled', detail })
  } catch (error) {
    tellFailure('cancelAll', error)
  }
}
