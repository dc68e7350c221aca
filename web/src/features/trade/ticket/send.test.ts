import { afterEach, describe, expect, it, vi } from 'vitest'
import type { NewOrder } from '@/api/shapes'
import { useToasts } from '@/ui/toasts'
import { send } from './send'

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })
const problem = (status: number, code: string) => answer(status, { code, detail: code })
const torn = () => {
  const body = new ReadableStream({ start: (it) => it.error(new TypeError('the line broke')) })
  return new Response(body, { status: 201 })
}

const order = { symbol: 'BTC-USDT', side: 'buy', type: 'market' } as NewOrder
let number = 0

/** Sends one order so often, and tells its keys and what was said at last. */
async function tries(...answers: (() => Response)[]) {
  number += 1
  const keys: string[] = []
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    keys.push((init.headers as Record<string, string>)['Idempotency-Key'] ?? '')
    return answers[keys.length - 1]?.()
  })
  useToasts.setState({ shown: [] })
  for (const _ of answers) await send({ order: { ...order, quantity: String(number) as NewOrder['quantity'] } })
  return { keys, said: useToasts.getState().shown[0]?.title }
}

const good = () => answer(201, {})
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
