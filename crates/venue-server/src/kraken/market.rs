//! What everybody may ask: the time, markets, books, trades, candles, tickers.
//!
//! Source  docs.kraken.com, "Spot REST: market data".

use std::borrow::Cow;

use model::{Decimal, Interval, Time};
use serde::Serialize;
use time::format_description::{BorrowedFormatItem, parse_borrowed};
use time::{Duration, OffsetDateTime};
use venue::DecimalText;
use venue::kraken::{
    AssetInfo, Candle, DecimalNumber, Depth, DepthLevel, FeeStep, Named, PairInfo, Refusal, Rows,
    ServerTime, Spread, SystemStatus, TickerInfo, Trade, altname, asset_key, pair_key, symbol_of,
    wsname,
};

use super::Door;
use super::number::{book_qty, price, ratio, seconds};
use super::params::Params;
use crate::desk::{DeskCandle, DeskTrade, MarketFacts};

/// Levels of a side where nobody says how many, and at most.
const LEVELS_DEFAULT: usize = 100;
const LEVELS_MAX: usize = 500;
/// Trades in one answer.
const TRADES_MAX: usize = 1_000;
/// Candles in one answer.
const CANDLES_MAX: usize = 720;
/// Digits after the point of what changes hands.
pub const COST_DIGITS: u8 = 5;
/// Digits after the point of an average price.
const AVERAGE_DIGITS: u8 = 5;

/// A market, and the name by which the answer calls it.
pub type Named1 = (Cow<'static, str>, MarketFacts);

impl Door {
    /// The market of that name, whichever of its names it is.
    ///
    /// # Errors
    /// [`Refusal::UnknownPair`].
    pub fn market(&self, name: &str) -> Result<MarketFacts, Refusal> {
        let name = name.trim();
        let is_it = |facts: &MarketFacts| {
            let names = [symbol_of, wsname, altname, pair_key];
            names.iter().any(|name_of| name_of(facts.pair).eq_ignore_ascii_case(name))
        };
        self.desk.markets().into_iter().find(is_it).ok_or(Refusal::UnknownPair)
    }

    /// The markets that `pair` names, or all.
    fn markets(&self, params: &Params) -> Result<Vec<Named1>, Refusal> {
        let names = params.list("pair")?;
        if names.is_empty() {
            let key = |facts: MarketFacts| (pair_key(facts.pair).into(), facts);
            return Ok(self.desk.markets().into_iter().map(key).collect());
        }
        names.iter().map(|name| self.named_market(name)).collect()
    }

    /// A market is called by its key, but by a name with a stroke where it was asked for so.
    fn named_market(&self, name: &str) -> Result<Named1, Refusal> {
        let facts = self.market(name)?;
        let key = if name.contains('/') { name.to_owned() } else { pair_key(facts.pair) };
        Ok((key.into(), facts))
    }
}

/// `Time`
pub fn server_time(now: Time) -> ServerTime<'static> {
    const FORM: &str = "[weekday repr:short], [day] [month repr:short] [year repr:last_two] \
                        [hour]:[minute]:[second] +0000";
    let form: Vec<BorrowedFormatItem<'_>> = parse_borrowed::<2>(FORM).expect("a form of ours");
    let moment = OffsetDateTime::UNIX_EPOCH + Duration::microseconds(now.0.cast_signed());
    let rfc1123 = moment.format(&form).unwrap_or_default().into();
    ServerTime { unixtime: now.0 / 1_000_000, rfc1123 }
}

/// What the venue is able to do.
pub fn status(door: &Door) -> &'static str {
    if door.desk.markets().iter().any(|facts| facts.is_open) { "online" } else { "cancel_only" }
}

/// `SystemStatus`
pub fn system_status(door: &Door, now: Time) -> SystemStatus<'static> {
    let mut text = venue::instant::text(now);
    text.truncate(19);
    SystemStatus { status: status(door).into(), timestamp: format!("{text}Z").into() }
}

/// Assets by code, with the digits of their ledger, each once.
pub fn assets_of(markets: &[MarketFacts]) -> Vec<(String, u8)> {
    let mut assets: Vec<(String, u8)> = Vec::new();
    for facts in markets {
        let pair = facts.pair;
        for (code, scale) in [(pair.base, facts.base_scale), (pair.quote, facts.quote_scale)] {
            if assets.iter().all(|(known, _)| known != code.as_str()) {
                assets.push((code.to_string(), scale));
            }
        }
    }
    assets
}

/// `Assets`
pub fn assets(door: &Door, params: &Params) -> Result<Named<'static, AssetInfo<'static>>, Refusal> {
    let wanted = params.list("asset")?;
    let known = assets_of(&door.desk.markets());
    let info = |code: &str, scale| {
        let info = AssetInfo {
            aclass: "currency".into(),
            altname: venue::kraken::asset_altname(code).to_owned().into(),
            decimals: scale,
            display_decimals: COST_DIGITS,
            status: Some("enabled".into()),
        };
        (asset_key(code).to_owned().into(), info)
    };
    if wanted.is_empty() {
        return Ok(known.iter().map(|(code, scale)| info(code, *scale)).collect());
    }
    let find = |name: &String| {
        let code = venue::kraken::asset_of(&name.to_ascii_uppercase());
        let code = code.ok_or(Refusal::UnknownAsset)?;
        let found = known.iter().find(|(known, _)| known == code.as_str());
        found.map(|(code, scale)| info(code, *scale)).ok_or(Refusal::UnknownAsset)
    };
    wanted.iter().map(find).collect()
}

/// A fee in hundredths of what changes hands.
pub fn hundredths(fee: Decimal) -> Decimal {
    Decimal::new(100, 0).and_then(|hundred| fee.times(hundred)).unwrap_or_default()
}

/// `AssetPairs`
pub fn pairs(door: &Door, params: &Params) -> Result<Named<'static, PairPart>, Refusal> {
    let markets = door.markets(params)?;
    let part: fn(PairInfo<'static>) -> PairPart =
        match params.text("info") {
            None | Some("info") => |all| PairPart::All(Box::new(all)),
            Some("leverage") => |PairInfo { leverage_buy, leverage_sell, .. }| PairPart::Leverage {
                leverage_buy,
                leverage_sell,
            },
            Some("fees") => |PairInfo { fees, fees_maker, fee_volume_currency, .. }| {
                PairPart::Fees { fees, fees_maker, fee_volume_currency }
            },
            Some("margin") => |PairInfo { margin_call, margin_stop, .. }| PairPart::Margin {
                margin_call,
                margin_level: margin_stop,
            },
            Some(_) => return Err(Refusal::InvalidArguments("info")),
        };
    Ok(markets.into_iter().map(|(name, facts)| (name, part(pair_info(&facts)))).collect())
}

/// What is asked of markets.
#[derive(Serialize)]
#[serde(untagged)]
pub enum PairPart {
    All(Box<PairInfo<'static>>),
    Leverage {
        leverage_buy: Vec<u32>,
        leverage_sell: Vec<u32>,
    },
    Fees {
        fees: Vec<FeeStep>,
        fees_maker: Option<Vec<FeeStep>>,
        fee_volume_currency: Cow<'static, str>,
    },
    Margin {
        margin_call: u32,
        margin_level: u32,
    },
}

fn pair_info(facts: &MarketFacts) -> PairInfo<'static> {
    let (base, quote) = (facts.pair.base, facts.pair.quote);
    let fee = |fee| {
        let none = DecimalNumber(Decimal::ZERO);
        Vec::from([FeeStep(none, DecimalNumber(hundredths(fee).trimmed()))])
    };
    let text = |number: Option<Decimal>| number.map(|number| DecimalText(number.trimmed()));
    PairInfo {
        altname: altname(facts.pair).into(),
        wsname: Some(wsname(facts.pair).into()),
        aclass_base: "currency".into(),
        base: asset_key(base.as_str()).to_owned().into(),
        aclass_quote: "currency".into(),
        quote: asset_key(quote.as_str()).to_owned().into(),
        lot: "unit".into(),
        cost_decimals: Some(COST_DIGITS),
        pair_decimals: facts.price_scale(),
        lot_decimals: facts.qty_scale(),
        lot_multiplier: 1,
        leverage_buy: Vec::new(),
        leverage_sell: Vec::new(),
        fees: fee(facts.fees.taker),
        fees_maker: Some(fee(facts.fees.maker)),
        fee_volume_currency: "ZUSD".into(),
        margin_call: 80,
        margin_stop: 40,
        ordermin: text(facts.qty.min),
        costmin: text(facts.notional.min),
        tick_size: text(facts.price.step),
        status: Some(if facts.is_open { "online" } else { "cancel_only" }.into()),
    }
}

/// `Ticker`
pub fn tickers(door: &Door, params: &Params) -> Result<Named<'static, TickerInfo>, Refusal> {
    let markets = door.markets(params)?;
    let info = |(name, facts): Named1| Some((name, ticker(door, &facts)?));
    Ok(markets.into_iter().filter_map(info).collect())
}

fn ticker(door: &Door, facts: &MarketFacts) -> Option<TickerInfo> {
    let told = door.desk.ticker(facts.pair)?;
    let today = door.desk.candles(facts.pair, Interval::Day1, (None, None), 1).pop();
    let best = |level: Option<venue::Level>| {
        let level = level.map(|level| (level.price, level.qty)).unwrap_or_default();
        let whole = level.1.units_at(level.1.scale()).unwrap_or_default()
            / 10_i128.pow(level.1.scale().into());
        let whole = DecimalText(Decimal::new(whole, 0).unwrap_or_default());
        (price(level.0), whole, book_qty(level.1))
    };
    let of_today = |read: fn(&DeskCandle) -> Decimal| today.as_ref().map(read).unwrap_or_default();
    let average = |quote, base| DecimalText(ratio(quote, base, AVERAGE_DIGITS));
    let qty = |number: Decimal| DecimalText(number.with_digits_at_least(facts.qty_scale()));
    let last_qty = told.last_trade.map(|trade| trade.qty).unwrap_or_default();
    Some(TickerInfo {
        a: best(told.ask),
        b: best(told.bid),
        c: (price(told.last.unwrap_or_default()), qty(last_qty)),
        v: (qty(of_today(|it| it.volume)), qty(told.volume)),
        p: (
            average(of_today(|it| it.quote_volume), of_today(|it| it.volume)),
            average(told.quote_volume, told.volume),
        ),
        t: (today.as_ref().map_or(0, |it| it.trades), told.trades),
        l: (price(of_today(|it| it.low)), price(told.low.unwrap_or_default())),
        h: (price(of_today(|it| it.high)), price(told.high.unwrap_or_default())),
        o: price(of_today(|it| it.open)),
    })
}

/// `Depth`
pub fn depth(door: &Door, params: &Params) -> Result<Named<'static, Depth>, Refusal> {
    let (name, facts) = door.named_market(params.required("pair")?)?;
    let count = params.whole("count")?.unwrap_or(LEVELS_DEFAULT).clamp(1, LEVELS_MAX);
    let depth = door.desk.depth(facts.pair, count).ok_or(Refusal::UnknownPair)?;
    let since = depth.time.0 / 1_000_000;
    let level = |level: &venue::Level| DepthLevel(price(level.price), book_qty(level.qty), since);
    let side = |levels: &[venue::Level]| levels.iter().map(level).collect();
    Ok(Named::one(name, Depth { asks: side(&depth.asks), bids: side(&depth.bids) }))
}

/// `Trades`: after `since`, in nanoseconds, or the latest.
pub fn trades(door: &Door, params: &Params) -> Result<impl Serialize + use<>, Refusal> {
    let (name, facts) = door.named_market(params.required("pair")?)?;
    let count = params.whole("count")?.unwrap_or(TRADES_MAX).clamp(1, TRADES_MAX);
    let since: Option<u64> = params.whole("since")?;
    let trades = match since {
        // Some say it in seconds.
        Some(nanos) => {
            let micros = if nanos < 100_000_000_000 { nanos * 1_000_000 } else { nanos / 1_000 };
            door.desk.trades_since(facts.pair, Time(micros + 1), count)
        }
        None => door.desk.trades(facts.pair, count),
    };
    let last = trades.last().map(|trade| trade.time.0 * 1_000).or(since).unwrap_or_default();
    let row = |trade: &DeskTrade| {
        let side = match trade.taker {
            model::Side::Buy => "b",
            model::Side::Sell => "s",
        };
        // Nobody remembers how the taker asked: by a limit, as nearly all do.
        Trade(
            price(trade.price),
            DecimalText(trade.qty),
            seconds(trade.time),
            side.into(),
            "l".into(),
            "".into(),
            trade.id,
        )
    };
    let rows: Vec<Trade<'static>> = trades.iter().map(row).collect();
    Ok(Rows { name, rows, last: last.to_string() })
}

/// The interval of so many minutes.
///
/// # Errors
/// [`Refusal::InvalidArguments`].
pub const fn interval_of(minutes: u32) -> Result<Interval, Refusal> {
    Ok(match minutes {
        1 => Interval::Minute1,
        5 => Interval::Minute5,
        15 => Interval::Minute15,
        30 => Interval::Minute30,
        60 => Interval::Hour1,
        240 => Interval::Hour4,
        1_440 => Interval::Day1,
        10_080 => Interval::Week1,
        _ => return Err(Refusal::InvalidArguments("interval")),
    })
}

/// `OHLC`: the last is the current one.
pub fn candles(door: &Door, params: &Params) -> Result<impl Serialize + use<>, Refusal> {
    let (name, facts) = door.named_market(params.required("pair")?)?;
    let interval = interval_of(params.whole("interval")?.unwrap_or(1))?;
    let micros = |seconds: u64| seconds.checked_mul(1_000_000)?.checked_add(1).map(Time);
    let since = params.whole("since")?.map(micros);
    let since = since.map(|since| since.ok_or(Refusal::InvalidArguments("since"))).transpose()?;
    let mut candles = door.desk.candles(facts.pair, interval, (None, None), CANDLES_MAX);
    candles.retain(|candle| since.is_none_or(|since| since <= candle.open_time));
    let row = |candle: &DeskCandle| {
        let text = |price| DecimalText(price);
        Candle(
            candle.open_time.0 / 1_000_000,
            text(candle.open),
            text(candle.high),
            text(candle.low),
            text(candle.close),
            text(ratio(candle.quote_volume, candle.volume, facts.price_scale())),
            text(candle.volume.with_digits_at_least(facts.qty_scale())),
            candle.trades,
        )
    };
    let rows: Vec<Candle> = candles.iter().map(row).collect();
    // Of the last that will not change any more.
    let whole = rows.len().checked_sub(2).and_then(|place| rows.get(place));
    Ok(Rows { name, last: whole.map_or(0, |candle| candle.0), rows })
}

/// `Spread`: what it is now; nobody remembers more.
pub fn spread(door: &Door, params: &Params) -> Result<impl Serialize + use<>, Refusal> {
    let (name, facts) = door.named_market(params.required("pair")?)?;
    let depth = door.desk.depth(facts.pair, 1).ok_or(Refusal::UnknownPair)?;
    let at = depth.time.0 / 1_000_000;
    let best = |levels: &[venue::Level]| levels.first().map(|level| price(level.price));
    let row = best(&depth.bids).zip(best(&depth.asks));
    let rows: Vec<Spread> = row.map(|(bid, ask)| Spread(at, bid, ask)).into_iter().collect();
    Ok(Rows { name, rows, last: at })
}
