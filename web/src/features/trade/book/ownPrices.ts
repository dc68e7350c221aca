import { useMemo } from 'react'
import { useAccount } from '@/api/account'
import { unitsOf } from '@/api/book'
import { known } from '@/api/live'
import type { Order } from '@/api/shapes'
import { useTraded } from '../market'
import type { OwnPrices } from './useLadder'

/** The rows of the ladder in which somebody's own orders rest. */
export function useOwnPrices(step: number): OwnPrices {
  const { market, pricePlaces } = useTraded()
  const orders = useAccount((account) => known(account.orders))
  return useMemo(() => {
    const own = { bids: new Set<number>(), asks: new Set<number>() }
    for (const order of orders ?? []) {
      if (order.symbol !== market.symbol || !rests(order) || order.price === null) continue
      const units = unitsOf(order.price, pricePlaces)
      if (order.side === 'buy') own.bids.add(Math.floor(units / step) * step)
      else own.asks.add(Math.ceil(units / step) * step)
    }
    return own
  }, [orders, market, pricePlaces, step])
}

/** Orders that wait for a trigger are not in the book. */
function rests(order: Order): boolean {
  return order.type === 'limit' || order.type === 'limitMaker'
}
