import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Suspense, useEffect, useMemo } from 'react'
import { BookFeed } from '@/api/bookFeed'
import { said } from '@/api/problem'
import { marketsQuery } from '@/api/queries'
import type { Market } from '@/api/shapes'
import { useTicker } from '@/api/tickers'
import { placesOf } from '@/ui/decimal'
import { Empty, Failed, Skeleton } from '@/ui/Faces'
import { amount, pairName } from '@/ui/format'
import { later } from '@/ui/later'
import { NARROW, PHONE, useMedia } from '@/ui/media'
import { prefer } from '@/ui/preferences'
import { Desk } from './Desk'
import { TradedContext, type Traded } from './market'
import { usePicker } from './picker'
import { PhoneDesk } from './PhoneDesk'
import { Spoken } from './Spoken'
import { openTicket } from './ticket/draft'

const MarketPicker = later(() => import('./MarketPicker'))

export function TradePage() {
  const { symbol } = useParams({ from: '/shell/trade/$symbol' })
  const { data: markets, error, refetch } = useQuery(marketsQuery)
  if (error) return <Failed text={said(error)} onRetry={() => void refetch()} />
  if (markets === undefined) return <TradeSkeleton />
  const market = markets.find((candidate) => candidate.symbol === symbol)
  if (!market) return <UnknownMarket symbol={symbol} other={markets[0]} />
  return <MarketPage key={symbol} market={market} markets={markets} />
}

function MarketPage({ market, markets }: { market: Market; markets: Market[] }) {
  const phone = useMedia(PHONE)
  const narrow = useMedia(NARROW)
  const picking = usePicker(({ open }) => open)
  const traded = useTradedMarket(market)
  useTitle(traded)
  useEffect(() => {
    openTicket(market.symbol)
    prefer({ market: market.symbol })
  }, [market.symbol])
  return (
    <TradedContext value={traded}>
      {phone || narrow ? <PhoneDesk markets={markets} wide={!phone} /> : <Desk markets={markets} />}
      <Suspense>{picking && <MarketPicker markets={markets} />}</Suspense>
      <Spoken />
    </TradedContext>
  )
}

/** The feed stays while the market's settings are told anew. */
function useTradedMarket(market: Market): Traded {
  const pricePlaces = placesOf(market.tickSize)
  const lotPlaces = placesOf(market.lotSize)
  const feed = useMemo(
    () => new BookFeed(market.symbol, pricePlaces, lotPlaces),
    [market.symbol, pricePlaces, lotPlaces],
  )
  return useMemo(
    () => ({ market, pricePlaces, lotPlaces, feed }),
    [market, pricePlaces, lotPlaces, feed],
  )
}

/** The price in the title: for whoever has other pages open. */
function useTitle({ market, pricePlaces }: Traded) {
  const last = useTicker(market.symbol)?.last ?? null
  useEffect(() => {
    const price = last === null ? '' : `${amount(last, pricePlaces)} · `
    document.title = `${price}${pairName(market.symbol)} · Rialto`
  }, [last, market.symbol, pricePlaces])
}

function UnknownMarket({ symbol, other }: { symbol: string; other: Market | undefined }) {
  return (
    <Empty
      className="min-h-80"
      text={`There is no market ${pairName(symbol)} here.`}
      action={
        other && (
          <Link
            to="/trade/$symbol"
            params={{ symbol: other.symbol }}
            className="text-accent underline"
          >
            To {pairName(other.symbol)}
          </Link>
        )
      }
    />
  )
}

/** The shape of what will be here. */
function TradeSkeleton() {
  return (
    <div
      role="status"
      className="grid h-full grid-rows-[56px_1fr] gap-1 p-1 lg:grid-cols-[1fr_292px_312px]"
    >
      <span className="sr-only">Waiting for the markets…</span>
      <Skeleton className="h-14 lg:col-span-3" />
      <Skeleton className="min-h-64 opacity-60" />
      <Skeleton className="min-h-64 opacity-60" />
      <Skeleton className="min-h-64 opacity-60" />
    </div>
  )
}
