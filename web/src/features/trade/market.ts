/** The market that a trade page is about, for everything on that page. */
import { createContext, useContext } from 'react'
import type { BookFeed } from '@/api/bookFeed'
import type { Market } from '@/api/shapes'

export type Traded = {
  market: Market
  /** Decimals of a price and of an amount of base. */
  pricePlaces: number
  lotPlaces: number
  feed: BookFeed
}

export const TradedContext = createContext<Traded | null>(null)

export function useTraded(): Traded {
  const traded = useContext(TradedContext)
  if (traded === null) throw new Error('outside of a trade page')
  return traded
}
