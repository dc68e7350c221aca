//! What market streams push.
//!
//! Shape   a message has its kind in `e`, but for the best of the book and the partial books.

use std::borrow::Cow;

use model::{Interval, Side};
use serde::{Deserialize, Serialize};

use super::{DecimalText, Level};
use crate::local_book::BookDifference;

/// A message with its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "e")]
#[expect(missing_docs, reason = "each is told at the type that it holds")]
pub enum StreamEvent<'a> {
    #[serde(rename = "trade")]
    Trade(TradeEvent<'a>),
    #[serde(rename = "aggTrade")]
    AggTrade(AggTradeEvent<'a>),
    #[serde(rename = "kline")]
    Kline(KlineEvent<'a>),
    #[serde(rename = "24hrMiniTicker")]
    MiniTicker(MiniTickerEvent<'a>),
    #[serde(rename = "24hrTicker")]
    Ticker(TickerEvent<'a>),
    #[serde(rename = "1hTicker")]
    Ticker1h(RollingTickerEvent<'a>),
    #[serde(rename = "4hTicker")]
    Ticker4h(RollingTickerEvent<'a>),
    #[serde(rename = "1dTicker")]
    Ticker1d(RollingTickerEvent<'a>),
    #[serde(rename = "avgPrice")]
    AvgPrice(AvgPriceEvent<'a>),
    #[serde(rename = "depthUpdate")]
    Depth(DepthEvent<'a>),
    #[serde(rename = "serverShutdown")]
    ServerShutdown(ServerShutdownEvent),
}

/// Each match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeEvent<'a> {
    /// When this was sent.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// Which market.
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    /// Its number in the market.
    #[serde(rename = "t")]
    pub trade_id: u64,
    /// At the maker's price.
    #[serde(rename = "p")]
    pub price: DecimalText,
    /// Of base.
    #[serde(rename = "q")]
    pub qty: DecimalText,
    /// When they met.
    #[serde(rename = "T")]
    pub trade_time: u64,
    /// Whether the seller crossed.
    #[serde(rename = "m")]
    pub is_buyer_maker: bool,
    /// Always true.
    #[serde(rename = "M")]
    pub ignore: bool,
}

/// What one taker order traded at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AggTradeEvent<'a> {
    /// When this was sent.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// Which market.
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    /// Its number in the market.
    #[serde(rename = "a")]
    pub id: u64,
    /// At the makers' price.
    #[serde(rename = "p")]
    pub price: DecimalText,
    /// Of base.
    #[serde(rename = "q")]
    pub qty: DecimalText,
    /// The first trade in it.
    #[serde(rename = "f")]
    pub first_id: u64,
    /// The last trade in it.
    #[serde(rename = "l")]
    pub last_id: u64,
    /// When they met.
    #[serde(rename = "T")]
    pub trade_time: u64,
    /// Whether the seller crossed.
    #[serde(rename = "m")]
    pub is_buyer_maker: bool,
    /// Always true.
    #[serde(rename = "M")]
    pub ignore: bool,
}

/// The current candle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KlineEvent<'a> {
    /// When this was sent.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// Which market.
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    /// It.
    #[serde(rename = "k")]
    pub kline: KlineBody<'a>,
}

/// A candle as streams write it. Numbers of trades are −1 where there were none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in the row of `klines`")]
pub struct KlineBody<'a> {
    #[serde(rename = "t")]
    pub open_time: u64,
    #[serde(rename = "T")]
    pub close_time: u64,
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    #[serde(rename = "i", with = "super::kline::interval")]
    pub interval: Interval,
    #[serde(rename = "f")]
    pub first_id: i64,
    #[serde(rename = "L")]
    pub last_id: i64,
    #[serde(rename = "o")]
    pub open: DecimalText,
    #[serde(rename = "c")]
    pub close: DecimalText,
    #[serde(rename = "h")]
    pub high: DecimalText,
    #[serde(rename = "l")]
    pub low: DecimalText,
    #[serde(rename = "v")]
    pub volume: DecimalText,
    #[serde(rename = "n")]
    pub trades: u64,
    /// Whether its time is over.
    #[serde(rename = "x")]
    pub closed: bool,
    #[serde(rename = "q")]
    pub quote_volume: DecimalText,
    #[serde(rename = "V")]
    pub taker_buy_volume: DecimalText,
    #[serde(rename = "Q")]
    pub taker_buy_quote_volume: DecimalText,
    /// No longer used by the venue.
    #[serde(rename = "B")]
    pub ignore: DecimalText,
}

/// Some statistics of the last 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in `ticker/24hr`")]
pub struct MiniTickerEvent<'a> {
    #[serde(rename = "E")]
    pub event_time: u64,
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    #[serde(rename = "c")]
    pub last_price: DecimalText,
    #[serde(rename = "o")]
    pub open_price: DecimalText,
    #[serde(rename = "h")]
    pub high_price: DecimalText,
    #[serde(rename = "l")]
    pub low_price: DecimalText,
    #[serde(rename = "v")]
    pub volume: DecimalText,
    #[serde(rename = "q")]
    pub quote_volume: DecimalText,
}

/// Statistics of the last 24 hours. Numbers of trades are −1 where there were none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in `ticker/24hr`")]
pub struct TickerEvent<'a> {
    #[serde(rename = "E")]
    pub event_time: u64,
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    #[serde(rename = "p")]
    pub price_change: DecimalText,
    #[serde(rename = "P")]
    pub price_change_percent: DecimalText,
    #[serde(rename = "w")]
    pub weighted_avg_price: DecimalText,
    /// The last price before the window.
    #[serde(rename = "x")]
    pub prev_close_price: DecimalText,
    #[serde(rename = "c")]
    pub last_price: DecimalText,
    #[serde(rename = "Q")]
    pub last_qty: DecimalText,
    #[serde(rename = "b")]
    pub bid_price: DecimalText,
    #[serde(rename = "B")]
    pub bid_qty: DecimalText,
    #[serde(rename = "a")]
    pub ask_price: DecimalText,
    #[serde(rename = "A")]
    pub ask_qty: DecimalText,
    #[serde(rename = "o")]
    pub open_price: DecimalText,
    #[serde(rename = "h")]
    pub high_price: DecimalText,
    #[serde(rename = "l")]
    pub low_price: DecimalText,
    #[serde(rename = "v")]
    pub volume: DecimalText,
    #[serde(rename = "q")]
    pub quote_volume: DecimalText,
    #[serde(rename = "O")]
    pub open_time: u64,
    #[serde(rename = "C")]
    pub close_time: u64,
    #[serde(rename = "F")]
    pub first_id: i64,
    #[serde(rename = "L")]
    pub last_id: i64,
    #[serde(rename = "n")]
    pub count: u64,
}

/// Statistics of a window. Numbers of trades are −1 where there were none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in `ticker`")]
pub struct RollingTickerEvent<'a> {
    #[serde(rename = "E")]
    pub event_time: u64,
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    #[serde(rename = "p")]
    pub price_change: DecimalText,
    #[serde(rename = "P")]
    pub price_change_percent: DecimalText,
    #[serde(rename = "o")]
    pub open_price: DecimalText,
    #[serde(rename = "h")]
    pub high_price: DecimalText,
    #[serde(rename = "l")]
    pub low_price: DecimalText,
    #[serde(rename = "c")]
    pub last_price: DecimalText,
    #[serde(rename = "w")]
    pub weighted_avg_price: DecimalText,
    #[serde(rename = "v")]
    pub volume: DecimalText,
    #[serde(rename = "q")]
    pub quote_volume: DecimalText,
    #[serde(rename = "O")]
    pub open_time: u64,
    #[serde(rename = "C")]
    pub close_time: u64,
    #[serde(rename = "F")]
    pub first_id: i64,
    #[serde(rename = "L")]
    pub last_id: i64,
    #[serde(rename = "n")]
    pub count: u64,
}

/// The average price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvgPriceEvent<'a> {
    /// When this was sent.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// Which market.
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    /// Over which time: `5m`.
    #[serde(rename = "i")]
    pub interval: Cow<'a, str>,
    /// It.
    #[serde(rename = "w")]
    pub price: DecimalText,
    /// When the last trade was; 0 before the first.
    #[serde(rename = "T")]
    pub last_trade_time: u64,
}

/// What changed in the book, from update to update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepthEvent<'a> {
    /// When this was sent.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// Which market.
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    /// The first update in it: one more than the last of the message before.
    #[serde(rename = "U")]
    pub first_update_id: u64,
    /// The last update in it.
    #[serde(rename = "u")]
    pub last_update_id: u64,
    /// Levels as they are now; quantity zero where one is gone.
    #[serde(rename = "b")]
    pub bids: Cow<'a, [Level]>,
    /// Levels as they are now; quantity zero where one is gone.
    #[serde(rename = "a")]
    pub asks: Cow<'a, [Level]>,
}

impl BookDifference for DepthEvent<'_> {
    type Row = Level;

    fn numbers(&self) -> (u64, u64) {
        (self.first_update_id, self.last_update_id)
    }

    fn rows(&self, side: Side) -> &[Level] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

/// The best of both sides, without a kind; zeros where a side is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in `ticker/bookTicker`")]
pub struct BookTickerEvent<'a> {
    /// The update after which it is so.
    #[serde(rename = "u")]
    pub update_id: u64,
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    #[serde(rename = "b")]
    pub bid_price: DecimalText,
    #[serde(rename = "B")]
    pub bid_qty: DecimalText,
    #[serde(rename = "a")]
    pub ask_price: DecimalText,
    #[serde(rename = "A")]
    pub ask_qty: DecimalText,
}

/// The server is about to end; connect anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerShutdownEvent {
    /// When this was sent.
    #[serde(rename = "E")]
    pub event_time: u64,
}

/// A message with the name of its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Combined<'a, T> {
    /// Which stream.
    pub stream: Cow<'a, str>,
    /// What it says.
    pub data: T,
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn every_modelled_field_of_a_documented_message_survives_decode_and_encode() {
        for json in [
            r#"{"e": "aggTrade", "E": 1672515782136, "s": "BNBBTC", "a": 12345, "p": "0.001",
                "q": "100", "f": 100, "l": 105, "T": 1672515782136, "m": true, "M": true}"#,
            r#"{"e": "trade", "E": 1672515782136, "s": "BNBBTC", "t": 12345, "p": "0.001",
                "q": "100", "T": 1672515782136, "m": true, "M": true}"#,
            r#"{"e": "kline", "E": 1672515782136, "s": "BNBBTC", "k": {"t": 1672515780000,
                "T": 1672515839999, "s": "BNBBTC", "i": "1m", "f": 100, "L": 200,
                "o": "0.0010", "c": "0.0020", "h": "0.0025", "l": "0.0015", "v": "1000",
                "n": 100, "x": false, "q": "1.0000", "V": "500", "Q": "0.500",
                "B": "123456"}}"#,
            r#"{"e": "24hrMiniTicker", "E": 1672515782136, "s": "BNBBTC", "c": "0.0025",
                "o": "0.0010", "h": "0.0025", "l": "0.0010", "v": "10000", "q": "18"}"#,
            r#"{"e": "24hrTicker", "E": 1672515782136, "s": "BNBBTC", "p": "0.0015",
                "P": "250.00", "w": "0.0018", "x": "0.0009", "c": "0.0025", "Q": "10",
                "b": "0.0024", "B": "10", "a": "0.0026", "A": "100", "o": "0.0010",
                "h": "0.0025", "l": "0.0010", "v": "10000", "q": "18", "O": 0,
                "C": 86400000, "F": 0, "L": 18150, "n": 18151}"#,
            r#"{"e": "1hTicker", "E": 1672515782136, "s": "BNBBTC", "p": "0.0015",
                "P": "250.00", "o": "0.0010", "h": "0.0025", "l": "0.0010", "c": "0.0025",
                "w": "0.0018", "v": "10000", "q": "18", "O": 0, "C": 1675216573749,
                "F": 0, "L": 18150, "n": 18151}"#,
            r#"{"e": "avgPrice", "E": 1693907033000, "s": "BTCUSDT", "i": "5m",
                "w": "25776.86000000", "T": 1693907032213}"#,
            r#"{"e": "depthUpdate", "E": 1672515782136, "s": "BNBBTC", "U": 157, "u": 160,
                "b": [["0.0024", "10"]], "a": [["0.0026", "100"]]}"#,
            r#"{"e": "serverShutdown", "E": 1770123456789}"#,
        ] {
            check::<StreamEvent>(json);
        }
        check::<BookTickerEvent>(
            r#"{"u": 400900217, "s": "BNBUSDT", "b": "25.35190000", "B": "31.21000000",
                "a": "25.36520000", "A": "40.66000000"}"#,
        );
        check::<Combined<StreamEvent>>(
            r#"{"stream": "!serverShutdown",
                "data": {"e": "serverShutdown", "E": 1770123456789}}"#,
        );
    }

    #[test]
    fn a_recorded_message_keeps_what_is_modelled() {
        // As a client library recorded it: `E` and `T` differ, and zeros after the point stay.
        check::<StreamEvent>(
            r#"{"e": "kline", "E": 1579482921215, "s": "ETHBTC", "k": {"t": 1579482900000,
                "T": 1579482959999, "s": "ETHBTC", "i": "1m", "f": 158411535, "L": 158411550,
                "o": "0.01913200", "c": "0.01913500", "h": "0.01913700", "l": "0.01913200",
                "v": "5.08400000", "n": 16, "x": false, "q": "0.09728060", "V": "3.30200000",
                "Q": "0.06318500", "B": "0"}}"#,
        );
        check::<StreamEvent>(
            r#"{"e": "24hrTicker", "E": 1579485598569, "s": "ETHBTC", "p": "-0.00004000",
                "P": "-0.209", "w": "0.01920495", "x": "0.01916500", "c": "0.01912500",
                "Q": "0.10400000", "b": "0.01912200", "B": "4.10400000", "a": "0.01912500",
                "A": "0.00100000", "o": "0.01916500", "h": "0.01956500", "l": "0.01887700",
                "v": "173518.11900000", "q": "3332.40703994", "O": 1579399197842,
                "C": 1579485597842, "F": 158251292, "L": 158414513, "n": 163222}"#,
        );
        let old = r#"{"e":"trade","E":1579481530912,"s":"ETHBTC","t":158410082,"p":"0.01914100",
            "q":"0.00700000","b":586187049,"a":586186710,"T":1579481530910,"m":false,"M":true}"#;
        let StreamEvent::Trade(trade) = serde_json::from_str(old).unwrap() else {
            panic!("a trade");
        };
        assert_eq!((trade.event_time, trade.trade_time), (1_579_481_530_912, 1_579_481_530_910));
    }
}
