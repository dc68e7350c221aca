import { useAccount } from '@/api/account'
import type { Market } from '@/api/shapes'
import { BalanceTable } from '@/ui/BalanceTable'
import { Empty, Failed, Loading } from '@/ui/Faces'

type BalancesProps = { market: Market; label: string; withTotal?: boolean }

/** What somebody has: the assets of the market first. */
export function Balances({ market, label, withTotal }: BalancesProps) {
  const balances = useAccount((account) => account.balances)
  if (balances.state === 'connecting') return <Loading label="Waiting for your balances" />
  if (balances.state === 'failed') {
    return <Failed text={`No balances are told: ${balances.reason}`} />
  }
  if (balances.value.length === 0) return <Empty text="You have no funds here yet." />
  const first = [market.base, market.quote]
  const place = (asset: string) => (first.includes(asset) ? first.indexOf(asset) : first.length)
  const rows = [...balances.value].sort((a, b) => place(a.asset) - place(b.asset))
  return <BalanceTable label={label} balances={rows} withTotal={withTotal ?? false} />
}
