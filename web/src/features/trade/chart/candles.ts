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

/** `older` before `newer`, each time once, ascending; the newer wins. */
export function joined(older: Candle[], newer: Candle[]): Candle[] {
  const byTime = new Map<string, Candle>()
  for (const candle of [...older, ...newer]) byTime.set(candle.openAt, candle)
  return [...byTime.values()].sort((a, b) => Date.parse(a.openAt) - Date.parse(b.openAt))
}
