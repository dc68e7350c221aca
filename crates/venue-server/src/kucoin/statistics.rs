//! A market over some hours, in the venue's shapes.

use model::{Decimal, Time};
use projection::{Market, Ticker};
use venue::kucoin::{DecimalText, SnapshotBody, SnapshotEvent, SnapshotWindow, Stats, TickerRow};

use super::door::Door;
use super::market::group_of;
use super::perform::number;
use crate::desk::{DeskTicker, MarketFacts};

/// Digits after the point of a change as a fraction.
const RATE_SCALE: u8 = 4;
const HOUR_US: u64 = 3_600_000_000;
const ONE: DecimalText = DecimalText::new(1, 0);

/// By how much the price changed, and by which fraction.
fn change(ticker: &DeskTicker) -> (Option<Decimal>, Option<Decimal>) {
    let Some((open, last)) = ticker.open.zip(ticker.last) else { return (None, None) };
    let change = last.checked_sub(open);
    (change, change.and_then(|change| change.checked_div(open, RATE_SCALE)))
}

fn average(facts: &MarketFacts, ticker: &DeskTicker) -> Option<Decimal> {
    ticker.quote_volume.checked_div(ticker.volume, facts.price_scale().max(8))
}

/// A row of the list of all markets.
pub fn row(facts: &MarketFacts, ticker: &DeskTicker) -> TickerRow<'static> {
    let symbol = facts.pair.to_string();
    let (change_price, change_rate) = change(ticker);
    let told = |known: Option<Decimal>| known.map(number);
    TickerRow {
        symbol: symbol.clone().into(),
        symbol_name: symbol.into(),
        buy: told(ticker.bid.map(|level| level.price)),
        best_bid_size: told(ticker.bid.map(|level| level.qty)),
        sell: told(ticker.ask.map(|level| level.price)),
        best_ask_size: told(ticker.ask.map(|level| level.qty)),
        change_rate: told(change_rate),
        change_price: told(change_price),
        high: told(ticker.high),
        low: told(ticker.low),
        vol: number(ticker.volume),
        vol_value: number(ticker.quote_volume),
        last: told(ticker.last),
        average_price: told(average(facts, ticker)),
        taker_fee_rate: number(facts.fees.taker),
        maker_fee_rate: number(facts.fees.maker),
        taker_coefficient: ONE,
        maker_coefficient: ONE,
    }
}

/// One market by itself.
pub fn stats(facts: &MarketFacts, ticker: &DeskTicker, now: Time) -> Stats<'static> {
    let row = row(facts, ticker);
    Stats {
        time: now.millis(),
        symbol: row.symbol,
        buy: row.buy,
        sell: row.sell,
        change_rate: row.change_rate,
        change_price: row.change_price,
        high: row.high,
        low: row.low,
        vol: row.vol,
        vol_value: row.vol_value,
        last: row.last,
        average_price: row.average_price,
        taker_fee_rate: row.taker_fee_rate,
        maker_fee_rate: row.maker_fee_rate,
        taker_coefficient: row.taker_coefficient,
        maker_coefficient: row.maker_coefficient,
    }
}

/// What sockets are told of a market every two seconds.
pub fn snapshot(
    door: &Door,
    facts: &MarketFacts,
    ticker: &DeskTicker,
    now: Time,
) -> SnapshotEvent<'static> {
    let views = &door.exchange().views;
    let catalog = views.catalog();
    let window = |hours: u64| {
        let market = catalog.market(facts.id);
        let found = market.zip(views.ticker(facts.id, hours * HOUR_US, now));
        found.map_or_else(empty, |(market, ticker)| window_of(market, &ticker))
    };
    let symbol = facts.pair.to_string();
    let (change_price, change_rate) = change(ticker);
    let plain = |known: Option<Decimal>| number(known.unwrap_or_default());
    let body = SnapshotBody {
        ask_size: plain(ticker.ask.map(|level| level.qty)),
        average_price: plain(average(facts, ticker)),
        base_currency: facts.pair.base.to_string().into(),
        bid_size: plain(ticker.bid.map(|level| level.qty)),
        board: 1,
        buy: plain(ticker.bid.map(|level| level.price)),
        change_price: plain(change_price),
        change_rate: plain(change_rate),
        close: plain(ticker.last),
        datetime: now.millis(),
        high: plain(ticker.high),
        last_traded_price: plain(ticker.last),
        low: plain(ticker.low),
        maker_coefficient: ONE,
        maker_fee_rate: number(facts.fees.maker),
        margin_trade: false,
        mark: 0,
        market: group_of(facts.pair).into(),
        market_change1h: window(1),
        market_change24h: window(24),
        market_change4h: window(4),
        markets: vec![group_of(facts.pair).into()],
        open: plain(ticker.open),
        quote_currency: facts.pair.quote.to_string().into(),
        sell: plain(ticker.ask.map(|level| level.price)),
        site_types: vec!["global".into()],
        sort: 100,
        symbol: symbol.clone().into(),
        symbol_code: symbol.into(),
        taker_coefficient: ONE,
        taker_fee_rate: number(facts.fees.taker),
        trading: facts.is_open,
        vol: number(ticker.volume),
        vol_value: number(ticker.quote_volume),
    };
    SnapshotEvent { sequence: ticker.sequence, data: body }
}

fn window_of(market: &Market, ticker: &Ticker) -> SnapshotWindow {
    let Some(prices) = ticker.prices else { return empty() };
    let price = |price| market.price(price);
    let (open, last) = (price(prices.open), price(prices.last));
    let change = last.checked_sub(open).unwrap_or_default();
    SnapshotWindow {
        change_price: number(change),
        change_rate: number(change.checked_div(open, RATE_SCALE).unwrap_or_default()),
        high: number(price(prices.high)),
        low: number(price(prices.low)),
        open: number(open),
        vol: number(market.volume(ticker.lots)),
        vol_value: number(market.quote_amount(ticker.quote)),
    }
}

fn empty() -> SnapshotWindow {
    let nothing = number(Decimal::ZERO);
    SnapshotWindow {
        change_price: nothing,
        change_rate: nothing,
        high: nothing,
        low: nothing,
        open: nothing,
        vol: nothing,
        vol_value: nothing,
    }
}
