//! What streams push, as JSON.
//!
//! Source  web-socket-streams.md, "Detailed Stream information".

use std::collections::BTreeMap;

use model::{Interval, Price, Qty, Side, Time};
use projection::{
    AggregateTrade, AveragePrice, BookTicker, Candle, Depth, Level, Market, Ticker, TradeRecord,
};
use serde::Serialize;
use venue::binance::{
    AggTradeEvent, AvgPriceEvent, BookTickerEvent, DecimalText, DepthEvent, KlineBody, KlineEvent,
    MiniTickerEvent, RollingTickerEvent, ServerShutdownEvent, StreamEvent, TickerEvent, TimeUnit,
    TradeEvent, Window,
};

use super::grid::Grid;
use super::order_report::signed_ids;
use super::ticker::Figures;

/// A message as text.
///
/// # Panics
/// Never: the messages are plain data.
pub fn json<T: Serialize + ?Sized>(message: &T) -> String {
    serde_json::to_string(message).expect("plain data is JSON")
}

/// When a message is made, and in which unit it tells times.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Now.
    pub now: Time,
    /// Of every time in it.
    pub unit: TimeUnit,
}

impl Stamp {
    /// Now, in its unit.
    pub const fn now(self) -> u64 {
        self.unit.of(self.now)
    }

    /// `time` in its unit.
    pub const fn of(self, time: Time) -> u64 {
        self.unit.of(time)
    }
}

/// `@trade`
pub fn trade(market: &Market, trade: &TradeRecord, stamp: Stamp) -> String {
    let grid = Grid::new(market);
    json(&StreamEvent::Trade(TradeEvent {
        event_time: stamp.now(),
        symbol: grid.symbol().into(),
        trade_id: trade.id.0,
        price: grid.price(trade.price),
        qty: grid.qty(trade.qty),
        trade_time: stamp.of(trade.time),
        is_buyer_maker: trade.taker_side == Side::Sell,
        ignore: true,
    }))
}

/// `@aggTrade`
pub fn agg_trade(market: &Market, trade: &AggregateTrade, stamp: Stamp) -> String {
    let grid = Grid::new(market);
    json(&StreamEvent::AggTrade(AggTradeEvent {
        event_time: stamp.now(),
        symbol: grid.symbol().into(),
        id: trade.id,
        price: grid.price(trade.price),
        qty: grid.volume(trade.lots),
        first_id: trade.first.0,
        last_id: trade.last.0,
        trade_time: stamp.of(trade.time),
        is_buyer_maker: trade.taker_side == Side::Sell,
        ignore: true,
    }))
}

/// `@bookTicker`
pub fn book_ticker(market: &Market, book: &BookTicker) -> String {
    let grid = Grid::new(market);
    let ((bid_price, bid_qty), (ask_price, ask_qty)) = (grid.best(book.bid), grid.best(book.ask));
    json(&BookTickerEvent {
        update_id: book.update_id,
        symbol: grid.symbol().into(),
        bid_price,
        bid_qty,
        ask_price,
        ask_qty,
    })
}

/// `@depth5` and its like.
pub fn partial_depth(market: &Market, depth: &Depth) -> String {
    let grid = Grid::new(market);
    json(&venue::binance::Depth {
        last_update_id: depth.update_id,
        bids: grid.levels(&depth.bids),
        asks: grid.levels(&depth.asks),
    })
}

/// Levels that changed, with their quantity now.
pub type ChangedLevels = BTreeMap<(Side, Price), Qty>;

/// `@depth`: what changed from one update to another, best prices first.
pub fn depth(
    market: &Market,
    updates: (u64, u64),
    changes: &ChangedLevels,
    stamp: Stamp,
) -> String {
    let grid = Grid::new(market);
    let level = |(&(_, price), &qty): (&(Side, Price), &Qty)| grid.level(Level { price, qty });
    let bids = changes.iter().rev().filter(|((side, _), _)| *side == Side::Buy).map(level);
    let asks = changes.iter().filter(|((side, _), _)| *side == Side::Sell).map(level);
    json(&StreamEvent::Depth(DepthEvent {
        event_time: stamp.now(),
        symbol: grid.symbol().into(),
        first_update_id: updates.0,
        last_update_id: updates.1,
        bids: bids.collect(),
        asks: asks.collect(),
    }))
}

/// `@kline_1m` and its like.
pub fn kline(
    market: &Market,
    interval: Interval,
    (candle, closed): (&Candle, bool),
    stamp: Stamp,
) -> String {
    let grid = Grid::new(market);
    let (first_id, last_id) = signed_ids(candle.trade_ids);
    json(&StreamEvent::Kline(KlineEvent {
        event_time: stamp.now(),
        symbol: grid.symbol().into(),
        kline: KlineBody {
            open_time: stamp.of(candle.open_time),
            close_time: stamp.of(candle.close_time),
            symbol: grid.symbol().into(),
            interval,
            first_id,
            last_id,
            open: grid.price(candle.open),
            close: grid.price(candle.close),
            high: grid.price(candle.high),
            low: grid.price(candle.low),
            volume: grid.volume(candle.lots),
            trades: candle.trades,
            closed,
            quote_volume: grid.quote(candle.quote),
            taker_buy_volume: grid.volume(candle.taker_buy_lots),
            taker_buy_quote_volume: grid.quote(candle.taker_buy_quote),
            ignore: DecimalText::default(),
        },
    }))
}

/// `@avgPrice`
pub fn avg_price(market: &Market, average: &AveragePrice, last: Time, stamp: Stamp) -> String {
    let grid = Grid::new(market);
    json(&StreamEvent::AvgPrice(AvgPriceEvent {
        event_time: stamp.now(),
        symbol: grid.symbol().into(),
        interval: format!("{}m", market.spec.filters.averages.minutes).into(),
        price: grid.price(average.price),
        last_trade_time: stamp.of(last),
    }))
}

/// `@miniTicker`
pub fn mini_ticker<'a>(market: &'a Market, ticker: &Ticker, stamp: Stamp) -> StreamEvent<'a> {
    let figures = Figures::new(market, *ticker, stamp.unit);
    StreamEvent::MiniTicker(MiniTickerEvent {
        event_time: stamp.now(),
        symbol: figures.grid.symbol().into(),
        last_price: figures.last(),
        open_price: figures.open(),
        high_price: figures.high(),
        low_price: figures.low(),
        volume: figures.volume(),
        quote_volume: figures.quote_volume(),
    })
}

/// `@ticker`
pub fn ticker<'a>(market: &'a Market, ticker: &Ticker, stamp: Stamp) -> StreamEvent<'a> {
    let figures = Figures::new(market, *ticker, stamp.unit);
    let (bid_price, bid_qty) = figures.grid.best(ticker.book.bid);
    let (ask_price, ask_qty) = figures.grid.best(ticker.book.ask);
    let ((open_time, close_time), (first_id, last_id)) = (figures.times(), figures.trade_ids());
    StreamEvent::Ticker(TickerEvent {
        event_time: stamp.now(),
        symbol: figures.grid.symbol().into(),
        price_change: figures.change(),
        price_change_percent: figures.change_percent(),
        weighted_avg_price: figures.weighted_average(),
        prev_close_price: figures.previous_close(),
        last_price: figures.last(),
        last_qty: figures.last_qty(),
        bid_price,
        bid_qty,
        ask_price,
        ask_qty,
        open_price: figures.open(),
        high_price: figures.high(),
        low_price: figures.low(),
        volume: figures.volume(),
        quote_volume: figures.quote_volume(),
        open_time,
        close_time,
        first_id,
        last_id,
        count: ticker.trades,
    })
}

/// `@ticker_1h` and its like.
pub fn rolling_ticker<'a>(
    market: &'a Market,
    window: Window,
    ticker: &Ticker,
    stamp: Stamp,
) -> StreamEvent<'a> {
    let figures = Figures::new(market, *ticker, stamp.unit);
    let ((open_time, close_time), (first_id, last_id)) = (figures.times(), figures.trade_ids());
    let event = RollingTickerEvent {
        event_time: stamp.now(),
        symbol: figures.grid.symbol().into(),
        price_change: figures.change(),
        price_change_percent: figures.change_percent(),
        open_price: figures.open(),
        high_price: figures.high(),
        low_price: figures.low(),
        last_price: figures.last(),
        weighted_avg_price: figures.weighted_average(),
        volume: figures.volume(),
        quote_volume: figures.quote_volume(),
        open_time,
        close_time,
        first_id,
        last_id,
        count: ticker.trades,
    };
    match window.minutes() {
        60 => StreamEvent::Ticker1h(event),
        240 => StreamEvent::Ticker4h(event),
        _ => StreamEvent::Ticker1d(event),
    }
}

/// `serverShutdown`
pub fn server_shutdown(stamp: Stamp) -> String {
    json(&StreamEvent::ServerShutdown(ServerShutdownEvent { event_time: stamp.now() }))
}
