/** Live data is one of these, and a view says what it shows for each. */
export type Live<T> =
  | { state: 'connecting' }
  | { state: 'live'; value: T }
  /** What was last known, and since when nothing newer came, in milliseconds. */
  | { state: 'stale'; value: T; since: number }
  | { state: 'failed'; reason: string }

export function known<T>(live: Live<T>): T | null {
  return live.state === 'live' || live.state === 'stale' ? live.value : null
}

/** What is left of live data when the connection is gone. */
export function lost<T>(live: Live<T>, now: number): Live<T> {
  return live.state === 'live' ? { state: 'stale', value: live.value, since: now } : live
}
