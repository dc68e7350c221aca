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
    const code = error instanceof Problem ? error.code : null
    if (code !== UNREACHABLE) unanswered = null
    say({ key: 'ticket', tone: 'bad', ...told(code, error) })
    return false
  }
}

/** What is said of an order that did not succeed: only what is known of it. */
function told(code: string | null, error: unknown): { title: string; detail: string } {
  switch (code) {
    case UNREACHABLE:
      return {
        title: 'No answer to your order',
        detail:
          'It may have been placed: look at your open orders. Sending it again places it once.',
      }
    case 'outcomeUnknown':
    case 'internal':
      return {
        title: 'What became of your order is not known',
        detail: 'It may have been placed: look at your open orders before you send it again.',
      }
    default:
      return { title: 'The order was not placed', detail: `${said(error)} No money moved.` }
  }
}
