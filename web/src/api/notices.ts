/** What happened to somebody's account, as the bell keeps it: the server's words, newest first. */
import { create } from 'zustand'
import { get, post, query } from './client'
import { stream } from './connection'
import type { List, Notification } from './shapes'
import type { MessageOf } from './wire'

/** What the server keeps of one person, and one page has. */
const NOTICES_MAX = 200
/** Notices that the stream tells at first: the server's `RECENT_MAX`. */
const TOLD_MAX = 50

type Notices = {
  items: Notification[]
  unread: number
  /** There may be older ones than the stream told. */
  more: boolean
}

const NOTHING: Notices = { items: [], unread: 0, more: false }

export const useNotices = create<Notices>()(() => NOTHING)

type Watcher = (notices: Notification[]) => void

/** Follows the notices until what it returns is called; the watcher is told those that are new. */
export function followNotices(told: Watcher): () => void {
  const close = stream.listen('notifications', {
    message: (message) => {
      if (message.type === 'update') told(message.items)
      useNotices.setState((before) => withTold(before, message))
    },
    lost: () => undefined,
  })
  return () => {
    close()
    useNotices.setState(NOTHING)
  }
}

/**
 * The notices with a message of the stream. Their numbers grow; as text `9` would come after `10`,
 * and they are too long for a float.
 */
export function withTold(before: Notices, message: MessageOf<'notifications'>): Notices {
  const { items, unread } = message
  if (message.type === 'snapshot') return { items, unread, more: items.length >= TOLD_MAX }
  const through = message.readThrough ?? null
  const known = new Set(items.map(({ id }) => id))
  const kept = before.items.filter(({ id }) => !known.has(id))
  const merged = [...items, ...kept].slice(0, NOTICES_MAX)
  return { ...before, unread, items: through === null ? merged : readThrough(merged, through) }
}

function readThrough(items: Notification[], through: string): Notification[] {
  const last = BigInt(through)
  return items.map((item) => (BigInt(item.id) <= last ? { ...item, read: true } : item))
}

/** Says that somebody has seen them all. What the server makes of it comes by the stream. */
export async function markRead() {
  const { items, unread } = useNotices.getState()
  const newest = items[0]
  if (newest === undefined || unread === 0) return
  await post('/notifications/read', { throughId: newest.id })
}

/** Asks for all that are kept. */
export async function askForOlder() {
  const path = `/notifications${query({ limit: NOTICES_MAX })}`
  const { items, unread } = await get<List<Notification> & { unread: number }>(path)
  useNotices.setState({ items, unread, more: false })
}
