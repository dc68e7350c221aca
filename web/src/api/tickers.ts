/** The last prices of all markets, told to pages a few times a second at most. */
import { create } from 'zustand'
import { stream } from './connection'
import type { Ticker } from './shapes'

/** People cannot read faster. */
const TOLD_EVERY_MS = 250

type Tickers = {
  state: 'connecting' | 'live' | 'stale'
  bySymbol: Readonly<Record<string, Ticker>>
}

export const useTickers = create<Tickers>()(() => ({ state: 'connecting', bySymbol: {} }))

export function useTicker(symbol: string): Ticker | null {
  return useTickers(({ bySymbol }) => bySymbol[symbol] ?? null)
}

/** Follows all tickers until the answer is called. */
export function followTickers(): () => void {
  let waiting: Record<string, Ticker> = {}
  let timer: ReturnType<typeof setTimeout> | undefined

  function tell() {
    timer = undefined
    const changed = waiting
    waiting = {}
    useTickers.setState(({ bySymbol }) => ({
      state: 'live',
      bySymbol: { ...bySymbol, ...changed },
    }))
  }

  const close = stream.listen('tickers', {
    message: (message) => {
      for (const ticker of message.items) waiting[ticker.symbol] = ticker
      if (message.type === 'snapshot') tell()
      else timer ??= setTimeout(tell, TOLD_EVERY_MS)
    },
    lost: () => useTickers.setState(({ state }) => ({ state: state === 'live' ? 'stale' : state })),
  })
  return () => {
    clearTimeout(timer)
    close()
  }
}
