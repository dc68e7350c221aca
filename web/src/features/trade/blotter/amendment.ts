/**
 * What somebody may make of an open order, checked before it is asked: where the exchange takes the
 * old one away first, a typing error would cost its place, or the order. Pure: the server decides.
 */
import type { Balance, Market, Order } from '@/api/shapes'
import { add, compare, type Decimal, greatest, multiply, sign, subtract, ZERO } from '@/ui/decimal'
import { exact } from '@/ui/format'
import { raised, withFee } from '../ticket/holds'
import { lotProblem, notionalProblem, stepProblem } from '../ticket/rules'

export type Amendment = { price?: Decimal; quantity?: Decimal }
export type Wanted = { price: Decimal | null; quantity: Decimal | null }
export type AmendProblems = { price: string | null; quantity: string | null }

const PLAIN = new Set(['limit', 'limitMaker'])

/** Whether it waits for a trigger, and so has no place in a queue. */
export function waits({ type, triggeredAt }: Order): boolean {
  return !PLAIN.has(type) && triggeredAt === null
}

/** What differs from the order; null where nothing does. */
export function changeOf(order: Order, { price, quantity }: Wanted): Amendment | null {
  const differs = (one: Decimal | null, other: Decimal | null) =>
    one !== null && other !== null && compare(one, other) !== 0
  const change: Amendment = {}
  if (price !== null && differs(price, order.price)) change.price = price
  if (quantity !== null && differs(quantity, order.quantity)) change.quantity = quantity
  return Object.keys(change).length === 0 ? null : change
}

/** Whether another order takes the place of this one; else it only becomes smaller. */
export function replaces(order: Order, change: Amendment): boolean {
  const grows = compare(change.quantity ?? ZERO, order.quantity ?? ZERO) > 0
  return change.price !== undefined || grows || waits(order)
}

/** What will be done, for who is about to do it. */
export function consequence(order: Order, change: Amendment): string {
  if (!replaces(order, change)) return 'The order keeps its place in the queue.'
  return waits(order)
    ? 'The order is cancelled and another takes its place, which waits for the same trigger.'
    : 'The order is cancelled and a new one placed: it loses its place in the queue.'
}

/** What is wrong with what is wanted; '' where something is missing. */
export function amendProblems(
  order: Order,
  market: Market,
  balances: Balance[] | null,
  wanted: Wanted,
): AmendProblems {
  const price = order.price === null ? null : stepProblem(wanted.price, market)
  const quantity =
    lotProblem(wanted.quantity, market, order.price === null) ?? filledProblem(order, wanted)
  const change = changeOf(order, wanted)
  if (price !== null || quantity !== null || change === null) return { price, quantity }
  if (!replaces(order, change)) return { price, quantity }
  return { price, quantity: leftProblem(order, market, balances, wanted) }
}

function filledProblem(order: Order, { quantity }: Wanted): string | null {
  if (quantity === null || compare(quantity, order.filled) > 0) return null
  return `${exact(order.filled)} of it is filled already`
}

/** What is left is an order of its own, which must be large enough and be paid for. */
function leftProblem(
  order: Order,
  market: Market,
  balances: Balance[] | null,
  wanted: Wanted,
): string | null {
  const left = subtract(wanted.quantity ?? ZERO, order.filled)
  const value = wanted.price && multiply(wanted.price, left)
  const wrong = lotProblem(left, market, order.price === null) ?? notionalProblem(market, value)
  if (wrong !== null || balances === null) return wrong
  const asset = order.side === 'buy' ? market.quote : market.base
  const available = balances.find((balance) => balance.asset === asset)?.available ?? ZERO
  const held = holdOf(order, market, order.price, subtract(order.quantity ?? ZERO, order.filled))
  const needed = holdOf(order, market, wanted.price, left)
  const free = add(available, greatest(held, ZERO))
  return compare(needed, free) > 0 ? `Only ${exact(free)} ${asset} available for it` : null
}

function holdOf(order: Order, market: Market, price: Decimal | null, amount: Decimal): Decimal {
  if (order.side === 'sell') return amount
  const at = price ?? (order.stopPrice && raised(order.stopPrice, market))
  return at === null || sign(amount) <= 0 ? ZERO : withFee(multiply(at, amount), market)
}
