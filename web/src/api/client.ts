/**
 * Requests to `/api/v1`: bearer token in memory, one refresh on 401, problems as errors.
 *
 * Keeps  a request that a person caused says so (`X-Activity: person`): only such requests keep a
 *        session alive. What a timer asks for does not.
 */
import { heldToken, refresh, sawActivity, visit } from './session'
import { Problem, problemOf, UNREACHABLE } from './problem'

export const BASE = '/api/v1'
/** A 401 with one of these is about what was typed, not about the token. */
const ABOUT_PROOFS = new Set(['invalidCredentials', 'twoFactorRequired'])

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

type RequestOptions = {
  method?: Method
  body?: unknown
  /** Caused by a click or a key. Requests that change something are, unless said otherwise. */
  person?: boolean
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Told of the answer, if it is a good one, before its body is read. */
  answered?: (response: Response) => void
}

/** Asks and answers with the body; `undefined` where there is none. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const token = heldToken()
  const asked = visit()
  let response = await send(path, options, token)
  if (response.status === 401 && token !== null) {
    const problem = await problemOf(response)
    // A token that ran out is renewed; if the session itself has ended, that ends it here too.
    const renewed = ABOUT_PROOFS.has(problem.code) ? null : await refresh(token)
    // It may be the token of somebody who came since: nothing is done in their name.
    if (renewed === null || visit() !== asked) throw problem
    response = await send(path, options, renewed)
  }
  if (!response.ok) throw await problemOf(response)
  options.answered?.(response)
  if (response.status === 204) return undefined as T
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}

async function send(path: string, options: RequestOptions, token: string | null) {
  const method = options.method ?? 'GET'
  const person = options.person ?? method !== 'GET'
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers }
  if (token !== null) headers.Authorization = `Bearer ${token}`
  if (person) headers['X-Activity'] = 'person'
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  try {
    const response = await fetch(BASE + path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
    })
    if (person && token !== null && response.ok) sawActivity()
    return response
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem(0, UNREACHABLE, 'The server cannot be reached. Check that it runs.')
  }
}

export const get = <T>(path: string, options?: RequestOptions) => request<T>(path, options)
export const post = <T>(path: string, body?: unknown, options?: RequestOptions) =>
  request<T>(path, { ...options, method: 'POST', body: body ?? {} })
export const patch = <T>(path: string, body: unknown) => request<T>(path, { method: 'PATCH', body })
export const remove = <T>(path: string) => request<T>(path, { method: 'DELETE' })

/** `?a=1&b=2` of what is there. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined) pairs.set(name, String(value))
  }
  const text = pairs.toString()
  return text === '' ? '' : `?${text}`
}
