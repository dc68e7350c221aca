import type { Decimal } from '@/ui/decimal'
import { add, divide, floorToStep, toPlaces } from '@/ui/decimal'
import { DecimalField } from '@/ui/DecimalField'
import { Segmented } from '@/ui/Segmented'
import { useTraded } from '../market'
import { type Draft, setTicket, useTicket } from './draft'
import { usesPrice, usesStop } from './orders'
import type { Problems, Surroundings } from './rules'

type PriceFieldsProps = { problems: Problems; around: Surroundings }

const AIMS = [
  { value: 'stopLoss', label: 'Stop loss' },
  { value: 'takeProfit', label: 'Take profit' },
] as const
const SENDS = [
  { value: 'limit', label: 'Limit' },
  { value: 'market', label: 'Market' },
] as const

/** The prices of an order: as many as its kind has. */
export function PriceFields({ problems, around }: PriceFieldsProps) {
  const { market } = useTraded()
  const draft = useTicket()
  const common = { step: market.tickSize, unit: market.quote }
  const conditional = draft.kind === 'stop' || draft.kind === 'trailing' || draft.kind === 'oco'
  return (
    <>
      {conditional && <Conditions draft={draft} />}
      {usesStop(draft) && (
        <DecimalField
          {...common}
          label={draft.kind === 'oco' ? 'Stop trigger' : 'Trigger price'}
          value={draft.stopPrice}
          error={problems.stopPrice}
          onChange={(stopPrice) => setTicket({ stopPrice })}
        />
      )}
      {draft.kind === 'oco' && draft.sends === 'limit' && (
        <DecimalField
          {...common}
          label="Stop limit price"
          value={draft.stopLimitPrice}
          error={problems.stopLimitPrice}
          onChange={(stopLimitPrice) => setTicket({ stopLimitPrice })}
        />
      )}
      {draft.kind === 'trailing' && (
        <DecimalField
          label="Follows at a distance of"
          value={draft.trail}
          error={problems.trail}
          step={'0.1' as Decimal}
          unit="%"
          onChange={(trail) => setTicket({ trail })}
        />
      )}
      {usesPrice(draft) ? (
        <DecimalField
          {...common}
          label={draft.kind === 'oco' ? 'Profit price' : 'Price'}
          value={draft.price}
          error={problems.price}
          onChange={(price) => setTicket({ price })}
          inputId="ticket-price"
          aside={<Touch around={around} />}
        />
      ) : (
        draft.kind === 'market' && (
          <p className="rounded-md bg-s2 px-3 py-2 text-xs text-t2">
            Trades at once at the best prices there are.
          </p>
        )
      )}
    </>
  )
}

function Conditions({ draft }: { draft: Draft }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-1 gap-y-2">
      {draft.kind === 'stop' && (
        <Segmented
          label="Aim"
          value={draft.aim}
          segments={AIMS}
          onChange={(aim) => setTicket({ aim })}
          className="-ms-1"
        />
      )}
      <span className="flex items-center gap-1 text-xs text-t3">
        {draft.kind === 'stop' ? 'by' : draft.kind === 'oco' ? 'Stop by' : 'Trades by'}
        <Segmented
          label="Triggered order"
          value={draft.sends}
          segments={SENDS}
          onChange={(sends) => setTicket({ sends })}
        />
      </span>
    </div>
  )
}

/** Takes the best prices as the price: what a click in the ladder does, for keys. */
function Touch({ around }: { around: Surroundings }) {
  const { market, pricePlaces } = useTraded()
  const sum = around.bid !== null && around.ask !== null ? add(around.bid, around.ask) : null
  const half = sum && divide(sum, '2' as Decimal, pricePlaces + 1)
  const middle = half && toPlaces(floorToStep(half, market.tickSize), pricePlaces)
  const prices = [
    { name: 'Bid', price: around.bid },
    { name: 'Mid', price: middle },
    { name: 'Ask', price: around.ask },
  ]
  return (
    <span className="flex gap-1">
      {prices.map(({ name, price }) => (
        <button
          key={name}
          type="button"
          disabled={price === null}
          onClick={() => setTicket({ price })}
          className="min-h-6 rounded-sm bg-s2 px-1.5 text-xs text-t2 hover:bg-s3 hover:text-t1
            disabled:opacity-60"
        >
          {name}
        </button>
      ))}
    </span>
  )
}
