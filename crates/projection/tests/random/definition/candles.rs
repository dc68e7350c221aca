//! Candles and tickers by their definition: scan the trades of each interval.

use model::{Interval, MarketId, Price, Side, Time, UtcOffset};
use projection::{AggregateTrade, Candle, Page, TradeRecord, Views};

pub fn check(views: &Views, market: MarketId, trades: &[TradeRecord], now: Time) {
    for interval in Interval::ALL {
        for minutes in [0, 330, -480, 345] {
            let offset = UtcOffset::from_minutes(minutes).unwrap();
            let page = Page::latest(50);
            let seen = views.candles(market, interval, offset, &page, now);
            let wanted = latest(trades, interval, offset, 50, now);
            assert_eq!(seen, wanted, "{} {minutes}", interval.as_str());
        }
    }
    for window_us in [60_000_000, 3_600_000_000, 86_400_000_000] {
        check_ticker(views, market, trades, window_us, now);
    }
    check_aggregates(views, market, trades);
}

/// Backwards from the candle of now, until before the first trade.
fn latest(
    trades: &[TradeRecord],
    interval: Interval,
    offset: UtcOffset,
    limit: usize,
    now: Time,
) -> Vec<Candle> {
    let mut candles = vec![];
    let mut open = interval.open(now, offset);
    while candles.len() < limit {
        let end = interval.next_open(open, offset);
        let before: Vec<_> = trades.iter().filter(|trade| trade.time < open).collect();
        let inside: Vec<_> =
            trades.iter().filter(|trade| open <= trade.time && trade.time < end).collect();
        let Some(first) = inside.first().or(before.last()) else { break };
        let first = if inside.is_empty() { before.last().unwrap().price } else { first.price };
        candles.push(one(open, Time(end.0 - 1), first, &inside));
        open = interval.open(Time(open.0 - 1), offset);
    }
    candles.reverse();
    candles
}

fn one(open_time: Time, close_time: Time, first: Price, inside: &[&TradeRecord]) -> Candle {
    let prices = || inside.iter().map(|trade| trade.price);
    let bought = || inside.iter().filter(|trade| trade.taker_side == Side::Buy);
    Candle {
        open_time,
        close_time,
        open: first,
        high: prices().max().unwrap_or(first),
        low: prices().min().unwrap_or(first),
        close: prices().next_back().unwrap_or(first),
        lots: inside.iter().map(|trade| u128::from(trade.qty.lots())).sum(),
        quote: inside.iter().map(|trade| trade.quote).sum(),
        taker_buy_lots: bought().map(|trade| u128::from(trade.qty.lots())).sum(),
        taker_buy_quote: bought().map(|trade| trade.quote).sum(),
        trade_ids: inside.first().zip(inside.last()).map(|(first, last)| (first.id, last.id)),
        trades: inside.len() as u64,
    }
}

fn check_ticker(
    views: &Views,
    market: MarketId,
    trades: &[TradeRecord],
    window_us: u64,
    now: Time,
) {
    let ticker = views.ticker(market, window_us, now).expect("a listed market has a ticker");
    let from = Time((now.0 - window_us) / 60_000_000 * 60_000_000);
    assert_eq!((ticker.open_time, ticker.close_time), (from, now));
    let inside: Vec<_> = trades.iter().filter(|trade| from <= trade.time).collect();
    let before = trades.iter().rfind(|trade| trade.time < from);
    assert_eq!(ticker.previous_close, before.map(|trade| trade.price));
    assert_eq!(ticker.prices.is_some(), !inside.is_empty());
    assert_eq!(ticker.last_trade, trades.last().copied());
    if let (Some(prices), Some(first)) = (ticker.prices, inside.first()) {
        let all = one(from, now, first.price, &inside);
        let seen = (prices.open, prices.high, prices.low, prices.last);
        assert_eq!(seen, (all.open, all.high, all.low, all.close));
        let seen = (ticker.lots, ticker.quote, ticker.trades, ticker.trade_ids);
        assert_eq!(seen, (all.lots, all.quote, all.trades, all.trade_ids));
    }
}

/// They cover all trades in order, and each is of one price, side and time.
fn check_aggregates(views: &Views, market: MarketId, trades: &[TradeRecord]) {
    let aggregates = views.aggregate_trades(market, &Page::latest(5_000));
    let mut rest = trades.iter();
    for (AggregateTrade { id, price, lots, quote, first, last, taker_side, time, .. }, number) in
        aggregates.into_iter().zip(1..)
    {
        assert_eq!(id, number);
        let parts: Vec<_> =
            rest.by_ref().take(usize::try_from(last.0 - first.0).unwrap() + 1).collect();
        assert_eq!(parts.first().map(|trade| trade.id), Some(first));
        let alike = (price, taker_side, time);
        assert!(parts.iter().all(|part| (part.price, part.taker_side, part.time) == alike));
        assert_eq!(lots, parts.iter().map(|part| u128::from(part.qty.lots())).sum::<u128>());
        assert_eq!(quote, parts.iter().map(|part| part.quote).sum::<i128>());
    }
    assert_eq!(rest.count(), 0, "every trade is in one");
}
