/** What balances are worth in one currency. What has no price is named, never counted as nothing. */
import type { Balance, Market, Ticker } from '@/api/shapes'
import { add, type Decimal, divide, multiply, sign, ZERO } from '@/ui/decimal'

const PLACES = 12

export type Worth = {
  currency: string
  total: Decimal
  /** By asset; null where nothing prices it. */
  byAsset: Record<string, Decimal | null>
  /** Of one of each asset. */
  prices: Record<string, Decimal | null>
  /** Assets that are owned and have no price. */
  unpriced: string[]
}

/** The currency most markets are quoted in. */
export function currencyOf(markets: Market[]): string {
  const counts = new Map<string, number>()
  for (const { quote } of markets) counts.set(quote, (counts.get(quote) ?? 0) + 1)
  const [most] = [...counts].sort((a, b) => b[1] - a[1])
  return most?.[0] ?? 'USDT'
}

export function worthOf(
  balances: Balance[],
  tickers: Readonly<Record<string, Ticker>>,
  currency: string,
): Worth {
  const byAsset: Worth['byAsset'] = {}
  const prices: Worth['prices'] = {}
  const unpriced: string[] = []
  let total = ZERO
  for (const balance of balances) {
    const price = priceOf(balance.asset, tickers, currency)
    const worth = price === null ? null : multiply(balance.total, price)
    byAsset[balance.asset] = worth
    prices[balance.asset] = price
    if (worth !== null) total = add(total, worth)
    else if (sign(balance.total) !== 0) unpriced.push(balance.asset)
  }
  return { currency, total, byAsset, prices, unpriced }
}

/** What part of the total an asset is, in whole percent; null where it has no price. */
export function shareOf({ byAsset, total }: Worth, asset: string): number | null {
  const value = byAsset[asset] ?? null
  const share = value === null ? null : divide(multiply(value, '100' as Decimal), total, 1)
  return share === null ? null : Math.round(Number(share))
}

function priceOf(
  asset: string,
  tickers: Readonly<Record<string, Ticker>>,
  currency: string,
): Decimal | null {
  if (asset === currency) return '1' as Decimal
  const straight = tickers[`${asset}-${currency}`]?.last ?? null
  if (straight !== null) return straight
  const inverse = tickers[`${currency}-${asset}`]?.last ?? null
  return inverse === null ? null : divide('1' as Decimal, inverse, PLACES)
}
