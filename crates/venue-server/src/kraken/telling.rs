//! What public channels tell, written from what the desk knows.

use model::{Decimal, Time};
use serde::Serialize;
use venue::instant::text as rfc3339;
use venue::kraken::{
    DecimalNumber, InstrumentAsset, InstrumentData, InstrumentPair, OhlcData, Push, StatusData,
    TickerData, TradeData, symbol_of,
};
use venue::port::Pair;

use super::Door;
use super::market::{COST_DIGITS, assets_of, interval_of, status};
use super::number::ratio;
use crate::desk::{Desk, DeskCandle, DeskTrade};

/// The version of the language.
const API_VERSION: &str = "v2";
/// Digits after the point of hundredths.
const PERCENT_DIGITS: u8 = 2;
/// Candles that are told at first.
const CANDLES_FIRST: usize = 720;

fn message<T: Serialize>(channel: &'static str, kind: &'static str, data: T) -> Option<String> {
    let (channel, kind, data) = (channel.into(), Some(kind.into()), Some(data));
    let push = Push { channel, kind, data, timestamp: None, sequence: None };
    serde_json::to_string(&push).ok()
}

/// `status`, to who has just connected.
pub fn status_message(door: &Door, connection_id: u64) -> Option<String> {
    let system = status(door).into();
    let version = env!("CARGO_PKG_VERSION").into();
    let told = StatusData { system, api_version: API_VERSION.into(), connection_id, version };
    message("status", "update", [told])
}

/// `heartbeat`, to who listens where nothing happens.
pub fn heartbeat() -> String {
    r#"{"channel":"heartbeat"}"#.to_owned()
}

/// `trade`
pub fn trades_message(kind: &'static str, trades: &[DeskTrade]) -> Option<String> {
    let data: Vec<TradeData<'_>> = trades.iter().map(trade_data).collect();
    message("trade", kind, data)
}

fn trade_data(trade: &DeskTrade) -> TradeData<'static> {
    TradeData {
        symbol: symbol_of(trade.pair).into(),
        side: trade.taker.into(),
        price: DecimalNumber(trade.price),
        qty: DecimalNumber(trade.qty),
        ord_type: "limit".into(),
        trade_id: trade.id,
        timestamp: rfc3339(trade.time).into(),
    }
}

/// `ticker`
pub fn ticker_message(desk: &Desk, pair: Pair, kind: &'static str) -> Option<String> {
    let (facts, told) = (desk.facts(pair)?, desk.ticker(pair)?);
    let digits = facts.price_scale();
    let number = |number: Option<Decimal>| {
        DecimalNumber(number.unwrap_or_default().with_digits_at_least(digits))
    };
    let best = |level: Option<venue::Level>| {
        let qty = level
            .map(|level| level.qty)
            .unwrap_or_default()
            .with_digits_at_least(facts.qty_scale());
        (number(level.map(|level| level.price)), DecimalNumber(qty))
    };
    let ((bid, bid_qty), (ask, ask_qty)) = (best(told.bid), best(told.ask));
    let (last, open) = (told.last.unwrap_or_default(), told.open.or(told.last).unwrap_or_default());
    let change = last.checked_sub(open).unwrap_or_default();
    let hundred = Decimal::new(100, 0).unwrap_or_default();
    let change_pct = ratio(change.times(hundred).unwrap_or_default(), open, PERCENT_DIGITS);
    let data = TickerData {
        symbol: symbol_of(pair).into(),
        bid,
        bid_qty,
        ask,
        ask_qty,
        last: number(told.last),
        volume: DecimalNumber(told.volume.with_digits_at_least(facts.qty_scale())),
        vwap: DecimalNumber(ratio(told.quote_volume, told.volume, COST_DIGITS)),
        low: number(told.low),
        high: number(told.high),
        change: DecimalNumber(change),
        change_pct: DecimalNumber(change_pct),
        timestamp: Some(rfc3339(desk.now()).into()),
    };
    message("ticker", kind, [data])
}

fn candle_data(
    pair: Pair,
    minutes: u32,
    candle: &DeskCandle,
    (price_digits, qty_digits): (u8, u8),
) -> OhlcData<'static> {
    let price = |price: Decimal| DecimalNumber(price.with_digits_at_least(price_digits));
    let average = ratio(candle.quote_volume, candle.volume, price_digits);
    OhlcData {
        symbol: symbol_of(pair).into(),
        open: price(candle.open),
        high: price(candle.high),
        low: price(candle.low),
        close: price(candle.close),
        trades: candle.trades,
        volume: DecimalNumber(candle.volume.truncated(qty_digits)),
        vwap: DecimalNumber(average),
        interval_begin: rfc3339(candle.open_time).into(),
        interval: minutes,
        timestamp: Some(rfc3339(Time(candle.close_time.0 + 1)).into()),
    }
}

fn candles(desk: &Desk, pair: Pair, minutes: u32, count: usize) -> Option<Vec<OhlcData<'static>>> {
    let facts = desk.facts(pair)?;
    let digits = (facts.price_scale(), facts.qty_scale());
    let candles = desk.candles(pair, interval_of(minutes).ok()?, (None, None), count);
    let told = |candle: &DeskCandle| candle_data(pair, minutes, candle, digits);
    Some(candles.iter().map(told).collect())
}

/// `ohlc`: what there was so far.
pub fn ohlc_snapshot(desk: &Desk, pair: Pair, minutes: u32) -> Option<String> {
    message("ohlc", "snapshot", candles(desk, pair, minutes, CANDLES_FIRST)?)
}

/// `ohlc`: the current candle.
pub fn ohlc_update(desk: &Desk, pair: Pair, minutes: u32) -> Option<String> {
    message("ohlc", "update", candles(desk, pair, minutes, 1)?)
}

/// `instrument`
pub fn instruments(desk: &Desk, kind: &'static str) -> Option<String> {
    let markets = desk.markets();
    let none = DecimalNumber(Decimal::ZERO);
    let asset = |(code, scale): (String, u8)| InstrumentAsset {
        id: code.into(),
        status: "enabled".into(),
        precision: scale,
        precision_display: COST_DIGITS,
        borrowable: false,
        collateral_value: none,
        margin_rate: none,
    };
    let number =
        |number: Option<Decimal>| DecimalNumber(number.map(Decimal::trimmed).unwrap_or_default());
    let assets = assets_of(&markets).into_iter().map(asset).collect();
    let pairs = markets.iter().map(|facts| InstrumentPair {
        symbol: symbol_of(facts.pair).into(),
        base: facts.pair.base.to_string().into(),
        quote: facts.pair.quote.to_string().into(),
        status: if facts.is_open { "online" } else { "cancel_only" }.into(),
        qty_precision: facts.qty_scale(),
        qty_increment: number(facts.qty.step),
        price_precision: facts.price_scale(),
        cost_precision: COST_DIGITS,
        marginable: false,
        has_index: false,
        cost_min: number(facts.notional.min),
        price_increment: number(facts.price.step),
        qty_min: number(facts.qty.min),
    });
    message("instrument", kind, InstrumentData { assets, pairs: pairs.collect() })
}
