import { ChevronDown, Star } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTicker, useTickers } from '@/api/tickers'
import { Button, IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { sign } from '@/ui/decimal'
import { amount, change, compact, pairName, percent } from '@/ui/format'
import { Badge, Coin } from '@/ui/Marks'
import { toggleFavourite, usePreferences } from '@/ui/preferences'
import { useDirection } from './direction'
import { useTraded } from './market'
import { showPicker } from './picker'

const STATUS_WORDS = {
  open: null,
  postOnly: 'Post only',
  cancelOnly: 'Cancel only',
  halted: 'Halted',
}

/** The market, its price and its day. */
export function MarketStrip({ phone = false }: { phone?: boolean }) {
  const { market, pricePlaces } = useTraded()
  const ticker = useTicker(market.symbol)
  const stale = useTickers(({ state }) => state === 'stale')
  const last = ticker?.last ?? null
  const down = useDirection(last) === 'down'
  const moved = ticker?.change ?? null
  const tone = moved === null || sign(moved) === 0 ? '' : sign(moved) < 0 ? 'text-down' : 'text-up'
  const status = STATUS_WORDS[market.status]
  return (
    <section
      aria-label="Market"
      className={classes(
        'panel figures flex shrink-0 items-center',
        phone ? 'flex-wrap gap-x-4 gap-y-1 p-3' : 'h-14 gap-6 overflow-x-auto px-3',
      )}
    >
      <div className={classes('flex items-center gap-2', phone && 'w-full justify-between')}>
        <Button look="quiet" onClick={() => showPicker(true)} className="h-10 px-1.5!">
          <Coin large asset={market.base} />
          <span className="flex flex-col items-start">
            <span className="flex items-center gap-1 text-lg leading-5 font-semibold text-t1">
              {pairName(market.symbol)}
              <ChevronDown aria-hidden="true" size={14} />
            </span>
            <span className="text-2xs leading-4 text-t3">
              Spot · {market.allocation === 'fifo' ? 'FIFO' : 'pro rata'}
            </span>
          </span>
        </Button>
        <Favourite symbol={market.symbol} />
        {status && <Badge tone="warn">{status}</Badge>}
      </div>
      <span
        className={classes(
          'font-semibold',
          phone ? 'text-2xl' : 'text-xl',
          down ? 'text-down' : 'text-up',
          stale && 'opacity-50 grayscale',
        )}
      >
        <span className="sr-only">Last price </span>
        {amount(last, pricePlaces)}
      </span>
      <div
        className={classes('flex', phone ? 'w-full flex-wrap justify-between gap-x-3' : 'gap-6')}
      >
        <Figure name="24h change">
          <span className={tone}>
            {change(moved, pricePlaces)} {percent(ticker?.changePercent)}
          </span>
        </Figure>
        <Figure name="24h high">{amount(ticker?.high, pricePlaces)}</Figure>
        <Figure name="24h low">{amount(ticker?.low, pricePlaces)}</Figure>
        {!phone && (
          <Figure name="24h volume">
            <span title={`${ticker?.volume ?? ''} ${market.base}`}>
              {compact(ticker?.volume)} {market.base}
            </span>
          </Figure>
        )}
        <Figure name="24h turnover">
          <span title={`${ticker?.quoteVolume ?? ''} ${market.quote}`}>
            {compact(ticker?.quoteVolume)} {market.quote}
          </span>
        </Figure>
      </div>
    </section>
  )
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-col whitespace-nowrap">
      <span className="text-2xs text-t3">{name}</span>
      <span className="text-xs font-medium">{children}</span>
    </div>
  )
}

function Favourite({ symbol }: { symbol: string }) {
  const chosen = usePreferences(({ favourites }) => favourites.includes(symbol))
  return (
    <IconButton
      label={chosen ? 'Take from favourites' : 'Add to favourites'}
      aria-pressed={chosen}
      onClick={() => toggleFavourite(symbol)}
    >
      <Star aria-hidden="true" size={16} className={chosen ? 'fill-warn text-warn' : 'text-t3'} />
    </IconButton>
  )
}
