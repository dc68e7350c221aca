import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const kept = new Map<string, string>()
const storage = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, text: string) => void kept.set(name, text),
  removeItem: (name: string) => void kept.delete(name),
}

/** The tabs of one browser: what one says, all others hear. */
class Channel {
  static all: Channel[] = []
  private hear: ((event: { data: unknown }) => void)[] = []
  constructor() {
    Channel.all.push(this)
  }
  addEventListener(_: string, hear: (event: { data: unknown }) => void) {
    this.hear.push(hear)
  }
  postMessage(data: unknown) {
    const others = Channel.all.filter((other) => other !== this)
    others.forEach(({ hear }) => hear.forEach((it) => it({ data })))
  }
}

const tokens = (userId: string) => ({
  accessToken: `token of ${userId}`,
  expiresIn: 300,
  idleSeconds: 1_200,
  idleEndsIn: 1_200,
  userId,
})
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })
const problem = (status: number) => json({ code: 'told', detail: 'No.' }, status)
const unreachable = () => Promise.reject(new TypeError('no line'))

/** What the server says to a refresh, and to who asks who they are. */
let refresh: () => Promise<Response> | Response
let me: () => Promise<Response> | Response
let signals: (AbortSignal | null | undefined)[]

beforeEach(() => {
  vi.useFakeTimers()
  kept.clear()
  Channel.all = []
  signals = []
  refresh = () => json(tokens('ann'))
  me = () => json({ id: 'ann' })
  vi.stubGlobal('localStorage', storage)
  vi.stubGlobal('BroadcastChannel', Channel)
  vi.stubGlobal('navigator', {})
  vi.stubGlobal('fetch', (path: string, { signal }: RequestInit) => {
    signals.push(signal)
    if (path.endsWith('/csrf')) return Promise.resolve(json({ csrfToken: 'mark' }))
    return Promise.resolve().then(path.endsWith('/me') ? me : refresh)
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A tab in which somebody signed in. */
async function tab(userId = 'ann') {
  vi.resetModules()
  const session = await import('./session')
  session.begin({ ...tokens(userId), user: { id: userId } } as never)
  return { ...session, now: () => session.useSession.getState() }
}

const REFRESH_MS = 270_000

describe('a session', () => {
  it.each([
    ['too much is asked', () => problem(429)],
    ['the address is banned', () => problem(418)],
    ['it took too long', () => problem(408)],
    ['the server is away', () => problem(503)],
    ['a proxy refuses', () => new Response('<html>', { status: 403 })],
    ['there is no line', unreachable],
  ])('goes on where %s, and is renewed a moment later', async (_, answer) => {
    const { now } = await tab()
    refresh = answer
    await vi.advanceTimersByTimeAsync(REFRESH_MS)
    expect([now().state, kept.get('rialto.signedIn')]).toEqual(['signedIn', 'ann'])
    refresh = () => json({ ...tokens('ann'), accessToken: 'next' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(now().token).toBe('next')
  })

  it('waits as long as the server says, and a minute at most', async () => {
    const { now } = await tab()
    refresh = () => new Response('{}', { status: 429, headers: { 'Retry-After': '900' } })
    await vi.advanceTimersByTimeAsync(REFRESH_MS)
    refresh = () => json({ ...tokens('ann'), accessToken: 'next' })
    await vi.advanceTimersByTimeAsync(59_000)
    expect(now().token).toBe('token of ann')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(now().token).toBe('next')
  })

  it.each([401, 403])('is over in all tabs where the server says so by %d', async (status) => {
    const [here, there] = [await tab(), await tab()]
    refresh = () => problem(status)
    await here.refresh(here.heldToken())
    expect([here.now().state, there.now().state]).toEqual(['signedOut', 'signedOut'])
    expect(kept.has('rialto.signedIn')).toBe(false)
  })

  it('of somebody else in another tab goes on when this one ends', async () => {
    const ann = await tab('ann')
    const bob = await tab('bob')
    ann.end()
    expect([ann.now().state, bob.now().state]).toEqual(['signedOut', 'signedIn'])
    expect(kept.get('rialto.signedIn')).toBe('bob')
  })

  it('that somebody signed out of is not taken up again by a late answer', async () => {
    const { refresh: again, end, now } = await tab()
    const late = again('token of ann')
    end()
    expect(await late).toBeNull()
    await vi.advanceTimersByTimeAsync(REFRESH_MS)
    expect([now().state, now().token]).toEqual(['signedOut', null])
  })

  it.each([
    ['no', () => problem(401)],
    ['yes', () => json(tokens('ann'))],
  ])('that the same person began since hears no late %s', async (_, answer) => {
    const { refresh: again, end, begin, now } = await tab()
    let late = () => {}
    refresh = () => new Promise((done) => (late = () => done(answer())))
    const renewed = again('token of ann')
    await vi.advanceTimersByTimeAsync(0)
    end()
    expect(signals.at(-1)?.aborted).toBe(true)
    begin({ ...tokens('ann'), accessToken: 'new', user: { id: 'ann' } } as never)
    late()
    expect(await renewed).toBeNull()
    expect([now().state, now().token]).toEqual(['signedIn', 'new'])
  })

  it('is not waited for for ever', async () => {
    const { refresh: again } = await tab()
    await again(null)
    await again('token of ann')
    expect(signals.length > 0 && signals.every((signal) => signal instanceof AbortSignal)).toBe(true)
  })
})

describe('a page that is loaded', () => {
  async function loaded() {
    vi.resetModules()
    const session = await import('./session')
    const away = vi.fn()
    const resumed = session.resume(away)
    await vi.advanceTimersByTimeAsync(0)
    return { away, resumed, now: () => session.useSession.getState() }
  }

  it('shows the door to who never signed in here, and asks nobody', async () => {
    const { resumed, now } = await loaded()
    await resumed
    expect([now().state, signals.length]).toEqual(['signedOut', 0])
  })

  it.each([
    ['a refresh', () => (refresh = unreachable)],
    ['who it is', () => (me = () => problem(503))],
  ])('asks again where %s is not answered', async (_, fail) => {
    kept.set('rialto.signedIn', 'ann')
    fail()
    const { away, resumed, now } = await loaded()
    expect([away.mock.calls.length, now().state]).toEqual([1, 'unknown'])
    refresh = () => json(tokens('ann'))
    me = () => json({ id: 'ann' })
    await vi.advanceTimersByTimeAsync(10_000)
    await resumed
    expect([now().state, now().user?.id]).toEqual(['signedIn', 'ann'])
  })

  it('waits as long as the server says before it asks again', async () => {
    kept.set('rialto.signedIn', 'ann')
    refresh = () => new Response('{}', { status: 429, headers: { 'Retry-After': '30' } })
    const { resumed, now } = await loaded()
    const asked = signals.length
    await vi.advanceTimersByTimeAsync(29_000)
    expect(signals.length).toBe(asked)
    refresh = () => json(tokens('ann'))
    await vi.advanceTimersByTimeAsync(1_000)
    await resumed
    expect(now().state).toBe('signedIn')
  })

  it('asks again at a moment of its own where nobody says when', async () => {
    kept.set('rialto.signedIn', 'ann')
    refresh = unreachable
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    await loaded()
    const asked = signals.length
    await vi.advanceTimersByTimeAsync(2_999)
    expect(signals.length).toBe(asked)
    await vi.advanceTimersByTimeAsync(1)
    expect(signals.length).toBeGreaterThan(asked)
  })

  it('shows the door where the session is over', async () => {
    kept.set('rialto.signedIn', 'ann')
    refresh = () => problem(401)
    const { away, resumed, now } = await loaded()
    await resumed
    expect([away.mock.calls.length, now().state, kept.size]).toEqual([0, 'signedOut', 0])
  })
})
