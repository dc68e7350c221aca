/**
 * Takes an order's line by the pointer and lets it go at another price. A finger cannot: it moves
 * the chart, and the list of orders has a button for the same.
 */
import type { Order } from '@/api/shapes'
import { compare, type Decimal } from '@/ui/decimal'
import type { CandleChart } from './CandleChart'

/** Says that a line can be taken, by the shape of the pointer. */
const GRAB = 'chart-grab'

type Drop = (order: Order, price: Decimal) => void

/** Listens until the answer is called. `drop` is told an order and where it was let go. */
export function watchDrags(box: HTMLElement, chart: CandleChart, drop: Drop): () => void {
  let held: { order: Order; price: Decimal } | null = null
  const ending = new AbortController()
  const options = { capture: true, signal: ending.signal }

  function place(event: PointerEvent): { x: number; y: number } {
    const { left, top } = box.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  function end() {
    held = null
    chart.hold(false)
    box.classList.remove(GRAB)
  }

  function leave() {
    if (held === null) return
    end()
    chart.orderLines.release()
  }

  function down(event: PointerEvent) {
    if (event.pointerType === 'touch' || event.button !== 0) return
    const order = chart.orderAt(place(event))
    if (order === null || order.price === null) return
    held = { order, price: order.price }
    box.setPointerCapture(event.pointerId)
    chart.hold(true)
    event.stopPropagation()
  }

  function move(event: PointerEvent) {
    if (held === null) {
      const free = event.pointerType !== 'touch' && event.buttons === 0
      box.classList.toggle(GRAB, free && chart.orderAt(place(event)) !== null)
      return
    }
    held.price = chart.priceAt(place(event).y) ?? held.price
    chart.orderLines.hold(held.order, held.price)
  }

  function up() {
    if (held === null) return
    const { order, price } = held
    end()
    if (order.price === null || compare(price, order.price) === 0) chart.orderLines.release()
    else drop(order, price)
  }

  function key(event: KeyboardEvent) {
    if (held === null || event.key !== 'Escape') return
    event.stopPropagation()
    leave()
  }

  /** The chart would scroll with the line. */
  function mouse(event: MouseEvent) {
    if (held !== null) event.stopPropagation()
  }

  box.addEventListener('pointerdown', down, options)
  box.addEventListener('mousedown', mouse, options)
  box.addEventListener('pointermove', move, options)
  box.addEventListener('pointerup', up, options)
  box.addEventListener('pointercancel', leave, options)
  addEventListener('keydown', key, options)
  return () => {
    leave()
    ending.abort()
  }
}
