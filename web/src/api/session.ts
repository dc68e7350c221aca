/**
 * Who is signed in, in this tab. The access token lives in memory only; the refresh token in a
 * cookie that no script can read.
 *
 * Keeps  tabs refresh one after the other: a refresh token that is used twice ends the session.
 *        A token of somebody else, who signed in in another tab or whose cookie somebody planted,
 *        is not taken for the person who is shown.
 */
import { create } from 'zustand'
import { Problem, problemOf, UNREACHABLE } from './problem'
import type { Login, Refreshed, User } from './shapes'

/** A session ends so long after the last thing a person did, unless the server says otherwise. */
const IDLE_MS = 20 * 60_000
/** An end of the session so near to that was one for want of activity: answers take a while. */
const IDLE_SLACK_MS = 5_000
/** A token is renewed so long before it ends, for the socket and for requests under way. */
const RENEW_AHEAD_MS = 30_000
/** Who signed in here: the cookie itself cannot be seen. */
const HINT = 'rialto.signedIn'

export type SessionState = 'unknown' | 'signedOut' | 'signedIn'

type SessionStore = {
  state: SessionState
  user: User | null
  token: string | null
  /** When a person was last active, as the server has heard, in milliseconds. */
  activeAt: number
  /** How long nobody may do anything, in milliseconds. */
  idleMs: number
  /** Why a session ended by itself, for the sign-in page. */
  ended: 'idle' | 'elsewhere' | null
}

export const useSession = create<SessionStore>()(() => ({
  state: 'unknown',
  user: null,
  token: null,
  activeAt: 0,
  idleMs: IDLE_MS,
  ended: null,
}))

const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('rialto')
type TabMessage = { kind: 'active'; at: number } | { kind: 'ended' }

tabs?.addEventListener('message', (event: MessageEvent<TabMessage>) => {
  if (event.data.kind === 'active') useSession.setState({ activeAt: event.data.at })
  else if (useSession.getState().state === 'signedIn') endHere(whyEnded())
})

let renewal: ReturnType<typeof setTimeout> | undefined
let refreshing: Promise<string | null> | null = null

export function heldToken(): string | null {
  return useSession.getState().token
}

/** A request of a person was answered: the server counts anew. */
export function sawActivity() {
  const at = Date.now()
  useSession.setState({ activeAt: at })
  tabs?.postMessage({ kind: 'active', at } satisfies TabMessage)
}

export function begin(login: Login) {
  localStorage.setItem(HINT, login.userId)
  hold(login)
  useSession.setState({ state: 'signedIn', user: login.user, ended: null })
  sawActivity()
}

function hold({ accessToken, expiresIn, idleSeconds, idleEndsIn }: Refreshed) {
  // The server knows of other tabs, and of the time before this page was loaded. It says for how
  // long, not when: its clock and ours may differ.
  const heard = Date.now() - (idleSeconds - idleEndsIn) * 1_000
  useSession.setState(({ activeAt }) => ({
    token: accessToken,
    idleMs: idleSeconds * 1_000,
    activeAt: Math.max(activeAt, heard),
  }))
  clearTimeout(renewal)
  const wait = Math.max(1_000, expiresIn * 1_000 - RENEW_AHEAD_MS)
  renewal = setTimeout(() => void refresh(accessToken), wait)
}

function endHere(ended: SessionStore['ended']) {
  localStorage.removeItem(HINT)
  leave(ended)
}

/** Shows nobody in this tab; the others may be somebody else's. */
function leave(ended: SessionStore['ended']) {
  clearTimeout(renewal)
  useSession.setState({ state: 'signedOut', user: null, token: null, ended })
}

/** Forgets the session in all tabs. */
export function end(ended: SessionStore['ended'] = null) {
  endHere(ended)
  tabs?.postMessage({ kind: 'ended' } satisfies TabMessage)
}

/** The session of an earlier page load, if it still lives. */
export async function resume() {
  if (localStorage.getItem(HINT) === null) return endHere(null)
  const token = await refresh(null)
  if (token === null) return endHere(null)
  const response = await fetch('/api/v1/auth/me', { headers: { Authorization: `Bearer ${token}` } })
  if (!response.ok) return endHere(null)
  const user = (await response.json()) as User
  useSession.setState({ state: 'signedIn', user, ended: null })
}

/** A new token in the place of `old`, or null where the session has ended. */
export function refresh(old: string | null): Promise<string | null> {
  const held = heldToken()
  // Another request was quicker.
  if (held !== null && held !== old) return Promise.resolve(held)
  refreshing ??= oneTabAtATime(renew).finally(() => {
    refreshing = null
  })
  return refreshing
}

function oneTabAtATime<T>(work: () => Promise<T>): Promise<T> {
  // Pages without a secure context have no locks.
  return navigator.locks ? navigator.locks.request('rialto.refresh', work) : work()
}

async function renew(): Promise<string | null> {
  const { state, user } = useSession.getState()
  const wasSignedIn = state === 'signedIn'
  const shown = user?.id ?? localStorage.getItem(HINT)
  try {
    const refreshed = await askForToken()
    if (refreshed.userId !== shown) {
      leave('elsewhere')
      return null
    }
    hold(refreshed)
    return refreshed.accessToken
  } catch (error) {
    // Nobody said that the session ended: the server may only be away.
    if (!(error instanceof Problem) || error.status === 0 || error.status >= 500) return null
    if (wasSignedIn) end(whyEnded())
    return null
  }
}

async function askForToken(): Promise<Refreshed> {
  const csrf = await fetchJson<{ csrfToken: string }>('/api/v1/auth/csrf', { method: 'GET' })
  return fetchJson<Refreshed>('/api/v1/auth/refresh', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf.csrfToken },
    body: '{}',
  })
}

async function fetchJson<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(path, { ...init, credentials: 'same-origin' }).catch(() => null)
  if (response === null) throw new Problem(0, UNREACHABLE, 'The server cannot be reached.')
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as T
}

/** What changed of the person signed in. */
export function updateUser(change: Partial<User>) {
  useSession.setState(({ user }) => ({ user: user && { ...user, ...change } }))
}

export function idleFor(now: number): number {
  return now - useSession.getState().activeAt
}

/** Why a session ended that this page did not end. */
export function whyEnded(): 'idle' | 'elsewhere' {
  const { idleMs } = useSession.getState()
  return idleFor(Date.now()) >= idleMs - IDLE_SLACK_MS ? 'idle' : 'elsewhere'
}
