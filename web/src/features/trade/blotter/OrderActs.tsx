import { Pencil, X } from 'lucide-react'
import type { Order } from '@/api/shapes'
import { IconButton } from '@/ui/Button'
import { pairName } from '@/ui/format'
import { cancel } from './act'

/** The exchange changes no order of a list, and none that trails and waits. */
function amendable({ listId, trailingDelta, triggeredAt }: Order): boolean {
  return listId === null && (trailingDelta === null || triggeredAt !== null)
}

type OrderActsProps = { order: Order; onAmend: (order: Order) => void }

/** What can be done to an open order. */
export function OrderActs({ order, onAmend }: OrderActsProps) {
  const name = `${order.side} ${pairName(order.symbol)} ${order.price ?? ''}`
  return (
    <span className="inline-flex">
      {amendable(order) && (
        <IconButton label={`Amend ${name}`} className="md:size-7" onClick={() => onAmend(order)}>
          <Pencil aria-hidden="true" size={14} />
        </IconButton>
      )}
      <IconButton label={`Cancel ${name}`} className="md:size-7" onClick={() => void cancel(order)}>
        <X aria-hidden="true" size={16} />
      </IconButton>
    </span>
  )
}
