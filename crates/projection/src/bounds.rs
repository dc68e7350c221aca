//! How much is kept in memory.

/// How much is kept in memory. What is older comes from the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Ended orders of each account.
    pub closed_orders: usize,
    /// Ended orders of all accounts; beyond it whoever keeps the most forgets its oldest.
    pub closed_orders_total: usize,
    /// Fills of each account.
    pub fills: usize,
    /// Fills of all accounts; beyond it whoever keeps the most forgets its oldest.
    pub fills_total: usize,
    /// Ended lists, preventions, adjustments and amendments of each account, each.
    pub records: usize,
    /// Trades of each market, and aggregate trades, too.
    pub trades: usize,
    /// Candles of each market and interval but the minute.
    pub candles: usize,
    /// Minutes of each market: a week of them makes every rolling window exact.
    pub minutes: usize,
}

impl Default for Bounds {
    /// Some 60 MB for all accounts together, and at most 6 MB for each market.
    fn default() -> Self {
        Self {
            closed_orders: 1_000,
            closed_orders_total: 65_536,
            fills: 1_000,
            fills_total: 65_536,
            records: 500,
            trades: 2_000,
            candles: 1_500,
            minutes: 7 * 24 * 60 + 1,
        }
    }
}
