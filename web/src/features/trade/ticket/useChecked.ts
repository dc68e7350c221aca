import { useEffect, useState } from 'react'
import { useAccount } from '@/api/account'
import type { BookState } from '@/api/bookFeed'
import { known } from '@/api/live'
import { paced } from '@/api/paced'
import type { Market } from '@/api/shapes'
import { useTicker } from '@/api/tickers'
import { useTraded } from '../market'
import { priceText } from '../units'
import { useTicket } from './draft'
import { heldPrice } from './holds'
import { check, type Checked, type Surroundings } from './rules'
import { type Walk, walk } from './walk'

const LOOKS_PER_SECOND = 4

type Touch = Pick<Surroundings, 'bid' | 'ask'> & { walk: Walk | null; state: BookState }

/** The best prices and what a market order would meet, a few times a second. */
function useTouch(): Touch {
  const { feed, pricePlaces, lotPlaces } = useTraded()
  const { side, kind, amount, quoteAmount, countedIn } = useTicket()
  const [touch, setTouch] = useState<Touch>({
    bid: null,
    ask: null,
    walk: null,
    state: feed.state,
  })
  useEffect(() => {
    const places = { price: pricePlaces, size: lotPlaces }
    const price = (units: number | null) => (units === null ? null : priceText(units, pricePlaces))
    const painter = paced(LOOKS_PER_SECOND, () => {
      const { bids, asks } = feed.book
      const wanted = countedIn === 'quote' ? quoteAmount : amount
      const met =
        kind !== 'market' || wanted === null
          ? null
          : walk(
              side === 'buy' ? asks : bids,
              places,
              countedIn === 'quote' ? { quote: wanted } : { base: wanted },
            )
      setTouch((before) => {
        const next = {
          bid: price(bids.best()),
          ask: price(asks.best()),
          walk: met,
          state: feed.state,
        }
        return same(before, next) ? before : next
      })
    })
    painter.dirty()
    const close = feed.watch(painter.dirty)
    return () => {
      close()
      painter.stop()
    }
  }, [feed, pricePlaces, lotPlaces, side, kind, amount, quoteAmount, countedIn])
  return touch
}

function same(a: Touch, b: Touch): boolean {
  return (
    a.bid === b.bid &&
    a.ask === b.ask &&
    a.state === b.state &&
    a.walk?.quote === b.walk?.quote &&
    a.walk?.worst === b.walk?.worst &&
    a.walk?.isWhole === b.walk?.isWhole
  )
}

/** The ticket as it stands, checked against the market, the book and the balances. */
export function useChecked(): { checked: Checked; around: Surroundings; book: BookState } {
  const { market } = useTraded()
  const draft = useTicket()
  const touch = useTouch()
  const last = useTicker(market.symbol)?.last ?? null
  const balances = useAccount((account) => known(account.balances))
  const around = { bid: touch.bid, ask: touch.ask, walk: touch.walk, last, balances }
  return { checked: check(draft, market, around), around, book: touch.state }
}

/** The price that a share of the balance is counted at. */
export function sharePrice(market: Market, around: Pick<Surroundings, 'bid' | 'ask' | 'last'>) {
  const draft = useTicket.getState()
  if (draft.kind === 'market') return draft.side === 'buy' ? around.ask : around.bid
  return heldPrice(draft, market, around.last)
}
