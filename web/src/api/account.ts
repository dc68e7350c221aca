/** The signed-in person's orders and balances, kept up to date by the stream. */
import { create } from 'zustand'
import { stream } from './connection'
import { type Live, lost } from './live'
import type { Balance, Fill, Order } from './shapes'
import type { MessageOf } from './wire'

type Account = {
  /** Open orders, newest first. */
  orders: Live<Order[]>
  balances: Live<Balance[]>
}

const NOTHING: Account = {
  orders: { state: 'connecting' },
  balances: { state: 'connecting' },
}

export const useAccount = create<Account>()(() => NOTHING)

const OPEN = new Set(['open', 'partiallyFilled'])

export function isOpen(order: Order): boolean {
  return OPEN.has(order.status)
}

/** `orders` with what changed; those that are over are gone. Newest first. */
export function withChanged(orders: Order[], changed: Order[]): Order[] {
  const ids = new Set(changed.map((order) => order.id))
  const kept = orders.filter((order) => !ids.has(order.id))
  const merged = [...kept, ...changed.filter(isOpen)]
  return merged.sort((a, b) => b.createdAt.localeCompare(a.createdAt))
}

export function withBalances(balances: Balance[], changed: Balance[]): Balance[] {
  const assets = new Set(changed.map(({ asset }) => asset))
  const kept = balances.filter(({ asset }) => !assets.has(asset))
  return [...kept, ...changed].sort((a, b) => a.asset.localeCompare(b.asset))
}

function current<T>(live: Live<T[]>, type: 'snapshot' | 'update'): T[] {
  const keeps = type === 'update' && (live.state === 'live' || live.state === 'stale')
  return keeps ? live.value : []
}

type Watchers = { ordersChanged: (orders: Order[]) => void; filled: (fills: Fill[]) => void }

/** Follows the account until the answer is called. */
export function followAccount(watchers: Watchers): () => void {
  const closes = [
    stream.listen('orders', {
      message: (message) => hearOrders(message, watchers.ordersChanged),
      lost: () => useAccount.setState(({ orders }) => ({ orders: lost(orders, Date.now()) })),
      failed: (reason) => useAccount.setState({ orders: { state: 'failed', reason } }),
    }),
    stream.listen('fills', {
      message: (message) => {
        if (message.type === 'update') watchers.filled(message.items)
      },
      lost: () => undefined,
    }),
    stream.listen('balances', {
      message: hearBalances,
      lost: () => useAccount.setState(({ balances }) => ({ balances: lost(balances, Date.now()) })),
      failed: (reason) => useAccount.setState({ balances: { state: 'failed', reason } }),
    }),
  ]
  return () => {
    for (const close of closes) close()
    useAccount.setState(NOTHING)
  }
}

function hearOrders(message: MessageOf<'orders'>, changed: (orders: Order[]) => void) {
  const { items, type } = message
  useAccount.setState(({ orders }) => ({
    orders: { state: 'live', value: withChanged(current(orders, type), items) },
  }))
  if (type === 'update') changed(items)
}

function hearBalances(message: MessageOf<'balances'>) {
  useAccount.setState(({ balances }) => ({
    balances: {
      state: 'live',
      value: withBalances(current(balances, message.type), message.balances),
    },
  }))
}
