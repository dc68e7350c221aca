import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Market, Order } from '@/api/shapes'
import type { Decimal } from '@/ui/decimal'
import { useToasts } from '@/ui/toasts'
import { cancel, cancelAll } from './act'
import { amend, moveTo } from './amend'

const d = (text: string) => text as Decimal
const ORDER = {
  id: '7',
  side: 'buy',
  type: 'limit',
  price: d('100'),
  quantity: d('1'),
  filled: d('0'),
  triggeredAt: null,
} as Order
const MARKET = { tickSize: d('0.1'), lotSize: d('0.1'), minPrice: null, maxPrice: null } as Market
const WIDE = {
  ...MARKET,
  minQuantity: null,
  maxQuantity: null,
  minNotional: null,
  maxNotional: null,
  minMarketQuantity: null,
  maxMarketQuantity: null,
}

const answer = (status: number, body: unknown) => () =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status })
const problem = (status: number, code: string) => answer(status, { code, detail: code })
const unreachable = () => {
  throw new TypeError('no line')
}

let asked: string[] = []

/** What is said after an act that got this answer. */
async function saidOf(act: () => Promise<unknown>, reply: () => Response) {
  asked = []
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path)
    return reply()
  })
  useToasts.setState({ shown: [] })
  let failure: string | undefined
  await act().catch((error: Error) => (failure = error.message))
  return failure ?? useToasts.getState().shown[0]?.title
}

afterEach(() => vi.unstubAllGlobals())

describe('what is said', () => {
  const unknown = 'No answer: perhaps not cancelled'
  it.each<[string, () => Response, string | undefined]>([
    ['a yes', answer(200, {}), undefined],
    ['a no', problem(422, 'marketHalted'), 'Not cancelled'],
    ['one that is over', problem(409, 'conflict'), 'Not cancelled'],
    ['no answer', unreachable, unknown],
    ['an answer that nobody knows', problem(504, 'outcomeUnknown'), unknown],
    ['a page of a proxy', answer(502, '<html>'), unknown],
    ['a proxy that finds nothing', answer(404, '<html>'), unknown],
    ['half a body', answer(200, '{"id":'), unknown],
  ])('of a cancel after %s', async (_, reply, want) => {
    expect(await saidOf(() => cancel(ORDER), reply)).toBe(want)
  })

  it.each<[string, () => Response, string]>([
    ['a no', problem(422, 'filterPriceBand'), 'Not amended'],
    ['one that is over', problem(409, 'conflict'), 'Not amended'],
    ['one that is gone', problem(409, 'orderCanceled'), 'The order is gone'],
    ['no answer', unreachable, 'No answer: perhaps amended'],
    ['half of it', problem(504, 'outcomeUnknown'), 'No answer: perhaps amended'],
    ['a page of a proxy', answer(502, '<html>'), 'No answer: perhaps amended'],
  ])('of an amendment after %s, by chart and by dialog', async (_, reply, want) => {
    expect(await saidOf(() => moveTo(ORDER, WIDE, d('99')), reply)).toBe(want)
    const inDialog = await saidOf(() => amend(ORDER, { price: d('99') }), reply)
    expect(inDialog?.startsWith(`${want}. `)).toBe(true)
  })

  it('of a line let go where no order can be, without asking', async () => {
    const said = await saidOf(() => moveTo(ORDER, WIDE, d('99.05')), answer(200, {}))
    expect([said, asked]).toEqual(['Not amended', []])
  })
})

describe('cancelling all', () => {
  it('of all markets is one request, which halted markets do not stop', async () => {
    const said = await saidOf(() => cancelAll(null, 2), answer(200, { items: [{}, {}] }))
    expect([said, asked]).toEqual([undefined, ['/api/v1/trading/orders']])
  })

  it('says how many were not', async () => {
    const said = await saidOf(() => cancelAll('A-B', 2), answer(200, { items: [{}] }))
    expect([said, asked]).toEqual(['Not all were cancelled', ['/api/v1/trading/orders?symbol=A-B']])
  })
})
