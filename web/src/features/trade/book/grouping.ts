/** Levels of the book as the ladder shows them: gathered by price steps, with running totals. */
import type { BookSide } from '@/api/book'

export class Rows {
  readonly prices: Float64Array
  readonly sizes: Float64Array
  readonly totals: Float64Array
  length = 0

  constructor(readonly max: number) {
    this.prices = new Float64Array(max)
    this.sizes = new Float64Array(max)
    this.totals = new Float64Array(max)
  }

  /** The size of all rows together. */
  total(): number {
    return this.length === 0 ? 0 : (this.totals[this.length - 1] ?? 0)
  }
}

/**
 * Gathers a side into steps of `step` units: bids down, asks up, so that nothing looks better than
 * it is. Fills `rows` from the best price on. Where the side goes on behind what is told, its last
 * step is known in part, and left out.
 */
export function gather(side: BookSide, step: number, up: boolean, rows: Rows) {
  rows.length = 0
  let total = 0
  for (let at = 0; at < side.length; at += 1) {
    const exact = side.prices[at] ?? 0
    const size = side.sizes[at] ?? 0
    const price = (up ? Math.ceil(exact / step) : Math.floor(exact / step)) * step
    const last = rows.length - 1
    if (last >= 0 && rows.prices[last] === price) {
      total += size
      rows.sizes[last] = (rows.sizes[last] ?? 0) + size
      rows.totals[last] = total
      continue
    }
    if (rows.length === rows.max) return
    total += size
    rows.prices[rows.length] = price
    rows.sizes[rows.length] = size
    rows.totals[rows.length] = total
    rows.length += 1
  }
  if (side.isCut) rows.length -= 1
}

/** The steps that a ladder can be gathered by, in units: the tick and three tens of it. */
export function steps(tick: number): number[] {
  return [tick, tick * 10, tick * 100, tick * 1_000]
}
