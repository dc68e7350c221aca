import type { Side } from '@/api/shapes'
import { DecimalField } from '@/ui/DecimalField'
import { amount } from '@/ui/format'
import { PercentSlider } from '@/ui/Slider'
import { useAccount } from '@/api/account'
import { known } from '@/api/live'
import { Segmented } from '@/ui/Segmented'
import { ZERO } from '@/ui/decimal'
import { useTraded } from '../market'
import { setTicket, useTicket } from './draft'
import { countsQuote, type Problems, type Surroundings } from './rules'
import { shareOf } from './share'
import { sharePrice } from './useChecked'

type AmountFieldsProps = { problems: Problems; around: Surroundings }

export function AmountFields({ problems, around }: AmountFieldsProps) {
  const { market } = useTraded()
  const draft = useTicket()
  const inQuote = countsQuote(draft)

  function takeShare(percent: number) {
    if (around.balances === null) return
    const price = sharePrice(market, around)
    setTicket(shareOf(useTicket.getState(), market, around.balances, price, percent))
  }

  return (
    <>
      {draft.kind === 'market' && (
        <Segmented
          label="Counted in"
          value={draft.countedIn}
          segments={[
            { value: 'base', label: `Amount in ${market.base}` },
            { value: 'quote', label: `Total in ${market.quote}` },
          ]}
          onChange={(countedIn) => setTicket({ countedIn, share: 0 })}
          className="-mx-1"
        />
      )}
      {inQuote ? (
        <DecimalField
          label="Total"
          value={draft.quoteAmount}
          step={market.tickSize}
          unit={market.quote}
          error={problems.amount}
          onChange={(quoteAmount) => setTicket({ quoteAmount, share: 0 })}
          inputId="ticket-amount"
          aside={<Available side={draft.side} />}
        />
      ) : (
        <DecimalField
          label="Amount"
          value={draft.amount}
          step={market.lotSize}
          unit={market.base}
          error={problems.amount}
          onChange={(wanted) => setTicket({ amount: wanted, share: 0 })}
          inputId="ticket-amount"
          aside={<Available side={draft.side} />}
        />
      )}
      {around.balances !== null && (
        <PercentSlider
          label="Share of what is available"
          value={draft.share}
          onChange={takeShare}
        />
      )}
      {draft.kind === 'limit' && draft.iceberg && (
        <DecimalField
          label="Shown in the book at once"
          value={draft.visible}
          step={market.lotSize}
          unit={market.base}
          error={problems.visible}
          onChange={(visible) => setTicket({ visible })}
        />
      )}
    </>
  )
}

function Available({ side }: { side: Side }) {
  const { market, pricePlaces, lotPlaces } = useTraded()
  const balances = useAccount((account) => known(account.balances))
  if (balances === null) return null
  const asset = side === 'buy' ? market.quote : market.base
  const available = balances.find((balance) => balance.asset === asset)?.available ?? ZERO
  return (
    <span className="figures text-xs text-t3">
      Avail {amount(available, side === 'buy' ? Math.max(2, pricePlaces) : lotPlaces)} {asset}
    </span>
  )
}
