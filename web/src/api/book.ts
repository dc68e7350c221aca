/**
 * One market's order book in the browser: a snapshot, then changed levels, in typed arrays.
 *
 * Units  prices and sizes are whole numbers of 10^-places, as exact as the text they come from
 *        (both stay below 2^53), so that summing and grouping never rounds.
 * Shape  `bids` run from the highest price down, `asks` from the lowest up.
 */
import type { BookMessage, LevelText } from './shapes'

/** More levels of a side than the server ever tells. */
const LEVELS_MAX = 1_024
/** Levels of a side that the server tells: what lies behind them is not known here. */
export const TOLD_MAX = 100

/** Text such as `67380.5` in units of 10^-`places`; further digits are cut. */
export function unitsOf(text: string, places: number): number {
  const point = text.indexOf('.')
  if (point < 0) return Number(text + '0'.repeat(places))
  const part = text.slice(point + 1, point + 1 + places)
  return Number(text.slice(0, point) + part.padEnd(places, '0'))
}

export class BookSide {
  readonly prices = new Float64Array(LEVELS_MAX)
  readonly sizes = new Float64Array(LEVELS_MAX)
  length = 0

  constructor(private readonly descending: boolean) {}

  clear() {
    this.length = 0
  }

  /** Sets the size at a price; zero takes the level away. */
  set(price: number, size: number) {
    const at = this.find(price)
    const there = at < this.length && this.prices[at] === price
    if (size === 0) {
      if (there) this.removeAt(at)
    } else if (there) {
      this.sizes[at] = size
    } else {
      this.insertAt(at, price, size)
    }
  }

  /** Whether there may be more levels than are told. */
  get isCut(): boolean {
    return this.length >= TOLD_MAX
  }

  /** The best price, or null on an empty side. */
  best(): number | null {
    return this.length === 0 ? null : (this.prices[0] ?? null)
  }

  private find(price: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const here = this.prices[middle] ?? 0
      if (this.descending ? here > price : here < price) low = middle + 1
      else high = middle
    }
    return low
  }

  private insertAt(at: number, price: number, size: number) {
    if (at >= LEVELS_MAX) return
    const end = Math.min(this.length, LEVELS_MAX - 1)
    this.prices.copyWithin(at + 1, at, end)
    this.sizes.copyWithin(at + 1, at, end)
    this.prices[at] = price
    this.sizes[at] = size
    this.length = end + 1
  }

  private removeAt(at: number) {
    this.prices.copyWithin(at, at + 1, this.length)
    this.sizes.copyWithin(at, at + 1, this.length)
    this.length -= 1
  }
}

export class Book {
  readonly bids = new BookSide(true)
  readonly asks = new BookSide(false)

  constructor(
    readonly pricePlaces: number,
    readonly sizePlaces: number,
  ) {}

  snapshot(message: BookMessage) {
    this.bids.clear()
    this.asks.clear()
    this.update(message)
  }

  update(message: BookMessage) {
    this.apply(this.bids, message.bids)
    this.apply(this.asks, message.asks)
  }

  /** A bid at or above an ask: no book of a matching engine, so something was missed. */
  crossed(): boolean {
    const [bid, ask] = [this.bids.best(), this.asks.best()]
    return bid !== null && ask !== null && bid >= ask
  }

  private apply(side: BookSide, levels: LevelText[]) {
    for (const [price, size] of levels) {
      side.set(unitsOf(price, this.pricePlaces), unitsOf(size, this.sizePlaces))
    }
  }
}
