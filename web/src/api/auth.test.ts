import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })
let logout: () => Promise<Response> | Response

async function signedIn() {
  vi.resetModules()
  const { useSession } = await import('./session')
  useSession.setState({ state: 'signedIn', user: { id: 'ann' } as never, token: 'token' })
  return { ...(await import('./auth')), state: () => useSession.getState().state }
}

beforeEach(() => {
  const nothing = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined }
  vi.stubGlobal('localStorage', nothing)
  vi.stubGlobal('navigator', {})
  vi.stubGlobal('BroadcastChannel', undefined)
  vi.stubGlobal('fetch', (path: string) => {
    if (path.endsWith('/logout')) return Promise.resolve().then(logout)
    return Promise.resolve(json({ code: 'invalidSession', detail: 'It ended.' }, 401))
  })
})
afterEach(() => vi.unstubAllGlobals())

describe('signing out everywhere', () => {
  it.each([
    ['too much is asked', () => json({ code: 'rateLimited', detail: 'Slower.' }, 429)],
    ['the server is away', () => json({ code: 'busy', detail: 'Later.' }, 503)],
    ['there is no line', () => Promise.reject(new TypeError('no line'))],
  ])('fails where %s, and nobody is signed out', async (_, answer) => {
    logout = answer
    const { signOutEverywhere, state } = await signedIn()
    await expect(signOutEverywhere()).rejects.toThrow()
    expect(state()).toBe('signedIn')
  })

  it.each([
    ['it was done', () => new Response(null, { status: 204 })],
    ['the session had ended', () => json({ code: 'invalidSession', detail: 'It ended.' }, 401)],
  ])('is over where %s', async (_, answer) => {
    logout = answer
    const { signOutEverywhere, state } = await signedIn()
    await signOutEverywhere()
    expect(state()).toBe('signedOut')
  })
})

describe('signing out', () => {
  it('forgets here, and says where the server did not hear', async () => {
    logout = () => json({ code: 'busy', detail: 'Later.' }, 503)
    const { signOut, state } = await signedIn()
    await expect(signOut()).rejects.toThrow('Later.')
    expect(state()).toBe('signedOut')
  })
})
