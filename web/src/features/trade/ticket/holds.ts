/**
 * What the exchange holds of a buyer's money while an order rests or waits: what must be there
 * before it is taken, and is not there afterwards. Source: docs/rules.md, "Holds".
 */
import type { Market } from '@/api/shapes'
import { add, ceilToStep, type Decimal, greatest, multiply, sign, ZERO } from '@/ui/decimal'
import type { Draft } from './draft'

const ONE = '1' as Decimal

/** A price with the fee that is paid on top of it: the worse one, for nobody knows who takes. */
export function withFee(price: Decimal, market: Market): Decimal {
  const worst = greatest(greatest(market.makerFeeRate, market.takerFeeRate), ZERO)
  return market.feeAsset === 'quote' && sign(worst) > 0 ? multiply(price, add(ONE, worst)) : price
}

/** Up to where a buy at the market may go that waits for a trigger: so much is held. */
export function raised(price: Decimal, market: Market): Decimal {
  return ceilToStep(multiply(price, market.bidMultiplierUp), market.tickSize)
}

/** The price at which a buy that rests or waits holds money, its fee aside. */
export function heldPrice(draft: Draft, market: Market, last: Decimal | null): Decimal | null {
  const byMarket = (price: Decimal | null) => price && raised(price, market)
  const limited = draft.sends === 'limit'
  switch (draft.kind) {
    case 'limit':
      return draft.price
    case 'market':
      return null
    case 'stop':
      return limited ? draft.price : byMarket(draft.stopPrice)
    case 'trailing':
      // The exchange begins at its average of some minutes, which the last price is near to.
      return limited ? draft.price : byMarket(last)
    case 'oco': {
      // A list holds what the dearer of its orders does.
      const stop = limited ? draft.stopLimitPrice : byMarket(draft.stopPrice)
      return draft.price !== null && stop !== null ? greatest(draft.price, stop) : draft.price
    }
  }
}
