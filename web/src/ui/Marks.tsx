/** Small marks that say one thing: an asset, a market, a side, a key, a state. */
import type { ReactNode } from 'react'
import { classes } from './classes'
import { pairName } from './format'

const HUES = [
  '#b45f06',
  '#4c63e0',
  '#0f7a4d',
  '#7c3aed',
  '#0b6a94',
  '#a3325d',
  '#5b6673',
  '#8a6a00',
]

const KNOWN: Record<string, string> = {
  BTC: '#b45f06',
  ETH: '#4c63e0',
  SOL: '#7c3aed',
  USDT: '#0f7a4d',
  USDC: '#0b6a94',
}

/** The same asset has the same colour everywhere, whatever assets there are. */
function hue(asset: string): string {
  const known = KNOWN[asset]
  if (known) return known
  let sum = 0
  for (const letter of asset) sum = (sum * 31 + letter.charCodeAt(0)) % 9973
  return HUES[sum % HUES.length] ?? '#5b6673'
}

export function Coin({ asset, large }: { asset: string; large?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={classes(
        'inline-flex shrink-0 items-center justify-center rounded-full font-semibold text-white',
        large ? 'size-7 text-2xs' : 'size-4 text-[8px]',
      )}
      style={{ background: hue(asset) }}
    >
      {asset.charAt(0)}
    </span>
  )
}

/** Play money: nobody shall take it for theirs. */
export function Paper() {
  return (
    <span
      title="Play money: nothing here is worth anything"
      className="rounded-sm bg-warn-soft px-1.5 py-0.5 text-2xs font-semibold text-warn"
    >
      PAPER
    </span>
  )
}

export function Pair({ symbol }: { symbol: string }) {
  return (
    <span className="flex items-center gap-2 font-medium">
      <Coin asset={symbol.split('-')[0] ?? symbol} />
      {pairName(symbol)}
    </span>
  )
}

export function SideText({ side }: { side: 'buy' | 'sell' }) {
  return (
    <span className={side === 'buy' ? 'text-up' : 'text-down'}>
      {side === 'buy' ? 'Buy' : 'Sell'}
    </span>
  )
}

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="rounded-sm border border-line bg-s2 px-1 font-sans text-2xs text-t3">
      {children}
    </kbd>
  )
}

const TONES = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  plain: 'bg-s3 text-t2',
}

export function Badge({ tone, children }: { tone: keyof typeof TONES; children: ReactNode }) {
  return (
    <span
      className={classes(
        'inline-flex items-center gap-1 rounded-sm px-1.5 py-0.5 text-xs font-medium',
        TONES[tone],
      )}
    >
      {children}
    </span>
  )
}

const DOTS = { good: 'bg-good', warn: 'bg-warn', bad: 'bg-bad', plain: 'bg-t3' }

export function Dot({ tone }: { tone: keyof typeof DOTS }) {
  return <span aria-hidden="true" className={classes('size-2 rounded-full', DOTS[tone])} />
}
