//! How a market did over a window of time.

use model::{Amount, Decimal, MarketId, Price, Time, TradeId};

use crate::candle::Candle;
use crate::record::{BookTicker, TradeRecord};

/// How a market did over a window of time. The window begins at a full minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticker {
    /// Which.
    pub market: MarketId,
    /// Begin of the window.
    pub open_time: Time,
    /// End of the window.
    pub close_time: Time,
    /// First, highest, lowest and last price; `None` where nothing traded.
    pub prices: Option<TickerPrices>,
    /// The last price before the window.
    pub previous_close: Option<Price>,
    /// Base, in lots.
    pub lots: u128,
    /// Quote.
    pub quote: Amount,
    /// First and last trade.
    pub trade_ids: Option<(TradeId, TradeId)>,
    /// How many trades.
    pub trades: u64,
    /// The last trade of the market, inside the window or not.
    pub last_trade: Option<TradeRecord>,
    /// The best of both sides now.
    pub book: BookTicker,
}

/// The prices of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TickerPrices {
    /// First.
    pub open: Price,
    /// Highest.
    pub high: Price,
    /// Lowest.
    pub low: Price,
    /// Last.
    pub last: Price,
}

impl Ticker {
    /// The change from the first price to the last in percent, with three digits; truncated.
    #[must_use]
    pub fn change_percent(&self) -> Decimal {
        let thousandths = self.prices.map_or(0, |prices| {
            let (open, last) = (i128::from(prices.open.ticks()), i128::from(prices.last.ticks()));
            (last - open) * 100_000 / open
        });
        Decimal::new(thousandths, 3).expect("three digits")
    }

    /// The change from the first price to the last, in ticks.
    #[must_use]
    pub fn change_ticks(&self) -> i64 {
        self.prices.map_or(0, |prices| {
            prices.last.ticks().cast_signed() - prices.open.ticks().cast_signed()
        })
    }

    pub(crate) fn add(&mut self, candle: &Candle) {
        let prices = self.prices.get_or_insert(TickerPrices {
            open: candle.open,
            high: candle.high,
            low: candle.low,
            last: candle.close,
        });
        prices.high = prices.high.max(candle.high);
        prices.low = prices.low.min(candle.low);
        prices.last = candle.close;
        self.lots += candle.lots;
        self.quote += candle.quote;
        self.trades += candle.trades;
        if let Some((first, last)) = candle.trade_ids {
            self.trade_ids = Some((self.trade_ids.map_or(first, |(first, _)| first), last));
        }
    }
}
