import { useState } from 'react'
import { compare, type Decimal } from '@/ui/decimal'

/** Which way a price last moved; it keeps its way while the price stands. */
export function useDirection(price: Decimal | null): 'up' | 'down' {
  const [seen, setSeen] = useState<{ price: Decimal | null; way: 'up' | 'down' }>({
    price,
    way: 'up',
  })
  if (price === seen.price) return seen.way
  const known = price !== null && seen.price !== null
  const order = known ? compare(price, seen.price as Decimal) : 0
  const way = order === 0 ? seen.way : order > 0 ? 'up' : 'down'
  setSeen({ price, way })
  return way
}
