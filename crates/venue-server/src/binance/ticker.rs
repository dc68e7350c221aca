//! Statistics of markets over a window of time, and the best of their books.
//!
//! Source  rest-api.md, "24hr ticker price change statistics" to "Rolling window price change
//!         statistics".

use std::sync::Arc;

use model::{Price, Qty};
use projection::{Market, Ticker, TickerPrices, TradeRecord, Views};
use serde::Serialize;
use venue::binance::{
    BookTicker, DecimalText, MiniTicker, OneOrMany, PriceTicker, Refusal, RollingTicker, Ticker24h,
    TimeUnit, Window,
};

use super::grid::Grid;
use super::market::utc_offset;
use super::operation::{Answer, Call};
use super::order_report::signed_ids;
use super::request::Params;
use super::symbols;

/// How much of a ticker is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Full,
    Mini,
}

fn kind(params: &Params<'_>) -> Result<Kind, Refusal> {
    let words = [("FULL", Kind::Full), ("MINI", Kind::Mini)];
    Ok(params.choice("type", &words, Refusal::BadTickerType)?.unwrap_or(Kind::Full))
}

/// `ticker/24hr`
///
/// # Errors
/// As documented.
pub fn ticker_24h(call: &Call<'_>) -> Result<Answer, Refusal> {
    let markets = symbols::one_or_many(call)?;
    let kind = kind(call.params)?;
    call.params.finish()?;
    let ticker = |market: &Market| call.exchange.views.ticker_24h(market.id, call.now);
    match kind {
        Kind::Full => answer(&markets, |market| {
            ticker(market).map(|it| Figures::new(market, it, call.time_unit).full())
        }),
        Kind::Mini => answer_mini(&markets, call.time_unit, ticker),
    }
}

/// `ticker/tradingDay`
///
/// # Errors
/// As documented.
pub fn trading_day(call: &Call<'_>) -> Result<Answer, Refusal> {
    let markets = symbols::one_or_several(call)?;
    let offset = utc_offset(call.params)?;
    let kind = kind(call.params)?;
    call.params.finish()?;
    let views = &call.exchange.views;
    answer_window(&markets, kind, call.time_unit, |market| {
        views.ticker_trading_day(market.id, offset, call.now)
    })
}

/// `ticker`
///
/// # Errors
/// As documented.
pub fn rolling(call: &Call<'_>) -> Result<Answer, Refusal> {
    let markets = symbols::one_or_several(call)?;
    let window = match call.params.text("windowSize")? {
        None => Window::DAY,
        Some(text) => Window::parse(text).ok_or(Refusal::BadValue("windowSize"))?,
    };
    let kind = kind(call.params)?;
    call.params.finish()?;
    let views = &call.exchange.views;
    answer_window(&markets, kind, call.time_unit, |market| {
        views.ticker(market.id, window_us(window), call.now)
    })
}

/// The length of a window in microseconds.
#[must_use]
pub const fn window_us(window: Window) -> u64 {
    window.minutes() as u64 * 60_000_000
}

/// `ticker/price`
///
/// # Errors
/// As documented.
pub fn price(call: &Call<'_>) -> Result<Answer, Refusal> {
    let markets = symbols::one_or_many(call)?;
    call.params.finish()?;
    answer(&markets, |market| {
        let grid = Grid::new(market);
        let price = grid.price_or_zero(call.exchange.views.last_price(market.id));
        Some(PriceTicker { symbol: grid.symbol().into(), price })
    })
}

/// `ticker/bookTicker`
///
/// # Errors
/// As documented.
pub fn book(call: &Call<'_>) -> Result<Answer, Refusal> {
    let markets = symbols::one_or_many(call)?;
    call.params.finish()?;
    answer(&markets, |market| book_ticker(&call.exchange.views, market))
}

fn book_ticker<'a>(views: &Views, market: &'a Market) -> Option<BookTicker<'a>> {
    let grid = Grid::new(market);
    let book = views.book_ticker(market.id)?;
    let ((bid_price, bid_qty), (ask_price, ask_qty)) = (grid.best(book.bid), grid.best(book.ask));
    Some(BookTicker { symbol: grid.symbol().into(), bid_price, bid_qty, ask_price, ask_qty })
}

fn answer_window(
    markets: &OneOrMany<Arc<Market>>,
    kind: Kind,
    unit: TimeUnit,
    ticker: impl Fn(&Market) -> Option<Ticker>,
) -> Result<Answer, Refusal> {
    match kind {
        Kind::Full => answer(markets, |market| {
            ticker(market).map(|it| Figures::new(market, it, unit).rolling())
        }),
        Kind::Mini => answer_mini(markets, unit, ticker),
    }
}

fn answer_mini(
    markets: &OneOrMany<Arc<Market>>,
    unit: TimeUnit,
    ticker: impl Fn(&Market) -> Option<Ticker>,
) -> Result<Answer, Refusal> {
    answer(markets, |market| ticker(market).map(|it| Figures::new(market, it, unit).mini()))
}

/// One answer for one market, an array for several.
fn answer<'a, T: Serialize + 'a>(
    markets: &'a OneOrMany<Arc<Market>>,
    tell: impl Fn(&'a Market) -> Option<T>,
) -> Result<Answer, Refusal> {
    match markets {
        OneOrMany::One(market) => Answer::of(&tell(market).ok_or(Refusal::BadSymbol)?),
        OneOrMany::Many(markets) => {
            Answer::of(&markets.iter().filter_map(|market| tell(market)).collect::<Vec<_>>())
        }
    }
}

/// A ticker with all that its shapes tell. Where nothing traded in the window, the last price
/// stands for all prices; where nothing ever did, zero.
pub struct Figures<'a> {
    /// Prints numbers.
    pub grid: Grid<'a>,
    /// What is told.
    pub ticker: Ticker,
    unit: TimeUnit,
}

impl<'a> Figures<'a> {
    /// What `ticker` comes to in the market that it is of.
    #[must_use]
    pub fn new(market: &'a Market, ticker: Ticker, unit: TimeUnit) -> Self {
        Self { grid: Grid::new(market), ticker, unit }
    }

    fn prices(&self) -> Option<TickerPrices> {
        let still = |trade: TradeRecord| TickerPrices {
            open: trade.price,
            high: trade.price,
            low: trade.price,
            last: trade.price,
        };
        self.ticker.prices.or(self.ticker.last_trade.map(still))
    }

    fn told(&self, which: impl Fn(TickerPrices) -> Price) -> DecimalText {
        self.grid.price_or_zero(self.prices().map(which))
    }

    /// First price.
    #[must_use]
    pub fn open(&self) -> DecimalText {
        self.told(|prices| prices.open)
    }

    /// Highest price.
    #[must_use]
    pub fn high(&self) -> DecimalText {
        self.told(|prices| prices.high)
    }

    /// Lowest price.
    #[must_use]
    pub fn low(&self) -> DecimalText {
        self.told(|prices| prices.low)
    }

    /// Last price.
    #[must_use]
    pub fn last(&self) -> DecimalText {
        self.told(|prices| prices.last)
    }

    /// Quantity of the last trade of all.
    #[must_use]
    pub fn last_qty(&self) -> DecimalText {
        self.grid.qty(self.ticker.last_trade.map_or(Qty::ZERO, |trade| trade.qty))
    }

    /// Last price before the window.
    #[must_use]
    pub fn previous_close(&self) -> DecimalText {
        self.grid.price_or_zero(self.ticker.previous_close)
    }

    /// From the first price to the last.
    #[must_use]
    pub fn change(&self) -> DecimalText {
        self.grid.ticks(self.ticker.change_ticks())
    }

    /// As [`Self::change`], in percent.
    #[must_use]
    pub fn change_percent(&self) -> DecimalText {
        DecimalText(self.ticker.change_percent())
    }

    /// Average price, weighted by quantity.
    #[must_use]
    pub fn weighted_average(&self) -> DecimalText {
        self.grid.average(self.ticker.quote, self.ticker.lots)
    }

    /// Of base.
    #[must_use]
    pub fn volume(&self) -> DecimalText {
        self.grid.volume(self.ticker.lots)
    }

    /// Of quote.
    #[must_use]
    pub fn quote_volume(&self) -> DecimalText {
        self.grid.quote(self.ticker.quote)
    }

    /// First and last trade; −1 where there is none.
    #[must_use]
    pub fn trade_ids(&self) -> (i64, i64) {
        signed_ids(self.ticker.trade_ids)
    }

    /// Begin and end of the window.
    #[must_use]
    pub const fn times(&self) -> (u64, u64) {
        (self.unit.of(self.ticker.open_time), self.unit.of(self.ticker.close_time))
    }

    /// As `ticker/24hr` tells it.
    #[must_use]
    pub fn full(&self) -> Ticker24h<'a> {
        let (bid_price, bid_qty) = self.grid.best(self.ticker.book.bid);
        let (ask_price, ask_qty) = self.grid.best(self.ticker.book.ask);
        let ((open_time, close_time), (first_id, last_id)) = (self.times(), self.trade_ids());
        Ticker24h {
            symbol: self.grid.symbol().into(),
            price_change: self.change(),
            price_change_percent: self.change_percent(),
            weighted_avg_price: self.weighted_average(),
            prev_close_price: self.previous_close(),
            last_price: self.last(),
            last_qty: self.last_qty(),
            bid_price,
            bid_qty,
            ask_price,
            ask_qty,
            open_price: self.open(),
            high_price: self.high(),
            low_price: self.low(),
            volume: self.volume(),
            quote_volume: self.quote_volume(),
            open_time,
            close_time,
            first_id,
            last_id,
            count: self.ticker.trades,
        }
    }

    /// As `ticker` and `ticker/tradingDay` tell it.
    #[must_use]
    pub fn rolling(&self) -> RollingTicker<'a> {
        let ((open_time, close_time), (first_id, last_id)) = (self.times(), self.trade_ids());
        RollingTicker {
            symbol: self.grid.symbol().into(),
            price_change: self.change(),
            price_change_percent: self.change_percent(),
            weighted_avg_price: self.weighted_average(),
            open_price: self.open(),
            high_price: self.high(),
            low_price: self.low(),
            last_price: self.last(),
            volume: self.volume(),
            quote_volume: self.quote_volume(),
            open_time,
            close_time,
            first_id,
            last_id,
            count: self.ticker.trades,
        }
    }

    /// As all of them tell it with `type=MINI`.
    #[must_use]
    pub fn mini(&self) -> MiniTicker<'a> {
        let ((open_time, close_time), (first_id, last_id)) = (self.times(), self.trade_ids());
        MiniTicker {
            symbol: self.grid.symbol().into(),
            open_price: self.open(),
            high_price: self.high(),
            low_price: self.low(),
            last_price: self.last(),
            volume: self.volume(),
            quote_volume: self.quote_volume(),
            open_time,
            close_time,
            first_id,
            last_id,
            count: self.ticker.trades,
        }
    }
}
