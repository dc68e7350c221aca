import { useNavigate } from '@tanstack/react-router'
import { Search, Star } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import type { Market } from '@/api/shapes'
import { useTickers } from '@/api/tickers'
import { classes } from '@/ui/classes'
import { placesOf, sign } from '@/ui/decimal'
import { Dialog } from '@/ui/Dialog'
import { amount, compact, pairName, percent } from '@/ui/format'
import { Coin } from '@/ui/Marks'
import { toggleFavourite, usePreferences } from '@/ui/preferences'
import { Segmented } from '@/ui/Segmented'
import { showPicker } from './picker'

type Shown = 'all' | 'favourites'

/** All markets, to search, to mark and to go to. */
export default function MarketPicker({ markets }: { markets: Market[] }) {
  return (
    <Dialog open onClose={() => showPicker(false)} title="Markets" wide>
      <MarketSearch markets={markets} />
    </Dialog>
  )
}

function MarketSearch({ markets }: { markets: Market[] }) {
  const [search, setSearch] = useState('')
  const [shown, setShown] = useState<Shown>('all')
  const favourites = usePreferences((preferences) => preferences.favourites)
  const navigate = useNavigate()
  const wanted = search.trim().toUpperCase().replace('/', '-')
  const found = markets.filter(
    ({ symbol }) => symbol.includes(wanted) && (shown === 'all' || favourites.includes(symbol)),
  )

  function go(market: Market | undefined) {
    if (!market) return
    showPicker(false)
    void navigate({ to: '/trade/$symbol', params: { symbol: market.symbol } })
  }

  return (
    <>
      <div className="flex items-center gap-2">
        <label className="relative flex-1">
          <Search
            aria-hidden="true"
            size={14}
            className="pointer-events-none absolute start-3 top-1/2 -translate-y-1/2 text-t3"
          />
          <input
            aria-label="Search markets"
            placeholder="BTC, ETH/USDT …"
            className="h-9 w-full rounded-md border border-strong bg-s2 ps-8 pe-3 text-sm"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={(event: KeyboardEvent) => {
              if (event.key === 'Enter') go(found[0])
            }}
          />
        </label>
        <Segmented<Shown>
          label="Which markets"
          value={shown}
          onChange={setShown}
          segments={[
            { value: 'all', label: 'All' },
            { value: 'favourites', label: 'Favourites' },
          ]}
        />
      </div>
      <p
        aria-hidden="true"
        className={classes(COLUMNS, '-mx-2 -mb-3 ps-9 text-xs text-t3')}
      >
        <span className="text-left">Pair</span>
        <span>Last price</span>
        <span>24h change</span>
        <span className="max-md:hidden">Turnover</span>
      </p>
      <ul aria-label="Markets" className="-mx-2 max-h-[60dvh] min-h-40 overflow-y-auto">
        {found.map((market) => (
          <MarketRow key={market.symbol} market={market} onGo={() => go(market)} />
        ))}
        {found.length === 0 && (
          <li className="p-6 text-center text-t2">
            {shown === 'favourites'
              ? 'No favourites yet: mark some with the star.'
              : 'No such market.'}
          </li>
        )}
      </ul>
    </>
  )
}

const COLUMNS = 'grid grid-cols-[6fr_5fr_72px] pe-3 text-right md:grid-cols-[1fr_1fr_80px_80px]'

function MarketRow({ market, onGo }: { market: Market; onGo: () => void }) {
  const ticker = useTickers(({ bySymbol }) => bySymbol[market.symbol])
  const chosen = usePreferences(({ favourites }) => favourites.includes(market.symbol))
  const moved = ticker?.changePercent ?? null
  return (
    <li className="figures flex items-center rounded-md hover:bg-s3">
      <button
        type="button"
        aria-pressed={chosen}
        aria-label={`Favourite ${pairName(market.symbol)}`}
        onClick={() => toggleFavourite(market.symbol)}
        className="flex size-9 shrink-0 items-center justify-center"
      >
        <Star aria-hidden="true" size={14} className={chosen ? 'fill-warn text-warn' : 'text-t3'} />
      </button>
      <button
        type="button"
        onClick={onGo}
        className={classes(COLUMNS, 'h-10 flex-1 items-center')}
      >
        <span className="flex items-center gap-2 text-left font-medium">
          <Coin asset={market.base} />
          {pairName(market.symbol)}
        </span>
        <span>{amount(ticker?.last, placesOf(market.tickSize))}</span>
        <span className={classes(moved !== null && (sign(moved) < 0 ? 'text-down' : 'text-up'))}>
          {percent(moved)}
        </span>
        <span className="text-t3 max-md:hidden">{compact(ticker?.quoteVolume)}</span>
      </button>
    </li>
  )
}
