//! What everybody may ask: markets, books, trades, candles, the time.

use model::{Decimal, Interval, Side, Time};
use venue::Level;
use venue::coinbase::{
    BestBidAsk, CANDLES_MAX, Candle, Candles, MarketTrade, MarketTrades, MaybeDecimal, PriceBook,
    ProductBook, Products, Refusal, ServerTime, moment_text, parse_moment, symbol_of,
};
use venue::port::Pair;

use super::Door;
use super::params::Params;
use super::rest::{Answer, json};
use super::shape::{level, maker_side, product};
use super::words::{maybe, middle, text};
use crate::desk::{DeskDepth, DeskTrade};

/// What is said of a market that is not there.
const NO_PRODUCT: Refusal = Refusal::NotFound("Product not found");
/// Levels of a side that are told where nobody says how many.
const LEVELS_USUAL: usize = 500;
/// Levels of a side in one answer.
const LEVELS_MAX: usize = 5_000;
/// Trades in one answer, where nobody says how many and at most.
const TRADES: (usize, usize) = (100, 1_000);

/// Answer to `time`.
pub fn time(door: &Door) -> Answer {
    let now = door.desk.now();
    json(&ServerTime {
        iso: moment_text(now).into(),
        epoch_seconds: (now.0 / 1_000_000).to_string().into(),
        epoch_millis: now.millis().to_string().into(),
    })
}

/// Answer to `products`.
pub fn products(door: &Door, params: &Params) -> Answer {
    let wanted: Vec<_> = params.all("product_ids").map(Pair::parse).collect();
    let is_spot = params.text("product_type").is_none_or(|kind| kind == "SPOT");
    let markets = door
        .desk
        .markets()
        .into_iter()
        .filter(|facts| is_spot && (wanted.is_empty() || wanted.contains(&Some(facts.pair))));
    let limit = params.count("limit", usize::MAX, usize::MAX)?;
    let offset = params.count("offset", 0, usize::MAX)?;
    let products = markets.skip(offset).take(limit);
    let products: Vec<_> =
        products.map(|facts| product(&facts, door.desk.ticker(facts.pair).as_ref())).collect();
    let num_products = products.len() as u64;
    json(&Products { products, num_products })
}

/// Answer to `products/{product_id}`.
pub fn one_product(door: &Door, name: &str) -> Answer {
    let facts = Pair::parse(name).and_then(|pair| door.desk.facts(pair)).ok_or(NO_PRODUCT)?;
    json(&product(&facts, door.desk.ticker(facts.pair).as_ref()))
}

/// Answer to `product_book`.
pub fn book(door: &Door, params: &Params) -> Answer {
    let name = params.text("product_id").ok_or(Refusal::Invalid("product_id is required"))?;
    let pair = Pair::parse(name).ok_or(NO_PRODUCT)?;
    let levels = params.count("limit", LEVELS_USUAL, LEVELS_MAX)?;
    let step = params.text("aggregation_price_increment").map(step_of).transpose()?;
    let fetched = if step.is_some() { LEVELS_MAX } else { levels };
    let mut depth = door.desk.depth(pair, fetched).ok_or(NO_PRODUCT)?;
    let best = depth.bids.first().zip(depth.asks.first());
    let best = best.map(|(bid, ask)| (bid.price, ask.price));
    let mid = best.and_then(|(bid, ask)| middle(bid, ask));
    let spread = best.and_then(|(bid, ask)| ask.checked_sub(bid));
    let of_mid = spread.zip(mid).and_then(|(spread, mid)| spread.checked_div(mid, 16));
    let bps = of_mid.and_then(|of_mid| model::Decimal::new(of_mid.units_at(16)?, 12));
    let last = door.desk.ticker(pair).and_then(|ticker| ticker.last);
    if let Some(step) = step {
        depth.bids = gathered(&depth.bids, Side::Buy, step, levels);
        depth.asks = gathered(&depth.asks, Side::Sell, step, levels);
    }
    json(&ProductBook {
        pricebook: price_book(door, pair, &depth),
        last: maybe(last),
        mid_market: maybe(mid),
        spread_bps: maybe(bps),
        spread_absolute: maybe(spread),
    })
}

/// The step of prices that a book is gathered to.
fn step_of(text: &str) -> Result<Decimal, Refusal> {
    let step = text.parse().ok().filter(|step| Decimal::ZERO < *step);
    step.ok_or(Refusal::Invalid("aggregation_price_increment is not a valid decimal"))
}

/// The levels of a side, best first, with prices that are a multiple of `step` and no better.
fn gathered(levels: &[Level], side: Side, step: Decimal, count: usize) -> Vec<Level> {
    let mut gathered: Vec<Level> = Vec::new();
    for level in levels {
        let Some(price) = coarse(level.price, side, step) else { break };
        let is_full = gathered.len() == count;
        match gathered.last_mut() {
            Some(last) if last.price == price => {
                last.qty = last.qty.checked_add(level.qty).unwrap_or(last.qty);
            }
            Some(_) | None if is_full => break,
            Some(_) | None => gathered.push(Level { price, qty: level.qty }),
        }
    }
    gathered
}

/// The next multiple of `step` that is no better than `price`: lower for who buys.
fn coarse(price: Decimal, side: Side, step: Decimal) -> Option<Decimal> {
    let scale = price.scale().max(step.scale());
    let (price, step) = (price.units_at(scale)?, step.units_at(scale)?);
    let under = price.div_euclid(step) * step;
    Decimal::new(
        match side {
            Side::Sell if under < price => under.checked_add(step)?,
            Side::Buy | Side::Sell => under,
        },
        scale,
    )
}

fn price_book(door: &Door, pair: Pair, depth: &DeskDepth) -> PriceBook<'static> {
    PriceBook {
        product_id: symbol_of(pair).into(),
        bids: depth.bids.iter().copied().map(level).collect(),
        asks: depth.asks.iter().copied().map(level).collect(),
        time: moment_text(door.desk.now()).into(),
    }
}

/// Answer to `best_bid_ask`.
pub fn best(door: &Door, params: &Params) -> Answer {
    let named: Vec<_> = params.all("product_ids").collect();
    let pairs: Vec<Pair> = if named.is_empty() {
        door.desk.markets().into_iter().map(|facts| facts.pair).collect()
    } else {
        named.into_iter().map(Pair::parse).collect::<Option<_>>().ok_or(NO_PRODUCT)?
    };
    let mut pricebooks = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let depth = door.desk.depth(pair, 1).ok_or(NO_PRODUCT)?;
        pricebooks.push(price_book(door, pair, &depth));
    }
    json(&BestBidAsk { pricebooks })
}

/// Answer to `products/{product_id}/ticker`.
pub fn trades(door: &Door, name: &str, params: &Params) -> Answer {
    let pair =
        Pair::parse(name).filter(|pair| door.desk.facts(*pair).is_some()).ok_or(NO_PRODUCT)?;
    let count = params.count("limit", TRADES.0, TRADES.1)?;
    let second = |name| {
        let text = params.text(name);
        text.map(|text| text.parse::<u64>().map_err(|_| Refusal::Invalid("time is no number")))
            .transpose()
    };
    let (start, end) = (second("start")?, second("end")?);
    let is_in = |trade: &DeskTrade| {
        let at = trade.time.0 / 1_000_000;
        start.is_none_or(|start| start <= at) && end.is_none_or(|end| at <= end)
    };
    let trades = door.desk.trades(pair, TRADES.1);
    let trades = trades.iter().rev().filter(|trade| is_in(trade)).take(count);
    let trades = trades.map(|trade| MarketTrade {
        trade_id: trade.id.to_string().into(),
        product_id: symbol_of(pair).into(),
        price: text(trade.price),
        size: text(trade.qty),
        time: moment_text(trade.time).into(),
        side: maker_side(trade.taker),
        bid: MaybeDecimal(None),
        ask: MaybeDecimal(None),
        exchange: "coinbase".into(),
    });
    let trades = trades.collect();
    let best = door.desk.depth(pair, 1);
    let price = |levels: &[venue::Level]| levels.first().map(|level| level.price);
    json(&MarketTrades {
        trades,
        best_bid: maybe(best.as_ref().and_then(|depth| price(&depth.bids))),
        best_ask: maybe(best.as_ref().and_then(|depth| price(&depth.asks))),
    })
}

/// Answer to `products/{product_id}/candles`.
pub fn candles(door: &Door, name: &str, params: &Params) -> Answer {
    let pair =
        Pair::parse(name).filter(|pair| door.desk.facts(*pair).is_some()).ok_or(NO_PRODUCT)?;
    let interval = params.text("granularity").and_then(interval);
    let interval = interval.ok_or(Refusal::Invalid("invalid granularity"))?;
    let moment = |name| {
        let Some(text) = params.text(name) else { return Ok(None) };
        let seconds = text.parse::<u64>().ok().and_then(|it| it.checked_mul(1_000_000));
        let time = seconds.map(Time).or_else(|| parse_moment(text));
        time.map(Some).ok_or(Refusal::Invalid("time is neither seconds nor RFC 3339"))
    };
    let (start, end) = (moment("start")?, moment("end")?);
    let count = params.count("limit", CANDLES_MAX, CANDLES_MAX)?;
    let asked = start.zip(end).zip(interval.micros());
    let asked = asked.map(|((start, end), length)| end.0.saturating_sub(start.0) / length);
    if asked.is_some_and(|asked| CANDLES_MAX as u64 <= asked) {
        return Err(Refusal::Invalid("number of candles requested should be less than 350"));
    }
    let candles = door.desk.candles(pair, interval, (start, end), count);
    let candles = candles.iter().rev().map(candle_of).collect();
    json(&Candles { candles })
}

/// A candle.
pub fn candle_of(candle: &crate::desk::DeskCandle) -> Candle<'static> {
    Candle {
        start: (candle.open_time.0 / 1_000_000).to_string().into(),
        low: text(candle.low),
        high: text(candle.high),
        open: text(candle.open),
        close: text(candle.close),
        volume: text(candle.volume),
    }
}

fn interval(name: &str) -> Option<Interval> {
    Some(match name {
        "ONE_MINUTE" => Interval::Minute1,
        "FIVE_MINUTE" => Interval::Minute5,
        "FIFTEEN_MINUTE" => Interval::Minute15,
        "THIRTY_MINUTE" => Interval::Minute30,
        "ONE_HOUR" => Interval::Hour1,
        "TWO_HOUR" => Interval::Hour2,
        "FOUR_HOUR" => Interval::Hour4,
        "SIX_HOUR" => Interval::Hour6,
        "ONE_DAY" => Interval::Day1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_book_is_gathered_to_prices_that_are_no_better() {
        let side = |levels: &[(&str, &str)], side, step, count| {
            let level =
                |(price, qty): &(&str, &str)| Level { price: number(price), qty: number(qty) };
            let levels: Vec<_> = levels.iter().map(level).collect();
            let gathered = gathered(&levels, side, number(step), count);
            gathered.iter().map(|it| format!("{} {}", it.price, it.qty)).collect::<Vec<_>>()
        };
        let bids = [("101.5", "1"), ("100", "2"), ("99.99", "0.5"), ("80", "1")];
        let asks = [("102.01", "1"), ("103", "2"), ("110", "0.5"), ("110.01", "1")];
        for (step, count, want_bids, want_asks) in [
            ("10", 9, vec!["100.0 3", "90.00 0.5", "80 1"], vec!["110.00 3.5", "120.00 1"]),
            ("0.5", 2, vec!["101.5 1", "100.0 2"], vec!["102.50 1", "103.0 2"]),
        ] {
            assert_eq!(side(&bids, Side::Buy, step, count), want_bids, "bids by {step}");
            assert_eq!(side(&asks, Side::Sell, step, count), want_asks, "asks by {step}");
        }
    }
}
