/** What a key may do, from where, and until when: what its form asks for. */
import type { ApiKey, Scope } from '@/api/shapes'

export type Terms = {
  name: string
  scopes: Scope[]
  /** One address or network a line, as typed. */
  addresses: string
  expiry: string
}

const DAY_MS = 86_400_000

export const EXPIRIES = [
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: 'never', label: 'Never' },
]

export const NEW_TERMS: Terms = { name: '', scopes: ['read'], addresses: '', expiry: '90' }

export function termsOf(key: ApiKey): Terms {
  const expiry = key.expiresAt === null ? 'never' : 'keep'
  return { name: key.name, scopes: key.scopes, addresses: key.allowIps.join('\n'), expiry }
}

export function addressesOf(terms: Terms): string[] {
  return terms.addresses.split(/[\s,]+/).filter((address) => address !== '')
}

/** When the key expires, in the API's words; `undefined` leaves it as it is. */
export function expiryOf(terms: Terms, now: number): string | null | undefined {
  if (terms.expiry === 'keep') return undefined
  if (terms.expiry === 'never') return null
  const end = new Date(now + Number(terms.expiry) * DAY_MS)
  return `${end.toISOString().slice(0, 19)}Z`
}
