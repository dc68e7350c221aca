/** What the server of `/api/v1` says and hears. Money is exact decimal text, times are RFC 3339. */
import type { Decimal } from '@/ui/decimal'

export type List<T> = { items: T[]; nextCursor?: string | null }

// Market

export type MarketStatus = 'open' | 'postOnly' | 'cancelOnly' | 'halted'
export type OrderType =
  | 'limit'
  | 'market'
  | 'limitMaker'
  | 'stopLoss'
  | 'stopLossLimit'
  | 'takeProfit'
  | 'takeProfitLimit'
  | 'trailingStop'
  | 'trailingStopLimit'
export type Side = 'buy' | 'sell'
export type TimeInForce = 'gtc' | 'ioc' | 'fok'

export type Market = {
  symbol: string
  base: string
  quote: string
  status: MarketStatus
  allocation: 'fifo' | 'proRata'
  tickSize: Decimal
  lotSize: Decimal
  minNotional: Decimal | null
  minPrice: Decimal | null
  maxPrice: Decimal | null
  minQuantity: Decimal | null
  maxQuantity: Decimal | null
  maxNotional: Decimal | null
  minMarketQuantity: Decimal | null
  maxMarketQuantity: Decimal | null
  /** How near and how far a trailing stop may follow, in basis points. */
  minTrailingDelta: number
  maxTrailingDelta: number
  makerFeeRate: Decimal
  takerFeeRate: Decimal
  /** In what fees are taken: what the order brings, or always quote. */
  feeAsset: 'received' | 'quote'
  orderTypes: OrderType[]
}

export type Ticker = {
  symbol: string
  last: Decimal | null
  change: Decimal | null
  changePercent: Decimal | null
  open: Decimal | null
  high: Decimal | null
  low: Decimal | null
  volume: Decimal | null
  quoteVolume: Decimal | null
  bid: Decimal | null
  bidQuantity: Decimal | null
  ask: Decimal | null
  askQuantity: Decimal | null
  trades: number | null
  openAt: string | null
  closeAt: string | null
}

export type Candle = {
  openAt: string
  closeAt: string
  open: Decimal
  high: Decimal
  low: Decimal
  close: Decimal
  volume: Decimal
  quoteVolume: Decimal
  trades: number
}

export type Trade = {
  id: string | number
  price: Decimal
  quantity: Decimal
  takerSide: Side
  at: string
}

// Trading

export type OrderStatus =
  | 'open'
  | 'partiallyFilled'
  | 'filled'
  | 'canceled'
  | 'expired'
  | 'rejected'
  /** A conditional order that waits for its trigger. */
  | 'pending'

export type Order = {
  id: string
  clientOrderId: string
  symbol: string
  side: Side
  type: OrderType
  /** Market orders have none. */
  timeInForce: TimeInForce | null
  price: Decimal | null
  stopPrice: Decimal | null
  /** In basis points. */
  trailingDelta: number | null
  icebergQuantity: Decimal | null
  /** Market orders that are counted in quote have none. */
  quantity: Decimal | null
  quoteQuantity: Decimal | null
  filled: Decimal
  quoteFilled: Decimal
  averagePrice: Decimal | null
  status: OrderStatus
  reason: string | null
  replaces: string | null
  listId: string | null
  createdAt: string
  updatedAt: string
}

export type NewOrder = {
  symbol: string
  side: Side
  type: OrderType
  timeInForce?: TimeInForce
  price?: Decimal
  quantity?: Decimal
  quoteQuantity?: Decimal
  stopPrice?: Decimal
  /** In basis points. */
  trailingDelta?: number
  icebergQuantity?: Decimal
}

export type ListLeg = {
  type: OrderType
  price?: Decimal
  stopPrice?: Decimal
  timeInForce?: TimeInForce
}

export type NewOrderList = {
  symbol: string
  type: 'oco'
  side: Side
  quantity: Decimal
  above: ListLeg
  below: ListLeg
}

export type OrderList = {
  id: string
  symbol: string
  type: 'oco'
  status: string
  orders: Order[]
}

export type Fill = {
  tradeId: string | number
  orderId: string
  symbol: string
  side: Side
  price: Decimal
  quantity: Decimal
  quoteQuantity: Decimal
  fee: Decimal
  feeAsset: string
  maker: boolean
  at: string
}

export type Balance = {
  asset: string
  available: Decimal
  held: Decimal
  pending: Decimal
  total: Decimal
}

export type LevelText = [price: string, quantity: string]
export type BookMessage = { bids: LevelText[]; asks: LevelText[] }

export type Notification = {
  id: string
  kind: string
  title: string
  detail: string | null
  at: string
}

// People

export type User = {
  id: string
  email: string
  role: 'user' | 'admin'
  twoFactor: boolean
  kyc: 'none' | 'pending' | 'approved' | 'rejected'
  createdAt: string
}

export type Login = { accessToken: string; expiresIn: number; user: User }
export type Refreshed = { accessToken: string; expiresIn: number }

export type PublicKey = {
  keyId: string
  algorithm: string
  spki: string
  challenge: string
  expiresAt: string
}

/** A password that only the server can read, once. */
export type SealedPassword = { keyId: string; ciphertext: string }

export type Session = {
  id: string
  device: string
  address: string
  createdAt: string
  lastActivityAt: string
  current: boolean
}

export type TwoFactor = { enabled: boolean; recoveryCodesLeft: number }
export type TwoFactorSetup = { secret: string; otpauthUri: string }

export type Scope = 'read' | 'trade' | 'transfer'
export type ApiKey = {
  id: string
  name: string
  apiKey: string
  kind: 'hmac' | 'ed25519' | 'rsa'
  scopes: Scope[]
  allowIps: string[]
  expiresAt: string | null
  createdAt: string
  lastUsedAt: string | null
  lastAddress: string | null
  requestsPerMinute: number | null
}

export type NewApiKey = {
  name: string
  scopes: Scope[]
  allowIps: string[]
  expiresAt: string | null
  publicKey: string | null
}

export type MadeApiKey = { id: string; apiKey: string; secretKey?: string | null }

export type ApiKeyUsage = {
  days: { day: string; requests: number; errors: number }[]
  lastAddress: string | null
  lastUsedAt: string | null
}
