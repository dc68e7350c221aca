import { Link, useLocation } from '@tanstack/react-router'
import { type ReactNode, Suspense, useState } from 'react'
import { useAccount } from '@/api/account'
import { known } from '@/api/live'
import { useSession } from '@/api/session'
import type { Market } from '@/api/shapes'
import { Empty, Loading } from '@/ui/Faces'
import { later } from '@/ui/later'
import { type Tab, Tabs } from '@/ui/Tabs'
import { Checkbox } from '@/ui/Toggles'
import { useTraded } from '../market'
import { Balances } from './Balances'
import { CancelAll } from './CancelAll'

const OpenOrders = later(() => import('./OpenOrders'))
const OrderHistory = later(() => import('./OrderHistory'))
const Fills = later(() => import('./Fills'))

type Panel = 'open' | 'history' | 'fills' | 'balances'

/** What somebody has going, had, got and owns. */
export function Blotter({ markets }: { markets: Market[] }) {
  const { market } = useTraded()
  const [panel, setPanel] = useState<Panel>('open')
  const [thisPair, setThisPair] = useState(false)
  const signedIn = useSession(({ state }) => state === 'signedIn')
  const symbol = thisPair ? market.symbol : null
  const count = useAccount((account) => known(account.orders)?.length ?? 0)
  const own = (content: ReactNode) =>
    signedIn ? (
      <Suspense fallback={<Loading label="Loading the list" />}>{content}</Suspense>
    ) : (
      <SignInFirst />
    )
  const tabs: Tab<Panel>[] = [
    {
      value: 'open',
      label: 'Open orders',
      count,
      panel: own(<OpenOrders markets={markets} symbol={symbol} />),
    },
    { value: 'history', label: 'Order history', panel: own(<OrderHistory symbol={symbol} />) },
    { value: 'fills', label: 'Fills', panel: own(<Fills symbol={symbol} />) },
    {
      value: 'balances',
      label: 'Balances',
      panel: own(<Balances market={market} label="Balances" withTotal />),
    },
  ]
  return (
    <Tabs
      label="Your account"
      value={panel}
      onChange={setPanel}
      tabs={tabs}
      className="min-h-0 flex-1"
      aside={
        signedIn && (
          <div className="flex shrink-0 items-center gap-2 pe-2">
            {panel !== 'balances' && (
              <Checkbox
                label="This pair only"
                checked={thisPair}
                onChange={setThisPair}
                className="max-md:hidden"
              />
            )}
            {panel === 'open' && <CancelAll symbol={symbol} />}
          </div>
        )
      }
    />
  )
}

export function SignInFirst() {
  const href = useLocation({ select: (location) => location.href })
  return (
    <Empty
      text="Your orders, fills and balances show here."
      action={
        <Link to="/sign-in" search={{ next: href }} className="text-accent underline">
          Sign in
        </Link>
      }
    />
  )
}
