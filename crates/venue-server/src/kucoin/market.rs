//! What everybody may ask: markets, currencies, books, trades, candles, statistics.

use engine::Asset;
use model::{Decimal, Time};
use venue::kucoin::{
    AllTickers, Candle, CandleType, ChainInfo, CurrencyInfo, DecimalText, FullBook, Level, Level1,
    OrderSide, Refusal, SymbolInfo, TradeRow,
};
use venue::port::Pair;

use super::perform::number;
use super::perform::{Call, told};
use super::statistics;
use crate::desk::{DeskCandle, DeskTrade, MarketFacts};

/// Levels of a side in a whole book.
const WHOLE_LEVELS_MAX: usize = 5_000;
/// Trades in one answer.
const TRADES_MAX: usize = 100;
/// Candles in one answer.
const CANDLES_MAX: usize = 1_500;
/// Digits after the point of the funds of an order, where the currency has them.
const FUNDS_SCALE: u8 = 6;

/// How much of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Best20,
    Best100,
    Whole,
}

/// The name of the group in which a market is.
pub fn group_of(pair: Pair) -> &'static str {
    match pair.quote.as_str() {
        "USDT" | "USDC" => "USDS",
        "BTC" => "BTC",
        _ => "ALTS",
    }
}

/// The market that is asked for.
///
/// # Errors
/// [`Refusal::Parameter`], [`Refusal::UnknownSymbol`].
pub fn asked(call: &Call<'_>) -> Result<MarketFacts, Refusal> {
    let symbol = call.query.get("symbol").ok_or(Refusal::Parameter("symbol is required"))?;
    facts(call, &symbol)
}

fn facts(call: &Call<'_>, symbol: &str) -> Result<MarketFacts, Refusal> {
    let found = Pair::parse(symbol).and_then(|pair| call.door.desk.facts(pair));
    found.ok_or(Refusal::UnknownSymbol)
}

/// All markets, or those of a group.
pub fn symbols(call: &Call<'_>) -> Result<String, Refusal> {
    let group = call.query.get("market");
    let markets = call.door.desk.markets();
    let wanted =
        |facts: &&MarketFacts| group.as_deref().is_none_or(|group| group == group_of(facts.pair));
    told(markets.iter().filter(wanted).map(symbol_info).collect::<Vec<_>>())
}

/// One market.
pub fn symbol(call: &Call<'_>) -> Result<String, Refusal> {
    told(symbol_info(&facts(call, &call.name())?))
}

fn symbol_info(facts: &MarketFacts) -> SymbolInfo<'static> {
    let symbol = facts.pair.to_string();
    let step = |step: Option<Decimal>| number(step.unwrap_or_default());
    let funds_scale = FUNDS_SCALE.min(facts.quote_scale);
    let thousand = Decimal::new(1_000, 0).unwrap_or_default();
    let coefficient = |fee: Decimal| {
        let coefficient = fee.times(thousand).unwrap_or_default().trimmed();
        let padded = coefficient.units_at(2).and_then(|units| Decimal::new(units, 2));
        DecimalText(padded.unwrap_or(coefficient))
    };
    SymbolInfo {
        name: symbol.clone().into(),
        symbol: symbol.into(),
        base_currency: facts.pair.base.to_string().into(),
        quote_currency: facts.pair.quote.to_string().into(),
        fee_currency: facts.pair.quote.to_string().into(),
        market: group_of(facts.pair).into(),
        base_min_size: step(facts.qty.min),
        quote_min_size: step(facts.notional.min),
        base_max_size: step(facts.qty.max),
        quote_max_size: step(facts.notional.max),
        base_increment: step(facts.qty.step),
        quote_increment: DecimalText::new(1, funds_scale),
        price_increment: step(facts.price.step),
        price_limit_rate: None,
        min_funds: facts.notional.min.map(number),
        is_margin_enabled: false,
        enable_trading: facts.is_open,
        fee_category: 1,
        maker_fee_coefficient: coefficient(facts.fees.maker),
        taker_fee_coefficient: coefficient(facts.fees.taker),
        st: false,
        callauction_is_enabled: false,
        callauction_price_floor: None,
        callauction_price_ceiling: None,
        callauction_first_stage_start_time: None,
        callauction_second_stage_start_time: None,
        callauction_third_stage_start_time: None,
        trading_start_time: None,
    }
}

/// All currencies.
pub fn currencies(call: &Call<'_>) -> Result<String, Refusal> {
    let catalog = call.door.exchange().views.catalog();
    told(catalog.assets().iter().map(currency_info).collect::<Vec<_>>())
}

/// One currency.
pub fn currency(call: &Call<'_>) -> Result<String, Refusal> {
    let catalog = call.door.exchange().views.catalog();
    let found = catalog.assets().iter().find(|asset| asset.code.as_str() == call.name());
    told(currency_info(found.ok_or(Refusal::Parameter("currency not exists"))?))
}

/// A currency. What there is of it came from the house; nobody else pays in or out.
fn currency_info(asset: &Asset) -> CurrencyInfo<'static> {
    let code = asset.code.to_string();
    let house = ChainInfo {
        chain_name: "Rialto".into(),
        withdrawal_min_size: None,
        deposit_min_size: None,
        withdraw_fee_rate: number(Decimal::ZERO),
        withdrawal_min_fee: None,
        is_withdraw_enabled: false,
        is_deposit_enabled: false,
        confirms: 0,
        pre_confirms: 0,
        contract_address: "".into(),
        withdraw_precision: asset.scale,
        max_withdraw: None,
        max_deposit: None,
        need_tag: false,
        chain_id: "rialto".into(),
    };
    CurrencyInfo {
        currency: code.clone().into(),
        name: code.clone().into(),
        full_name: code.into(),
        precision: asset.scale,
        confirms: None,
        contract_address: None,
        is_margin_enabled: false,
        is_debit_enabled: false,
        chains: Some(vec![house]),
    }
}

/// The groups of markets.
pub fn groups(call: &Call<'_>) -> Result<String, Refusal> {
    let mut groups: Vec<_> =
        call.door.desk.markets().iter().map(|facts| group_of(facts.pair)).collect();
    groups.sort_unstable();
    groups.dedup();
    told(groups)
}

/// The best of both sides and the last trade.
pub fn level1(call: &Call<'_>) -> Result<String, Refusal> {
    let facts = asked(call)?;
    let ticker = call.door.desk.ticker(facts.pair).ok_or(Refusal::UnknownSymbol)?;
    let (bid, ask, last) = (ticker.bid, ticker.ask, ticker.last_trade);
    told(Level1 {
        time: call.now.millis(),
        sequence: ticker.sequence,
        price: last.map(|trade| number(trade.price)),
        size: last.map(|trade| number(trade.qty)),
        best_bid: bid.map(|level| number(level.price)),
        best_bid_size: bid.map(|level| number(level.qty)),
        best_ask: ask.map(|level| number(level.price)),
        best_ask_size: ask.map(|level| number(level.qty)),
    })
}

/// A book, or its best part.
pub fn book(call: &Call<'_>, part: Part) -> Result<String, Refusal> {
    let levels = match part {
        Part::Best20 => 20,
        Part::Best100 => 100,
        Part::Whole => WHOLE_LEVELS_MAX,
    };
    let depth = call.door.desk.depth(asked(call)?.pair, levels).ok_or(Refusal::UnknownSymbol)?;
    told(FullBook {
        time: call.now.millis(),
        sequence: depth.sequence,
        bids: levels_of(&depth.bids),
        asks: levels_of(&depth.asks),
    })
}

/// Levels as the wire has them.
pub fn levels_of(levels: &[venue::Level]) -> Vec<Level> {
    levels.iter().map(|level| Level(number(level.price), number(level.qty))).collect()
}

/// The latest trades, the newest first.
pub fn histories(call: &Call<'_>) -> Result<String, Refusal> {
    let trades = call.door.desk.trades(asked(call)?.pair, TRADES_MAX);
    told(trades.iter().rev().map(trade_row).collect::<Vec<_>>())
}

fn trade_row(trade: &DeskTrade) -> TradeRow<'static> {
    let side = match trade.taker {
        model::Side::Buy => "buy",
        model::Side::Sell => "sell",
    };
    TradeRow {
        sequence: trade.id,
        price: number(trade.price),
        size: number(trade.qty),
        side: side.into(),
        time: nanos(trade.time),
    }
}

/// A time in nanoseconds.
pub const fn nanos(time: Time) -> u64 {
    time.micros().saturating_mul(1_000)
}

/// Who crossed, in the venue's words.
pub fn side_of(trade: &DeskTrade) -> OrderSide {
    trade.taker.into()
}

/// Candles, the newest first; those without trades are left out.
pub fn candles(call: &Call<'_>) -> Result<String, Refusal> {
    let facts = asked(call)?;
    let length = call.query.get("type").and_then(|text| CandleType::parse(&text));
    let length = length.ok_or(Refusal::Parameter("type is invalid"))?;
    let second = |name| -> Result<Option<Time>, Refusal> {
        // Clients that want all say zero.
        let number = call.query.number(name)?.filter(|second| *second != 0);
        Ok(number.map(|second| Time::from_millis(second.saturating_mul(1_000).min(MILLIS_MAX))))
    };
    let range = (second("startAt")?, second("endAt")?);
    let candles = call.door.desk.candles(facts.pair, length.0, range, CANDLES_MAX);
    let traded = candles.iter().rev().filter(|candle| 0 < candle.trades);
    told(traded.map(candle_of).collect::<Vec<_>>())
}

/// The last millisecond that a time can tell.
const MILLIS_MAX: u64 = u64::MAX / 1_000;

/// A candle as the wire has it.
pub fn candle_of(candle: &DeskCandle) -> Candle {
    Candle(
        candle.open_time.millis() / 1_000,
        number(candle.open),
        number(candle.close),
        number(candle.high),
        number(candle.low),
        number(candle.volume),
        number(candle.quote_volume),
    )
}

/// All markets over 24 hours.
pub fn all_tickers(call: &Call<'_>) -> Result<String, Refusal> {
    let desk = &call.door.desk;
    let row = |facts: &MarketFacts| Some(statistics::row(facts, &desk.ticker(facts.pair)?));
    let ticker = desk.markets().iter().filter_map(row).collect();
    told(AllTickers { time: call.now.millis(), ticker })
}

/// One market over 24 hours.
pub fn stats(call: &Call<'_>) -> Result<String, Refusal> {
    let facts = asked(call)?;
    let ticker = call.door.desk.ticker(facts.pair).ok_or(Refusal::UnknownSymbol)?;
    told(statistics::stats(&facts, &ticker, call.now))
}
