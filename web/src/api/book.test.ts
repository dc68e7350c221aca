import { describe, expect, it } from 'vitest'
import { Book, unitsOf } from './book'
import type { LevelText } from './shapes'

function book(bids: LevelText[], asks: LevelText[]): Book {
  const made = new Book(1, 4)
  made.snapshot({ bids, asks })
  return made
}

function levels(side: Book['bids']): [number, number][] {
  return Array.from({ length: side.length }, (_, at) => [side.prices[at] ?? 0, side.sizes[at] ?? 0])
}

describe('units', () => {
  it.each([
    ['67380.5', 1, 673805],
    ['67380', 1, 673800],
    ['0.00001', 5, 1],
    ['1.23000000', 2, 123],
    ['281474976710656', 0, 281474976710656],
  ])('%s with %i places is %i', (text, places, want) => expect(unitsOf(text, places)).toBe(want))
})

describe('the book', () => {
  it('keeps the best price of each side first, in whatever order levels come', () => {
    const made = book(
      [
        ['99.0', '1'],
        ['99.5', '2'],
        ['98', '3'],
      ],
      [
        ['101', '1'],
        ['100.0', '2'],
      ],
    )
    expect(levels(made.bids)).toEqual([
      [995, 20_000],
      [990, 10_000],
      [980, 30_000],
    ])
    expect(levels(made.asks)).toEqual([
      [1000, 20_000],
      [1010, 10_000],
    ])
  })

  it('changes, adds and removes levels', () => {
    const made = book([['99', '1']], [['100', '1']])
    made.update({
      bids: [
        ['99', '0.5'],
        ['98', '2'],
      ],
      asks: [
        ['100', '0'],
        ['100.5', '4'],
        ['103', '0'],
      ],
    })
    expect(levels(made.bids)).toEqual([
      [990, 5_000],
      [980, 20_000],
    ])
    expect(levels(made.asks)).toEqual([[1005, 40_000]])
  })

  it('forgets what was before a snapshot', () => {
    const made = book([['99', '1']], [['100', '1']])
    made.snapshot({ bids: [['50', '1']], asks: [] })
    expect(levels(made.bids)).toEqual([[500, 10_000]])
    expect(made.asks.best()).toBeNull()
  })

  it('says when it is crossed', () => {
    const made = book([['99', '1']], [['100', '1']])
    expect(made.crossed()).toBe(false)
    made.update({ bids: [['100', '1']], asks: [] })
    expect(made.crossed()).toBe(true)
  })

  it('agrees with a plain map after thousands of changes', () => {
    const made = new Book(0, 0)
    const plain = new Map<number, number>()
    let state = 7
    const next = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor(state / 65_536) % below
    }
    for (let step = 0; step < 5_000; step += 1) {
      const [price, size] = [next(400), next(4)]
      if (size === 0) plain.delete(price)
      else plain.set(price, size)
      made.update({ bids: [[String(price), String(size)]], asks: [] })
    }
    expect(levels(made.bids)).toEqual([...plain].sort(([a], [b]) => b - a))
  })
})
