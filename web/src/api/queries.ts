/** What the server is asked for, each declared once, beside its path. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { get, query } from './client'
import type { ApiKey, ApiKeyUsage, Balance, Candle, Fill, List, Market, Order } from './shapes'
import type { Session, Ticker, TwoFactor } from './shapes'

/** Rows of a page of history. */
const PAGE = 50
const MARKETS_FRESH_MS = 60_000
const YOUNG_MINUTES = 10

export const marketsQuery = queryOptions({
  queryKey: ['markets'],
  queryFn: async () => (await get<List<Market>>('/market/pairs')).items,
  staleTime: MARKETS_FRESH_MS,
})

export const tickersQuery = queryOptions({
  queryKey: ['tickers'],
  queryFn: async () => (await get<List<Ticker>>('/market/stats')).items,
})

/** Whether a market has so few minutes behind it that seconds show more. */
export const youngQuery = (symbol: string) =>
  queryOptions({
    queryKey: ['young', symbol],
    queryFn: async () => {
      const path = `/market/candles/${symbol}${query({ interval: '1m', limit: YOUNG_MINUTES })}`
      return (await get<List<Candle>>(path)).items.length < YOUNG_MINUTES
    },
    // A chart does not change its interval by itself.
    staleTime: Number.POSITIVE_INFINITY,
  })

export const olderCandles = (symbol: string, interval: string, to: string) =>
  get<List<Candle>>(`/market/candles/${symbol}${query({ interval, to, limit: 500 })}`)

/** Orders that are over, newest first. */
export const orderHistoryQuery = (symbol: string | null) =>
  infiniteQueryOptions({
    queryKey: ['orders', 'closed', symbol],
    queryFn: ({ pageParam }) =>
      get<List<Order>>(
        `/trading/orders${query({ status: 'closed', symbol, limit: PAGE, cursor: pageParam })}`,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor ?? null,
  })

export const fillsQuery = (symbol: string | null) =>
  infiniteQueryOptions({
    queryKey: ['fills', symbol],
    queryFn: ({ pageParam }) =>
      get<List<Fill>>(`/trading/fills${query({ symbol, limit: PAGE, cursor: pageParam })}`),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor ?? null,
  })

export const balancesQuery = queryOptions({
  queryKey: ['balances'],
  queryFn: async () => (await get<{ balances: Balance[] }>('/wallet/balances')).balances,
})

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async () => (await get<List<Session>>('/auth/sessions')).items,
})

export const twoFactorQuery = queryOptions({
  queryKey: ['twoFactor'],
  queryFn: () => get<TwoFactor>('/security/2fa'),
})

export const apiKeysQuery = queryOptions({
  queryKey: ['apiKeys'],
  queryFn: async () => (await get<List<ApiKey>>('/api-keys')).items,
})

export const apiKeyUsageQuery = (id: string) =>
  queryOptions({
    queryKey: ['apiKeys', id, 'usage'],
    queryFn: () => get<ApiKeyUsage>(`/api-keys/${encodeURIComponent(id)}/usage`),
  })
