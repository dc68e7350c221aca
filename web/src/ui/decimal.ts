/**
 * Exact decimals for money in the browser: text outside, scaled BigInt inside. Never a number.
 *
 * Shape  `Decimal` is plain text as the API sends it: `-12.50`, without exponent or separators.
 * Keeps  add, subtract and multiply are exact; only `divide` and the roundings lose digits, and
 *        they say which way: towards zero.
 */
declare const tag: unique symbol
export type Decimal = string & { readonly [tag]: 'Decimal' }

/** `units` of 10^-`scale`. */
type Scaled = { units: bigint; scale: number }

/** More digits than any amount has: what is longer is not a number that somebody meant. */
const DIGITS_MAX = 60
const PLAIN = /^-?\d+(\.\d+)?$/

export const ZERO = '0' as Decimal

/** Decimal text, or null where it is something else. */
export function decimal(text: string | null | undefined): Decimal | null {
  if (text === null || text === undefined) return null
  return text.length <= DIGITS_MAX && PLAIN.test(text) ? (text as Decimal) : null
}

function scaled(value: Decimal): Scaled {
  const point = value.indexOf('.')
  if (point < 0) return { units: BigInt(value), scale: 0 }
  const units = BigInt(value.slice(0, point) + value.slice(point + 1))
  return { units, scale: value.length - point - 1 }
}

function power(exponent: number): bigint {
  return 10n ** BigInt(exponent)
}

function text({ units, scale }: Scaled): Decimal {
  if (scale === 0) return units.toString() as Decimal
  const sign = units < 0n ? '-' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` as Decimal
}

function aligned(left: Decimal, right: Decimal): [bigint, bigint, number] {
  const [a, b] = [scaled(left), scaled(right)]
  const scale = Math.max(a.scale, b.scale)
  return [a.units * power(scale - a.scale), b.units * power(scale - b.scale), scale]
}

export function add(left: Decimal, right: Decimal): Decimal {
  const [a, b, scale] = aligned(left, right)
  return text({ units: a + b, scale })
}

export function subtract(left: Decimal, right: Decimal): Decimal {
  const [a, b, scale] = aligned(left, right)
  return text({ units: a - b, scale })
}

export function multiply(left: Decimal, right: Decimal): Decimal {
  const [a, b] = [scaled(left), scaled(right)]
  return text({ units: a.units * b.units, scale: a.scale + b.scale })
}

/** The quotient with `places` decimals, towards zero; null where the divisor is zero. */
export function divide(left: Decimal, right: Decimal, places: number): Decimal | null {
  const [a, b] = aligned(left, right)
  return b === 0n ? null : text({ units: (a * power(places)) / b, scale: places })
}

/** -1, 0 or 1, as `left` is less than, equal to or more than `right`. */
export function compare(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const [a, b] = aligned(left, right)
  return a < b ? -1 : a > b ? 1 : 0
}

export function sign(value: Decimal): -1 | 0 | 1 {
  return compare(value, ZERO)
}

export function least(left: Decimal, right: Decimal): Decimal {
  return compare(left, right) <= 0 ? left : right
}

export function greatest(left: Decimal, right: Decimal): Decimal {
  return compare(left, right) >= 0 ? left : right
}

/** The greatest multiple of `step` that is not beyond `value`, seen from zero. */
export function floorToStep(value: Decimal, step: Decimal): Decimal {
  const [a, b, scale] = aligned(value, step)
  return b === 0n ? value : text({ units: a - (a % b), scale })
}

/** The least multiple of `step` that is not below `value`, which is not negative. */
export function ceilToStep(value: Decimal, step: Decimal): Decimal {
  return isMultiple(value, step) ? value : add(floorToStep(value, step), step)
}

export function isMultiple(value: Decimal, step: Decimal): boolean {
  const [a, b] = aligned(value, step)
  return b === 0n || a % b === 0n
}

/** With exactly `places` decimals: cut towards zero, or filled with zeros. */
export function toPlaces(value: Decimal, places: number): Decimal {
  const { units, scale } = scaled(value)
  const wanted = scale <= places ? units * power(places - scale) : units / power(scale - places)
  return text({ units: wanted, scale: places })
}

/** Without trailing zeros after the point. */
export function trim(value: Decimal): Decimal {
  if (!value.includes('.')) return value
  return value.replace(/\.?0+$/, '') as Decimal
}

/** How many decimals a step has: 2 for `0.01`, 0 for `5`, 1 for `0.50`. */
export function placesOf(step: Decimal): number {
  const shortest = trim(step)
  const point = shortest.indexOf('.')
  return point < 0 ? 0 : shortest.length - point - 1
}

/**
 * What somebody typed or pasted, as a decimal: `,` or `.` for the point, spaces and the separators
 * of thousands left out, `k` and `m` for thousands and millions. Null where it is no number.
 * `thousands` is the mark this page itself writes: alone before three digits it is no point.
 */
export function typed(input: string, thousands = ','): Decimal | null {
  const bare = input
    .replace(/[\s\u00a0\u202f'_]/g, '')
    .replace('\u2212', '-')
    .toLowerCase()
  const match = /^(-?[\d.,]+)([km]?)$/.exec(bare)
  if (!match) return null
  const plain = decimal(onePoint(match[1] ?? '', thousands))
  if (plain === null) return null
  const factor = match[2] === 'k' ? '1000' : match[2] === 'm' ? '1000000' : '1'
  return multiply(plain, factor as Decimal)
}

/** `1,234.5`, `1.234,5` and `1234,5` with one point; `1,234,567` without. */
function onePoint(digits: string, thousands: string): string {
  const last = Math.max(digits.lastIndexOf(','), digits.lastIndexOf('.'))
  if (last < 0) return digits
  const mark = digits.charAt(last)
  const whole = digits.slice(0, last).replace(/[.,]/g, '')
  const rest = digits.slice(last + 1)
  const group = mark === thousands && rest.length === 3 && /^[1-9]\d{0,2}$/.test(whole)
  return group || digits.indexOf(mark) !== last
    ? whole + rest
    : rest === ''
      ? whole
      : `${whole || '0'}.${rest}`
}
