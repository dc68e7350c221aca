/** The order that somebody is writing. It outlives a reload and a session that ends. */
import { create } from 'zustand'
import { createJSONStorage, persist } from 'zustand/middleware'
import type { Side, TimeInForce } from '@/api/shapes'
import type { Decimal } from '@/ui/decimal'

export type Kind = 'limit' | 'market' | 'stop' | 'trailing' | 'oco'

export type Draft = {
  symbol: string
  side: Side
  kind: Kind
  /** Stop orders: whether they cut a loss or take a profit. */
  aim: 'stopLoss' | 'takeProfit'
  /** What a trigger sends: a limit or a market order. */
  sends: 'limit' | 'market'
  price: Decimal | null
  stopPrice: Decimal | null
  /** The second price of an OCO order: where its stop leg rests. */
  stopLimitPrice: Decimal | null
  /** In base. */
  amount: Decimal | null
  /** In quote, for market orders that are counted so. */
  quoteAmount: Decimal | null
  countedIn: 'base' | 'quote'
  /** How far a trailing stop follows, in percent. */
  trail: Decimal | null
  /** What an iceberg shows, in base; null shows all. */
  visible: Decimal | null
  iceberg: boolean
  postOnly: boolean
  timeInForce: TimeInForce
  /** The price that the ticket began with, once one was known. */
  offered: Decimal | null
  /** Whether somebody wrote in this kind of ticket: before that, nothing is called wrong. */
  touched: boolean
  /** The share of the balance last asked for, in percent. */
  share: number
}

const BLANK: Draft = {
  symbol: '',
  side: 'buy',
  kind: 'limit',
  aim: 'stopLoss',
  sends: 'limit',
  price: null,
  stopPrice: null,
  stopLimitPrice: null,
  amount: null,
  quoteAmount: null,
  countedIn: 'base',
  trail: null,
  visible: null,
  iceberg: false,
  postOnly: false,
  timeInForce: 'gtc',
  offered: null,
  touched: false,
  share: 0,
}

export const useTicket = create<Draft>()(
  persist(() => BLANK, {
    name: 'rialto.ticket',
    storage: createJSONStorage(() => sessionStorage),
  }),
)

/** What somebody wrote or chose. */
export function setTicket(change: Partial<Draft>) {
  useTicket.setState({ touched: true, ...change })
}

/** As the profit price of an OCO, the price that a ticket begins with is always wrong. */
export function chooseKind(kind: Kind) {
  const { price, offered } = useTicket.getState()
  const blank = kind === 'oco' && price === offered && { price: null, offered: null }
  useTicket.setState({ kind, share: 0, touched: false, ...blank })
}

/** Prices and amounts of one market mean nothing in another. */
export function openTicket(symbol: string) {
  const { symbol: before, side, kind } = useTicket.getState()
  if (before !== symbol) useTicket.setState({ ...BLANK, symbol, side, kind })
}

/** The price a new ticket begins with, once one is known; what somebody emptied stays empty. */
export function primeTicket(price: Decimal) {
  useTicket.setState({ offered: price, price })
}

/** After an order was sent: what was chosen stays, what was counted goes. */
export function clearAmounts() {
  setTicket({ amount: null, quoteAmount: null, visible: null, share: 0 })
}
