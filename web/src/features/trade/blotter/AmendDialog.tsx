import { type FormEvent, type RefObject, useState } from 'react'
import type { Market, Order } from '@/api/shapes'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { compare, type Decimal, isMultiple, sign, trim, ZERO } from '@/ui/decimal'
import { DecimalField } from '@/ui/DecimalField'
import { Dialog } from '@/ui/Dialog'
import { exact, pairName } from '@/ui/format'
import { Notice } from '@/ui/Notice'
import { amend, type Amendment } from './act'

type AmendDialogProps = {
  order: Order
  market: Market
  onClose: () => void
  /** What has the focus afterwards, where the button that opened this is gone. */
  panel: RefObject<HTMLElement | null>
}

export default function AmendDialog({ order, market, onClose, panel }: AmendDialogProps) {
  const side = order.side === 'buy' ? 'Buy' : 'Sell'
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Amend: ${side} ${pairName(order.symbol)}`}
      fallback={panel}
    >
      <AmendForm order={order} market={market} onDone={onClose} />
    </Dialog>
  )
}

type AmendFormProps = { order: Order; market: Market; onDone: () => void }

function AmendForm({ order, market, onDone }: AmendFormProps) {
  const [price, setPrice] = useState<Decimal | null>(order.price)
  const [quantity, setQuantity] = useState<Decimal | null>(order.quantity)
  const { pending, message, submit } = useSubmit()
  const problems = {
    price: order.price === null ? null : problem(price, market.tickSize),
    quantity: problem(quantity, market.lotSize) ?? below(quantity, order.filled),
  }
  const change = changeOf(order, price, quantity)
  const ready = problems.price === null && problems.quantity === null && change !== null

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    if (!ready || change === null) return
    void submit(() => amend(order, change)).then((worked) => worked && onDone())
  }

  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-3">
      {message && <Notice tone="bad">{message}</Notice>}
      {order.price !== null && (
        <DecimalField
          label="Price"
          value={price}
          onChange={setPrice}
          step={market.tickSize}
          unit={market.quote}
          error={problems.price}
        />
      )}
      <DecimalField
        label="Amount"
        value={quantity}
        onChange={setQuantity}
        step={market.lotSize}
        unit={market.base}
        error={problems.quantity}
      />
      <p className="min-h-10 text-xs text-t2">{change === null ? '' : consequence(change)}</p>
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Leave as it is</Button>
        <Button type="submit" look="solid" pending={pending} disabled={!ready}>
          Amend
        </Button>
      </div>
    </form>
  )
}

function problem(value: Decimal | null, step: Decimal): string | null {
  if (value === null) return ''
  if (sign(value) <= 0) return 'Must be more than zero'
  return isMultiple(value, step) ? null : `Must be a multiple of ${trim(step)}`
}

function below(quantity: Decimal | null, filled: Decimal): string | null {
  if (quantity === null || compare(quantity, filled) > 0) return null
  return `${exact(filled)} of it is filled already`
}

/** What differs from the order; null where nothing does. */
function changeOf(order: Order, price: Decimal | null, quantity: Decimal | null): Amendment | null {
  const change: Amendment = {}
  if (price !== null && order.price !== null && compare(price, order.price) !== 0) {
    change.price = price
  }
  const before = order.quantity
  if (quantity !== null && before !== null && compare(quantity, before) !== 0) {
    change.quantity = quantity
  }
  // A new price makes a new order, which needs an amount of its own; less keeps its place.
  const grows = change.quantity !== undefined && compare(change.quantity, before ?? ZERO) > 0
  if (grows && change.price === undefined && order.price !== null) change.price = order.price
  return Object.keys(change).length === 0 ? null : change
}

function consequence(change: Amendment): string {
  return change.price === undefined
    ? 'The order keeps its place in the queue.'
    : 'The order is cancelled and a new one placed: it loses its place in the queue.'
}
