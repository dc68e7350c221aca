import { Dialog } from '@/ui/Dialog'
import { Kbd } from '@/ui/Marks'
import { prefer, usePreferences } from '@/ui/preferences'
import { Switch } from '@/ui/Toggles'
import { showKeyList } from './overlays'

const ANYWHERE = [
  ['Ctrl K', 'Commands and markets'],
  ['/', 'Find a market'],
  ['Ctrl Enter', 'Send the order'],
  ['?', 'This list'],
  ['Esc', 'Close what is open'],
  ['R', 'Say best bid, best ask and spread'],
] as const
const TRADING = [
  ['B  S', 'Buy side, sell side'],
  ['P  Q', 'To the price, to the amount'],
  ['1 – 4', '25, 50, 75, 100 percent'],
  ['Shift X', 'Cancel all orders of this market, after asking'],
] as const

export default function KeyList() {
  const tradingKeys = usePreferences((preferences) => preferences.tradingKeys)
  return (
    <Dialog open onClose={() => showKeyList(false)} title="Keys">
      <Keys keys={ANYWHERE} />
      <Switch
        label="Keys for trading"
        checked={tradingKeys}
        onChange={(wanted) => prefer({ tradingKeys: wanted })}
      />
      <Keys keys={TRADING} />
    </Dialog>
  )
}

function Keys({ keys }: { keys: readonly (readonly [string, string])[] }) {
  return (
    <dl className="grid grid-cols-[96px_1fr] gap-y-2">
      {keys.map(([key, does]) => (
        <div key={key} className="contents">
          <dt>
            <Kbd>{key}</Kbd>
          </dt>
          <dd className="text-t2">{does}</dd>
        </div>
      ))}
    </dl>
  )
}
