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

const REASONS: Record<string, string> = {
  requested: 'as asked',
  replaced: 'replaced by another',
  notFilled: 'nothing to fill it',
  fillOrKill: 'could not be filled whole',
  selfTrade: 'met your own order',
  listEnded: 'the other order of its pair came first',
  triggerFailed: 'could not be placed when triggered',
  timedOut: 'its time was over',
  priceBand: 'too far from the market',
}

/** Why an order ended, in words. */
export function reasonName(reason: string): string {
  return REASONS[reason] ?? reason
}
