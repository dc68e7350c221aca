/** From what the ticket says to what the server hears. */
import type { ListLeg, NewOrder, NewOrderList, OrderType } from '@/api/shapes'
import { type Decimal, multiply, toPlaces } from '@/ui/decimal'
import type { Draft } from './draft'

const BASIS_POINTS_PER_PERCENT = '100' as Decimal

export function typeOf(draft: Draft): OrderType {
  switch (draft.kind) {
    case 'limit':
      return draft.postOnly ? 'limitMaker' : 'limit'
    case 'market':
      return 'market'
    case 'stop':
      return draft.sends === 'limit' ? `${draft.aim}Limit` : draft.aim
    case 'trailing':
      return draft.sends === 'limit' ? 'trailingStopLimit' : 'trailingStop'
    case 'oco':
      return 'limitMaker'
  }
}

/** Whether the order has a limit price. */
export function usesPrice({ kind, sends }: Draft): boolean {
  return kind === 'limit' || kind === 'oco' || (kind !== 'market' && sends === 'limit')
}

export function usesStop({ kind }: Draft): boolean {
  return kind === 'stop' || kind === 'oco'
}

/** The order of a ticket without problems. */
export function orderOf(draft: Draft): { order: NewOrder } | null {
  const type = typeOf(draft)
  const order: NewOrder = { symbol: draft.symbol, side: draft.side, type }
  if (draft.kind === 'market' && draft.countedIn === 'quote') {
    if (draft.quoteAmount === null) return null
    return { order: { ...order, quoteQuantity: draft.quoteAmount } }
  }
  if (draft.amount === null) return null
  order.quantity = draft.amount
  if (usesPrice(draft) && draft.price !== null) order.price = draft.price
  if (usesPrice(draft) && type !== 'limitMaker') order.timeInForce = draft.timeInForce
  if (usesStop(draft) && draft.stopPrice !== null) order.stopPrice = draft.stopPrice
  if (draft.kind === 'trailing' && draft.trail !== null) {
    order.trailingDelta = Number(toPlaces(multiply(draft.trail, BASIS_POINTS_PER_PERCENT), 0))
  }
  if (draft.kind === 'limit' && draft.iceberg && draft.visible !== null) {
    order.icebergQuantity = draft.visible
    if (type !== 'limitMaker') order.timeInForce = 'gtc'
  }
  return { order }
}

/** Two orders of which one cancels the other: a limit that takes profit, a stop that cuts a loss. */
export function listOf(draft: Draft): { list: NewOrderList } | null {
  const { symbol, side, amount, price, stopPrice, stopLimitPrice, sends } = draft
  if (amount === null || price === null || stopPrice === null) return null
  const profit: ListLeg = { type: 'limitMaker', price }
  const stop: ListLeg =
    sends === 'limit' && stopLimitPrice !== null
      ? { type: 'stopLossLimit', stopPrice, price: stopLimitPrice, timeInForce: 'gtc' }
      : { type: 'stopLoss', stopPrice }
  const legs = side === 'sell' ? { above: profit, below: stop } : { above: stop, below: profit }
  return { list: { symbol, type: 'oco', side, quantity: amount, ...legs } }
}
