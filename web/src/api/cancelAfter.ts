/**
 * Cancel on disconnect: the server cancels all open orders a minute after this page was last heard.
 *
 * Keeps  renewing is no activity of a person: it does not keep the session alive, so orders are
 *        cancelled too when the session ends.
 */
import { create } from 'zustand'
import { request } from './client'
import { useSession } from './session'

const TIMEOUT_MS = 60_000
const RENEW_EVERY_MS = 20_000

/** Remembers over a reload that it was on: else orders would go while somebody looks at them. */
const KEPT = 'rialto.cancelAfter'

type CancelAfter = { armed: boolean; cancelAt: string | null }

export const useCancelAfter = create<CancelAfter>()(() => ({ armed: false, cancelAt: null }))

let renewal: ReturnType<typeof setInterval> | undefined

async function ask(timeoutMs: number, person: boolean) {
  const { cancelAt } = await request<{ cancelAt: string | null }>('/trading/cancel-after', {
    method: 'POST',
    body: { timeoutMs },
    person,
  })
  useCancelAfter.setState({ cancelAt })
}

export async function arm() {
  await ask(TIMEOUT_MS, true)
  useCancelAfter.setState({ armed: true })
  sessionStorage.setItem(KEPT, 'armed')
  clearInterval(renewal)
  // A renewal that fails is what the server waits for: the next one may come in time.
  renewal = setInterval(() => void ask(TIMEOUT_MS, false).catch(() => undefined), RENEW_EVERY_MS)
}

export async function disarm() {
  clearInterval(renewal)
  sessionStorage.removeItem(KEPT)
  await ask(0, true)
  useCancelAfter.setState({ armed: false, cancelAt: null })
}

useSession.subscribe(({ state }, before) => {
  if (state === before.state) return
  const kept = sessionStorage.getItem(KEPT) !== null
  if (state === 'signedIn' && kept) void arm().catch(() => undefined)
  if (state !== 'signedOut') return
  clearInterval(renewal)
  sessionStorage.removeItem(KEPT)
  useCancelAfter.setState({ armed: false, cancelAt: null })
})
