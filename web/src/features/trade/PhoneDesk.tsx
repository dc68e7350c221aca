import { useState } from 'react'
import { useAccount } from '@/api/account'
import { known } from '@/api/live'
import { useSession } from '@/api/session'
import type { Market, Side } from '@/api/shapes'
import { Button } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { Dialog } from '@/ui/Dialog'
import { Tabs } from '@/ui/Tabs'
import { Balances } from './blotter/Balances'
import { Blotter, SignInFirst } from './blotter/Blotter'
import { OrderBook } from './book/OrderBook'
import { ChartPanel } from './chart/ChartPanel'
import { MarketStrip } from './MarketStrip'
import { useTraded } from './market'
import { Tape } from './Tape'
import { OrderTicket } from './ticket/OrderTicket'
import { setTicket } from './ticket/draft'

type Panel = 'book' | 'trades' | 'orders' | 'balances'

/** The page in a hand: one thing below the other, the ticket rises from the lower edge. */
export function PhoneDesk({ markets, wide }: { markets: Market[]; wide: boolean }) {
  const { market } = useTraded()
  const [panel, setPanel] = useState<Panel>('book')
  const [ticket, setTicketOpen] = useState(false)
  const count = useAccount((account) => known(account.orders)?.length ?? 0)
  const signedIn = useSession(({ state }) => state === 'signedIn')

  function openTicket(side: Side) {
    setTicket({ side, share: 0 })
    setTicketOpen(true)
  }

  return (
    <div className="flex min-h-full flex-col gap-1 p-1">
      <MarketStrip phone={!wide} />
      <div className={classes('panel flex shrink-0', wide ? 'h-100' : 'h-75')}>
        <ChartPanel />
      </div>
      <Tabs<Panel>
        label="Market and account"
        value={panel}
        onChange={setPanel}
        className="panel h-120 shrink-0"
        tabs={[
          { value: 'book', label: 'Book', panel: <OrderBook half /> },
          { value: 'trades', label: 'Trades', panel: <Tape /> },
          { value: 'orders', label: 'Orders', count, panel: <Blotter markets={markets} /> },
          {
            value: 'balances',
            label: 'Balances',
            panel: signedIn ? <Balances market={market} label="Balances" /> : <SignInFirst />,
          },
        ]}
      />
      <div className="sticky -bottom-px z-20 -m-1 mt-auto flex gap-2 border-t border-line bg-s1 p-2">
        <Button look="buy" size="large" className="flex-1" onClick={() => openTicket('buy')}>
          Buy {market.base}
        </Button>
        <Button look="sell" size="large" className="flex-1" onClick={() => openTicket('sell')}>
          Sell {market.base}
        </Button>
      </div>
      <Dialog sheet open={ticket} onClose={() => setTicketOpen(false)} title="New order">
        <OrderTicket onSent={() => setTicketOpen(false)} />
      </Dialog>
    </div>
  )
}
