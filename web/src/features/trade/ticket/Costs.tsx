import type { ReactNode } from 'react'
import { sign } from '@/ui/decimal'
import { amount, rate, UNKNOWN } from '@/ui/format'
import { useTraded } from '../market'
import type { Checked } from './rules'

/** Fees are small: they are told with more digits than prices. */
const FEE_PLACES = 8

/** What the order is worth, costs and leaves. */
export function Costs({ checked }: { checked: Checked }) {
  const { market, pricePlaces, lotPlaces } = useTraded()
  const { value, fee, spends } = checked
  const places = (asset: string) => (asset === market.base ? lotPlaces : Math.max(2, pricePlaces))
  const feePlaces = fee === null ? 0 : fee.asset === market.base ? FEE_PLACES : places(fee.asset)
  const maker = fee?.maker === true ? 'maker' : 'taker'
  return (
    <dl className="figures flex flex-col gap-1 rounded-md bg-s2 px-3 py-2 text-xs">
      <Line name="Order value">
        {value === null ? UNKNOWN : `${amount(value, places(market.quote))} ${market.quote}`}
      </Line>
      <Line name={fee === null ? 'Fee' : `Fee (${maker} ${rate(fee.rate)})`}>
        {fee === null ? UNKNOWN : `${amount(fee.amount, feePlaces)} ${fee.asset}`}
      </Line>
      <Line name="Balance after">
        {spends.after === null ? (
          UNKNOWN
        ) : (
          <span className={sign(spends.after) < 0 ? 'text-bad' : undefined}>
            {amount(spends.after, places(spends.asset))} {spends.asset}
          </span>
        )}
      </Line>
    </dl>
  )
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-3">
      <dt className="text-t3">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
