/**
 * Sends what the ticket says, at most once.
 *
 * Keeps  "not placed" is said only where the server said so. Whatever else happened, the order keeps
 *        its key, whatever else is sent in between: sent again, it is placed if it was not, and told
 *        if it was, over a restart of the server too.
 */
import { post } from '@/api/client'
import { type Outcome, outcomeOf } from '@/api/outcome'
import { Problem, said } from '@/api/problem'
import { useSession } from '@/api/session'
import type { Order, OrderList } from '@/api/shapes'
import { say } from '@/ui/toasts'
import type { Checked } from './rules'

/** An order that was sent, until it is known what became of it. */
type Sent = {
  /** Whose. */
  userId: string
  body: string
  key: string
  /** When it was sent first, in milliseconds. */
  at: number
  /** Whether an earlier try may have placed it: a refusal of this one tells nothing of that. */
  mayStand: boolean
}

/** Where those are kept of which nothing is known, over a reload too, oldest first. */
const KEPT = 'rialto.sentOrders'
const KEPT_MAX = 20
/** So long the server knows a key. */
const KEPT_FOR_MS = 24 * 3_600_000

function kept(): Sent[] {
  const text = sessionStorage.getItem(KEPT)
  return text === null ? [] : (JSON.parse(text) as Sent[])
}

function keep(sent: Sent[]) {
  sessionStorage.setItem(KEPT, JSON.stringify(sent.slice(-KEPT_MAX)))
}

function sending(body: string): Sent {
  const userId = useSession.getState().user?.id ?? ''
  const at = Date.now()
  const open = kept().filter((before) => at - before.at < KEPT_FOR_MS)
  const isSame = (before: Sent) => before.userId === userId && before.body === body
  const sent = open.find(isSame) ?? { userId, body, key: randomKey(), at, mayStand: false }
  // Until it is answered, and whoever reloads the page does not hear the answer.
  keep([...open.filter((before) => !isSame(before)), { ...sent, mayStand: true }])
  return sent
}

function forget(key: string) {
  keep(kept().filter((sent) => sent.key !== key))
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Whether it was taken. What becomes of the order is told by the stream. */
export async function send(wanted: NonNullable<Checked['send']>): Promise<boolean> {
  const body = 'order' in wanted ? wanted.order : wanted.list
  const path = 'order' in wanted ? '/trading/orders' : '/trading/order-lists'
  const { key, mayStand } = sending(JSON.stringify(body))
  const headers = { 'Idempotency-Key': key }
  let isOld = false
  const answered = (response: Response) => {
    isOld = response.headers.get('Idempotency-Replayed') === 'true'
  }
  try {
    await post<Order | OrderList>(path, body, { headers, answered })
  } catch (error) {
    const outcome = mayStand && !isAnswer(error) ? 'unknown' : outcomeOf(error)
    if (outcome !== 'unknown') forget(key)
    say({ key: 'ticket', tone: 'bad', ...TOLD[outcome](error) })
    return false
  }
  forget(key)
  if (isOld) say({ key: 'ticket', tone: 'plain', ...TAKEN_BEFORE })
  return true
}

/** Whether a no is about the order itself: others are said before anybody looks at its key. */
function isAnswer(error: unknown): boolean {
  return error instanceof Problem && (error.status === 422 || outcomeOf(error) === 'untold')
}

const TAKEN_BEFORE = {
  title: 'Your order had been taken before',
  detail: 'It was not placed a second time. Send it again to place another.',
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
