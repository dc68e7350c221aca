import { useQuery } from '@tanstack/react-query'
import { useAccount } from '@/api/account'
import { known } from '@/api/live'
import { marketsQuery } from '@/api/queries'
import { useTickers } from '@/api/tickers'
import { Empty, Failed, Loading } from '@/ui/Faces'
import { amount, UNKNOWN } from '@/ui/format'
import { Page, PageSection } from '@/ui/Page'
import { Holdings } from './Holdings'
import { NeedsYou } from './NeedsYou'
import { OpenOrders } from './OpenOrders'
import { RecentFills } from './RecentFills'
import { currencyOf, worthOf } from './worth'

export function DashboardPage() {
  const balances = useAccount((account) => account.balances)
  const tickers = useTickers(({ bySymbol }) => bySymbol)
  const { data: markets } = useQuery(marketsQuery)
  const owned = known(balances)
  const worth =
    owned === null || markets === undefined ? null : worthOf(owned, tickers, currencyOf(markets))
  return (
    <Page
      wide
      title="Dashboard"
      aside={
        <p className="figures md:text-right">
          <span className="block text-xs text-t3">Total value</span>
          <span className="text-2xl font-semibold">
            {worth === null ? UNKNOWN : `${amount(worth.total, 2)} ${worth.currency}`}
          </span>
        </p>
      }
    >
      <NeedsYou unpriced={worth?.unpriced ?? []} />
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <PageSection title="Balances">
          {balances.state === 'connecting' ? (
            <Loading label="Waiting for your balances" />
          ) : balances.state === 'failed' ? (
            <Failed text={`No balances are told: ${balances.reason}`} />
          ) : balances.value.length === 0 ? (
            <Empty text="You have no funds here yet." />
          ) : (
            <Holdings balances={balances.value} worth={worth} />
          )}
        </PageSection>
        <div className="flex min-w-0 flex-col gap-4">
          <PageSection title="Open orders">
            <OpenOrders />
          </PageSection>
          <PageSection title="Recent fills">
            <RecentFills />
          </PageSection>
        </div>
      </div>
    </Page>
  )
}
