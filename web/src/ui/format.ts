/** How figures and times are shown. No `Intl` here: this runs for every row of a moving book. */
import { type Decimal, multiply, sign, toPlaces, trim } from './decimal'

/** What stands for a value that nobody knows. Zero is `0`. */
export const UNKNOWN = '–'
const MINUS = '\u2212'

/** How somebody wants thousands and the decimal point written. */
export type NumberStyle = 'point' | 'comma' | 'space'
const MARKS: Record<NumberStyle, { thousands: string; point: string }> = {
  point: { thousands: ',', point: '.' },
  comma: { thousands: '.', point: ',' },
  space: { thousands: '\u202f', point: ',' },
}

let marks = MARKS.point

/** Sets the marks for all figures; the page is drawn anew by who changes it. */
export function setNumberStyle(style: NumberStyle) {
  marks = MARKS[style]
}

/** The mark that this page writes between thousands. */
export function thousandsMark(): string {
  return marks.thousands
}

/** Plain decimal text with separators and a true minus sign. */
export function grouped(plain: string): string {
  const negative = plain.startsWith('-')
  const unsigned = negative ? plain.slice(1) : plain
  const point = unsigned.indexOf('.')
  const whole = point < 0 ? unsigned : unsigned.slice(0, point)
  let shown = ''
  for (let at = whole.length; at > 0; at -= 3) {
    const group = whole.slice(Math.max(0, at - 3), at)
    shown = shown === '' ? group : `${group}${marks.thousands}${shown}`
  }
  if (point >= 0) shown += marks.point + unsigned.slice(point + 1)
  return negative ? MINUS + shown : shown
}

/** `units` of 10^-`places`, as text with separators. `units` is a whole number below 2^53. */
export function fix(units: number, places: number): string {
  const digits = String(Math.abs(units)).padStart(places + 1, '0')
  const cut = digits.length - places
  const plain = places === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`
  return grouped(units < 0 ? `-${plain}` : plain)
}

/** All digits there are, without trailing zeros. */
export function exact(value: Decimal | null): string {
  return value === null ? UNKNOWN : grouped(trim(value))
}

/** Digits of a holding that are read at a glance. */
const BRIEF_DIGITS = 8

/** Cut to eight digits, two behind the point at least: where the exact figure is at hand beside it. */
export function brief(value: Decimal): string {
  const whole = trim(value).replace('-', '').split('.')[0] ?? ''
  const cut = toPlaces(value, Math.max(2, BRIEF_DIGITS - whole.length))
  return grouped(cut.replace(/(\.\d\d\d*?)0+$/, '$1'))
}

/** What follows each figure of a column unseen, so that their points stand in one line. */
export function padding(shown: readonly string[]): string[] {
  const tails = shown.map((text) => {
    const point = text.lastIndexOf(marks.point)
    return point < 0 ? '' : text.slice(point)
  })
  const longest = Math.max(...tails.map(({ length }) => length))
  return tails.map(({ length }) => (marks.point + '0'.repeat(longest)).slice(length, longest))
}

export function amount(value: Decimal | null | undefined, places: number): string {
  return value === null || value === undefined ? UNKNOWN : grouped(toPlaces(value, places))
}

/** With a plus where it is more than zero: for changes. */
export function change(value: Decimal | null | undefined, places: number): string {
  if (value === null || value === undefined) return UNKNOWN
  return `${sign(value) > 0 ? '+' : ''}${amount(value, places)}`
}

export function percent(value: Decimal | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : `${change(value, 2)}%`
}

/** A rate such as 0.001 as `0.1%`. */
export function rate(value: Decimal): string {
  const shown = toPlaces(multiply(value, '100' as Decimal), 4).replace(/0+$/, '')
  return `${grouped(shown.replace(/\.$/, ''))}%`
}

/** `18.42K`: only where the full figure is at hand beside it. */
export function compact(value: Decimal | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN
  const whole = toPlaces(value, 0).replace('-', '')
  const steps = [
    { digits: 12, suffix: 'T' },
    { digits: 9, suffix: 'B' },
    { digits: 6, suffix: 'M' },
    { digits: 3, suffix: 'K' },
  ]
  const step = steps.find(({ digits }) => whole.length > digits)
  if (!step) return amount(value, 2)
  const shifted = multiply(value, `0.${'0'.repeat(step.digits - 1)}1` as Decimal)
  return amount(shifted, 2) + step.suffix
}

/** `BTC-USDT` of the API as people write it. */
export function pairName(symbol: string): string {
  return symbol.replace('-', '/')
}

/** Which clock times are told by. */
export type Zone = 'local' | 'utc'
let zone: Zone = 'local'

export function setZone(wanted: Zone) {
  zone = wanted
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

/** A time of the API (RFC 3339) or milliseconds as `23:41:08`. */
export function clock(at: string | number): string {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return UNKNOWN
  const [hours, minutes, seconds] =
    zone === 'utc'
      ? [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()]
      : [time.getHours(), time.getMinutes(), time.getSeconds()]
  return `${two(hours)}:${two(minutes)}:${two(seconds)}`
}

/** `21 Nov 2026`. */
export function day(at: string | number): string {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return UNKNOWN
  const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
  const [date, month, year] =
    zone === 'utc'
      ? [time.getUTCDate(), time.getUTCMonth(), time.getUTCFullYear()]
      : [time.getDate(), time.getMonth(), time.getFullYear()]
  return `${date} ${months[month]} ${year}`
}

/** `21 Nov 2026 23:41:08`. */
export function moment(at: string | number): string {
  return `${day(at)} ${clock(at)}`
}

/** How long ago, in one unit: `12 s`, `3 min`, `5 h`, `2 d`. */
export function ago(at: string | number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - new Date(at).getTime()) / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** A span of whole minutes, in words. */
export function minutes(ms: number): string {
  const whole = Math.round(ms / 60_000)
  return whole === 1 ? '1 minute' : `${whole} minutes`
}

/** Seconds as `19:42`. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds))
  return `${Math.floor(left / 60)}:${two(left % 60)}`
}
