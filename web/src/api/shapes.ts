/**
 * What the server of `/api/v1` says and hears, as pages use it: the shapes of its OpenAPI document
 * (`openapi.d.ts`, made by `npm run api`) with money marked as decimals and words as their choices.
 */
import type { Decimal } from '@/ui/decimal'
import type { components } from './openapi'

type Schemas = components['schemas']

/**
 * A shape of the document, whole: what may be null is there and null. `Money` names its decimals,
 * `Words` what its texts can be. A field that the document lost does not compile.
 */
type Told<Shape, Money extends keyof Shape, Words = unknown> = {
  [Key in keyof Shape]-?: Key extends keyof Words
    ? Words[Key]
    : Key extends Money
      ? Decimal | Extract<Shape[Key], null>
      : Exclude<Shape[Key], undefined>
}

export type List<T> = { items: T[]; nextCursor?: string | null }

/** What kind of exchange this is. */
export type About = Told<Schemas['About'], never>

// Market

export type MarketStatus = 'open' | 'postOnly' | 'cancelOnly' | 'halted'
export type OrderType = Schemas['TypeWord']
export type Side = Schemas['SideWord']
export type TimeInForce = Schemas['TimeInForceWord']

export type Market = Told<
  Schemas['Pair'],
  | 'tickSize'
  | 'lotSize'
  | 'minNotional'
  | 'maxNotional'
  | 'minPrice'
  | 'maxPrice'
  | 'minQuantity'
  | 'maxQuantity'
  | 'minMarketQuantity'
  | 'maxMarketQuantity'
  | 'bidMultiplierUp'
  | 'bidMultiplierDown'
  | 'askMultiplierUp'
  | 'askMultiplierDown'
  | 'makerFeeRate'
  | 'takerFeeRate',
  {
    status: MarketStatus
    allocation: 'fifo' | 'proRata'
    /** In what fees are taken: what the order brings, or always quote. */
    feeAsset: 'received' | 'quote'
    orderTypes: OrderType[]
  }
>

export type Ticker = Told<
  Schemas['TickerView'],
  | 'last'
  | 'change'
  | 'changePercent'
  | 'open'
  | 'high'
  | 'low'
  | 'volume'
  | 'quoteVolume'
  | 'bid'
  | 'bidQuantity'
  | 'ask'
  | 'askQuantity'
>

export type Candle = Told<
  Schemas['CandleView'],
  'open' | 'high' | 'low' | 'close' | 'volume' | 'quoteVolume'
>

export type Trade = Told<Schemas['TradeView'], 'price' | 'quantity', { takerSide: Side }>

// Trading

export type OrderStatus =
  'open' | 'partiallyFilled' | 'filled' | 'canceled' | 'expired' | 'rejected'

export type Order = Told<
  Schemas['Order'],
  | 'price'
  | 'stopPrice'
  | 'icebergQuantity'
  | 'quantity'
  | 'quoteQuantity'
  | 'filled'
  | 'quoteFilled'
  | 'averagePrice',
  { side: Side; type: OrderType; status: OrderStatus; timeInForce: TimeInForce | 'gtd' | null }
>

type Asked<Shape, Money extends keyof Shape> = {
  [Key in keyof Shape]: Key extends Money ? Decimal | Extract<Shape[Key], undefined> : Shape[Key]
}

export type NewOrder = Asked<
  Schemas['NewOrder'],
  'price' | 'quantity' | 'quoteQuantity' | 'stopPrice' | 'icebergQuantity'
>
export type ListLeg = Asked<Schemas['LegAsked'], 'price' | 'stopPrice' | 'icebergQuantity'>
export type NewOrderList = Omit<Asked<Schemas['NewOrderList'], 'quantity'>, 'above' | 'below'> & {
  above: ListLeg
  below: ListLeg
}
export type OrderList = Told<Schemas['OrderList'], never, { orders: Order[] }>

export type Fill = Told<
  Schemas['Fill'],
  'price' | 'quantity' | 'quoteQuantity' | 'fee',
  { side: Side }
>

export type Balance = Told<Schemas['BalanceView'], 'available' | 'held' | 'pending' | 'total'>

export type LevelText = [price: string, quantity: string]
export type BookMessage = { bids: LevelText[]; asks: LevelText[] }

export type Notification = {
  id: string
  kind: string
  title: string
  detail: string | null
  at: string
  read: boolean
  /** What it is about, where that can be looked at. */
  subject:
    | { type: 'order'; id: string; symbol: string }
    | { type: 'apiKey'; id: string }
    | { type: 'session'; id: string }
    | null
}

// People

export type User = Told<
  Schemas['User'],
  never,
  { role: 'user' | 'admin'; kyc: 'none' | 'pending' | 'approved' | 'rejected' }
>
export type Refreshed = Pick<
  Schemas['Tokens'],
  'accessToken' | 'userId' | 'expiresIn' | 'idleSeconds' | 'idleEndsIn'
>
export type Login = Refreshed & { user: User }

export type PublicKey = Schemas['PublicKey']

/** A password that only the server can read, once. */
export type SealedPassword = Schemas['EncryptedPassword']

export type Session = Told<Schemas['Session'], never>

export type TwoFactor = Schemas['TwoFactor']
export type TwoFactorSetup = Schemas['TwoFactorSetup']
export type RecoveryCodes = Schemas['RecoveryCodes']

export type Scope = 'read' | 'trade' | 'transfer'
export type ApiKey = Told<
  Schemas['ApiKey'],
  never,
  { kind: 'hmac' | 'ed25519' | 'rsa'; scopes: Scope[] }
>
export type NewApiKey = Schemas['NewApiKey']
export type MadeApiKey = Schemas['MadeApiKey']

export type ApiKeyUsage = {
  days: { day: string; requests: number; errors: number }[]
  lastAddress: string | null
  lastUsedAt: string | null
}
