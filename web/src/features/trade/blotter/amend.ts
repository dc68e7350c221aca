/** Changes an order that is open, and says what is known where it was not answered with a yes. */
import { patch } from '@/api/client'
import { isNo } from '@/api/outcome'
import { Problem, said } from '@/api/problem'
import type { Market, Order } from '@/api/shapes'
import { useAccount } from '@/api/account'
import { known } from '@/api/live'
import type { Decimal } from '@/ui/decimal'
import { say } from '@/ui/toasts'
import { type Amendment, amendProblems } from './amendment'

/** Fails with a sentence of what became of the order. */
export async function amend(order: Order, change: Amendment): Promise<void> {
  const told = await failureOf(order, change)
  if (told !== null) throw new Error(`${told.title}. ${told.detail}`)
}

/** Whether an order was given another price. */
export async function moveTo(order: Order, market: Market, price: Decimal): Promise<boolean> {
  const balances = useAccount.getState().balances
  const wanted = { price, quantity: order.quantity }
  const problems = amendProblems(order, market, known(balances), wanted)
  const detail = problems.price ?? problems.quantity
  const told = detail === null ? await failureOf(order, { price }) : { title: UNCHANGED, detail }
  if (told !== null) say({ key: `order-${order.id}`, tone: 'bad', ...told })
  return told === null
}

async function failureOf(order: Order, change: Amendment): Promise<Told | null> {
  try {
    await patch<Order>(`/trading/orders/${encodeURIComponent(order.id)}`, change)
    return null
  } catch (error) {
    return toldOf(error)
  }
}

type Told = { title: string; detail: string }

const UNCHANGED = 'Not amended'

function toldOf(error: unknown): Told {
  if (error instanceof Problem && error.code === 'orderCanceled') {
    return { title: 'The order is gone', detail: said(error) }
  }
  if (isNo(error)) return { title: UNCHANGED, detail: said(error) }
  return { title: 'No answer: perhaps amended', detail: 'Look at your orders before you go on.' }
}
