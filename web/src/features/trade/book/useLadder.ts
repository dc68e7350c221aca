import { type RefObject, useEffect, useRef, useState } from 'react'
import { paced } from '@/api/paced'
import type { BookState } from '@/api/bookFeed'
import { useMedia } from '@/ui/media'
import { useTraded } from '../market'
import { gather, Rows } from './grouping'
import { Ladder } from './ladder'

/** More rows than this of a side are no longer read; fewer are no book. */
const ROWS_MAX = 30
const ROWS_MIN = 4
const PAINTS_PER_SECOND = 20
/** What the last price takes between asks and bids. */
const LAST_PRICE_PX = 40

export type Sides = 'both' | 'bids' | 'asks'
export type OwnPrices = { bids: ReadonlySet<number>; asks: ReadonlySet<number> }

export type LadderOptions = {
  sides: Sides
  half: boolean
  /** Units of price that one row gathers. */
  step: number
  own: OwnPrices
  onPrice: (price: number) => void
  /** After each painting: totals of both sides in view. */
  onPaint: (bids: number, asks: number) => void
}

type Boxes = { bids: RefObject<HTMLElement | null>; asks: RefObject<HTMLElement | null> }

/** How many rows fit in an element, kept while it is resized. */
export function useRoom(box: RefObject<HTMLElement | null>, sides: Sides, half: boolean): number {
  const [height, setHeight] = useState(0)
  const coarse = useMedia('(pointer: coarse), (max-width: 767px)')
  useEffect(() => {
    if (box.current === null) return
    const observer = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 0))
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [box])
  const between = half ? 0 : LAST_PRICE_PX
  const rows = Math.floor((height - between) / (coarse ? 26 : 20))
  const each = sides === 'both' && !half ? Math.floor(rows / 2) : rows
  return Math.max(ROWS_MIN, Math.min(ROWS_MAX, each))
}

type Painted = {
  state: BookState
  /** What is told of the book does not fill one row. */
  tooCoarse: boolean
}

/** Paints the book into two boxes. */
export function useLadder(boxes: Boxes, rows: number, options: LadderOptions): Painted {
  const { feed, pricePlaces, lotPlaces } = useTraded()
  const [state, setState] = useState<BookState>(feed.state)
  const [tooCoarse, setTooCoarse] = useState(false)
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })
  const { sides, half, step } = options
  useEffect(() => {
    const look = { half, pricePlaces, sizePlaces: lotPlaces }
    const click = (price: number) => latest.current.onPrice(price)
    const make = (box: HTMLElement | null, side: 'bid' | 'ask') =>
      box === null ? null : new Ladder(box, { ...look, side }, rows, click)
    const ladders = { bids: make(boxes.bids.current, 'bid'), asks: make(boxes.asks.current, 'ask') }
    const bids = new Rows(rows)
    const asks = new Rows(rows)

    const painter = paced(PAINTS_PER_SECOND, () => {
      gather(feed.book.bids, step, false, bids)
      gather(feed.book.asks, step, true, asks)
      const { own, onPaint } = latest.current
      // Both sides share one scale, or the thin one would look as deep as the other.
      const widest = Math.max(
        1,
        sides === 'asks' ? 0 : bids.total(),
        sides === 'bids' ? 0 : asks.total(),
      )
      ladders.bids?.paint(bids, widest, own.bids)
      ladders.asks?.paint(asks, widest, own.asks)
      onPaint(bids.total(), asks.total())
      setState(feed.state)
      const { book } = feed
      const lacks = (there: number, painted: Rows) => there > 0 && painted.length === 0
      setTooCoarse(
        (sides !== 'asks' && lacks(book.bids.length, bids)) ||
          (sides !== 'bids' && lacks(book.asks.length, asks)),
      )
    })
    painter.dirty()
    const close = feed.watch(painter.dirty)
    return () => {
      close()
      painter.stop()
      ladders.bids?.stop()
      ladders.asks?.stop()
    }
  }, [feed, pricePlaces, lotPlaces, boxes, rows, sides, half, step])
  return { state, tooCoarse }
}
