/** How orders are named in tables, on every page. */
const TYPES: Record<string, string> = {
  limit: 'Limit',
  market: 'Market',
  limitMaker: 'Post only',
  stopLoss: 'Stop loss',
  stopLossLimit: 'Stop loss limit',
  takeProfit: 'Take profit',
  takeProfitLimit: 'Take profit limit',
  trailingStop: 'Trailing stop',
  trailingStopLimit: 'Trailing stop limit',
}

const STATUSES: Record<string, string> = {
  open: 'Open',
  pending: 'Waits',
  partiallyFilled: 'Partly filled',
  filled: 'Filled',
  canceled: 'Cancelled',
  expired: 'Expired',
  rejected: 'Rejected',
}

export function typeName(type: string): string {
  return TYPES[type] ?? type
}

export function statusName(status: string): string {
  return STATUSES[status] ?? status
}
