import { describe, expect, it } from 'vitest'
import {
  add,
  compare,
  type Decimal,
  decimal,
  divide,
  floorToStep,
  isMultiple,
  multiply,
  placesOf,
  subtract,
  toPlaces,
  trim,
  typed,
} from './decimal'

const CASES = 2_000
/** The oracle counts in 10^-ORACLE_PLACES, wide enough for two factors of twelve places. */
const ORACLE_PLACES = 24n

/** A small generator with a fixed seed (mulberry32): a failure is the same on every machine. */
function random(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function someDecimal(next: (below: number) => number): Decimal {
  const whole = String(next(10 ** next(9)))
  const places = next(13)
  const part = Array.from({ length: places }, () => next(10)).join('')
  return `${next(2) ? '-' : ''}${whole}${places ? `.${part}` : ''}` as Decimal
}

function oracle(value: Decimal): bigint {
  const [whole = '0', part = ''] = value.replace('-', '').split('.')
  const units = BigInt(whole + part.padEnd(Number(ORACLE_PLACES), '0'))
  return value.startsWith('-') ? -units : units
}

describe('decimals agree with an oracle of BigInt', () => {
  const next = random(20_261_121)
  const pairs = Array.from({ length: CASES }, () => [someDecimal(next), someDecimal(next)] as const)

  it('adds, subtracts and compares exactly', () => {
    for (const [a, b] of pairs) {
      expect(oracle(add(a, b))).toBe(oracle(a) + oracle(b))
      expect(oracle(subtract(a, b))).toBe(oracle(a) - oracle(b))
      const order = oracle(a) < oracle(b) ? -1 : oracle(a) > oracle(b) ? 1 : 0
      expect(compare(a, b)).toBe(order)
    }
  })

  it('multiplies exactly', () => {
    for (const [a, b] of pairs) {
      expect(oracle(multiply(a, b)) * 10n ** ORACLE_PLACES).toBe(oracle(a) * oracle(b))
    }
  })

  it('divides towards zero', () => {
    for (const [a, b] of pairs) {
      const quotient = divide(a, b, 8)
      if (oracle(b) === 0n) expect(quotient).toBeNull()
      else
        expect(oracle(quotient ?? ('x' as Decimal))).toBe(
          ((oracle(a) * 10n ** 8n) / oracle(b)) * 10n ** (ORACLE_PLACES - 8n),
        )
    }
  })

  it('floors to a multiple of the step that is not beyond the value', () => {
    const steps = ['0.00001', '0.05', '5', '0.25'] as Decimal[]
    for (const [a] of pairs) {
      for (const step of steps) {
        const floored = floorToStep(a, step)
        expect(isMultiple(floored, step)).toBe(true)
        const rest = oracle(a) - oracle(floored)
        expect((rest < 0n ? -rest : rest) < oracle(step)).toBe(true)
        expect(rest * oracle(a) >= 0n).toBe(true)
      }
    }
  })

  it('cuts and trims without changing what is left', () => {
    for (const [a] of pairs) {
      expect(oracle(trim(a))).toBe(oracle(a))
      expect(oracle(toPlaces(a, 12))).toBe(oracle(a))
    }
  })
})

describe('decimal text', () => {
  it.each([
    ['12.50', '12.50'],
    ['-0.1', '-0.1'],
    ['1e5', null],
    ['1,5', null],
    ['', null],
    ['.5', null],
    ['NaN', null],
  ])('%s is %s', (text, want) => expect(decimal(text)).toBe(want))

  it.each([
    ['0.01', 2],
    ['5', 0],
    ['0.50', 1],
    ['0.00001000', 5],
    ['100', 0],
  ])('a step of %s has %i places', (step, places) => {
    expect(placesOf(step as Decimal)).toBe(places)
  })

  it.each([
    ['67 380,5', '67380.5'],
    ['67,380.5', '67380.5'],
    ['67.380,5', '67380.5'],
    ['1,234,567', '1234567'],
    ['67,380', '67380'],
    ['0,125', '0.125'],
    ['1.125', '1.125'],
    ['2k', '2000'],
    ['1.5m', '1500000.0'],
    ['.5', '0.5'],
    ['12.', '12'],
    ['abc', null],
    ['1-2', null],
  ])('%s typed is %s', (input, want) => expect(typed(input)).toBe(want))
})
