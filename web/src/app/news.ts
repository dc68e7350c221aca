/** Tells a person what happens to the account, by toasts: the bell keeps the rest. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { followAccount } from '@/api/account'
import { get } from '@/api/client'
import { followNotices } from '@/api/notices'
import { updateUser, useSession } from '@/api/session'
import type { Notification, Order, OrderStatus, User } from '@/api/shapes'
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

/** What a person did elsewhere, or somebody else did: of orders the toasts above have told. */
function tellNotice({ id, kind, title, detail, subject }: Notification) {
  if (subject?.type === 'order') return
  // What this page shows of it is old. Without an answer it stays until the next load.
  if (kind === 'kycChanged') get<User>('/auth/me').then(updateUser, () => undefined)
  say({ key: `notice-${id}`, tone: 'plain', title, ...(detail === null ? {} : { detail }) })
}

export function useAccountNews() {
  const queries = useQueryClient()
  const signedIn = useSession(({ state }) => state === 'signedIn')
  useEffect(() => {
    if (!signedIn) return
    const closeNotices = followNotices((notices) => notices.forEach(tellNotice))
    const closeAccount = followAccount({
      ordersChanged: (orders) => {
        for (const order of orders) say(toastOf(order))
        void queries.invalidateQueries({ queryKey: ['orders', 'closed'] })
      },
      filled: () => void queries.invalidateQueries({ queryKey: ['fills'] }),
    })
    return () => {
      closeNotices()
      closeAccount()
    }
  }, [signedIn, queries])
}
