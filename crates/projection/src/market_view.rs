//! What readers see of one market.

use model::{Interval, MarketId, Time, UtcOffset};

use crate::book::Book;
use crate::bounds::Bounds;
use crate::recent::Recent;
use crate::record::{AggregateTrade, AveragePrice, TradeRecord};
use crate::series::Series;
use crate::ticker::Ticker;

/// What readers see of one market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MarketView {
    pub(crate) id: MarketId,
    pub(crate) book: Book,
    pub(crate) trades: Recent<TradeRecord>,
    pub(crate) aggregates: Recent<AggregateTrade>,
    pub(crate) series: Series,
    pub(crate) average: Option<AveragePrice>,
    pub(crate) last_trade: Option<TradeRecord>,
}

impl MarketView {
    pub(crate) fn new(id: MarketId) -> Self {
        Self {
            id,
            book: Book::default(),
            trades: Recent::default(),
            aggregates: Recent::default(),
            series: Series::default(),
            average: None,
            last_trade: None,
        }
    }

    pub(crate) fn add_trade(&mut self, trade: TradeRecord, bounds: &Bounds) {
        self.series.add(&trade, bounds);
        self.trades.push(trade, bounds.trades, |trade| trade.id.0);
        self.last_trade = Some(trade);
    }

    pub(crate) fn add_aggregate(&mut self, aggregate: AggregateTrade, bounds: &Bounds) {
        self.aggregates.push(aggregate, bounds.trades, |aggregate| aggregate.id);
    }

    pub(crate) fn next_aggregate_id(&self) -> u64 {
        self.aggregates.items.back().map_or(1, |last| last.id + 1)
    }

    /// From the full minute at or before `from` up to `to`.
    pub(crate) fn ticker(&self, from: Time, to: Time) -> Ticker {
        let open_time = Interval::Minute1.open(from, UtcOffset::UTC);
        let mut ticker = Ticker {
            market: self.id,
            open_time,
            close_time: to,
            prices: None,
            previous_close: self.series.minute_before(open_time).map(|candle| candle.close),
            lots: 0,
            quote: 0,
            trade_ids: None,
            trades: 0,
            last_trade: self.last_trade,
            book: self.book.ticker(),
        };
        self.series.minutes(open_time, to).for_each(|candle| ticker.add(candle));
        ticker
    }
}
