/** What a share of the balance buys or sells. */
import type { Balance, Market } from '@/api/shapes'
import {
  type Decimal,
  divide,
  floorToStep,
  multiply,
  placesOf,
  sign,
  toPlaces,
} from '@/ui/decimal'
import { ZERO } from '@/ui/decimal'
import type { Draft } from './draft'
import { withFee } from './holds'
import { countsQuote } from './rules'

/** Places of a quotient before it is cut to lots. */
const SPARE_PLACES = 12

/** The change of the ticket for `percent` of what is available at `price`. */
export function shareOf(
  draft: Draft,
  market: Market,
  balances: Balance[],
  price: Decimal | null,
  percent: number,
): Partial<Draft> {
  const asset = draft.side === 'buy' ? market.quote : market.base
  const available = balances.find((balance) => balance.asset === asset)?.available ?? ZERO
  const part = multiply(available, (percent / 100).toFixed(2) as Decimal)
  if (countsQuote(draft)) {
    const quote = draft.side === 'buy' ? part : price === null ? null : multiply(part, price)
    return { share: percent, quoteAmount: quote && toPlaces(quote, placesOf(market.tickSize)) }
  }
  if (draft.side === 'sell') return { share: percent, amount: inLots(part, market) }
  if (price === null || sign(price) <= 0) return { share: percent, amount: null }
  const amount = divide(part, withFee(price, market), SPARE_PLACES)
  return { share: percent, amount: amount && inLots(amount, market) }
}

function inLots(amount: Decimal, market: Market): Decimal {
  return toPlaces(floorToStep(amount, market.lotSize), placesOf(market.lotSize))
}
