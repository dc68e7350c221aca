/**
 * The orders somebody has in a market, as lines over its candles.
 *
 * Keeps  a line in somebody's hand stays where the hand is, whatever happens to the orders.
 */
import { type IPriceLine, type ISeriesApi, LineStyle } from 'lightweight-charts'
import type { Order } from '@/api/shapes'
import type { Decimal } from '@/ui/decimal'
import { exact } from '@/ui/format'
import type { Colours } from './colours'

/** How near a pointer must be to a line to take it, in pixels. */
const REACH_PX = 6

type Drawn = { order: Order; price: Decimal; line: IPriceLine }

export class OrderLines {
  private orders: Order[] = []
  private drawn: Drawn[] = []
  private held: { id: string; given: boolean } | null = null

  constructor(
    private readonly series: ISeriesApi<'Candlestick'>,
    private colours: Colours,
  ) {}

  show(orders: Order[], colours: Colours) {
    this.orders = orders
    this.colours = colours
    if (this.held !== null && !this.held.given) return
    this.release()
  }

  prices(): number[] {
    return this.drawn.map(({ price }) => Number(price))
  }

  /** The order whose limit price a pointer at this height, in pixels, can take hold of. */
  near(height: number): Order | null {
    let best: Order | null = null
    let reach = REACH_PX
    for (const { order, price } of this.drawn) {
      const at = this.series.priceToCoordinate(Number(price))
      const distance = at === null ? Number.POSITIVE_INFINITY : Math.abs(at - height)
      if (!movable(order) || distance > reach) continue
      best = order
      reach = distance
    }
    return best
  }

  /** Draws an order's line where a hand holds it. */
  hold(order: Order, price: Decimal) {
    this.held ??= { id: order.id, given: false }
    const drawn = this.drawn.find((other) => other.order.id === this.held?.id)
    const title = `${titleOf(order)} · let go to amend, Esc leaves it`
    drawn?.line.applyOptions({ price: Number(price), title, lineStyle: LineStyle.Solid })
  }

  /** The held line is with the server now: it stays until newer orders are told. */
  give() {
    if (this.held !== null) this.held.given = true
  }

  /** All lines where the orders are. */
  release() {
    this.held = null
    for (const { line } of this.drawn) this.series.removePriceLine(line)
    this.drawn = this.orders.flatMap((order) => {
      const price = order.price ?? order.stopPrice
      return price === null ? [] : { order, price, line: this.draw(order, price) }
    })
  }

  private draw(order: Order, price: Decimal): IPriceLine {
    return this.series.createPriceLine({
      price: Number(price),
      color: order.side === 'buy' ? this.colours.up : this.colours.down,
      lineStyle: LineStyle.Dashed,
      lineWidth: 1,
      axisLabelVisible: true,
      title: titleOf(order),
    })
  }
}

function titleOf({ side, quantity }: Order): string {
  return `${side === 'buy' ? 'Buy' : 'Sell'} ${exact(quantity)}`
}

/** Orders that rest in the book at the price of their line; those of a list are not changed. */
function movable({ type, listId }: Order): boolean {
  return listId === null && (type === 'limit' || type === 'limitMaker')
}
