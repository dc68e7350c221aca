/**
 * Sends what the ticket says, at most once.
 *
 * Keeps  "not placed" is said only where the server said so. Whatever else happened, the order keeps
 *        its key: sent again, it is placed if it was not, and told if it was, over a restart of the
 *        server too.
 */
import { post } from '@/api/client'
import { Problem, said } from '@/api/problem'
import type { Order, OrderList } from '@/api/shapes'
import { say } from '@/ui/toasts'
import type { Checked } from './rules'

/** The key of an order of which it is not known what became of it. */
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
  let isOld = false
  const answered = (response: Response) => {
    isOld = response.headers.get('Idempotency-Replayed') === 'true'
  }
  try {
    await post<Order | OrderList>(path, body, { headers, answered })
  } catch (error) {
    const outcome = outcomeOf(error)
    if (outcome !== 'unknown') unanswered = null
    say({ key: 'ticket', tone: 'bad', ...TOLD[outcome](error) })
    return false
  }
  unanswered = null
  if (isOld) say({ key: 'ticket', tone: 'plain', ...TAKEN_BEFORE })
  return true
}

const TAKEN_BEFORE = {
  title: 'Your order had been taken before',
  detail: 'It was not placed a second time. Send it again to place another.',
}

/** What is known of an order that was not answered with a yes. */
type Outcome = 'refused' | 'unknown' | 'untold'

/** Of these, the server may say yes to the same request a moment later. */
const UNDECIDED = new Set([408, 409])

function outcomeOf(error: unknown): Outcome {
  // Who stands between may answer, too, and knows nothing of orders.
  if (!(error instanceof Problem) || error.code === 'unknown') return 'unknown'
  // The server knows the key and not what came of it: it would say so for ever.
  if (error.status === 409 && error.code === 'outcomeUnknown') return 'untold'
  const isRefusal = error.status >= 400 && error.status < 500 && !UNDECIDED.has(error.status)
  return isRefusal || error.status === 503 ? 'refused' : 'unknown'
}

const TOLD: Record<Outcome, (error: unknown) => { title: string; detail: string }> = {
  refused: (error) => ({
    title: 'The order was not placed',
    detail: `${said(error)} No money moved.`,
  }),
  unknown: () => ({
    title: 'What became of your order is not known',
    detail:
      'It may have been placed: look at your orders. Sent again unchanged, it is not placed twice.',
  }),
  untold: () => ({
    title: 'What became of your order is not known',
    detail: 'It may have been placed: look at your orders before you send it again.',
  }),
}
