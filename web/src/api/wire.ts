/**
 * What the stream of `/api/v1` says. A channel's name tells what its messages carry, so whoever
 * listens to a name gets the shape of that channel and needs to believe nothing.
 */
import type { Balance, BookMessage, Candle, Fill, Notification, Order } from './shapes'
import type { Ticker, Trade } from './shapes'

type Told<Channel extends string, Body> = {
  channel: Channel
  type: 'snapshot' | 'update'
  seq: number
  at: string
} & Body

/** `readThrough` is the newest notice that somebody has just read, on whatever device. */
type NoticesTold = { items: Notification[]; unread: number; readThrough?: string | null }

export type StreamMessage =
  | Told<`book:${string}`, BookMessage>
  | Told<`trades:${string}`, { items: Trade[] }>
  | Told<`candles:${string}:${string}`, { items: Candle[] }>
  | Told<'tickers', { items: Ticker[] }>
  | Told<'orders', { items: Order[] }>
  | Told<'fills', { items: Fill[] }>
  | Told<'balances', { balances: Balance[] }>
  | Told<'notifications', NoticesTold>

export type ChannelName = StreamMessage['channel']

type Carried<Message, Name> = Message extends { channel: infer Channel }
  ? Name extends Channel
    ? Message
    : never
  : never

/** The messages of a channel. */
export type MessageOf<Name extends ChannelName> = Carried<StreamMessage, Name>

/** What the server says to what it was asked. */
export type Answer =
  | { op: 'pong' }
  | {
      op: 'auth' | 'subscribe' | 'unsubscribe'
      ok: boolean
      channels?: ChannelName[]
      error?: { code: string; detail: string }
    }

/** The one place where text of the wire gets its shape: the server's document vouches for it. */
export function read(text: string): StreamMessage | Answer {
  return JSON.parse(text) as StreamMessage | Answer
}
