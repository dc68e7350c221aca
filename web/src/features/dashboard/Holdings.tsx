import type { Balance } from '@/api/shapes'
import { compare, sign, ZERO } from '@/ui/decimal'
import { amount, exact } from '@/ui/format'
import { Coin } from '@/ui/Marks'
import { type Column, Table } from '@/ui/Table'
import type { Worth } from './worth'

type HoldingsProps = { balances: Balance[]; worth: Worth | null }

/** What is owned, the most valuable first. */
export function Holdings({ balances, worth }: HoldingsProps) {
  const valueOf = ({ asset }: Balance) => worth?.byAsset[asset] ?? ZERO
  const rows = balances
    .filter(({ total }) => sign(total) !== 0)
    .sort((a, b) => compare(valueOf(b), valueOf(a)))
  const columns: Column<Balance>[] = [
    {
      key: 'asset',
      title: 'Asset',
      cell: ({ asset }) => (
        <span className="inline-flex items-center gap-2 font-medium">
          <Coin asset={asset} />
          {asset}
        </span>
      ),
    },
    { key: 'total', title: 'Total', figures: true, cell: ({ total }) => exact(total) },
    {
      key: 'held',
      title: 'In orders',
      figures: true,
      className: 'text-t2 max-md:hidden',
      cell: ({ held }) => exact(held),
    },
    {
      key: 'value',
      title: `Value (${worth?.currency ?? '…'})`,
      figures: true,
      cell: ({ asset }) => {
        const value = worth?.byAsset[asset]
        return value === null ? <span className="text-t3">not valued</span> : amount(value, 2)
      },
    },
  ]
  return <Table label="Balances" columns={columns} rows={rows} rowKey={({ asset }) => asset} />
}
