/** Candles for drawing. Here alone prices become floats: a pixel needs no cent. */
import type { CandlestickData, HistogramData, UTCTimestamp } from 'lightweight-charts'
import type { Candle } from '@/api/shapes'

export const INTERVALS = ['1s', '1m', '5m', '15m', '1h', '4h', '1d', '1w'] as const
export type Interval = (typeof INTERVALS)[number]

/** The interval of that name, if there is one. */
export function intervalOf(text: string | null | undefined): Interval | null {
  return INTERVALS.find((interval) => interval === text) ?? null
}

export function timeOf(candle: Candle): UTCTimestamp {
  return Math.floor(new Date(candle.openAt).getTime() / 1000) as UTCTimestamp
}

export function bodyOf(candle: Candle): CandlestickData<UTCTimestamp> {
  return {
    time: timeOf(candle),
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
  }
}

export function volumeOf(candle: Candle, up: string, down: string): HistogramData<UTCTimestamp> {
  const rising = Number(candle.close) >= Number(candle.open)
  return { time: timeOf(candle), value: Number(candle.volume), color: rising ? up : down }
}

/** Candles that a chart has at most: beyond, the oldest go. */
const CHARTED_MAX = 10_000
/** How many go at once: each time all are drawn anew. */
const CUT = 2_000
/** New candles that wait to be painted at most: as many as a snapshot has. */
const WAITING_MAX = 500

/** What a chart has after a snapshot: what it had before it, unless a piece is missing between. */
export function continued(before: Candle[], snapshot: Candle[]): Candle[] {
  const [first, last] = [snapshot[0], before[before.length - 1]]
  const torn = first !== undefined && last !== undefined && timeOf(first) > timeOf(last)
  return torn ? snapshot : joined(before, snapshot)
}

export function isFull(candles: Candle[]): boolean {
  return candles.length >= CHARTED_MAX
}

/** Without the oldest, where there are too many. */
export function cut(candles: Candle[]): Candle[] {
  return candles.length > CHARTED_MAX ? candles.slice(CUT) : candles
}

/** What came since the last painting. A hidden page paints nothing, however long it is hidden. */
export class Waiting {
  private candles: Candle[] = []
  private torn = false

  add(changed: Candle[]) {
    for (const candle of changed) {
      const last = this.candles[this.candles.length - 1]
      if (last?.openAt === candle.openAt) this.candles[this.candles.length - 1] = candle
      else if (last === undefined || timeOf(candle) > timeOf(last)) this.candles.push(candle)
      else this.candles = joined(this.candles, [candle])
    }
    if (this.candles.length <= WAITING_MAX) return
    this.candles.splice(0, this.candles.length - WAITING_MAX)
    this.torn = true
  }

  /** All of it; `torn` where older ones were thrown away. */
  take(): { candles: Candle[]; torn: boolean } {
    const { candles, torn } = this
    this.candles = []
    this.torn = false
    return { candles, torn }
  }
}

/** `older` before `newer`, each time once, ascending; the newer wins. */
export function joined(older: Candle[], newer: Candle[]): Candle[] {
  const byTime = new Map<string, Candle>()
  for (const candle of [...older, ...newer]) byTime.set(candle.openAt, candle)
  return [...byTime.values()].sort((a, b) => Date.parse(a.openAt) - Date.parse(b.openAt))
}
