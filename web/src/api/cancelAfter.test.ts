import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const TIMEOUT_MS = 180_000
const MINUTE_MS = 60_000

/** What two pages of one browser share. */
const kept = new Map<string, string>()
const storage = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, text: string) => void kept.set(name, text),
  removeItem: (name: string) => void kept.delete(name),
}

type Asked = { timeoutMs: number; person: boolean }

/** A server that counts down, and answers as it is told to. */
class Server {
  asked: Asked[] = []
  /** When it would cancel. */
  cancelAt: number | null = null
  answers: () => Promise<Response> | Response = () => new Response('{"cancelAt":null}')

  readonly fetch = (_: string, init: RequestInit) => {
    const { timeoutMs } = JSON.parse(init.body as string) as { timeoutMs: number }
    const person = (init.headers as Record<string, string>)['X-Activity'] === 'person'
    this.asked.push({ timeoutMs, person })
    this.cancelAt = timeoutMs === 0 ? null : Date.now() + timeoutMs
    return Promise.resolve(this.answers())
  }

  cancels(): boolean {
    return this.cancelAt !== null && this.cancelAt <= Date.now()
  }
}

const refusal = () => new Response('{"code":"rateLimited","detail":"Slower."}', { status: 429 })
const brokenLine = () => Promise.reject(new TypeError('the line broke'))

/** A page just loaded by somebody who is signed in. */
async function page() {
  vi.resetModules()
  const listeners: ((event: { key: string }) => void)[] = []
  vi.stubGlobal('addEventListener', (_: string, heard: (typeof listeners)[0]) => listeners.push(heard))
  vi.stubGlobal('removeEventListener', () => undefined)
  const after = await import('./cancelAfter')
  const { useSession } = await import('./session')
  const user = { id: 'ann', email: 'ann@a.example' } as never
  useSession.setState({ state: 'signedIn', user, token: 'token' })
  const close = after.followCancelAfter()
  const hearsOfOthers = () => listeners.forEach((heard) => heard({ key: 'rialto.cancelAfter.ann' }))
  return { ...after, useSession, close, hearsOfOthers, shown: () => after.useCancelAfter.getState() }
}

const settled = () => vi.advanceTimersByTimeAsync(0)

let server: Server
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('localStorage', storage)
  kept.clear()
  server = new Server()
  vi.stubGlobal('fetch', server.fetch)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('cancel on disconnect', () => {
  it('leaves the orders of a hidden page, whose timers run once a minute', async () => {
    // A browser lets what is due run at whole minutes only, and one of two renewals is lost.
    const beats: (() => void)[] = []
    vi.stubGlobal('setInterval', (beat: () => void) => beats.push(beat))
    const { arm, shown } = await page()
    await arm()
    expect(server.asked).toEqual([{ timeoutMs: TIMEOUT_MS, person: true }])
    for (let minute = 1; minute <= 30; minute += 1) {
      vi.setSystemTime(Date.now() + MINUTE_MS)
      server.answers = minute % 2 === 0 ? brokenLine : () => new Response('{}')
      const before = server.cancelAt
      expect(server.cancels()).toBe(false)
      for (const beat of beats) beat()
      await settled()
      if (minute % 2 === 0) server.cancelAt = before
    }
    expect(shown().armed).toBe(true)
  })

  it('is renewed by what is heard, too, but not by each of it, and as no act of a person', async () => {
    const { arm } = await page()
    const { stream } = await import('./connection')
    vi.stubGlobal('setInterval', () => 1)
    await arm()
    const hear = () => (stream as unknown as { options: { heard(): void } }).options.heard()
    hear()
    vi.setSystemTime(Date.now() + MINUTE_MS)
    hear()
    hear()
    await settled()
    expect(server.asked.slice(1)).toEqual([{ timeoutMs: TIMEOUT_MS, person: false }])
  })

  it('stays on, and is renewed, where switching it off was not answered', async () => {
    const { arm, disarm, shown } = await page()
    await arm()
    for (const answer of [brokenLine, refusal, () => new Response('', { status: 502 })]) {
      server.answers = answer
      await expect(disarm()).rejects.toThrow()
      expect(shown().armed).toBe(true)
      server.answers = () => new Response('{}')
      await vi.advanceTimersByTimeAsync(MINUTE_MS)
      expect(server.asked.at(-1)?.timeoutMs).toBe(TIMEOUT_MS)
    }
  })

  it('is on, and says that it is not confirmed, where switching it on was not answered', async () => {
    server.answers = brokenLine
    const { arm, shown } = await page()
    await arm()
    expect(shown()).toEqual({ armed: true, confirmed: false })
    server.answers = () => new Response('{}')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(shown()).toEqual({ armed: true, confirmed: true })
  })

  it('is off where the server refused to switch it on', async () => {
    server.answers = refusal
    const { arm, shown } = await page()
    await expect(arm()).rejects.toThrow('Slower.')
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    expect([shown().armed, server.asked.length]).toEqual([false, 1])
    expect(kept.get('rialto.cancelAfter.ann')).toBe('off')
  })

  it('goes on after a reload whose first renewal fails, without a person having acted', async () => {
    await (await page()).arm()
    server.answers = refusal
    const { shown } = await page()
    await settled()
    expect(shown()).toEqual({ armed: true, confirmed: false })
    server.answers = () => new Response('{}')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(shown()).toEqual({ armed: true, confirmed: true })
    expect(server.asked.filter(({ person }) => person)).toHaveLength(1)
  })

  it('renews nothing once it is off, however late a renewal is', async () => {
    const { arm, disarm, shown } = await page()
    await arm()
    let release = () => {}
    server.answers = () => new Promise((done) => (release = () => done(new Response('{}'))))
    await vi.advanceTimersByTimeAsync(20_000)
    const off = disarm()
    await settled()
    expect(server.asked.at(-1)?.timeoutMs).toBe(TIMEOUT_MS)
    server.answers = () => new Response('{}')
    release()
    await off
    expect(server.asked.at(-1)).toEqual({ timeoutMs: 0, person: true })
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    expect([server.asked.at(-1)?.timeoutMs, shown().armed]).toEqual([0, false])
  })

  it('is switched for all pages of a browser', async () => {
    const [one, other] = [await page(), await page()]
    await one.arm()
    other.hearsOfOthers()
    await settled()
    expect(other.shown().armed).toBe(true)
    await one.disarm()
    other.hearsOfOthers()
    await settled()
    // Its last renewal may have come behind the word of the one.
    expect(server.asked.at(-1)).toEqual({ timeoutMs: 0, person: false })
    const asked = server.asked.length
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    expect([other.shown().armed, server.asked.length]).toEqual([false, asked])
  })

  it.each(['bob', 'ann'])('is not switched for %s by what was asked for before', async (next) => {
    const { arm, disarm, useSession, shown } = await page()
    await arm()
    let release = () => {}
    server.answers = () => new Promise((done) => (release = () => done(new Response('{}'))))
    await vi.advanceTimersByTimeAsync(20_000)
    const [off, on] = [disarm(), arm()]
    useSession.setState({ state: 'signedOut', user: null, token: null })
    kept.set('rialto.cancelAfter.bob', 'on')
    useSession.setState({ state: 'signedIn', user: { id: next } as never, token: 'another' })
    server.answers = () => new Response('{}')
    const asked = server.asked.length
    release()
    await Promise.all([off, on])
    const isOn = next === 'bob'
    const since = server.asked.slice(asked)
    expect(since).toEqual(isOn ? [{ timeoutMs: TIMEOUT_MS, person: false }] : [])
    expect([shown().armed, kept.get('rialto.cancelAfter.bob')]).toEqual([isOn, 'on'])
    expect(kept.has('rialto.cancelAfter.ann')).toBe(false)
  })

  it('is renewed although somebody set the clock back', async () => {
    const { arm } = await page()
    await arm()
    vi.setSystemTime(Date.now() - 60 * MINUTE_MS)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(server.asked).toHaveLength(2)
  })

  it('runs down where a page of the same person leaves, or another switches theirs on', async () => {
    const [one, other] = [await page(), await page()]
    await one.arm()
    other.hearsOfOthers()
    await settled()
    kept.set('rialto.cancelAfter.bob', 'on')
    other.hearsOfOthers()
    one.useSession.setState({ state: 'signedOut', user: null, token: null })
    other.hearsOfOthers()
    await settled()
    expect(server.asked.every(({ timeoutMs }) => timeoutMs === TIMEOUT_MS)).toBe(true)
    expect(other.shown().armed).toBe(true)
  })

  it('stays on for who signed in in another tab, when this tab hears of that', async () => {
    const { arm, useSession } = await page()
    await arm()
    kept.set('rialto.cancelAfter.bob', 'on')
    useSession.setState({ state: 'signedOut', user: null, token: null })
    expect([...kept]).toEqual([['rialto.cancelAfter.bob', 'on']])
  })

  it('is somebody else’s no more, and ends with the session', async () => {
    const { arm, useSession, shown } = await page()
    await arm()
    useSession.setState({ state: 'signedOut', user: null, token: null })
    expect(shown().armed).toBe(false)
    kept.set('rialto.cancelAfter.bob', 'on')
    useSession.setState({ state: 'signedIn', user: { id: 'ann' } as never })
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS)
    expect([shown().armed, server.asked.length]).toEqual([false, 1])
  })
})
