//! What traded within an interval.

use model::{Amount, Price, Side, Time, TradeId};

use crate::record::TradeRecord;

/// What traded within an interval. Where nothing did, the prices are the last before it, volumes
/// are zero and there are no trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When it begins.
    pub open_time: Time,
    /// Its last microsecond.
    pub close_time: Time,
    /// The first price.
    pub open: Price,
    /// The highest.
    pub high: Price,
    /// The lowest.
    pub low: Price,
    /// The last, so far.
    pub close: Price,
    /// Base, in lots.
    pub lots: u128,
    /// Quote.
    pub quote: Amount,
    /// Base that takers bought, in lots.
    pub taker_buy_lots: u128,
    /// Quote that takers paid for it.
    pub taker_buy_quote: Amount,
    /// First and last trade.
    pub trade_ids: Option<(TradeId, TradeId)>,
    /// How many trades.
    pub trades: u64,
}

impl Candle {
    /// An interval in which nothing traded, after `price`.
    #[must_use]
    pub const fn empty(open_time: Time, close_time: Time, price: Price) -> Self {
        Self {
            open_time,
            close_time,
            open: price,
            high: price,
            low: price,
            close: price,
            lots: 0,
            quote: 0,
            taker_buy_lots: 0,
            taker_buy_quote: 0,
            trade_ids: None,
            trades: 0,
        }
    }

    pub(crate) fn of_trade(open_time: Time, close_time: Time, trade: &TradeRecord) -> Self {
        let mut candle = Self::empty(open_time, close_time, trade.price);
        candle.add(trade);
        candle
    }

    pub(crate) fn add(&mut self, trade: &TradeRecord) {
        self.high = self.high.max(trade.price);
        self.low = self.low.min(trade.price);
        self.close = trade.price;
        let lots = u128::from(trade.qty.lots());
        self.lots += lots;
        self.quote += trade.quote;
        if trade.taker_side == Side::Buy {
            self.taker_buy_lots += lots;
            self.taker_buy_quote += trade.quote;
        }
        let first = self.trade_ids.map_or(trade.id, |(first, _)| first);
        self.trade_ids = Some((first, trade.id));
        self.trades += 1;
    }

    /// Adds a later candle of the same market to this one.
    pub(crate) fn join(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.lots += later.lots;
        self.quote += later.quote;
        self.taker_buy_lots += later.taker_buy_lots;
        self.taker_buy_quote += later.taker_buy_quote;
        self.trade_ids = match (self.trade_ids, later.trade_ids) {
            (Some((first, _)), Some((_, last))) => Some((first, last)),
            (ids, None) | (None, ids) => ids,
        };
        self.trades += later.trades;
    }
}
