import type { Decimal } from './decimal'
import { brief, exact } from './format'
import { Coin } from './Marks'
import { type Column, figure, Table } from './Table'

type BalanceRow = { asset: string; available: Decimal; held: Decimal; total: Decimal }

type Held = 'available' | 'held' | 'total'

/** A holding at a glance; the pointer tells the exact figure. */
export function holding(key: Held, title: string, className?: string): Column<BalanceRow> {
  return {
    ...figure(key, title, (row) => brief(row[key]), className),
    cell: (row) => <span title={exact(row[key])}>{brief(row[key])}</span>,
  }
}

/** An asset with its coin. */
export const ASSET: Column<{ asset: string }> = {
  key: 'asset',
  title: 'Asset',
  cell: ({ asset }) => (
    <span className="flex items-center gap-2 font-medium">
      <Coin asset={asset} />
      {asset}
    </span>
  ),
}

const COLUMNS: Column<BalanceRow>[] = [
  ASSET,
  holding('available', 'Available'),
  holding('held', 'In orders', 'text-t2'),
]
const TOTAL = holding('total', 'Total', 'max-md:hidden')
/** Where there is no room for points in one line. */
const NARROW = COLUMNS.map((column) => ({ ...column, aligned: undefined }))

type BalanceTableProps = { label: string; balances: readonly BalanceRow[]; withTotal?: boolean }

export function BalanceTable({ label, balances, withTotal }: BalanceTableProps) {
  return (
    <Table
      label={label}
      columns={withTotal ? [...COLUMNS, TOTAL] : NARROW}
      rows={balances}
      rowKey={({ asset }) => asset}
    />
  )
}
