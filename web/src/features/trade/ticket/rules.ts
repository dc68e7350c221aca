/**
 * What an order in the ticket is, what it costs, and what is wrong with it. Pure: the server decides,
 * this only saves a person the way there.
 */
import type { Balance, Market, NewOrder, NewOrderList } from '@/api/shapes'
import {
  add,
  compare,
  type Decimal,
  isMultiple,
  multiply,
  sign,
  subtract,
  trim,
} from '@/ui/decimal'
import { ZERO } from '@/ui/decimal'
import { exact } from '@/ui/format'
import type { Draft } from './draft'
import { heldPrice, withFee } from './holds'
import { listOf, orderOf, usesPrice, usesStop } from './orders'
import type { Walk } from './walk'

export type Field = 'price' | 'stopPrice' | 'stopLimitPrice' | 'amount' | 'trail' | 'visible'
export type Problems = Partial<Record<Field, string>>

export type Surroundings = {
  bid: Decimal | null
  ask: Decimal | null
  last: Decimal | null
  balances: Balance[] | null
  /** What a market order would meet. */
  walk: Walk | null
}

export type Checked = {
  problems: Problems
  /** What to send, once nothing is missing or wrong. */
  send: { order: NewOrder } | { list: NewOrderList } | null
  value: Decimal | null
  fee: { amount: Decimal; asset: string; rate: Decimal; maker: boolean } | null
  spends: { asset: string; available: Decimal | null; after: Decimal | null }
  /** What a careful person would want to hear before sending. */
  warning: string | null
}

/** In percent. */
const BASIS_POINT = '0.01' as Decimal
/** A limit price this far beyond the other side is asked about: 2 %. */
const CARELESS = { buy: '1.02' as Decimal, sell: '0.98' as Decimal }

export function check(draft: Draft, market: Market, around: Surroundings): Checked {
  const problems = { ...priceProblems(draft, market, around), ...amountProblems(draft, market) }
  const value = valueOf(draft, around)
  const fee = value === null ? null : feeOf(draft, market, around, value)
  const spends = spendsOf(draft, market, around, value, fee)
  const notional = notionalProblem(market, value)
  if (notional && !problems.amount && !problems.price) problems.amount = notional
  if (!problems.amount && spends.after !== null && sign(spends.after) < 0) {
    problems.amount = `Only ${exact(spends.available ?? ZERO)} ${spends.asset} available`
  }
  const complete = Object.keys(problems).length === 0
  const send = !complete ? null : draft.kind === 'oco' ? listOf(draft) : orderOf(draft)
  return { problems, send, value, fee, spends, warning: warningOf(draft, around) }
}

function priceProblems(draft: Draft, market: Market, around: Surroundings): Problems {
  const problems: Problems = {}
  if (usesPrice(draft)) put(problems, 'price', stepProblem(draft.price, market))
  if (usesStop(draft)) {
    const step = stepProblem(draft.stopPrice, market)
    put(problems, 'stopPrice', step ?? triggerProblem(draft, around.last))
  }
  if (draft.kind === 'oco') {
    if (draft.sends === 'limit') {
      put(problems, 'stopLimitPrice', stepProblem(draft.stopLimitPrice, market))
    }
    put(problems, 'price', problems.price ?? ocoProblem(draft, around.last))
  }
  if (draft.kind === 'trailing') put(problems, 'trail', trailProblem(draft.trail, market))
  return problems
}

function put(problems: Problems, field: Field, problem: string | null) {
  if (problem !== null) problems[field] = problem
}

export function stepProblem(price: Decimal | null, market: Market): string | null {
  if (price === null) return ''
  if (sign(price) <= 0) return 'Must be more than zero'
  if (!isMultiple(price, market.tickSize)) return `Must be a multiple of ${trim(market.tickSize)}`
  if (market.minPrice !== null && compare(price, market.minPrice) < 0) {
    return `Must be at least ${exact(market.minPrice)}`
  }
  if (market.maxPrice !== null && compare(price, market.maxPrice) > 0) {
    return `Must be at most ${exact(market.maxPrice)}`
  }
  return null
}

/** A trigger on the wrong side of the last price would fire at once. */
function triggerProblem(draft: Draft, last: Decimal | null): string | null {
  if (draft.stopPrice === null || last === null) return null
  const aim = draft.kind === 'oco' ? 'stopLoss' : draft.aim
  const above = (draft.side === 'buy') === (aim === 'stopLoss')
  const order = compare(draft.stopPrice, last)
  if (above && order <= 0) return `Must be above the last price, ${exact(last)}`
  if (!above && order >= 0) return `Must be below the last price, ${exact(last)}`
  return null
}

function ocoProblem({ side, price }: Draft, last: Decimal | null): string | null {
  if (price === null || last === null) return null
  const order = compare(price, last)
  if (side === 'buy' && order >= 0) return `Must be below the last price, ${exact(last)}`
  if (side === 'sell' && order <= 0) return `Must be above the last price, ${exact(last)}`
  return null
}

function trailProblem(trail: Decimal | null, market: Market): string | null {
  if (trail === null) return ''
  if (!isMultiple(trail, BASIS_POINT)) return `Must be a multiple of ${BASIS_POINT} %`
  const [least, most] = [market.minTrailingDelta, market.maxTrailingDelta].map((points) =>
    multiply(String(points) as Decimal, BASIS_POINT),
  )
  if (least && compare(trail, least) < 0) return `Must be at least ${trim(least)} %`
  return most && compare(trail, most) > 0 ? `Must be at most ${trim(most)} %` : null
}

function amountProblems(draft: Draft, market: Market): Problems {
  if (countsQuote(draft)) {
    const { quoteAmount } = draft
    if (quoteAmount === null) return { amount: '' }
    return sign(quoteAmount) > 0 ? {} : { amount: 'Must be more than zero' }
  }
  const amount = lotProblem(draft.amount, market, draft.kind === 'market')
  if (amount !== null) return { amount }
  if (!draft.iceberg || draft.kind !== 'limit') return {}
  const visible = lotProblem(draft.visible, market)
  if (visible !== null) return { visible }
  const more = compare(draft.visible ?? ZERO, draft.amount ?? ZERO) > 0
  return more ? { visible: 'Must not be more than the amount' } : {}
}

export function countsQuote(draft: Draft): boolean {
  return draft.kind === 'market' && draft.countedIn === 'quote'
}

export function lotProblem(amount: Decimal | null, market: Market, atOnce = false): string | null {
  if (amount === null) return ''
  if (sign(amount) <= 0) return 'Must be more than zero'
  if (!isMultiple(amount, market.lotSize)) return `Must be a multiple of ${trim(market.lotSize)}`
  const leasts = [market.minQuantity, atOnce ? market.minMarketQuantity : null]
  const least = leasts.find((bound) => bound !== null && compare(amount, bound) < 0)
  if (least) return `Must be at least ${exact(least)} ${market.base}`
  const mosts = [market.maxQuantity, atOnce ? market.maxMarketQuantity : null]
  const most = mosts.find((bound) => bound !== null && compare(amount, bound) > 0)
  return most ? `Must be at most ${exact(most)} ${market.base}` : null
}

export function notionalProblem(market: Market, value: Decimal | null): string | null {
  if (value === null || sign(value) === 0) return null
  const { minNotional, maxNotional, quote } = market
  if (minNotional !== null && compare(value, minNotional) < 0) {
    return `Worth less than the least of ${exact(minNotional)} ${quote}`
  }
  if (maxNotional !== null && compare(value, maxNotional) > 0) {
    return `Worth more than the most of ${exact(maxNotional)} ${quote}`
  }
  return null
}

/** The price that an order is reckoned at. */
function reckonedPrice(draft: Draft, around: Surroundings): Decimal | null {
  if (draft.kind === 'oco') {
    const stop = draft.sends === 'limit' ? draft.stopLimitPrice : draft.stopPrice
    const prices = [draft.price, stop].filter((p) => p !== null)
    // A buy must be able to pay the dearer leg.
    return prices.reduce<Decimal | null>(
      (dearest, p) => (dearest === null || compare(p, dearest) > 0 ? p : dearest),
      null,
    )
  }
  if (usesPrice(draft)) return draft.price
  if (usesStop(draft)) return draft.stopPrice
  return draft.side === 'buy' ? around.ask : around.bid
}

function valueOf(draft: Draft, around: Surroundings): Decimal | null {
  if (countsQuote(draft)) return draft.quoteAmount
  if (draft.kind === 'market') return around.walk?.isWhole ? around.walk.quote : null
  const price = reckonedPrice(draft, around)
  return price === null || draft.amount === null ? null : multiply(price, draft.amount)
}

/** Whether an order would rest: by its kind, or because its price does not reach the other side. */
export function isMaker(draft: Draft, around: Surroundings): boolean {
  if (draft.kind !== 'limit') return false
  if (draft.postOnly) return true
  const touch = draft.side === 'buy' ? around.ask : around.bid
  if (draft.price === null || touch === null) return true
  const order = compare(draft.price, touch)
  return draft.side === 'buy' ? order < 0 : order > 0
}

function feeOf(draft: Draft, market: Market, around: Surroundings, value: Decimal) {
  const maker = isMaker(draft, around)
  const rate = maker ? market.makerFeeRate : market.takerFeeRate
  const inBase = market.feeAsset === 'received' && draft.side === 'buy'
  const base = draft.kind === 'market' ? (around.walk?.base ?? ZERO) : (draft.amount ?? ZERO)
  const amount = multiply(inBase ? base : value, rate)
  return { amount, asset: inBase ? market.base : market.quote, rate, maker }
}

function spendsOf(
  draft: Draft,
  market: Market,
  around: Surroundings,
  value: Decimal | null,
  fee: Checked['fee'],
) {
  const asset = draft.side === 'buy' ? market.quote : market.base
  const balance = around.balances?.find((candidate) => candidate.asset === asset)
  const available = around.balances === null ? null : (balance?.available ?? ZERO)
  const spent = spentBy(draft, market, around, value, fee)
  const after = available === null || spent === null ? null : subtract(available, spent)
  return { asset, available, after }
}

/** What an order takes from what is available, at once or to be held. */
function spentBy(
  draft: Draft,
  market: Market,
  around: Surroundings,
  value: Decimal | null,
  fee: Checked['fee'],
): Decimal | null {
  if (draft.side === 'sell') {
    if (!countsQuote(draft)) return draft.amount
    return around.walk?.isWhole ? around.walk.base : null
  }
  if (draft.kind !== 'market') {
    const price = heldPrice(draft, market, around.last)
    if (price === null || draft.amount === null) return null
    return withFee(multiply(price, draft.amount), market)
  }
  const paysFee = fee?.asset === market.quote && !countsQuote(draft) && sign(fee.amount) > 0
  return value !== null && paysFee ? add(value, fee.amount) : value
}

function warningOf(draft: Draft, around: Surroundings): string | null {
  const touch = draft.side === 'buy' ? around.ask : around.bid
  const reached =
    draft.kind === 'limit' && !draft.postOnly
      ? draft.price
      : draft.kind === 'market'
        ? (around.walk?.worst ?? null)
        : null
  if (draft.kind === 'market' && around.walk?.isWhole === false) {
    return `It may trade beyond ${exact(around.walk.worst)}, farther than the book is told here.`
  }
  if (touch === null || reached === null) return null
  const edge = multiply(touch, CARELESS[draft.side])
  const order = compare(reached, edge)
  const careless = draft.side === 'buy' ? order > 0 : order < 0
  if (!careless) return null
  const best = draft.side === 'buy' ? 'best ask' : 'best bid'
  return `It may trade as far as ${exact(reached)}: more than 2 % beyond the ${best}, ${exact(touch)}.`
}
