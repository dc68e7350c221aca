/** Keys of the trade page: `/` finds a market, `R` says the best prices; the rest is opt-in. */
import { useEffect } from 'react'
import { usePreferences } from '@/ui/preferences'
import { typing } from '@/ui/typing'
import { showCancelAll } from './blotter/cancelAllAsked'
import { showPicker } from './picker'
import { setTicket } from './ticket/draft'

const QUARTERS: Record<string, number> = { '1': 25, '2': 50, '3': 75, '4': 100 }

type Acts = { speak: () => void; takeShare: (percent: number) => void }

function focus(id: string) {
  const input = document.getElementById(id)
  if (input instanceof HTMLInputElement) {
    input.focus()
    input.select()
  }
}

/** Whether the key was one of ours. */
function trade(key: string, acts: Acts): boolean {
  const percent = QUARTERS[key]
  if (percent !== undefined) acts.takeShare(percent)
  else if (key === 'b') setTicket({ side: 'buy', share: 0 })
  else if (key === 's') setTicket({ side: 'sell', share: 0 })
  else if (key === 'p') focus('ticket-price')
  else if (key === 'q') focus('ticket-amount')
  else if (key === 'X') showCancelAll(true)
  else return false
  return true
}

function anywhere(key: string, acts: Acts): boolean {
  if (key === '/') showPicker(true)
  else if (key === 'r') acts.speak()
  else return false
  return true
}

export function useTradeKeys(acts: Acts) {
  const tradingKeys = usePreferences((preferences) => preferences.tradingKeys)
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
      const ours = anywhere(event.key, acts) || (tradingKeys && trade(event.key, acts))
      if (ours) event.preventDefault()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [tradingKeys, acts])
}
