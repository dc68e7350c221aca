/**
 * Draws one side of the ladder into a fixed pool of rows. The page changes twenty times a second:
 * React would make a thousand objects each time, this writes the few texts that differ.
 */
import { fix } from '@/ui/format'
import type { Rows } from './grouping'

type Cells = {
  row: HTMLElement
  bar: HTMLElement
  dot: HTMLElement
  price: Text
  size: Text
  total: Text | null
  /** What is shown, so that nothing is written twice. */
  shown: { price: number; size: number; total: number; bar: number; own: boolean }
}

export type LadderLook = {
  side: 'bid' | 'ask'
  /** The phone's book has two halves without totals, the bids mirrored. */
  half: boolean
  pricePlaces: number
  sizePlaces: number
}

const NOTHING = { price: -1, size: -1, total: -1, bar: -1, own: false }

export class Ladder {
  private readonly pool: Cells[] = []

  constructor(
    private readonly container: HTMLElement,
    private readonly look: LadderLook,
    rows: number,
    private readonly onPrice: (price: number) => void,
  ) {
    container.replaceChildren()
    for (let at = 0; at < rows; at += 1) this.pool.push(this.make())
    container.addEventListener('click', this.clicked)
  }

  stop() {
    this.container.removeEventListener('click', this.clicked)
    this.container.replaceChildren()
  }

  paint(rows: Rows, widest: number, own: ReadonlySet<number>) {
    for (const [at, cells] of this.pool.entries()) {
      if (at >= rows.length) this.hide(cells)
      else {
        const price = rows.prices[at] ?? 0
        const total = rows.totals[at] ?? 0
        this.draw(cells, price, rows.sizes[at] ?? 0, total, total / widest, own.has(price))
      }
    }
  }

  private readonly clicked = (event: MouseEvent) => {
    const row = (event.target as HTMLElement).closest('.ladder-row')
    const cells = this.pool.find((candidate) => candidate.row === row)
    if (cells && cells.shown.price >= 0) this.onPrice(cells.shown.price)
  }

  private hide(cells: Cells) {
    if (cells.shown.price === -1) return
    cells.row.style.visibility = 'hidden'
    cells.shown = { ...NOTHING }
  }

  private draw(
    cells: Cells,
    price: number,
    size: number,
    total: number,
    bar: number,
    own: boolean,
  ) {
    const { shown } = cells
    const { pricePlaces, sizePlaces } = this.look
    if (shown.price === -1) cells.row.style.visibility = 'visible'
    if (shown.price !== price) cells.price.data = fix(price, pricePlaces)
    if (shown.size !== size) cells.size.data = fix(size, sizePlaces)
    if (shown.total !== total && cells.total) cells.total.data = fix(total, sizePlaces)
    if (shown.bar !== bar) cells.bar.style.transform = `scaleX(${bar.toFixed(3)})`
    if (shown.own !== own) cells.dot.hidden = !own
    cells.shown = { price, size, total, bar, own }
  }

  private make(): Cells {
    const { side, half } = this.look
    const row = document.createElement('div')
    row.className = `ladder-row ladder-${side}${half ? ' ladder-half' : ''}`
    row.style.visibility = 'hidden'
    const bar = part(row, 'ladder-bar')
    const dot = part(row, 'ladder-dot')
    dot.hidden = true
    dot.title = 'Your order'
    const price = text(part(row, 'ladder-price'))
    const size = text(part(row, 'ladder-size'))
    const total = half ? null : text(part(row, 'ladder-total'))
    this.container.append(row)
    return { row, bar, dot, price, size, total, shown: { ...NOTHING } }
  }
}

function part(row: HTMLElement, name: string): HTMLElement {
  const span = document.createElement('span')
  span.className = name
  row.append(span)
  return span
}

function text(parent: HTMLElement): Text {
  const node = document.createTextNode('')
  parent.append(node)
  return node
}
