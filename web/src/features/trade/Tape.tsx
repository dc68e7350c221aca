import { useEffect, useState } from 'react'
import { stream } from '@/api/connection'
import { paced } from '@/api/paced'
import type { Trade } from '@/api/shapes'
import { classes } from '@/ui/classes'
import { Empty, Loading } from '@/ui/Faces'
import { amount, clock } from '@/ui/format'
import { useTraded } from './market'

/** What the tape remembers, and how often it is drawn. */
const TRADES_MAX = 60
const PAINTS_PER_SECOND = 10

type Tape = { state: 'connecting' | 'live' | 'stale'; trades: Trade[] }

function useTape(symbol: string): Tape {
  const [tape, setTape] = useState<Tape>({ state: 'connecting', trades: [] })
  useEffect(() => {
    let latest: Tape = { state: 'connecting', trades: [] }
    const painter = paced(PAINTS_PER_SECOND, () => setTape(latest))
    const close = stream.listen(`trades:${symbol}`, {
      message: (message) => {
        const before = message.type === 'snapshot' ? [] : latest.trades
        latest = {
          state: 'live',
          trades: [...newestFirst(message.items), ...before].slice(0, TRADES_MAX),
        }
        painter.dirty()
      },
      lost: () => {
        latest = { ...latest, state: latest.state === 'connecting' ? 'connecting' : 'stale' }
        painter.dirty()
      },
    })
    return () => {
      close()
      painter.stop()
    }
  }, [symbol])
  return tape
}

function newestFirst(trades: Trade[]): Trade[] {
  return [...trades].sort((a, b) => b.at.localeCompare(a.at) || Number(b.id) - Number(a.id))
}

/** The market's trades, newest first. */
export function Tape() {
  const { market, pricePlaces, lotPlaces } = useTraded()
  const { state, trades } = useTape(market.symbol)
  if (state === 'connecting') return <Loading label="Waiting for trades" rows={12} />
  if (trades.length === 0) return <Empty text="Nothing has been traded here yet." />
  return (
    // A keyboard can scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section aria-label="Trades" tabIndex={0} className="min-h-0 flex-1 overflow-y-auto">
      <table
        className={classes(
          'figures w-full text-right text-xs',
          state === 'stale' && 'opacity-50 grayscale',
        )}
      >
        <thead className="sticky top-0 bg-s1 text-2xs text-t3">
          <tr>
            <th scope="col" className="h-6 ps-3 text-left font-normal">
              Price ({market.quote})
            </th>
            <th scope="col" className="font-normal">
              Size ({market.base})
            </th>
            <th scope="col" className="pe-3 font-normal">
              Time
            </th>
          </tr>
        </thead>
        <tbody>
          {trades.map((trade) => (
            <tr key={trade.id} className="h-5">
              <td
                className={classes(
                  'ps-3 text-left',
                  trade.takerSide === 'buy' ? 'text-up' : 'text-down',
                )}
              >
                <span aria-hidden="true">{trade.takerSide === 'buy' ? '↑' : '↓'} </span>
                <span className="sr-only">{trade.takerSide} </span>
                {amount(trade.price, pricePlaces)}
              </td>
              <td>{amount(trade.quantity, lotPlaces)}</td>
              <td className="pe-3 text-t3">{clock(trade.at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
