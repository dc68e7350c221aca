/** What is known of a request that changes something and was not answered with a yes. */
import { Problem } from './problem'

export type Outcome =
  /** The server said no: nothing was done. */
  | 'refused'
  /** Nobody said anything, or nobody who knows. */
  | 'unknown'
  /** The server says that it does not know, and will not know later. */
  | 'untold'

/** Of these, the server may say yes to the same request a moment later. */
const UNDECIDED = new Set([408, 409])

export function outcomeOf(error: unknown): Outcome {
  // Who stands between may answer, too, and knows nothing of orders.
  if (!(error instanceof Problem) || error.code === 'unknown') return 'unknown'
  // The server knows the key and not what came of it: it would say so for ever.
  if (error.status === 409 && error.code === 'outcomeUnknown') return 'untold'
  const isRefusal = error.status >= 400 && error.status < 500 && !UNDECIDED.has(error.status)
  return isRefusal || error.status === 503 ? 'refused' : 'unknown'
}

/**
 * Whether an answer to a request without a key is a no: there, a conflict is about the order, not
 * about another try of the same.
 */
export function isNo(error: unknown): boolean {
  const isConflict = error instanceof Problem && error.status === 409 && error.code !== 'unknown'
  return isConflict || outcomeOf(error) === 'refused'
}
