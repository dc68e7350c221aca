import { useState } from 'react'
import type { Market } from '@/api/shapes'
import { useSession } from '@/api/session'
import { useMedia } from '@/ui/media'
import { Tabs } from '@/ui/Tabs'
import { Balances } from './blotter/Balances'
import { Blotter } from './blotter/Blotter'
import { OrderBook } from './book/OrderBook'
import { ChartPanel } from './chart/ChartPanel'
import { MarketStrip } from './MarketStrip'
import { useTraded } from './market'
import { Tape } from './Tape'
import { OrderTicket } from './ticket/OrderTicket'

type Side = 'book' | 'trades'

const WIDE = '(min-width: 1720px)'

/** The page on a desk: chart left, book middle, ticket right, blotter below. */
export function Desk({ markets }: { markets: Market[] }) {
  const { market } = useTraded()
  const [side, setSide] = useState<Side>('book')
  const signedIn = useSession(({ state }) => state === 'signedIn')
  const wide = useMedia(WIDE)
  return (
    <div className="flex h-full min-h-160 flex-col gap-1 p-1">
      <MarketStrip />
      <div
        className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_292px_312px]
          grid-rows-[minmax(0,1fr)_236px] gap-1 xl:grid-cols-[minmax(0,1fr)_300px_260px_332px]"
      >
        <div className="panel flex min-h-0">
          <ChartPanel />
        </div>
        <div className="panel flex min-h-0 flex-col">
          {wide ? (
            <>
              <h2 className="flex h-10 shrink-0 items-center border-b border-line px-3 font-medium">
                Order book
              </h2>
              <OrderBook />
            </>
          ) : (
            <Tabs<Side>
              label="Book and trades"
              value={side}
              onChange={setSide}
              className="flex-1"
              tabs={[
                { value: 'book', label: 'Order book', panel: <OrderBook /> },
                { value: 'trades', label: 'Trades', panel: <Tape /> },
              ]}
            />
          )}
        </div>
        {wide && (
          <div className="panel flex min-h-0 flex-col">
            <h2 className="flex h-10 shrink-0 items-center border-b border-line px-3 font-medium">
              Trades
            </h2>
            <Tape />
          </div>
        )}
        <div className="panel row-span-2 flex min-h-0 flex-col overflow-y-auto">
          <div className="p-3">
            <OrderTicket />
          </div>
          {signedIn && (
            <div className="mt-auto flex max-h-48 min-h-32 shrink-0 flex-col border-t border-line pt-2">
              <h2 className="px-3 font-semibold">Balances</h2>
              <Balances market={market} label="Your balances" />
            </div>
          )}
        </div>
        <div className="blotter panel col-span-2 flex min-h-0 flex-col xl:col-span-3">
          <Blotter markets={markets} />
        </div>
      </div>
    </div>
  )
}
