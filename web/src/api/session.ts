/**
 * Who is signed in, in this tab. The access token lives in memory only; the refresh token in a
 * cookie that no script can read.
 *
 * Keeps  tabs refresh one after the other: a refresh token that is used again minutes after it was
 *        replaced ends the session.
 *        A token of somebody else, who signed in in another tab or whose cookie somebody planted,
 *        is not taken for the person who is shown. A session has ended where the server says so of
 *        the session itself: who is only refused for now, or hears nothing, asks again.
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
/** Who has not answered by then does not: all tabs wait for one that refreshes. */
const ANSWER_MAX_MS = 10_000
/** After how long to ask again, twice that at most; longer where the server says so. */
const AGAIN_MS = 2_000
const AGAIN_MAX_MS = 60_000
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
type Said = { kind: 'active'; at: number } | { kind: 'ended' }
/** Of `userId`: another tab may be somebody else's. */
type TabMessage = Said & { userId: string }

tabs?.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
  if (data.userId !== useSession.getState().user?.id) return
  if (data.kind === 'active') useSession.setState({ activeAt: data.at })
  else endHere(whyEnded())
})

function tell(said: Said) {
  const userId = useSession.getState().user?.id
  if (userId !== undefined) tabs?.postMessage({ userId, ...said } satisfies TabMessage)
}

let renewal: ReturnType<typeof setTimeout> | undefined
let refreshing: Promise<string | null> | null = null
/** How long to wait until it makes sense to ask again, in milliseconds. */
let againMs = AGAIN_MS

let visits = 0
let leaving = new AbortController()
useSession.subscribe(({ user }, before) => {
  if (user?.id === before.user?.id) return
  visits += 1
  // A late answer would take or put back the cookie of whoever comes next.
  leaving.abort()
  leaving = new AbortController()
  refreshing = null
})

/** Which visit of somebody to this tab it is: what was asked for in one is not done in the next. */
export const visit = () => visits

export function heldToken(): string | null {
  return useSession.getState().token
}

/** A request of a person was answered: the server counts anew. */
export function sawActivity() {
  const at = Date.now()
  useSession.setState({ activeAt: at })
  tell({ kind: 'active', at })
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
  renewIn(Math.max(1_000, expiresIn * 1_000 - RENEW_AHEAD_MS))
}

function renewIn(wait: number) {
  clearTimeout(renewal)
  renewal = setTimeout(() => void refresh(heldToken()), wait)
}

function endHere(ended: SessionStore['ended']) {
  const { user } = useSession.getState()
  // It may be of somebody who signed in in another tab meanwhile.
  if (user === null || localStorage.getItem(HINT) === user.id) localStorage.removeItem(HINT)
  showNobody(ended)
}

/** Shows nobody in this tab; the others may be somebody else's. */
function showNobody(ended: SessionStore['ended']) {
  clearTimeout(renewal)
  useSession.setState({ state: 'signedOut', user: null, token: null, ended })
}

/** Forgets the session in all tabs. */
export function end(ended: SessionStore['ended'] = null) {
  tell({ kind: 'ended' })
  endHere(ended)
}

/**
 * The session of an earlier page load, if it still lives. While nobody says whether it does, it is
 * asked again, and `away` is called.
 */
export async function resume(away: () => void) {
  while (localStorage.getItem(HINT) !== null && !(await isResumed())) {
    if (useSession.getState().state === 'signedOut') return
    away()
    await new Promise((done) => setTimeout(done, againMs))
  }
  if (useSession.getState().state === 'unknown') endHere(null)
}

async function isResumed(): Promise<boolean> {
  const token = await refresh(null)
  if (token === null) return false
  try {
    const headers = { Authorization: `Bearer ${token}` }
    const user = await fetchJson<User>('/api/v1/auth/me', { headers })
    useSession.setState({ state: 'signedIn', user, ended: null })
    return true
  } catch (error) {
    againMs = waitOf(error)
    if (isOver(error)) endHere(null)
    return false
  }
}

/** A new token in the place of `old`, or null where there is none, for now or for good. */
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
  // Somebody may sign out, or in, before the answer is here: then it is of no use.
  const asked = visit()
  const isStill = () => visit() === asked
  const shown = user?.id ?? localStorage.getItem(HINT)
  try {
    const refreshed = await askForToken()
    if (!isStill()) return null
    if (refreshed.userId !== shown) {
      showNobody('elsewhere')
      return null
    }
    hold(refreshed)
    return refreshed.accessToken
  } catch (error) {
    if (!isStill()) return null
    againMs = waitOf(error)
    if (!isOver(error)) {
      if (wasSignedIn) renewIn(againMs)
    } else if (wasSignedIn) end(whyEnded())
    else endHere(null)
    return null
  }
}

/** Whether the server said that the session is over; who stands between knows nothing of it. */
function isOver(error: unknown): boolean {
  const isNo = error instanceof Problem && [401, 403].includes(error.status)
  return isNo && error.code !== 'unknown'
}

function waitOf(error: unknown): number {
  const told = error instanceof Problem ? error.retryAfterS : null
  // Not all pages at once, after a restart.
  return told === null ? AGAIN_MS * (1 + Math.random()) : Math.min(told * 1_000, AGAIN_MAX_MS)
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
  const within = AbortSignal.any([AbortSignal.timeout(ANSWER_MAX_MS), leaving.signal])
  const asked = fetch(path, { ...init, credentials: 'same-origin', signal: within })
  const response = await asked.catch(() => null)
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
