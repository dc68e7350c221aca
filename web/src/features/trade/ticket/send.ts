/** Sends what the ticket says, at most once. */
import { post } from '@/api/client'
import { Problem, said, UNREACHABLE } from '@/api/problem'
import type { Order, OrderList } from '@/api/shapes'
import { say } from '@/ui/toasts'
import type { Checked } from './rules'

/** The key of an order whose answer never came: the same order is sent under it again. */
let unanswered: { body: string; key: string } | null = null

function keyFor(body: string): string {
  if (unanswered?.body !== body) unanswered = { body, key: randomKey() }
  return unanswered.key
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Whether it was taken. What becomes of the order is told by the stream. */
export async function send(wanted: NonNullable<Checked['send']>): Promise<boolean> {
  const body = 'order' in wanted ? wanted.order : wanted.list
  const path = 'order' in wanted ? '/trading/orders' : '/trading/order-lists'
  const headers = { 'Idempotency-Key': keyFor(JSON.stringify(body)) }
  try {
    await post<Order | OrderList>(path, body, { headers })
    unanswered = null
    return true
  } catch (error) {
    const lost = error instanceof Problem && error.code === UNREACHABLE
    if (!lost) unanswered = null
    say({
      key: 'ticket',
      tone: 'bad',
      title: lost ? 'No answer to your order' : 'The order was not placed',
      detail: lost
        ? 'It may have been placed: look at your open orders. Sending it again places it once.'
        : `${said(error)} No money moved.`,
    })
    return false
  }
}
