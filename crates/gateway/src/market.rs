//! `/api/v1/market` and the public half of `/api/v1/trading`: what everybody may see.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use engine::{Allocation, FeeAsset, MarketState};
use model::{Decimal, Interval, LOTS_MAX, Price, Qty, Side, TICKS_MAX, Time, UtcOffset};
use projection::{Candle, Level, Market, Page, Ticker, TradeRecord, Views};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::caller::From;
use crate::input::Asked;
use crate::moment;
use crate::page::{Listed, cursor, rows, weight_of_rows};
use crate::problem::{Problem, ProblemShape};

/// Levels of each side where the request does not say.
const DEPTH_DEFAULT: usize = 100;
/// The most levels of each side.
const DEPTH_MAX: usize = 5_000;
/// The most candles of an answer.
const CANDLES_MAX: usize = 1_000;

/// The kinds of orders, as requests name them.
const ORDER_TYPES: [&str; 9] = [
    "limit",
    "market",
    "limitMaker",
    "stopLoss",
    "stopLossLimit",
    "takeProfit",
    "takeProfitLimit",
    "trailingStop",
    "trailingStopLimit",
];

/// A market and its rules.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    #[schema(examples("BTC-USDT"))]
    symbol: String,
    base: String,
    quote: String,
    /// `open`, `postOnly`, `cancelOnly` or `halted`.
    status: &'static str,
    /// How a price level is shared: `fifo` or `proRata`.
    allocation: &'static str,
    tick_size: String,
    lot_size: String,
    /// In quote.
    min_notional: Option<String>,
    max_notional: Option<String>,
    min_price: Option<String>,
    max_price: Option<String>,
    min_quantity: Option<String>,
    max_quantity: Option<String>,
    min_market_quantity: Option<String>,
    max_market_quantity: Option<String>,
    /// How far above the reference price (the average of `avgPriceMinutes` minutes, or the last
    /// price) one may bid, as a multiple of it; a buy at the market that waits for a trigger holds
    /// money up to there.
    bid_multiplier_up: String,
    /// How far below it.
    bid_multiplier_down: String,
    /// How far above it one may ask.
    ask_multiplier_up: String,
    /// How far below it.
    ask_multiplier_down: String,
    /// Of the reference price; 0 for the last price.
    avg_price_minutes: u8,
    /// Of the lowest tier, as a fraction: `0.001` is 0.1 %.
    maker_fee_rate: String,
    taker_fee_rate: String,
    /// `received`: out of what each side gets; or `quote`.
    fee_asset: &'static str,
    order_types: &'static [&'static str],
    /// Open orders of one account here.
    max_orders: u32,
    /// Basis points.
    min_trailing_delta: u32,
    max_trailing_delta: u32,
}

/// The word for what a market admits.
#[must_use]
pub const fn state_word(state: MarketState) -> &'static str {
    match state {
        MarketState::Open => "open",
        MarketState::PostOnly => "postOnly",
        MarketState::CancelOnly => "cancelOnly",
        MarketState::Halted => "halted",
    }
}

impl Pair {
    fn of(market: &Market) -> Self {
        let (spec, filters) = (&market.spec, &market.spec.filters);
        let price =
            |price: Price, bound: u64| (price.ticks() != bound).then(|| market.price_text(price));
        let qty = |qty: Qty, bound: u64| (qty.lots() != bound).then(|| market.qty_text(qty));
        let fees = market.fees(0);
        Self {
            symbol: market.symbol.dashed.clone(),
            base: market.base.code.to_string(),
            quote: market.quote.code.to_string(),
            status: state_word(market.state),
            allocation: match spec.allocation {
                Allocation::Fifo => "fifo",
                Allocation::ProRata => "proRata",
            },
            tick_size: market.tick().trimmed().to_string(),
            lot_size: market.lot().trimmed().to_string(),
            min_notional: (0 < filters.notional.0).then(|| quote(market, filters.notional.0)),
            max_notional: (filters.notional.1 < 1 << 100)
                .then(|| quote(market, filters.notional.1)),
            min_price: price(filters.price.0, 1),
            max_price: price(filters.price.1, TICKS_MAX - 1),
            min_quantity: qty(filters.qty.0, 1),
            max_quantity: qty(filters.qty.1, LOTS_MAX - 1),
            min_market_quantity: qty(filters.market_qty.0, 1),
            max_market_quantity: qty(filters.market_qty.1, LOTS_MAX - 1),
            bid_multiplier_up: multiple(filters.band.bid_up),
            bid_multiplier_down: multiple(filters.band.bid_down),
            ask_multiplier_up: multiple(filters.band.ask_up),
            ask_multiplier_down: multiple(filters.band.ask_down),
            avg_price_minutes: filters.averages.minutes,
            maker_fee_rate: rate(fees.maker.millionths()),
            taker_fee_rate: rate(fees.taker.millionths()),
            fee_asset: match spec.fee_asset {
                FeeAsset::Received => "received",
                FeeAsset::Quote => "quote",
            },
            order_types: &ORDER_TYPES,
            max_orders: filters.orders_max,
            min_trailing_delta: filters.trailing_delta.0,
            max_trailing_delta: filters.trailing_delta.1,
        }
    }
}

/// An amount of quote without zeros at its end.
fn quote(market: &Market, amount: i128) -> String {
    market.quote_amount(amount).trimmed().to_string()
}

/// A fee as a fraction.
fn rate(millionths: i32) -> String {
    let rate = Decimal::new(i128::from(millionths), 6).expect("six digits");
    rate.trimmed().to_string()
}

/// Hundredths of a percent as a multiple.
fn multiple(part: u32) -> String {
    let multiple = Decimal::new(i128::from(part), 4).expect("ten digits");
    multiple.trimmed().to_string()
}

/// The market that a path or a body names.
///
/// # Errors
/// 404.
pub fn find(views: &Views, symbol: &str) -> Result<Arc<Market>, Problem> {
    let catalog = views.catalog();
    let market = catalog.market_as_written(symbol).cloned();
    // What came from outside goes back only where it may be a symbol.
    market.ok_or_else(|| Problem::not_found("there is no such market"))
}

/// All markets and their rules.
#[utoipa::path(get, path = "/api/v1/market/pairs", tag = "market",
    responses((status = 200, body = Listed<Pair>)))]
pub async fn pairs(State(api): State<Arc<Api>>) -> Json<Listed<Pair>> {
    let catalog = api.exchange.views.catalog();
    Listed::whole(catalog.markets().iter().map(|market| Pair::of(market)).collect())
}

/// The last price of a market.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastPrice {
    symbol: String,
    /// `null` where nothing has traded.
    price: Option<String>,
    /// When it traded.
    at: Option<String>,
}

/// The last price of every market.
#[utoipa::path(get, path = "/api/v1/market/prices", tag = "market",
    responses((status = 200, body = Listed<LastPrice>)))]
pub async fn prices(State(api): State<Arc<Api>>) -> Json<Listed<LastPrice>> {
    let views = &api.exchange.views;
    let row = |market: &Arc<Market>| {
        let last = views.last_trade(market.id);
        LastPrice {
            symbol: market.symbol.dashed.clone(),
            price: last.map(|trade| market.price_text(trade.price)),
            at: last.map(|trade| moment::text(trade.time)),
        }
    };
    Listed::whole(views.catalog().markets().iter().map(row).collect())
}

/// How a market did in the last 24 hours. `null` where nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TickerView {
    symbol: String,
    last: Option<String>,
    change: Option<String>,
    /// With two digits or more: `-1.234` is −1.234 %.
    change_percent: Option<String>,
    open: Option<String>,
    high: Option<String>,
    low: Option<String>,
    volume: String,
    quote_volume: String,
    bid: Option<String>,
    bid_quantity: Option<String>,
    ask: Option<String>,
    ask_quantity: Option<String>,
    trades: u64,
    open_at: String,
    close_at: String,
}

impl TickerView {
    /// The ticker of `market` at `now`.
    #[must_use]
    pub fn of(views: &Views, market: &Market, now: Time) -> Option<Self> {
        let ticker = views.ticker_24h(market.id, now)?;
        Some(Self::told(market, &ticker))
    }

    /// Whether another tells nothing new but that time has passed.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let timeless = |ticker: &Self| Self {
            open_at: String::new(),
            close_at: String::new(),
            ..ticker.clone()
        };
        timeless(self) == timeless(other)
    }

    fn told(market: &Market, ticker: &Ticker) -> Self {
        let prices = ticker.prices;
        let price = |price: Price| market.price_text(price);
        let last = ticker.last_trade.map(|trade| trade.price);
        let change = prices.map(|_| {
            let ticks = i128::from(ticker.change_ticks());
            let units = ticks * i128::from(market.spec.tick_units);
            let change = Decimal::new(units, market.spec.tick_scale);
            change.expect("tick scales are at most 18").to_string()
        });
        let (bid, ask) = (ticker.book.bid, ticker.book.ask);
        Self {
            symbol: market.symbol.dashed.clone(),
            last: last.map(price),
            change,
            change_percent: prices.map(|_| ticker.change_percent().to_string()),
            open: prices.map(|prices| price(prices.open)),
            high: prices.map(|prices| price(prices.high)),
            low: prices.map(|prices| price(prices.low)),
            volume: market.volume(ticker.lots).trimmed().to_string(),
            quote_volume: quote(market, ticker.quote),
            bid: bid.map(|level| price(level.price)),
            bid_quantity: bid.map(|level| market.qty_text(level.qty)),
            ask: ask.map(|level| price(level.price)),
            ask_quantity: ask.map(|level| market.qty_text(level.qty)),
            trades: ticker.trades,
            open_at: moment::text(ticker.open_time),
            close_at: moment::text(ticker.close_time),
        }
    }
}

/// How one market did in the last 24 hours.
#[utoipa::path(get, path = "/api/v1/market/ticker/{symbol}", tag = "market",
    params(("symbol" = String, Path, description = "The market, as `BTC-USDT`.")),
    responses((status = 200, body = TickerView), (status = 404, body = ProblemShape)))]
pub async fn ticker(
    State(api): State<Arc<Api>>,
    Path(symbol): Path<String>,
) -> Result<Json<TickerView>, Problem> {
    let market = find(&api.exchange.views, &symbol)?;
    let ticker = TickerView::of(&api.exchange.views, &market, api.exchange.now());
    ticker.map(Json).ok_or_else(Problem::internal)
}

/// How every market did in the last 24 hours.
#[utoipa::path(get, path = "/api/v1/market/stats", tag = "market",
    responses((status = 200, body = Listed<TickerView>)))]
pub async fn stats(State(api): State<Arc<Api>>) -> Json<Listed<TickerView>> {
    let (views, now) = (&api.exchange.views, api.exchange.now());
    let row = |market: &Arc<Market>| TickerView::of(views, market, now);
    Listed::whole(views.catalog().markets().iter().filter_map(row).collect())
}

/// What traded within an interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CandleView {
    open_at: String,
    close_at: String,
    open: String,
    high: String,
    low: String,
    close: String,
    volume: String,
    quote_volume: String,
    trades: u64,
}

impl CandleView {
    /// A candle of `market`.
    #[must_use]
    pub fn of(market: &Market, candle: &Candle) -> Self {
        Self {
            open_at: moment::text(candle.open_time),
            close_at: moment::text(candle.close_time),
            open: market.price_text(candle.open),
            high: market.price_text(candle.high),
            low: market.price_text(candle.low),
            close: market.price_text(candle.close),
            volume: market.volume(candle.lots).trimmed().to_string(),
            quote_volume: quote(market, candle.quote),
            trades: candle.trades,
        }
    }
}

/// Which candles.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CandlesAsked {
    /// `1s`, `1m`, `3m`, `5m`, `15m`, `30m`, `1h`, `2h`, `4h`, `6h`, `8h`, `12h`, `1d`, `3d`, `1w`,
    /// `1M`.
    #[param(example = "1m")]
    interval: String,
    /// Not before: RFC 3339, or milliseconds since the epoch.
    from: Option<String>,
    /// Not after.
    to: Option<String>,
    /// At most so many, up to 1000; the latest where there is no `from`.
    limit: Option<usize>,
}

/// Candles, oldest first.
#[utoipa::path(get, path = "/api/v1/market/candles/{symbol}", tag = "market",
    params(("symbol" = String, Path, description = "The market, as `BTC-USDT`."), CandlesAsked),
    responses((status = 200, body = Listed<CandleView>),
        (status = 400, body = ProblemShape),
        (status = 404, body = ProblemShape)))]
pub async fn candles(
    State(api): State<Arc<Api>>,
    Path(symbol): Path<String>,
    From(from): From,
    Asked(asked): Asked<CandlesAsked>,
) -> Result<Json<Listed<CandleView>>, Problem> {
    let market = find(&api.exchange.views, &symbol)?;
    let interval = Interval::parse(&asked.interval)
        .ok_or_else(|| Problem::wrong("interval", "not an interval like 1m, 1h or 1d"))?;
    let time = |name: &str, text: Option<&str>| {
        let wrong = || Problem::wrong(name, "not a time like 2026-11-21T08:00:00Z");
        text.map(|text| moment::parse(text).ok_or_else(wrong)).transpose()
    };
    let (start, end) = (time("from", asked.from.as_deref())?, time("to", asked.to.as_deref())?);
    let limit = rows(asked.limit)?.min(CANDLES_MAX);
    api.exchange.charge_more(from, weight_of_rows(limit))?;
    let page = Page { start, end, ..Page::latest(limit) };
    let (history, now) = (api.exchange.history_for(None, from), api.exchange.now());
    let candles = history.candles(market.id, interval, UtcOffset::UTC, &page, now).await?;
    Ok(Listed::whole(candles.iter().map(|candle| CandleView::of(&market, candle)).collect()))
}

/// The visible book, best prices first; each level is a price and a quantity.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookView {
    symbol: String,
    /// Grows with each command that changes the book.
    seq: u64,
    bids: Vec<[String; 2]>,
    asks: Vec<[String; 2]>,
}

/// Levels as the wire has them.
#[must_use]
pub fn levels(market: &Market, levels: &[Level]) -> Vec<[String; 2]> {
    let row = |level: &Level| [market.price_text(level.price), market.qty_text(level.qty)];
    levels.iter().map(row).collect()
}

/// How deep.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DepthAsked {
    /// Levels of each side, up to 5000.
    depth: Option<usize>,
}

/// The order book.
#[utoipa::path(get, path = "/api/v1/trading/orderbook/{symbol}", tag = "market",
    params(("symbol" = String, Path, description = "The market, as `BTC-USDT`."), DepthAsked),
    responses((status = 200, body = BookView), (status = 400, body = ProblemShape),
        (status = 404, body = ProblemShape)))]
pub async fn order_book(
    State(api): State<Arc<Api>>,
    Path(symbol): Path<String>,
    From(from): From,
    Asked(asked): Asked<DepthAsked>,
) -> Result<Json<BookView>, Problem> {
    let market = find(&api.exchange.views, &symbol)?;
    let limit = asked.depth.unwrap_or(DEPTH_DEFAULT);
    if !(1..=DEPTH_MAX).contains(&limit) {
        return Err(Problem::wrong("depth", format!("must be from 1 to {DEPTH_MAX}")));
    }
    api.exchange.charge_more(from, weight_of_rows(limit))?;
    let depth = api.exchange.views.depth(market.id, limit).ok_or_else(Problem::internal)?;
    Ok(Json(BookView {
        symbol: market.symbol.dashed.clone(),
        seq: depth.update_id,
        bids: levels(&market, &depth.bids),
        asks: levels(&market, &depth.asks),
    }))
}

/// The public print of a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TradeView {
    id: String,
    price: String,
    quantity: String,
    /// Which side crossed.
    taker_side: &'static str,
    at: String,
}

/// The word for a side.
#[must_use]
pub const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

impl TradeView {
    /// A trade of `market`.
    #[must_use]
    pub fn of(market: &Market, trade: &TradeRecord) -> Self {
        Self {
            id: trade.id.to_string(),
            price: market.price_text(trade.price),
            quantity: market.qty_text(trade.qty),
            taker_side: side_word(trade.taker_side),
            at: moment::text(trade.time),
        }
    }
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageAsked {
    /// At most so many, up to 1000.
    pub limit: Option<usize>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// Trades, newest first.
#[utoipa::path(get, path = "/api/v1/trading/trades/{symbol}", tag = "market",
    params(("symbol" = String, Path, description = "The market, as `BTC-USDT`."), PageAsked),
    responses((status = 200, body = Listed<TradeView>),
        (status = 400, body = ProblemShape),
        (status = 404, body = ProblemShape)))]
pub async fn trades(
    State(api): State<Arc<Api>>,
    Path(symbol): Path<String>,
    From(from): From,
    Asked(asked): Asked<PageAsked>,
) -> Result<Json<Listed<TradeView>>, Problem> {
    let market = find(&api.exchange.views, &symbol)?;
    let limit = rows(asked.limit)?;
    api.exchange.charge_more(from, weight_of_rows(limit))?;
    let page = Page { before_id: cursor(asked.cursor.as_deref())?, ..Page::latest(limit) };
    let trades = api.exchange.history_for(None, from).trades(market.id, &page).await?;
    let next = trades.first().filter(|_| trades.len() == limit);
    let next_cursor = next.map(|trade| trade.id.to_string());
    let items = trades.iter().rev().map(|trade| TradeView::of(&market, trade)).collect();
    Ok(Json(Listed { items, next_cursor }))
}
