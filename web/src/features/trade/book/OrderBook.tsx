import './ladder.css'
import { Suspense, useMemo, useRef, useState } from 'react'
import { unitsOf } from '@/api/book'
import { classes } from '@/ui/classes'
import { Failed, Loading } from '@/ui/Faces'
import { fix, grouped } from '@/ui/format'
import { later } from '@/ui/later'
import { Segmented } from '@/ui/Segmented'
import { Select } from '@/ui/Select'
import { useTraded } from '../market'
import { setTicket } from '../ticket/draft'
import { priceText } from '../units'
import { steps } from './grouping'
import { LastPrice } from './LastPrice'
import { useOwnPrices } from './ownPrices'
import { SidesIcon } from './SidesIcon'
import { type Sides, useLadder, useRoom } from './useLadder'

const BookTable = later(() => import('./BookTable'))

type View = Sides | 'table'

const VIEWS = [
  { value: 'both', label: <SidesIcon sides="both" />, name: 'Bids and asks' },
  { value: 'bids', label: <SidesIcon sides="bids" />, name: 'Bids only' },
  { value: 'asks', label: <SidesIcon sides="asks" />, name: 'Asks only' },
  { value: 'table', label: 'Table', name: 'Table of the ten best levels' },
] as const

/** The order book: a ladder to read and click, or a table to be read out. */
export function OrderBook({ half = false }: { half?: boolean }) {
  const { market, pricePlaces } = useTraded()
  const [view, setView] = useState<View>('both')
  const tick = unitsOf(market.tickSize, pricePlaces)
  const [times, setTimes] = useState(1)
  const step = tick * times
  const choices = steps(tick).map((units) => ({
    value: String(units / tick),
    label: grouped(fixPlain(units, pricePlaces)),
  }))
  return (
    <section aria-label="Order book" className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-8 shrink-0 items-center justify-between px-1.5">
        <Segmented<View> label="Sides" value={view} onChange={setView} segments={VIEWS} />
        <Select
          dense
          label="Price step of a row"
          value={String(times)}
          choices={choices}
          onChange={(wanted) => setTimes(Number(wanted))}
        />
      </div>
      {view === 'table' ? (
        <Suspense fallback={<Loading label="Loading the table" rows={12} />}>
          <BookTable />
        </Suspense>
      ) : (
        <LadderView key={`${view}-${half}`} sides={view} half={half} step={step} />
      )}
    </section>
  )
}

function fixPlain(units: number, places: number): string {
  const text = priceText(units, places)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

type LadderViewProps = { sides: Sides; half: boolean; step: number }

function LadderView({ sides, half, step }: LadderViewProps) {
  const { market, pricePlaces } = useTraded()
  const room = useRef<HTMLDivElement>(null)
  const bids = useRef<HTMLDivElement>(null)
  const asks = useRef<HTMLDivElement>(null)
  const boxes = useMemo(() => ({ bids, asks }), [])
  const ratio = useRef<HTMLDivElement>(null)
  const rows = useRoom(room, sides, half)
  const own = useOwnPrices(step)
  const { state, tooCoarse } = useLadder(boxes, rows, {
    sides,
    half,
    step,
    own,
    onPrice: (units) => setTicket({ price: priceText(units, pricePlaces) }),
    onPaint: (bidTotal, askTotal) => paintRatio(ratio.current, bidTotal, askTotal),
  })
  if (state === 'failed') return <Failed text="The server does not tell this order book." />
  const dim = state === 'stale' && 'opacity-50 grayscale'
  return (
    <>
      {half && (
        <div className={classes(dim)}>
          <LastPrice />
        </div>
      )}
      <Titles half={half} base={market.base} quote={market.quote} />
      <div ref={room} className="relative min-h-0 flex-1 overflow-hidden" data-state={state}>
        <div
          className={classes(
            'absolute inset-0 flex',
            half ? 'flex-row' : 'flex-col justify-center',
            dim,
          )}
        >
          {half && sides !== 'asks' && <div ref={bids} className="min-w-0 flex-1" />}
          {sides !== 'bids' && (
            <div
              ref={asks}
              className={classes('min-w-0', half ? 'flex-1' : 'flex flex-col-reverse')}
            />
          )}
          {!half && <LastPrice />}
          {!half && sides !== 'asks' && <div ref={bids} className="min-w-0" />}
        </div>
        {tooCoarse && (
          <p className="absolute inset-x-0 bottom-0 bg-s2 p-1 text-center text-2xs text-t2">
            A row of this step takes in more levels than are told.
          </p>
        )}
        {state === 'connecting' && (
          <Loading
            label="Waiting for the order book"
            rows={12}
            className="absolute inset-0 bg-s1"
          />
        )}
      </div>
      <div
        ref={ratio}
        className={classes('figures flex h-7 shrink-0 items-center gap-2 px-3 text-2xs', dim)}
      />
    </>
  )
}

function Titles({ half, base, quote }: { half: boolean; base: string; quote: string }) {
  const row = 'grid h-6 shrink-0 items-center px-3 text-2xs text-t3'
  return half ? (
    <div className="flex">
      <div className={classes(row, 'flex-1 grid-cols-2')}>
        <span>Size ({base})</span>
        <span className="text-right">Bid</span>
      </div>
      <div className={classes(row, 'flex-1 grid-cols-2')}>
        <span>Ask</span>
        <span className="text-right">Size ({base})</span>
      </div>
    </div>
  ) : (
    <div className={classes(row, 'grid-cols-3 text-right')}>
      <span className="text-left">Price ({quote})</span>
      <span>Size ({base})</span>
      <span>Total</span>
    </div>
  )
}

/** How much of what is in view is bids. */
function paintRatio(box: HTMLElement | null, bids: number, asks: number) {
  if (box === null) return
  if (box.childElementCount === 0) {
    const [left, bar, right] = ['span', 'div', 'span'].map((tag) => document.createElement(tag))
    if (!left || !bar || !right) return
    left.className = 'text-up'
    bar.className = 'ratio-bar'
    right.className = 'text-down'
    box.append(left, bar, right)
  }
  const share = bids + asks === 0 ? 0.5 : bids / (bids + asks)
  const percent = fix(Math.round(share * 100), 0)
  const [left, bar, right] = box.querySelectorAll<HTMLElement>('*')
  if (!left || !bar || !right || left.dataset.percent === percent) return
  left.dataset.percent = percent
  left.textContent = `${percent}% bids`
  right.textContent = `asks ${fix(100 - Math.round(share * 100), 0)}%`
  bar.style.setProperty('--share', `${share * 100}%`)
}
