import type { TimeInForce } from '@/api/shapes'
import { type Choice, Select } from '@/ui/Select'
import { Switch } from '@/ui/Toggles'
import { useTraded } from '../market'
import { setTicket, useTicket } from './draft'

const LIVES: Choice<TimeInForce>[] = [
  { value: 'gtc', label: 'GTC', hint: 'Good till cancelled' },
  { value: 'ioc', label: 'IOC', hint: 'Fill at once, cancel the rest' },
  { value: 'fok', label: 'FOK', hint: 'Fill whole or cancel' },
]

/** How long an order lives, and how it shows itself. */
export function Options() {
  const { market } = useTraded()
  const { kind, sends, postOnly, iceberg, timeInForce } = useTicket()
  const limit = kind === 'limit'
  const lives = limit
    ? !postOnly && !iceberg
    : kind !== 'market' && kind !== 'oco' && sends === 'limit'
  if (!limit && !lives) return null
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-2">
      {limit && market.orderTypes.includes('limitMaker') && (
        <Switch
          label="Post only"
          checked={postOnly}
          onChange={(wanted) => setTicket({ postOnly: wanted })}
        />
      )}
      {limit && (
        <Switch
          label="Iceberg"
          checked={iceberg}
          onChange={(wanted) => setTicket({ iceberg: wanted })}
        />
      )}
      {lives && (
        <Select
          dense
          label="Time in force"
          value={timeInForce}
          choices={LIVES}
          onChange={(wanted) => setTicket({ timeInForce: wanted })}
        />
      )}
    </div>
  )
}
