import { describe, expect, it } from 'vitest'
import type { Balance, Ticker } from '@/api/shapes'
import type { Decimal } from '@/ui/decimal'
import { shareOf, worthOf } from './worth'

const balance = (asset: string, total: string) => ({ asset, total }) as Balance
const tickers = {
  'BTC-USDT': { last: '100.5' as Decimal } as Ticker,
  'USDT-TRY': { last: '40' as Decimal } as Ticker,
}

describe('worth', () => {
  it('adds what has a price, straight or the other way round', () => {
    const balances = [balance('BTC', '2'), balance('USDT', '10'), balance('TRY', '80')]
    const worth = worthOf(balances, tickers, 'USDT')
    expect(Number(worth.total)).toBe(213)
    expect(worth.unpriced).toEqual([])
    expect(shareOf(worth, 'BTC')).toBe(94)
    expect(shareOf(worth, 'DOGE')).toBe(null)
  })

  it('names what has none, unless it is nothing', () => {
    const worth = worthOf([balance('DOGE', '5'), balance('XRP', '0')], tickers, 'USDT')
    expect(worth).toMatchObject({ total: '0', unpriced: ['DOGE'], byAsset: { DOGE: null } })
  })
})
