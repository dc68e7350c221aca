//! Read models folded from events: depth, trades, candles, orders, balances.
