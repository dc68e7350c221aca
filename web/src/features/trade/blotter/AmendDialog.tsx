import { type FormEvent, type RefObject, useState } from 'react'
import { useAccount } from '@/api/account'
import { known } from '@/api/live'
import type { Market, Order } from '@/api/shapes'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import type { Decimal } from '@/ui/decimal'
import { DecimalField } from '@/ui/DecimalField'
import { Dialog } from '@/ui/Dialog'
import { pairName } from '@/ui/format'
import { Notice } from '@/ui/Notice'
import { amend } from './amend'
import { amendProblems, changeOf, consequence } from './amendment'

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
  const balances = useAccount((account) => known(account.balances))
  const wanted = { price, quantity }
  const problems = amendProblems(order, market, balances, wanted)
  const change = changeOf(order, wanted)
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
      <p className="min-h-10 text-xs text-t2">{change && consequence(order, change)}</p>
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Leave as it is</Button>
        <Button type="submit" look="solid" pending={pending} disabled={!ready}>
          Amend
        </Button>
      </div>
    </form>
  )
}
