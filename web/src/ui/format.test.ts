import { afterEach, describe, expect, it } from 'vitest'
import type { Decimal } from './decimal'
import { ago, amount, brief, change, clock, compact, countdown, fix, padding, percent } from './format'
import { rate, setNumberStyle, setZone } from './format'

const d = (text: string) => text as Decimal

afterEach(() => {
  setNumberStyle('point')
  setZone('local')
})

describe('figures', () => {
  it.each([
    [6741210, 1, '674,121.0'],
    [5, 5, '0.00005'],
    [-1234567, 2, '\u221212,345.67'],
    [1000, 0, '1,000'],
    [0, 2, '0.00'],
  ])('%i with %i places is %s', (units, places, want) => expect(fix(units, places)).toBe(want))

  it.each([
    { style: 'point', shown: ['1,000,000', '19.36988', '298.50'], pads: ['.00000', '', '000'] },
    { style: 'comma', shown: ['1.000.000', '19,36'], pads: [',00', ''] },
    { style: 'point', shown: ['1', '20'], pads: ['', ''] },
    { style: 'point', shown: [], pads: [] },
  ] as const)('the points of $shown stand in one line', ({ style, shown, pads }) => {
    setNumberStyle(style)
    expect(padding(shown)).toEqual(pads)
  })

  it.each([
    ['931804.44745214', '931,804.44'],
    ['19.36988', '19.36988'],
    ['0.00012345678', '0.0001234'],
    ['1000000.00', '1,000,000.00'],
    ['1000', '1,000.00'],
    ['0.5000', '0.50'],
    ['10.10100000', '10.101'],
    ['298.5', '298.50'],
    ['0', '0.00'],
  ])('%s at a glance is %s', (value, want) => expect(brief(d(value))).toBe(want))

  it('writes thousands and the point as asked', () => {
    setNumberStyle('comma')
    expect(amount(d('1234567.891'), 2)).toBe('1.234.567,89')
    setNumberStyle('space')
    expect(amount(d('1234.5'), 1)).toBe('1\u202f234,5')
  })

  it('tells unknown from zero', () => {
    expect(amount(null, 2)).toBe('–')
    expect(amount(d('0'), 2)).toBe('0.00')
  })

  it('signs changes', () => {
    expect(change(d('12.5'), 1)).toBe('+12.5')
    expect(percent(d('-1.94'))).toBe('\u22121.94%')
    expect(percent(d('0'))).toBe('0.00%')
  })

  it.each([
    ['0.001', '0.1%'],
    ['0.00075', '0.075%'],
    ['0', '0%'],
    ['-0.0001', '\u22120.01%'],
  ])('a rate of %s is %s', (value, want) => expect(rate(d(value))).toBe(want))

  it.each([
    ['18420', '18.42K'],
    ['999.999', '999.99'],
    ['1234567890', '1.23B'],
  ])('%s compact is %s', (value, want) => expect(compact(d(value))).toBe(want))
})

describe('times', () => {
  it('tells the clock of the wanted zone', () => {
    setZone('utc')
    expect(clock('2026-11-21T23:41:08.123Z')).toBe('23:41:08')
  })
  it.each([
    [12_000, '12 s'],
    [200_000, '3 min'],
    [7_300_000, '2 h'],
    [200_000_000, '2 d'],
  ])('%i ms ago is %s', (elapsed, want) => expect(ago(0, elapsed)).toBe(want))
  it('counts down', () => expect(countdown(1182.9)).toBe('19:42'))
})
