/** How somebody wants the pages to look; kept in this browser. `public/theme.js` reads it too. */
import { create } from 'zustand'
import { persist } from 'zustand/middleware'
import { type NumberStyle, setNumberStyle, setZone, type Zone } from './format'

export type Theme = 'system' | 'dark' | 'light'
export type MarketColours = 'greenRed' | 'redGreen' | 'blueOrange'

export type Preferences = {
  theme: Theme
  marketColours: MarketColours
  numbers: NumberStyle
  zone: Zone
  /** Letters that set side, price and amount and send orders. Off until somebody wants them. */
  tradingKeys: boolean
  favourites: string[]
  /** The market that was open last. */
  market: string
  /** Of candles; null until somebody chooses. */
  interval: string | null
}

export const usePreferences = create<Preferences>()(
  persist(
    (): Preferences => ({
      theme: 'system',
      marketColours: 'greenRed',
      numbers: 'point',
      zone: 'local',
      tradingKeys: false,
      favourites: [],
      market: 'BTC-USDT',
      interval: null,
    }),
    { name: 'rialto.preferences' },
  ),
)

export function prefer(change: Partial<Preferences>) {
  usePreferences.setState(change)
}

export function toggleFavourite(symbol: string) {
  const { favourites } = usePreferences.getState()
  const others = favourites.filter((other) => other !== symbol)
  prefer({ favourites: others.length < favourites.length ? others : [...favourites, symbol] })
}

const dark = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)')

export function shownTheme(theme: Theme): 'dark' | 'light' {
  if (theme !== 'system') return theme
  return dark?.matches === false ? 'light' : 'dark'
}

function apply({ theme, marketColours, numbers, zone }: Preferences) {
  document.documentElement.dataset.theme = shownTheme(theme)
  document.documentElement.dataset.market = marketColours
  setNumberStyle(numbers)
  setZone(zone)
}

/** Applies preferences now and whenever they or the system's theme change. */
export function applyPreferences() {
  apply(usePreferences.getState())
  usePreferences.subscribe(apply)
  dark?.addEventListener('change', () => apply(usePreferences.getState()))
}
