import type { Decimal } from './decimal'
import { brief, exact } from './format'
import { Coin } from './Marks'
import { type Column, Table } from './Table'

type BalanceRow = { asset: string; available: Decimal; held: Decimal; total: Decimal }

const figure = (value: Decimal) => <span title={exact(value)}>{brief(value)}</span>

const COLUMNS: Column<BalanceRow>[] = [
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
  { key: 'available', title: 'Available', figures: true, cell: (row) => figure(row.available) },
  {
    key: 'held',
    title: 'In orders',
    figures: true,
    className: 'text-t2',
    cell: (row) => figure(row.held),
  },
]
const TOTAL: Column<BalanceRow> = {
  key: 'total',
  title: 'Total',
  figures: true,
  cell: (row) => figure(row.total),
}

type BalanceTableProps = { label: string; balances: readonly BalanceRow[]; withTotal?: boolean }

export function BalanceTable({ label, balances, withTotal }: BalanceTableProps) {
  return (
    <Table
      label={label}
      columns={withTotal ? [...COLUMNS, TOTAL] : COLUMNS}
      rows={balances}
      rowKey={({ asset }) => asset}
    />
  )
}
