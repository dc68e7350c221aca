/** What a market order would meet in the book, before it is sent. An estimate: books move. */
import type { BookSide } from '@/api/book'
import { add, compare, type Decimal, divide, multiply, subtract, ZERO } from '@/ui/decimal'
import { priceText } from '../units'

export type Walk = {
  /** Base that the book has for it, at most what was asked for. */
  base: Decimal
  /** Its value in quote. */
  quote: Decimal
  /** The last price it reaches. */
  worst: Decimal
  /** Whether this is all it meets: a side of the book is told up to some level only. */
  isWhole: boolean
}

type Places = { price: number; size: number }
type Wanted = { base: Decimal } | { quote: Decimal }

/** Takes levels from the best on until the wanted base or quote is reached; null on an empty side. */
export function walk(side: BookSide, places: Places, wanted: Wanted): Walk | null {
  let base = ZERO
  let quote = ZERO
  let worst: Decimal | null = null
  let isWhole = !side.isCut
  for (let at = 0; at < side.length; at += 1) {
    const price = priceText(side.prices[at] ?? 0, places.price)
    const size = priceText(side.sizes[at] ?? 0, places.size)
    const left =
      'base' in wanted
        ? subtract(wanted.base, base)
        : (divide(subtract(wanted.quote, quote), price, places.size) ?? ZERO)
    if (compare(left, ZERO) <= 0) break
    const isLast = compare(left, size) <= 0
    const taken = isLast ? left : size
    base = add(base, taken)
    quote = add(quote, multiply(taken, price))
    worst = price
    isWhole ||= isLast
    if (isLast) break
  }
  return worst === null ? null : { base, quote, worst, isWhole }
}
