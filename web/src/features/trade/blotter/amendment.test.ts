import { describe, expect, it } from 'vitest'
import type { Balance, Market, Order } from '@/api/shapes'
import type { Decimal } from '@/ui/decimal'
import { amendProblems, changeOf, consequence } from './amendment'

const d = (text: string) => text as Decimal

const MARKET = {
  symbol: 'BTC-USDT',
  base: 'BTC',
  quote: 'USDT',
  tickSize: d('0.1'),
  lotSize: d('0.0001'),
  minNotional: d('5'),
  maxNotional: d('9000'),
  minPrice: null,
  maxPrice: d('1000000'),
  minQuantity: d('0.0001'),
  maxQuantity: d('100'),
  minMarketQuantity: null,
  maxMarketQuantity: d('50'),
  bidMultiplierUp: d('5'),
  makerFeeRate: d('0.001'),
  takerFeeRate: d('0.001'),
  feeAsset: 'received',
} as Market

const BALANCES = [
  { asset: 'USDT', available: d('100') },
  { asset: 'BTC', available: d('0.5') },
] as Balance[]

const LIMIT = {
  side: 'buy',
  type: 'limit',
  price: d('100.0'),
  stopPrice: null,
  quantity: d('1'),
  filled: d('0'),
  triggeredAt: null,
} as Order
const BEGUN: Order = { ...LIMIT, filled: d('0.5') }
const SALE: Order = { ...LIMIT, side: 'sell' }
const STOP: Order = { ...LIMIT, type: 'stopLoss', price: null, stopPrice: d('10') }

const CHEAP = 'Worth less than the least of 5 USDT'
const only = (amount: string) => `Only ${amount} USDT available for it`

describe('an amendment', () => {
  it.each<[string, Order, [string | null, string], string | null, string | null]>([
    ['a better price', LIMIT, ['101', '1'], null, null],
    ['a smaller amount', LIMIT, ['100', '0.5'], null, null],
    ['a price off the step', LIMIT, ['100.05', '1'], 'Must be a multiple of 0.1', null],
    ['a price out of range', LIMIT, ['1000000.1', '1'], 'Must be at most 1,000,000', null],
    ['nothing of it', LIMIT, ['100', '0'], null, 'Must be more than zero'],
    ['a price too low to be worth it', LIMIT, ['4', '1'], null, CHEAP],
    ['more than can be paid', LIMIT, ['100', '2.1'], null, only('200')],
    ['as much as can be paid', LIMIT, ['100', '2'], null, null],
    ['a price beyond what can be paid', LIMIT, ['201', '1'], null, only('200')],
    ['more than there is to sell', SALE, ['100', '1.6'], null, 'Only 1.5 BTC available for it'],
    ['less than was filled', BEGUN, ['100', '0.5'], null, '0.5 of it is filled already'],
    ['a rest too small', BEGUN, ['99', '0.5001'], null, CHEAP],
    ['the rest of one that has begun', BEGUN, ['100', '2.1'], null, only('150')],
    ['more of a stop', STOP, [null, '3'], null, null],
    ['more of a stop than it may cost', STOP, [null, '3.1'], null, only('150')],
    ['a stop beyond market orders', STOP, [null, '51'], null, 'Must be at most 50 BTC'],
  ])('to %s', (_, order, [price, quantity], wrongPrice, wrongQuantity) => {
    const wanted = { price: price === null ? null : d(price), quantity: d(quantity) }
    const problems = amendProblems(order, MARKET, BALANCES, wanted)
    expect(problems).toEqual({ price: wrongPrice, quantity: wrongQuantity })
  })

  it.each<[string, Order, [string | null, string], string]>([
    ['less of it', LIMIT, ['100', '0.5'], 'keeps its place'],
    ['more of it', LIMIT, ['100', '1.5'], 'loses its place'],
    ['another price', LIMIT, ['99', '1'], 'loses its place'],
    ['more of a stop', STOP, [null, '2'], 'waits for the same trigger'],
    ['less of a stop', STOP, [null, '0.5'], 'waits for the same trigger'],
    ['less of a woken stop', { ...STOP, triggeredAt: 'then' }, [null, '0.5'], 'keeps its place'],
  ])('to %s says what it does', (_, order, [price, quantity], words) => {
    const wanted = { price: price === null ? null : d(price), quantity: d(quantity) }
    const change = changeOf(order, wanted)
    expect(change && consequence(order, change)).toContain(words)
  })

  it('to the same is none', () => {
    expect(changeOf(LIMIT, { price: d('100.00'), quantity: d('1.0') })).toBeNull()
  })
})
