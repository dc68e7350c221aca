import { describe, expect, it } from 'vitest'
import { BookSide, TOLD_MAX } from '@/api/book'
import type { Balance, Market } from '@/api/shapes'
import type { Decimal } from '@/ui/decimal'
import type { Draft } from './draft'
import { check, type Surroundings } from './rules'
import { shareOf } from './share'
import { walk } from './walk'

const d = (text: string) => text as Decimal

const MARKET: Market = {
  symbol: 'BTC-USDT',
  base: 'BTC',
  quote: 'USDT',
  status: 'open',
  allocation: 'fifo',
  tickSize: d('0.10'),
  lotSize: d('0.0001'),
  minNotional: d('5'),
  minPrice: null,
  maxPrice: d('1000000'),
  minQuantity: d('0.0001'),
  maxQuantity: d('100'),
  maxNotional: d('1000000'),
  minMarketQuantity: null,
  maxMarketQuantity: d('50'),
  maxOrders: 200,
  minTrailingDelta: 10,
  maxTrailingDelta: 2000,
  bidMultiplierUp: d('5'),
  bidMultiplierDown: d('0.2'),
  askMultiplierUp: d('5'),
  askMultiplierDown: d('0.2'),
  avgPriceMinutes: 5,
  makerFeeRate: d('0.001'),
  takerFeeRate: d('0.002'),
  feeAsset: 'received',
  orderTypes: ['limit', 'market'],
}

const balance = (asset: string, available: string): Balance => ({
  asset,
  available: d(available),
  held: d('0'),
  pending: d('0'),
  total: d(available),
})

const AROUND: Surroundings = {
  bid: d('99.9'),
  ask: d('100.1'),
  last: d('100'),
  balances: [balance('USDT', '1000'), balance('BTC', '2')],
  walk: null,
}

const DRAFT: Draft = {
  symbol: 'BTC-USDT',
  side: 'buy',
  kind: 'limit',
  aim: 'stopLoss',
  sends: 'limit',
  price: d('99'),
  stopPrice: null,
  stopLimitPrice: null,
  amount: d('1'),
  quoteAmount: null,
  countedIn: 'base',
  trail: null,
  visible: null,
  iceberg: false,
  postOnly: false,
  timeInForce: 'gtc',
  touched: true,
  offered: null,
  share: 0,
}

const checked = (change: Partial<Draft>, around: Partial<Surroundings> = {}) =>
  check({ ...DRAFT, ...change }, MARKET, { ...AROUND, ...around })

describe('problems of a ticket', () => {
  it.each<[string, Partial<Draft>, Record<string, string>]>([
    ['a sound order', {}, {}],
    ['no price yet', { price: null }, { price: '' }],
    ['a price off the tick', { price: d('99.05') }, { price: 'Must be a multiple of 0.1' }],
    [
      'a price too high',
      { side: 'sell', price: d('2000000') },
      { price: 'Must be at most 1,000,000' },
    ],
    ['an amount off the lot', { amount: d('0.00015') }, { amount: 'Must be a multiple of 0.0001' }],
    ['nothing', { amount: d('0') }, { amount: 'Must be more than zero' }],
    ['too little value', { amount: d('0.01') }, { amount: 'Worth less than the least of 5 USDT' }],
    [
      'more than a market order may have',
      { kind: 'market', side: 'sell', amount: d('60') },
      { amount: 'Must be at most 50 BTC' },
    ],
    [
      'too much value',
      { side: 'sell', price: d('900000'), amount: d('2') },
      { amount: 'Worth more than the most of 1,000,000 USDT' },
    ],
    ['too much', { amount: d('11') }, { amount: 'Only 1,000 USDT available' }],
    [
      'a stop on the wrong side',
      { kind: 'stop', stopPrice: d('99') },
      { stopPrice: 'Must be above the last price, 100' },
    ],
    ['a stop on the right side', { kind: 'stop', stopPrice: d('101') }, {}],
    [
      'a profit taken on the wrong side',
      { kind: 'stop', aim: 'takeProfit', stopPrice: d('101') },
      { stopPrice: 'Must be below the last price, 100' },
    ],
    ['a trail too wide', { kind: 'trailing', trail: d('21') }, { trail: 'Must be at most 20 %' }],
    [
      'an iceberg that shows more than it has',
      { iceberg: true, visible: d('2') },
      { visible: 'Must not be more than the amount' },
    ],
    [
      'an OCO with its profit on the wrong side',
      { kind: 'oco', sends: 'market', side: 'sell', price: d('99'), stopPrice: d('98') },
      { price: 'Must be above the last price, 100' },
    ],
  ])('of %s', (_name, change, want) => expect(checked(change).problems).toEqual(want))
})

describe('what is sent', () => {
  it.each<[string, Partial<Draft>, object]>([
    ['limit', { timeInForce: 'ioc' }, { type: 'limit', price: '99', timeInForce: 'ioc' }],
    ['post only', { postOnly: true }, { type: 'limitMaker', price: '99' }],
    ['market', { kind: 'market' }, { type: 'market', quantity: '1' }],
    [
      'stop market',
      { kind: 'stop', sends: 'market', stopPrice: d('101') },
      { type: 'stopLoss', stopPrice: '101' },
    ],
    [
      'take profit limit',
      { kind: 'stop', aim: 'takeProfit', stopPrice: d('98') },
      { type: 'takeProfitLimit', stopPrice: '98', price: '99' },
    ],
    [
      'trailing stop',
      { kind: 'trailing', sends: 'market', trail: d('1.5'), side: 'sell' },
      { type: 'trailingStop', trailingDelta: 150 },
    ],
    [
      'iceberg',
      { iceberg: true, visible: d('0.1') },
      { type: 'limit', icebergQuantity: '0.1', timeInForce: 'gtc' },
    ],
  ])('for %s', (_name, change, want) => {
    expect(checked(change).send).toMatchObject({ order: want })
  })

  it('for an iceberg that posts only says nothing of a time in force, which it has none of', () => {
    const { send } = checked({ iceberg: true, postOnly: true, visible: d('0.1') })
    expect(send).toEqual({
      order: {
        symbol: 'BTC-USDT',
        side: 'buy',
        type: 'limitMaker',
        quantity: '1',
        price: '99',
        icebergQuantity: '0.1',
      },
    })
  })

  it('of a market order counted in quote has no base', () => {
    const { send } = checked({ kind: 'market', countedIn: 'quote', quoteAmount: d('50') })
    expect(send).toEqual({
      order: { symbol: 'BTC-USDT', side: 'buy', type: 'market', quoteQuantity: '50' },
    })
  })

  it('of an OCO puts profit above and stop below for a sale, the other way for a buy', () => {
    const sale = { kind: 'oco', side: 'sell', price: d('110'), stopPrice: d('90') } as const
    expect(checked({ ...sale, stopLimitPrice: d('89') }).send).toMatchObject({
      list: {
        above: { type: 'limitMaker', price: '110' },
        below: { type: 'stopLossLimit', stopPrice: '90', price: '89' },
      },
    })
    const buy = { kind: 'oco', side: 'buy', price: d('90'), stopPrice: d('110') } as const
    expect(checked({ ...buy, sends: 'market' }).send).toMatchObject({
      list: { above: { type: 'stopLoss', stopPrice: '110' }, below: { type: 'limitMaker' } },
    })
  })
})

describe('costs', () => {
  it('takes the fee of a maker or a taker from what is received', () => {
    expect(checked({}).fee).toMatchObject({ amount: '0.001', asset: 'BTC', maker: true })
    expect(checked({ price: d('100.1') }).fee).toMatchObject({ amount: '0.002', maker: false })
    expect(checked({ side: 'sell', price: d('100') }).fee).toMatchObject({ asset: 'USDT' })
  })

  it('says what is left', () => {
    expect(checked({}).spends).toEqual({ asset: 'USDT', available: '1000', after: '901' })
    expect(checked({ side: 'sell', price: d('101') }).spends.after).toBe('1')
  })

  const waits = { kind: 'stop', sends: 'market', stopPrice: d('110') } as const
  it.each<[string, Partial<Draft>, string | null]>([
    ['a buy at its limit', {}, '901'],
    ['a stop by limit at its limit', { kind: 'stop', stopPrice: d('110'), price: d('111') }, '889'],
    ['a stop by market up to where it may go', waits, '450'],
    ['a stop by market whatever price stands there still', { ...waits, price: d('1') }, '450'],
    ['a trailing buy from the last price', { kind: 'trailing', sends: 'market' }, '500'],
    [
      'a trailing buy whatever trigger stands there still',
      { kind: 'trailing', sends: 'market', stopPrice: d('1') },
      '500',
    ],
    [
      'an OCO at its dearer limit',
      { kind: 'oco', price: d('90'), stopPrice: d('110'), stopLimitPrice: d('111') },
      '889',
    ],
    [
      'an OCO by market up to where its stop may go',
      { kind: 'oco', sends: 'market', price: d('90'), stopPrice: d('110') },
      '450',
    ],
    [
      'an OCO by market whatever limit stands there still',
      { kind: 'oco', sends: 'market', price: d('90'), stopPrice: d('110'), stopLimitPrice: d('1') },
      '450',
    ],
    ['a sale at the market', { ...waits, side: 'sell', stopPrice: d('90') }, '1'],
  ])('hold for %s', (_name, change, after) => {
    expect(checked({ trail: d('1'), ...change }).spends.after).toBe(after)
  })

  it('hold the worse fee where fees are paid on top', () => {
    const quote: Market = { ...MARKET, feeAsset: 'quote' }
    const after = (change: Partial<Draft>, market = quote) =>
      check({ ...DRAFT, ...change }, market, AROUND).spends.after
    expect(after({})).toBe('900.802')
    expect(after(waits)).toBe('448.900')
    expect(after({}, { ...quote, makerFeeRate: d('0.003') })).toBe('900.703')
    expect(after({}, { ...quote, makerFeeRate: d('-0.001'), takerFeeRate: d('0') })).toBe('901')
  })

  it('forbid what the exchange could not hold', () => {
    const { problems, send } = checked({ ...waits, amount: d('2') })
    expect([problems, send]).toEqual([{ amount: 'Only 1,000 USDT available' }, null])
  })

  it('are not known where the book is told no farther', () => {
    const walk = { base: d('3'), quote: d('300'), worst: d('101'), isWhole: false }
    const { value, fee, spends, warning } = check({ ...DRAFT, kind: 'market' }, MARKET, {
      ...AROUND,
      walk,
    })
    expect([value, fee, spends.after]).toEqual([null, null, null])
    expect(warning).toContain('beyond 101')
  })

  it('warns of a price more than 2 % beyond the other side', () => {
    expect(checked({ price: d('103') }).warning).toContain('2 %')
    expect(checked({ price: d('101') }).warning).toBeNull()
    expect(checked({ side: 'sell', price: d('97') }).warning).toContain('best bid')
  })
})

describe('a share of the balance', () => {
  const balances = AROUND.balances ?? []
  it.each<[string, Partial<Draft>, number, object]>([
    ['buys whole lots', {}, 100, { amount: '10.0000' }],
    ['buys a part', { price: d('97') }, 25, { amount: '2.5773' }],
    ['sells', { side: 'sell' }, 50, { amount: '1.0000' }],
    ['spends quote', { kind: 'market', countedIn: 'quote' }, 10, { quoteAmount: '100.0' }],
  ])('%s', (_name, change, percent, want) => {
    const price = change.price ?? d('100')
    expect(shareOf({ ...DRAFT, ...change }, MARKET, balances, price, percent)).toMatchObject(want)
  })
})

describe('walking the book', () => {
  const side = new BookSide(false)
  side.set(1001, 10_000)
  side.set(1002, 20_000)
  const places = { price: 1, size: 4 }

  it('takes level after level', () => {
    expect(walk(side, places, { base: d('2') })).toMatchObject({ base: '2.0000', worst: '100.2' })
    expect(walk(side, places, { base: d('1') })?.worst).toBe('100.1')
  })

  it('takes what is there when more is asked for', () => {
    expect(walk(side, places, { base: d('9') })?.base).toBe('3.0000')
  })

  it('spends quote', () => {
    expect(walk(side, places, { quote: d('50.05') })?.base).toBe('0.5000')
  })

  it('says whether it saw all that an order would meet', () => {
    const full = new BookSide(false)
    for (let at = 0; at < TOLD_MAX; at += 1) full.set(1_001 + at, 10_000)
    const whole = (quantity: string) => walk(full, places, { base: d(quantity) })?.isWhole
    expect([whole('99'), whole('100'), whole('101')]).toEqual([true, true, false])
    expect(walk(side, places, { base: d('9') })?.isWhole).toBe(true)
  })

  it('finds nothing on an empty side', () => {
    expect(walk(new BookSide(true), places, { base: d('1') })).toBeNull()
  })
})
