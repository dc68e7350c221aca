/** Tells a person what happened to the account: toasts now, the bell for later. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { followAccount, note } from '@/api/account'
import { useSession } from '@/api/session'
import type { Order, OrderStatus } from '@/api/shapes'
import { exact, pairName } from '@/ui/format'
import { reasonName } from '@/ui/orders'
import { type Toast, say } from '@/ui/toasts'

const HAPPENED: Record<OrderStatus, { tone: Toast['tone']; words: string }> = {
  open: { tone: 'plain', words: 'is in the book' },
  partiallyFilled: { tone: 'good', words: 'is partly filled' },
  filled: { tone: 'good', words: 'is filled' },
  canceled: { tone: 'plain', words: 'is cancelled' },
  expired: { tone: 'plain', words: 'has expired' },
  rejected: { tone: 'bad', words: 'was rejected' },
}

const WAITS = { tone: 'plain', words: 'waits for its trigger' } as const

/** A conditional order that was not triggered yet. */
function waits({ status, type, triggeredAt }: Order): boolean {
  const conditional = type !== 'limit' && type !== 'limitMaker' && type !== 'market'
  return status === 'open' && conditional && triggeredAt === null
}

/** One toast for one order: what comes later takes its place. */
function toastOf(order: Order): Toast {
  const { tone, words } = waits(order) ? WAITS : HAPPENED[order.status]
  const side = order.side === 'buy' ? 'Buy' : 'Sell'
  const price = order.price === null ? '' : ` at ${exact(order.price)}`
  const average = order.averagePrice === null ? '' : ` at ${exact(order.averagePrice)}`
  // A market order by quote never had an amount of its own.
  const of = order.quantity === null ? '' : ` of ${exact(order.quantity)}`
  const filled = `${exact(order.filled)}${of} filled${average}`
  return {
    key: `order-${order.id}`,
    tone,
    title: `${side} ${pairName(order.symbol)}${price} ${words}`,
    detail: order.reason === null ? filled : `${filled} · ${reasonName(order.reason)}`,
  }
}

function tell(order: Order) {
  const told = toastOf(order)
  say(told)
  if (order.status === 'open') return
  note({
    id: `${told.key}-${order.updatedAt}`,
    kind: 'order',
    title: told.title,
    detail: told.detail ?? null,
    at: order.updatedAt,
  })
}

export function useAccountNews() {
  const queries = useQueryClient()
  const signedIn = useSession(({ state }) => state === 'signedIn')
  useEffect(() => {
    if (!signedIn) return
    return followAccount({
      ordersChanged: (orders) => {
        orders.forEach(tell)
        void queries.invalidateQueries({ queryKey: ['orders', 'closed'] })
      },
      filled: () => void queries.invalidateQueries({ queryKey: ['fills'] }),
    })
  }, [signedIn, queries])
}
