//! The visible book of one market, as its levels tell it.

use std::collections::BTreeMap;

use model::{Price, Qty, Side, Time};

use crate::record::{BookTicker, Depth, Level};

/// The visible book of one market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Book {
    pub(crate) bids: BTreeMap<Price, Qty>,
    pub(crate) asks: BTreeMap<Price, Qty>,
    pub(crate) update_id: u64,
    pub(crate) time: Time,
}

impl Book {
    pub(crate) fn set(&mut self, side: Side, price: Price, qty: Qty) {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if qty.is_zero() {
            levels.remove(&price);
        } else {
            levels.insert(price, qty);
        }
    }

    pub(crate) fn depth(&self, limit: usize) -> Depth {
        let level = |(&price, &qty): (&Price, &Qty)| Level { price, qty };
        Depth {
            update_id: self.update_id,
            time: self.time,
            bids: self.bids.iter().rev().take(limit).map(level).collect(),
            asks: self.asks.iter().take(limit).map(level).collect(),
        }
    }

    pub(crate) fn ticker(&self) -> BookTicker {
        let level = |(&price, &qty): (&Price, &Qty)| Level { price, qty };
        BookTicker {
            update_id: self.update_id,
            bid: self.bids.last_key_value().map(level),
            ask: self.asks.first_key_value().map(level),
        }
    }
}
