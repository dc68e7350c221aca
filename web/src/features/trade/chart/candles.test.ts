import { describe, expect, it } from 'vitest'
import type { Candle } from '@/api/shapes'
import { continued, cut, isFull, timeOf, Waiting } from './candles'

const candle = (second: number, close = '1') =>
  ({ openAt: new Date(second * 1_000).toISOString(), close }) as Candle
const candles = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => candle(from + at))
const seconds = (shown: Candle[]) => shown.map(timeOf)

describe('the candles of a chart', () => {
  it.each([
    ['that overlaps is joined', candles(1, 5), candles(3, 8), [1, 2, 3, 4, 5, 6, 7, 8]],
    ['that follows at once begins anew, as nobody knows that', candles(1, 5), candles(6, 7), [6, 7]],
    ['that leaves a hole begins anew', candles(1, 5), candles(60, 62), [60, 61, 62]],
    ['is all there is at first', [], candles(60, 62), [60, 61, 62]],
    ['of nothing takes nothing away', candles(1, 2), [], [1, 2]],
  ])('after a snapshot %s', (_, before, snapshot, want) => {
    expect(seconds(continued(before, snapshot))).toEqual(want)
  })

  it('do not grow for ever', () => {
    expect(isFull(candles(1, 9_999))).toBe(false)
    const full = candles(1, 10_001)
    expect(isFull(full)).toBe(true)
    expect(seconds(cut(full)).slice(0, 2)).toEqual([2_001, 2_002])
  })
})

describe('what waits to be painted', () => {
  it('is the last of each candle', () => {
    const waiting = new Waiting()
    waiting.add([candle(1, 'a')])
    waiting.add([candle(1, 'b'), candle(3, 'c'), candle(3, 'd')])
    waiting.add([candle(2, 'e'), candle(1, 'f')])
    const { candles: taken, torn } = waiting.take()
    expect([taken.map(({ close }) => close), torn]).toEqual([['f', 'e', 'd'], false])
    expect(waiting.take().candles).toEqual([])
  })

  it('is no more than a snapshot has, after a night in a hidden page', () => {
    const waiting = new Waiting()
    for (const one of candles(1, 30_000)) waiting.add([one])
    const { candles: taken, torn } = waiting.take()
    expect([taken.length, seconds(taken)[0], torn]).toEqual([500, 29_501, true])
    expect(waiting.take().torn).toBe(false)
  })
})
