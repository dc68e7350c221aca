import { afterEach, describe, expect, it, vi } from 'vitest'
import type { NewOrder } from '@/api/shapes'

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })
const problem = (status: number, code: string) => answer(status, { code, detail: code })
const torn = () => {
  const body = new ReadableStream({ start: (it) => it.error(new TypeError('the line broke')) })
  return new Response(body, { status: 201 })
}

const order = { symbol: 'BTC-USDT', side: 'buy', type: 'market' } as NewOrder
let number = 0

function storage() {
  const kept = new Map<string, string>()
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => void kept.set(name, text),
    removeItem: (name: string) => void kept.delete(name),
  }
}

/** Sends one order so often, and tells its keys and what was said at last. */
async function tries(...answers: (() => Response)[]) {
  number += 1
  const keys: string[] = []
  vi.stubGlobal('sessionStorage', storage())
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    keys.push((init.headers as Record<string, string>)['Idempotency-Key'] ?? '')
    return answers[keys.length - 1]?.()
  })
  vi.resetModules()
  const quantity = String(number) as NewOrder['quantity']
  for (const answer of answers) {
    const { send } = await import('./send')
    const side = answer === ofAnother ? 'sell' : 'buy'
    await send({ order: { ...order, side, quantity } })
  }
  const { useToasts } = await import('@/ui/toasts')
  return { keys, said: useToasts.getState().shown[0]?.title }
}

const good = () => answer(201, {})
/** The answer to another order, sent in between. */
const ofAnother = () => answer(201, {})
const unreachable = () => {
  throw new TypeError('no line')
}

afterEach(() => vi.unstubAllGlobals())

describe('an order', () => {
  it.each([
    ['no answer', unreachable],
    ['an answer that breaks off', torn],
    ['half a body', () => answer(201, '{"id":')],
    ['a page of a proxy', () => answer(502, '<html>')],
    ['a proxy that refuses', () => answer(404, '<html>')],
    ['a timeout', () => problem(504, 'outcomeUnknown')],
    ['a bug', () => problem(500, 'internal')],
    ['one that is still carried out', () => problem(409, 'conflict')],
    ['a body that came too slowly', () => problem(408, 'timeout')],
  ])('after %s is not known, and sent again under its key', async (_, first) => {
    expect((await tries(first)).said).toBe('What became of your order is not known')
    const { keys } = await tries(first, good)
    expect(keys[1]).toBe(keys[0])
  })

  it.each([
    ['the engine', () => problem(422, 'insufficientFunds')],
    ['the limits', () => problem(429, 'rateLimited')],
    ['a busy server', () => problem(503, 'busy')],
    ['what is read first', () => problem(400, 'invalid')],
  ])('that %s refuses was not placed, and the next one is another', async (_, first) => {
    expect((await tries(first)).said).toBe('The order was not placed')
    const { keys } = await tries(first, good)
    expect(keys[1]).not.toBe(keys[0])
  })

  it.each([
    ['the limits', () => problem(429, 'rateLimited')],
    ['a busy server', () => problem(503, 'busy')],
    ['a session that is over', () => problem(403, 'forbidden')],
    ['what is read first', () => problem(400, 'invalid')],
  ])('that may stand is not called off because %s refuse to tell', async (_, refuses) => {
    expect((await tries(unreachable, refuses)).said).toBe(
      'What became of your order is not known',
    )
    const { keys } = await tries(unreachable, refuses, refuses, good)
    expect(new Set(keys).size).toBe(1)
  })

  it('that may stand was not placed once the engine says so', async () => {
    const refused = () => problem(422, 'insufficientFunds')
    expect((await tries(unreachable, refused)).said).toBe('The order was not placed')
    const { keys } = await tries(unreachable, refused, good)
    expect([keys[1] === keys[0], keys[2] === keys[0]]).toEqual([true, false])
  })

  it('keeps its key over a reload of the page', async () => {
    const { keys } = await tries(() => {
      vi.resetModules()
      return unreachable()
    }, good)
    expect(keys[1]).toBe(keys[0])
  })

  it('keeps its key whatever else is sent before it is sent again', async () => {
    const { keys } = await tries(unreachable, ofAnother, good, good)
    expect([keys[2] === keys[0], keys[1] === keys[0], keys[3] === keys[0]]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('of somebody else who signs in here has a key of its own', async () => {
    const { keys } = await tries(() => {
      void import('@/api/session').then(({ useSession }) =>
        useSession.setState({ user: { id: 'bob' } as never }),
      )
      return unreachable()
    }, good)
    expect(keys[1]).not.toBe(keys[0])
  })

  it('of which the server itself does not know can be sent again after a look', async () => {
    const untold = () => problem(409, 'outcomeUnknown')
    const { keys } = await tries(unreachable, untold, good)
    expect([keys[1] === keys[0], keys[2] === keys[0]]).toEqual([true, false])
  })

  it('that had been taken before is not told as a new one', async () => {
    const replayed = () => answer(201, {}, { 'Idempotency-Replayed': 'true' })
    const { keys, said } = await tries(unreachable, replayed, good)
    expect(said).toBe('Your order had been taken before')
    expect(keys[2]).not.toBe(keys[0])
  })
})
