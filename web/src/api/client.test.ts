import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status })
const login = (id: string) => ({
  accessToken: `token of ${id}`,
  expiresIn: 300,
  idleSeconds: 1_200,
  idleEndsIn: 1_200,
  userId: id,
  user: { id },
})

type Asked = { token: string | undefined; answer: (response: Response) => void }
let orders: Asked[]
let refreshed: () => Promise<Response>

beforeEach(() => {
  vi.useFakeTimers()
  orders = []
  refreshed = () => Promise.resolve(json({ ...login('ann'), accessToken: 'next' }))
  const nothing = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined }
  vi.stubGlobal('localStorage', nothing)
  vi.stubGlobal('navigator', {})
  vi.stubGlobal('BroadcastChannel', undefined)
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    if (path.endsWith('/csrf')) return Promise.resolve(json({ csrfToken: 'mark' }))
    if (path.endsWith('/refresh')) return refreshed()
    const token = (init.headers as Record<string, string>).Authorization
    return new Promise((answer) => orders.push({ token, answer }))
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Ann's order, on its way. */
async function ordering() {
  vi.resetModules()
  const session = await import('./session')
  const { post } = await import('./client')
  session.begin(login('ann') as never)
  const order = post('/trading/orders', {}).catch((error: Error) => error.message)
  return { ...session, order }
}

const tokens = () => orders.map(({ token }) => token)
const expired = () => json({ code: 'invalidToken', detail: 'It ran out.' }, 401)

describe('a request', () => {
  it('is asked again with the next token where the first ran out', async () => {
    const { order } = await ordering()
    orders[0]?.answer(expired())
    await vi.advanceTimersByTimeAsync(0)
    orders[1]?.answer(json({ id: 1 }))
    expect(await order).toEqual({ id: 1 })
    expect(tokens()).toEqual(['Bearer token of ann', 'Bearer next'])
  })

  it.each(['bob', 'ann'])('is not asked again in the name of %s, who came since', async (next) => {
    const { order, end, begin } = await ordering()
    end()
    begin({ ...login(next), accessToken: 'another' } as never)
    orders[0]?.answer(expired())
    await vi.advanceTimersByTimeAsync(0)
    expect(tokens()).toEqual(['Bearer token of ann'])
    expect(await order).toBe('It ran out.')
  })

  it('is not asked again where somebody else came while the token was renewed', async () => {
    const { order, end, begin } = await ordering()
    let answer = () => {}
    refreshed = () => new Promise((done) => (answer = () => done(json(login('ann')))))
    orders[0]?.answer(expired())
    await vi.advanceTimersByTimeAsync(0)
    end()
    begin(login('bob') as never)
    answer()
    await vi.advanceTimersByTimeAsync(0)
    expect(tokens()).toEqual(['Bearer token of ann'])
    expect(await order).toBe('It ran out.')
  })
})
