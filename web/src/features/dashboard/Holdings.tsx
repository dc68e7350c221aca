import type { Balance } from '@/api/shapes'
import { useTickers } from '@/api/tickers'
import { classes } from '@/ui/classes'
import { compare, sign, ZERO } from '@/ui/decimal'
import { amount, brief, percent, UNKNOWN } from '@/ui/format'
import { ASSET, holding } from '@/ui/BalanceTable'
import { type Column, figure, Table } from '@/ui/Table'
import { shareOf, type Worth } from './worth'

type HoldingsProps = { balances: Balance[]; worth: Worth | null }

/** What is owned, the most valuable first. */
export function Holdings({ balances, worth }: HoldingsProps) {
  const valueOf = ({ asset }: Balance) => worth?.byAsset[asset] ?? ZERO
  const rows = balances
    .filter(({ total }) => sign(total) !== 0)
    .sort((a, b) => compare(valueOf(b), valueOf(a)))
  return (
    <Table
      flush
      label="Balances"
      columns={columnsOf(worth)}
      rows={rows}
      rowKey={({ asset }) => asset}
    />
  )
}

function columnsOf(worth: Worth | null): Column<Balance>[] {
  const currency = worth?.currency ?? '…'
  const priceOf = ({ asset }: Balance) => {
    const price = worth?.prices[asset] ?? null
    return price === null || asset === currency ? UNKNOWN : brief(price)
  }
  return [
    ASSET,
    holding('total', 'Total'),
    holding('held', 'In orders', 'text-t2 max-md:hidden'),
    figure('price', 'Price', priceOf, 'max-md:hidden'),
    {
      key: 'moved',
      title: '24h',
      figures: true,
      className: 'max-md:hidden',
      cell: ({ asset }) => <Moved symbol={`${asset}-${currency}`} />,
    },
    {
      key: 'value',
      title: `Value (${currency})`,
      figures: true,
      className: 'max-md:pr-0',
      cell: ({ asset }) => {
        const value = worth?.byAsset[asset]
        return value === null ? <span className="text-t3">not valued</span> : amount(value, 2)
      },
    },
    {
      key: 'share',
      title: 'Share',
      figures: true,
      className: 'max-md:hidden',
      cell: ({ asset }) => <Share share={worth === null ? null : shareOf(worth, asset)} />,
    },
  ]
}

function Moved({ symbol }: { symbol: string }) {
  const moved = useTickers(({ bySymbol }) => bySymbol[symbol]?.changePercent ?? null)
  const way = moved === null ? 0 : sign(moved)
  return (
    <span className={classes(way === 0 ? 'text-t3' : way < 0 ? 'text-down' : 'text-up')}>
      {percent(moved)}
    </span>
  )
}

function Share({ share }: { share: number | null }) {
  if (share === null) return UNKNOWN
  return (
    <span className="flex items-center justify-end gap-2">
      <span aria-hidden="true" className="h-1 w-16 overflow-hidden rounded-full bg-s3">
        <span
          className="block h-full origin-left bg-accent"
          style={{ transform: `scaleX(${share / 100})` }}
        />
      </span>
      <span className="w-8">{share}%</span>
    </span>
  )
}
