//! What everybody may ask: markets and their rules, books, trades, candles, tickers.

use std::sync::Arc;

use engine::FeeAsset;
use model::{Decimal, Interval, MarketId, OrderId, Price, Side, Time, UserId, UtcOffset};
use projection::{Candle, Market, Page, TradeRecord};
use venue::Level;
use venue::port::{self, Balance, Pair, Steps};

use super::{Desk, is_open};

/// A market with its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketFacts {
    /// Its number at our exchange.
    pub id: MarketId,
    /// What is traded.
    pub pair: Pair,
    /// Whether it takes orders.
    pub is_open: bool,
    /// Rules of prices.
    pub price: Steps,
    /// Rules of quantities.
    pub qty: Steps,
    /// Most of a market order's quantity.
    pub market_qty_max: Decimal,
    /// Rules of price × quantity.
    pub notional: Steps,
    /// Fees of who has agreed on nothing else.
    pub fees: port::Fees,
    /// Digits after the point of the base asset's ledger unit.
    pub base_scale: u8,
    /// Digits after the point of the quote asset's ledger unit.
    pub quote_scale: u8,
}

impl MarketFacts {
    pub(super) fn of(market: &Market) -> Self {
        let filters = &market.spec.filters;
        let (price_min, price_max) = filters.price;
        let (qty_min, qty_max) = filters.qty;
        let notional = |units| market.quote_amount(units);
        let steps = |min, max, step| Steps { min: Some(min), max: Some(max), step };
        Self {
            id: market.id,
            pair: pair_of(market),
            is_open: is_open(market.state),
            price: steps(
                market.price(price_min),
                market.price(price_max),
                Some(market.tick().trimmed()),
            ),
            qty: steps(qty_of(market, qty_min), qty_of(market, qty_max), Some(lot(market))),
            market_qty_max: qty_of(market, filters.market_qty.1),
            notional: steps(notional(filters.notional.0), notional(filters.notional.1), None),
            fees: fees_of(market, 0),
            base_scale: market.base.scale,
            quote_scale: market.quote.scale,
        }
    }

    /// Digits after the point of a price.
    #[must_use]
    pub fn price_scale(&self) -> u8 {
        self.price.step.map_or(0, Decimal::scale)
    }

    /// Digits after the point of a quantity.
    #[must_use]
    pub fn qty_scale(&self) -> u8 {
        self.qty.step.map_or(0, Decimal::scale)
    }
}

/// The book of a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskDepth {
    /// Grows by one with each change of the book.
    pub sequence: u64,
    /// When it last changed.
    pub time: Time,
    /// Highest first.
    pub bids: Vec<Level>,
    /// Lowest first.
    pub asks: Vec<Level>,
}

/// One match, as everybody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskTrade {
    /// Its number in the market, from 1.
    pub id: u64,
    /// Where.
    pub pair: Pair,
    /// Who crossed.
    pub taker: Side,
    /// At which price.
    pub price: Decimal,
    /// How much base.
    pub qty: Decimal,
    /// For how much quote.
    pub quote: Decimal,
    /// When.
    pub time: Time,
    /// Whose order crossed and whose rested, as they are told where it happens; what is asked for
    /// later does not say.
    pub orders: Option<TradeOrders>,
}

/// The two orders of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeOrders {
    /// It crossed.
    pub taker: OrderId,
    /// It rested.
    pub maker: OrderId,
}

/// How a market did in the last 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskTicker {
    /// Which.
    pub pair: Pair,
    /// Begin of the window.
    pub open_time: Time,
    /// The first price in the window.
    pub open: Option<Decimal>,
    /// The highest.
    pub high: Option<Decimal>,
    /// The lowest.
    pub low: Option<Decimal>,
    /// The last price, in the window or before it.
    pub last: Option<Decimal>,
    /// The last trade, in the window or before it.
    pub last_trade: Option<DeskTrade>,
    /// How much base was traded.
    pub volume: Decimal,
    /// For how much quote.
    pub quote_volume: Decimal,
    /// In how many trades.
    pub trades: u64,
    /// The book's number.
    pub sequence: u64,
    /// The best price to sell at.
    pub bid: Option<Level>,
    /// The best price to buy at.
    pub ask: Option<Level>,
}

/// All that an account of ours has of one asset.
///
/// # Panics
/// Never: the ledger keeps both parts, and what an account has in all, in one integer.
pub fn total_of(balance: &Balance) -> Decimal {
    balance.free.checked_add(balance.held).expect("an amount of the ledger")
}

/// What traded within an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskCandle {
    /// When it begins.
    pub open_time: Time,
    /// Its last microsecond.
    pub close_time: Time,
    /// The first price.
    pub open: Decimal,
    /// The highest.
    pub high: Decimal,
    /// The lowest.
    pub low: Decimal,
    /// The last.
    pub close: Decimal,
    /// How much base.
    pub volume: Decimal,
    /// For how much quote.
    pub quote_volume: Decimal,
    /// In how many trades.
    pub trades: u64,
}

/// What the desk tells everybody. An unknown market gives `None` or nothing.
impl Desk {
    /// All markets, in the order of listing.
    #[must_use]
    pub fn markets(&self) -> Vec<MarketFacts> {
        let catalog = self.views().catalog();
        catalog.markets().iter().map(|market| MarketFacts::of(market)).collect()
    }

    /// One market.
    #[must_use]
    pub fn facts(&self, pair: Pair) -> Option<MarketFacts> {
        self.market(pair).map(|market| MarketFacts::of(&market))
    }

    /// What trades in a market cost an account from now on.
    #[must_use]
    pub fn fees(&self, user: &UserId, pair: Pair) -> Option<port::Fees> {
        let account = self.views().account_of(user)?;
        Some(fees_of(&*self.market(pair)?, self.views().fee_tier(account)))
    }

    /// The best `levels` of both sides.
    #[must_use]
    pub fn depth(&self, pair: Pair, levels: usize) -> Option<DeskDepth> {
        let market = self.market(pair)?;
        let depth = self.views().depth(market.id, levels)?;
        let side = |levels: &[projection::Level]| {
            levels.iter().map(|level| level_of(&market, *level)).collect()
        };
        Some(DeskDepth {
            sequence: depth.update_id,
            time: depth.time,
            bids: side(&depth.bids),
            asks: side(&depth.asks),
        })
    }

    /// The last 24 hours of a market.
    #[must_use]
    pub fn ticker(&self, pair: Pair) -> Option<DeskTicker> {
        let market = self.market(pair)?;
        let ticker = self.views().ticker_24h(market.id, self.now())?;
        let price = |price: Price| market.price(price);
        let level = |level: projection::Level| level_of(&market, level);
        Some(DeskTicker {
            pair,
            open_time: ticker.open_time,
            open: ticker.prices.map(|it| price(it.open)),
            high: ticker.prices.map(|it| price(it.high)),
            low: ticker.prices.map(|it| price(it.low)),
            last: ticker.last_trade.map(|it| price(it.price)),
            last_trade: ticker.last_trade.map(|it| trade_of(&market, &it)),
            volume: market.volume(ticker.lots),
            quote_volume: market.quote_amount(ticker.quote),
            trades: ticker.trades,
            sequence: ticker.book.update_id,
            bid: ticker.book.bid.map(level),
            ask: ticker.book.ask.map(level),
        })
    }

    /// The latest `count` trades, oldest first.
    #[must_use]
    pub fn trades(&self, pair: Pair, count: usize) -> Vec<DeskTrade> {
        self.trade_page(pair, &Page::latest(count))
    }

    /// The first `count` trades from `since` on, oldest first.
    #[must_use]
    pub fn trades_since(&self, pair: Pair, since: Time, count: usize) -> Vec<DeskTrade> {
        self.trade_page(pair, &Page { start: Some(since), ..Page::latest(count) })
    }

    fn trade_page(&self, pair: Pair, page: &Page) -> Vec<DeskTrade> {
        let Some(market) = self.market(pair) else { return Vec::new() };
        let trades = self.views().trades(market.id, page);
        trades.iter().map(|trade| trade_of(&market, trade)).collect()
    }

    /// Candles that begin between two times, oldest first, those without trades as well: the
    /// earliest where a start is given, otherwise the latest.
    #[must_use]
    pub fn candles(
        &self,
        pair: Pair,
        interval: Interval,
        (start, end): (Option<Time>, Option<Time>),
        count: usize,
    ) -> Vec<DeskCandle> {
        let Some(market) = self.market(pair) else { return Vec::new() };
        let page = Page { start, end, ..Page::latest(count) };
        let (views, now) = (self.views(), self.now());
        let candles = views.candles(market.id, interval, UtcOffset::UTC, &page, now);
        candles.iter().map(|candle| candle_of(&market, candle)).collect()
    }
}

/// The pair of a market.
pub(super) fn pair_of(market: &Market) -> Pair {
    Pair { base: market.base.code, quote: market.quote.code }
}

/// One level of a market's book.
pub(super) fn level_of(market: &Market, level: projection::Level) -> Level {
    Level { price: market.price(level.price), qty: qty_of(market, level.qty) }
}

/// The quantity step with the digits it needs.
fn lot(market: &Market) -> Decimal {
    market.lot().trimmed()
}

/// A quantity with the digits of the lot.
pub(super) fn qty_of(market: &Market, qty: model::Qty) -> Decimal {
    let (whole, digits) = (market.qty(qty), lot(market).scale());
    let exact = whole.units_at(digits).and_then(|units| Decimal::new(units, digits));
    exact.unwrap_or(whole)
}

pub(super) fn trade_of(market: &Market, trade: &TradeRecord) -> DeskTrade {
    DeskTrade {
        id: trade.id.0,
        pair: pair_of(market),
        taker: trade.taker_side,
        price: market.price(trade.price),
        qty: qty_of(market, trade.qty),
        quote: market.quote_amount(trade.quote),
        time: trade.time,
        orders: None,
    }
}

fn candle_of(market: &Arc<Market>, candle: &Candle) -> DeskCandle {
    DeskCandle {
        open_time: candle.open_time,
        close_time: candle.close_time,
        open: market.price(candle.open),
        high: market.price(candle.high),
        low: market.price(candle.low),
        close: market.price(candle.close),
        volume: market.volume(candle.lots),
        quote_volume: market.quote_amount(candle.quote),
        trades: candle.trades,
    }
}

fn fees_of(market: &Market, tier: u8) -> port::Fees {
    let fees = market.fees(tier);
    let rate = |rate: model::FeeRate| Decimal::new(rate.millionths().into(), 6).unwrap_or_default();
    port::Fees {
        maker: rate(fees.maker),
        taker: rate(fees.taker),
        asset: match market.spec.fee_asset {
            FeeAsset::Received => port::FeeAsset::Received,
            FeeAsset::Quote => port::FeeAsset::Quote,
        },
    }
}
