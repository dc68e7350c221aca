import { useState } from 'react'
import { useAccount } from '@/api/account'
import { known } from '@/api/live'
import { Button } from '@/ui/Button'
import { Confirm } from '@/ui/Dialog'
import { pairName } from '@/ui/format'
import { cancelAll } from './act'
import { showCancelAll, useCancelAll } from './cancelAllAsked'

/** Cancels what the list shows, after saying how many. */
export function CancelAll({ symbol }: { symbol: string | null }) {
  const open = useCancelAll((asked) => asked.open)
  const [pending, setPending] = useState(false)
  const all = useAccount((account) => known(account.orders)) ?? []
  const orders = all.filter((order) => symbol === null || order.symbol === symbol)
  const count = orders.length === 1 ? '1 order' : `${orders.length} orders`
  const where = symbol === null ? 'all markets' : pairName(symbol)

  async function confirm() {
    setPending(true)
    await cancelAll(symbol, orders.length)
    setPending(false)
    showCancelAll(false)
  }

  return (
    <>
      <Button
        size="small"
        look="dangerQuiet"
        disabled={orders.length === 0}
        onClick={() => showCancelAll(true)}
      >
        Cancel all
      </Button>
      <Confirm
        open={open && orders.length > 0}
        onClose={() => showCancelAll(false)}
        onConfirm={() => void confirm()}
        pending={pending}
        title={`Cancel ${count}?`}
        consequence={`${count} in ${where} will be cancelled. What is filled stays filled.`}
        confirm={`Cancel ${count}`}
      />
    </>
  )
}
