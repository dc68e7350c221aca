import type { Decimal } from '@/ui/decimal'

/** Whole units of 10^-`places` as exact decimal text. */
export function priceText(units: number, places: number): Decimal {
  if (places === 0) return String(units) as Decimal
  const digits = String(units).padStart(places + 1, '0')
  return `${digits.slice(0, -places)}.${digits.slice(-places)}` as Decimal
}
