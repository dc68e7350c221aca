import { describe, expect, it } from 'vitest'
import { Book, BookSide, TOLD_MAX } from '@/api/book'
import { gather, Rows, steps } from './grouping'

function rowsOf(side: Book['bids'], step: number, up: boolean, max = 10) {
  const rows = new Rows(max)
  gather(side, step, up, rows)
  return Array.from({ length: rows.length }, (_, at) => [
    rows.prices[at],
    rows.sizes[at],
    rows.totals[at],
  ])
}

const book = new Book(1, 0)
book.snapshot({
  bids: [
    ['100.9', '1'],
    ['100.1', '2'],
    ['99.9', '4'],
  ],
  asks: [
    ['101.1', '1'],
    ['101.9', '2'],
    ['102.0', '4'],
    ['102.1', '8'],
  ],
})

describe('gathering', () => {
  it('keeps levels as they are at the tick', () => {
    expect(rowsOf(book.bids, 1, false)).toEqual([
      [1009, 1, 1],
      [1001, 2, 3],
      [999, 4, 7],
    ])
  })

  it('puts bids down and asks up, never to a better price', () => {
    expect(rowsOf(book.bids, 10, false)).toEqual([
      [1000, 3, 3],
      [990, 4, 7],
    ])
    expect(rowsOf(book.asks, 10, true)).toEqual([
      [1020, 7, 7],
      [1030, 8, 15],
    ])
  })

  it('fills the rows that are there, and the last of them wholly', () => {
    expect(rowsOf(book.asks, 10, true, 1)).toEqual([[1020, 7, 7]])
  })

  it('leaves out the last step of a side that is told up to there', () => {
    const side = new BookSide(true)
    for (let at = 0; at < TOLD_MAX - 1; at += 1) side.set(5_000 - at, 1)
    expect(rowsOf(side, 10, false, 30).at(-1)).toEqual([4900, 8, 99])
    side.set(5_000 - TOLD_MAX, 1)
    expect(rowsOf(side, 10, false, 30).at(-1)).toEqual([4910, 10, 91])
    expect(rowsOf(side, 1_000, false, 30)).toEqual([[5000, 1, 1]])
    expect(rowsOf(side, 10_000, false, 30)).toEqual([])
    expect(rowsOf(side, 1, false, 30)).toHaveLength(30)
  })

  it('offers tens of the tick', () => expect(steps(5)).toEqual([5, 50, 500, 5000]))
})
