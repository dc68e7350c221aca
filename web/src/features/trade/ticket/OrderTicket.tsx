import { Link, useLocation } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useConnection } from '@/api/connection'
import { useSession } from '@/api/session'
import type { OrderType, Side } from '@/api/shapes'
import { classes } from '@/ui/classes'
import { Button } from '@/ui/Button'
import { Confirm } from '@/ui/Dialog'
import { exact } from '@/ui/format'
import { Kbd } from '@/ui/Marks'
import { type Segment, Segmented } from '@/ui/Segmented'
import { useTraded } from '../market'
import { useSubmitKey } from './keys'
import { chooseKind, clearAmounts, type Kind, primeTicket, setTicket, useTicket } from './draft'
import { CancelOnDisconnect } from './CancelOnDisconnect'
import { Costs } from './Costs'
import { Options } from './Options'
import { PriceFields } from './PriceFields'
import { AmountFields } from './AmountFields'
import { type Checked, countsQuote } from './rules'
import { send } from './send'
import { useChecked } from './useChecked'

const SIDES: Segment<Side>[] = [
  { value: 'buy', label: 'Buy', chosen: 'bg-up-solid text-white' },
  { value: 'sell', label: 'Sell', chosen: 'bg-down-solid text-white' },
]

/** A kind is offered where the market takes one of its types. */
const KINDS: { value: Kind; label: string; types: OrderType[] }[] = [
  { value: 'limit', label: 'Limit', types: ['limit'] },
  { value: 'market', label: 'Market', types: ['market'] },
  { value: 'stop', label: 'Stop', types: ['stopLoss', 'stopLossLimit', 'takeProfit'] },
  { value: 'trailing', label: 'Trailing', types: ['trailingStop', 'trailingStopLimit'] },
  { value: 'oco', label: 'OCO', types: ['stopLoss', 'stopLossLimit'] },
]

/** Where somebody writes an order. */
export function OrderTicket({ onSent }: { onSent?: () => void }) {
  const { market } = useTraded()
  const { side, kind, price, offered, touched } = useTicket()
  const { checked, around, book } = useChecked()
  const { last } = around
  useEffect(() => {
    const begins = offered === null && price === null && kind !== 'oco'
    if (last !== null && begins) primeTicket(last)
  }, [last, offered, price, kind])
  const problems = touched ? checked.problems : {}
  const kinds = KINDS.filter(({ types }) => types.some((type) => market.orderTypes.includes(type)))
  return (
    <section aria-label="Order ticket" className="flex flex-col gap-3">
      <Segmented
        wide
        label="Side"
        value={side}
        segments={SIDES}
        onChange={(wanted) => setTicket({ side: wanted, share: 0 })}
      />
      <Segmented
        label="Kind of order"
        value={kind}
        segments={kinds}
        onChange={chooseKind}
        className="-mx-1 justify-between"
      />
      <PriceFields problems={problems} around={around} />
      <AmountFields problems={problems} around={around} />
      <Options />
      <Costs checked={checked} />
      <Send checked={checked} bookLive={book === 'live'} onSent={onSent} />
      <CancelOnDisconnect />
    </section>
  )
}

type SendProps = { checked: Checked; bookLive: boolean; onSent: (() => void) | undefined }

function Send({ checked, bookLive, onSent }: SendProps) {
  const { market } = useTraded()
  const draft = useTicket()
  const [pending, setPending] = useState(false)
  const [asking, setAsking] = useState(false)
  const signedIn = useSession(({ state }) => state === 'signedIn')
  const connected = useConnection(({ state }) => state === 'live')
  const reason = !connected || !bookLive ? 'Waiting for live prices' : STATUS[market.status]

  async function place() {
    setAsking(false)
    if (checked.send === null) return
    setPending(true)
    const placed = await send(checked.send)
    setPending(false)
    if (!placed) return
    clearAmounts()
    onSent?.()
  }

  function submit() {
    if (pending || reason !== null || checked.send === null) return
    if (checked.warning !== null) setAsking(true)
    else void place()
  }

  const row = useRef<HTMLDivElement>(null)
  useSubmitKey(row, submit)
  if (!signedIn) return <SignInFirst />
  const quote = countsQuote(draft)
  const counted = quote ? draft.quoteAmount : draft.amount
  const unit = quote ? market.quote : market.base
  const verb = draft.side === 'buy' ? 'Buy' : 'Sell'
  const label = counted === null ? `${verb} ${market.base}` : `${verb} ${exact(counted)} ${unit}`
  return (
    <div ref={row} className="flex flex-col gap-2">
      <Button
        look={draft.side}
        size="large"
        className="w-full"
        pending={pending}
        disabled={reason !== null || checked.send === null}
        onClick={submit}
      >
        {label}
      </Button>
      <p className="flex min-h-5 items-center justify-center gap-1.5 text-2xs text-t3">
        {reason ?? 'Checked against limits before it is sent'}
        {reason === null && (
          <span className="pointer-coarse:hidden">
            <Kbd>Ctrl ↵</Kbd>
          </span>
        )}
      </p>
      <Confirm
        gentle
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => void place()}
        title={`${label}?`}
        consequence={checked.warning}
        confirm={label}
        refuse="Change it"
      />
    </div>
  )
}

/** Why a market takes no orders just now. */
const STATUS = {
  open: null,
  postOnly: null,
  cancelOnly: 'This market takes cancellations only',
  halted: 'This market is halted',
}

function SignInFirst() {
  const href = useLocation({ select: (location) => location.href })
  return (
    <Link
      to="/sign-in"
      search={{ next: href }}
      className={classes(
        'flex h-11 items-center justify-center rounded-md bg-accent-solid text-base font-semibold',
        'text-white hover:brightness-110',
      )}
    >
      Sign in to trade
    </Link>
  )
}
