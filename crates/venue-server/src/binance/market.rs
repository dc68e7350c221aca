//! Public market data: the time, the book, trades, candles, the average price.
//!
//! Source  rest-api.md, "General endpoints" and "Market Data endpoints".

use model::{Interval, Side, UtcOffset};
use projection::{AggregateTrade, HistoryError, Page, TradeRecord, candles_read};
use venue::binance::{
    AggTrade, AvgPrice, Depth, Kline, Operation, Refusal, ServerTime, Trade, parse_offset,
};

use super::grid::Grid;
use super::operation::{Answer, Call};
use super::request::{Params, ROWS_DEFAULT, ROWS_MAX};
use super::symbols;

/// Levels of each side where the request does not say.
const DEPTH_DEFAULT: usize = 100;
/// The most levels of each side.
const DEPTH_MAX: usize = 5_000;

/// Candles that are read, to compose others of them, for one weight.
const CANDLES_PER_WEIGHT: u64 = 500;

/// What a request weighs: as the venue says, and for candles of a time zone more, by how many it
/// takes to compose them.
#[must_use]
pub fn weight_of(operation: Operation, params: &Params<'_>) -> u32 {
    let weight = operation.weight(|name| params.peek(name));
    if !matches!(operation, Operation::Klines | Operation::UiKlines) {
        return weight;
    }
    let Some(interval) = params.peek("interval").and_then(Interval::parse) else { return weight };
    let offset = params.peek("timeZone").and_then(parse_offset).unwrap_or_default();
    let limit = params.peek("limit").and_then(|text| text.parse().ok());
    let limit = limit.unwrap_or(ROWS_DEFAULT).min(ROWS_MAX) as u64;
    let read = candles_read(interval, offset, limit) / CANDLES_PER_WEIGHT;
    weight.saturating_add(u32::try_from(read).unwrap_or(u32::MAX))
}

/// `ping`
///
/// # Errors
/// For parameters: it has none.
pub fn ping(call: &Call<'_>) -> Result<Answer, Refusal> {
    call.params.finish()?;
    Answer::of(&serde_json::Map::new())
}

/// `time`
///
/// # Errors
/// For parameters: it has none.
pub fn time(call: &Call<'_>) -> Result<Answer, Refusal> {
    call.params.finish()?;
    Answer::of(&ServerTime { server_time: call.time(call.now) })
}

/// `depth`
///
/// # Errors
/// As documented.
pub fn depth(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required_in_status(call)?;
    let limit = call.params.limit(DEPTH_DEFAULT, DEPTH_MAX)?;
    call.params.finish()?;
    let depth = call.exchange.views.depth(market.id, limit).ok_or(Refusal::BadSymbol)?;
    let grid = Grid::new(&market);
    Answer::of(&Depth {
        last_update_id: depth.update_id,
        bids: grid.levels(&depth.bids),
        asks: grid.levels(&depth.asks),
    })
}

/// `trades`
///
/// # Errors
/// As documented.
pub async fn trades(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    let limit = call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    call.params.finish()?;
    let trades = call.history().trades(market.id, &Page::latest(limit)).await;
    answer_trades(call, &Grid::new(&market), &trades.map_err(unreadable)?)
}

/// `historicalTrades`
///
/// # Errors
/// As documented.
pub async fn historical_trades(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    let limit = call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    let from_id = call.params.integer("fromId")?;
    call.params.finish()?;
    let page = Page { from_id, ..Page::latest(limit) };
    let trades = call.history().trades(market.id, &page).await;
    answer_trades(call, &Grid::new(&market), &trades.map_err(unreadable)?)
}

fn answer_trades(
    call: &Call<'_>,
    grid: &Grid<'_>,
    trades: &[TradeRecord],
) -> Result<Answer, Refusal> {
    let row = |trade: &TradeRecord| Trade {
        id: trade.id.0,
        price: grid.price(trade.price),
        qty: grid.qty(trade.qty),
        quote_qty: grid.quote(trade.quote),
        time: call.time(trade.time),
        is_buyer_maker: trade.taker_side == Side::Sell,
        is_best_match: true,
    };
    Answer::of(&trades.iter().map(row).collect::<Vec<_>>())
}

/// `aggTrades`
///
/// # Errors
/// As documented; -1128 for `fromId` with times.
pub async fn agg_trades(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    let limit = call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    let from_id = call.params.integer("fromId")?;
    let (start, end) = call.params.span()?;
    call.params.finish()?;
    if from_id.is_some() && (start.is_some() || end.is_some()) {
        return Err(Refusal::BadOptionalCombination);
    }
    let page = Page { from_id, start, end, ..Page::latest(limit) };
    let trades = call.history().aggregate_trades(market.id, &page).await;
    let trades = trades.map_err(unreadable)?;
    let grid = Grid::new(&market);
    let row = |trade: &AggregateTrade| AggTrade {
        id: trade.id,
        price: grid.price(trade.price),
        qty: grid.volume(trade.lots),
        first_id: trade.first.0,
        last_id: trade.last.0,
        time: call.time(trade.time),
        is_buyer_maker: trade.taker_side == Side::Sell,
        is_best_match: true,
    };
    Answer::of(&trades.iter().map(row).collect::<Vec<_>>())
}

/// `klines` and `uiKlines`
///
/// # Errors
/// As documented.
pub async fn klines(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    let interval = call.params.required("interval")?;
    let interval = Interval::parse(interval).ok_or(Refusal::BadInterval)?;
    let (start, end) = call.params.span()?;
    let offset = utc_offset(call.params)?;
    let limit = call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    call.params.finish()?;
    let page = Page { start, end, ..Page::latest(limit) };
    let history = call.history();
    let candles = history.candles(market.id, interval, offset, &page, call.now).await;
    let candles = candles.map_err(unreadable)?;
    let grid = Grid::new(&market);
    let row = |candle: &projection::Candle| Kline {
        open_time: call.time(candle.open_time),
        open: grid.price(candle.open),
        high: grid.price(candle.high),
        low: grid.price(candle.low),
        close: grid.price(candle.close),
        volume: grid.volume(candle.lots),
        close_time: call.time(candle.close_time),
        quote_volume: grid.quote(candle.quote),
        trades: candle.trades,
        taker_buy_volume: grid.volume(candle.taker_buy_lots),
        taker_buy_quote_volume: grid.quote(candle.taker_buy_quote),
    };
    Answer::of(&candles.iter().map(row).collect::<Vec<_>>())
}

/// The database does not answer, or who asks it asks too much at once: nothing is known, nothing
/// was changed.
pub fn unreadable(error: HistoryError) -> Refusal {
    match error {
        HistoryError::Busy => Refusal::Busy,
        HistoryError::Database(_) | HistoryError::Row | HistoryError::Unread => {
            tracing::error!(%error, "the history cannot be read");
            Refusal::Internal
        }
    }
}

/// `timeZone`, UTC where it is not sent.
///
/// # Errors
/// [`Refusal::BadValue`].
pub fn utc_offset(params: &Params<'_>) -> Result<UtcOffset, Refusal> {
    let Some(text) = params.text("timeZone")? else { return Ok(UtcOffset::UTC) };
    parse_offset(text).ok_or(Refusal::BadValue("timeZone"))
}

/// `avgPrice`
///
/// # Errors
/// As documented.
pub fn avg_price(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    call.params.finish()?;
    let views = &call.exchange.views;
    let price = views.average_price(market.id).map(|average| average.price);
    let last = views.last_trade(market.id);
    Answer::of(&AvgPrice {
        mins: market.spec.filters.averages.minutes,
        price: Grid::new(&market).price_or_zero(price),
        close_time: last.map_or(0, |trade| call.time(trade.time)),
    })
}
