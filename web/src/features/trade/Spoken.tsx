import { useCallback, useMemo, useRef, useState } from 'react'
import { useAccount } from '@/api/account'
import { known } from '@/api/live'
import { useTicker } from '@/api/tickers'
import { subtract } from '@/ui/decimal'
import { amount } from '@/ui/format'
import { useTradeKeys } from './keys'
import { useTraded } from './market'
import { setTicket, useTicket } from './ticket/draft'
import { shareOf } from './ticket/share'
import { sharePrice } from './ticket/useChecked'
import { useEffect } from 'react'

/** Hears the page's keys, and says the best prices to a screen reader when asked to. */
export function Spoken() {
  const { market, pricePlaces } = useTraded()
  const ticker = useTicker(market.symbol)
  const [words, setWords] = useState('')
  const latest = useRef(ticker)
  useEffect(() => {
    latest.current = ticker
  })

  const speak = useCallback(() => {
    const { bid = null, ask = null } = latest.current ?? {}
    const spread = bid !== null && ask !== null ? subtract(ask, bid) : null
    const say = (price: typeof bid) => amount(price, pricePlaces)
    setWords(`Best bid ${say(bid)}, best ask ${say(ask)}, spread ${say(spread)}`)
  }, [pricePlaces])

  const takeShare = useCallback(
    (percent: number) => {
      const balances = known(useAccount.getState().balances)
      if (balances === null) return
      const { bid = null, ask = null, last = null } = latest.current ?? {}
      const price = sharePrice(market, { bid, ask, last })
      setTicket(shareOf(useTicket.getState(), market, balances, price, percent))
    },
    [market],
  )

  const acts = useMemo(() => ({ speak, takeShare }), [speak, takeShare])
  useTradeKeys(acts)
  return (
    <p role="status" className="sr-only">
      {words}
    </p>
  )
}
