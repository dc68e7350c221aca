import { type RefObject, useEffect, useState } from 'react'
import { unitsOf } from '@/api/book'
import type { Market, Order } from '@/api/shapes'
import type { Decimal } from '@/ui/decimal'
import { Confirm } from '@/ui/Dialog'
import { exact } from '@/ui/format'
import { useTraded } from '../market'
import { priceText } from '../units'
import type { CandleChart } from './CandleChart'
import { watchDrags } from './orderDrag'

type OrderDragsProps = { chart: CandleChart; box: RefObject<HTMLElement | null> }

/** An order let go where it would trade at once. */
type Asked = { order: Order; price: Decimal; best: Decimal }

/** Lets orders be moved by their lines; asks only where one would trade at once. */
export function OrderDrags({ chart, box }: OrderDragsProps) {
  const { feed, market, pricePlaces } = useTraded()
  const [asked, setAsked] = useState<Asked | null>(null)
  useEffect(() => {
    if (box.current === null) return
    return watchDrags(box.current, chart, (order, price) => {
      const units = unitsOf(price, pricePlaces)
      const buys = order.side === 'buy'
      const best = buys ? feed.book.asks.best() : feed.book.bids.best()
      const trades = best !== null && (buys ? units >= best : units <= best)
      if (best !== null && trades) setAsked({ order, price, best: priceText(best, pricePlaces) })
      else void move(chart, market, order, price)
    })
  }, [chart, box, feed, market, pricePlaces])

  if (asked === null) return null
  const { order, price, best } = asked
  const verb = order.side === 'buy' ? 'Buy' : 'Sell'
  const touch = order.side === 'buy' ? 'best ask' : 'best bid'
  return (
    <Confirm
      gentle
      open
      onClose={() => {
        setAsked(null)
        chart.orderLines.release()
      }}
      onConfirm={() => {
        setAsked(null)
        void move(chart, market, order, price)
      }}
      title={`${verb} at ${exact(price)}?`}
      consequence={`At this price it trades at once: the ${touch} is ${exact(best)}.`}
      confirm={`Amend to ${exact(price)}`}
      refuse="Leave it"
    />
  )
}

async function move(chart: CandleChart, market: Market, order: Order, price: Decimal) {
  chart.orderLines.give()
  const { moveTo } = await import('../blotter/amend')
  if (!(await moveTo(order, market, price))) chart.orderLines.release()
}
