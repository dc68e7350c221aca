import { type Decimal, sign, trim } from './decimal'
import { grouped } from './format'
import { Coin } from './Marks'
import { type Column, Table } from './Table'

type BalanceRow = { asset: string; available: Decimal; held: Decimal; total: Decimal }

const figure = (value: Decimal) => (sign(value) === 0 ? '0' : grouped(trim(value)))

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

type BalanceTableProps = { balances: readonly BalanceRow[]; withTotal?: boolean }

export function BalanceTable({ balances, withTotal }: BalanceTableProps) {
  return (
    <Table
      label="Balances"
      columns={withTotal ? [...COLUMNS, TOTAL] : COLUMNS}
      rows={balances}
      rowKey={({ asset }) => asset}
    />
  )
}
