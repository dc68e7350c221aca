//! What is told of markets.
//!
//! Units   times are milliseconds but where they are said to be nanoseconds.

use std::borrow::Cow;

use model::Side;
use serde::{Deserialize, Serialize};

use super::market::{Candle, Level};
use super::{plain_number, text_number};
use crate::local_book::{BookDifference, BookRow};
use crate::number::DecimalText;

/// A change of the book: price, size, its number. Size zero takes the level away; price zero is no
/// level at all, and only the number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change(pub DecimalText, pub DecimalText, #[serde(with = "text_number")] pub u64);

/// Changes of both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes<'a> {
    /// Of those who sell.
    pub asks: Cow<'a, [Change]>,
    /// Of those who buy.
    pub bids: Cow<'a, [Change]>,
}

/// Each change of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L2Update<'a> {
    /// What changed.
    #[serde(borrow)]
    pub changes: Changes<'a>,
    /// The last number in it.
    pub sequence_end: u64,
    /// The first number in it.
    pub sequence_start: u64,
    /// In which market.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// When.
    #[serde(default)]
    pub time: u64,
}

impl BookRow for Change {
    fn level(self) -> Option<(DecimalText, DecimalText)> {
        (!self.0.0.is_zero()).then_some((self.0, self.1))
    }
}

impl BookDifference for L2Update<'_> {
    type Row = Change;

    fn numbers(&self) -> (u64, u64) {
        (self.sequence_start, self.sequence_end)
    }

    fn rows(&self, side: Side) -> &[Change] {
        match side {
            Side::Buy => &self.changes.bids,
            Side::Sell => &self.changes.asks,
        }
    }
}

/// The best of both sides and the last trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TickerEvent {
    /// The lowest ask.
    pub best_ask: Option<DecimalText>,
    /// How much is asked there.
    pub best_ask_size: Option<DecimalText>,
    /// The highest bid.
    pub best_bid: Option<DecimalText>,
    /// How much is bid there.
    pub best_bid_size: Option<DecimalText>,
    /// The last price.
    pub price: Option<DecimalText>,
    /// The last number in it.
    #[serde(with = "text_number")]
    pub sequence: u64,
    /// The size of the last trade.
    pub size: Option<DecimalText>,
    /// When. The specification writes it with a capital letter in one place.
    #[serde(alias = "Time")]
    pub time: u64,
}

/// The best of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopEvent {
    /// The lowest ask.
    pub asks: Option<Level>,
    /// The highest bid.
    pub bids: Option<Level>,
    /// When.
    pub timestamp: u64,
}

/// The best part of a book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookEvent {
    /// Best first.
    pub asks: Vec<Level>,
    /// Best first.
    pub bids: Vec<Level>,
    /// When.
    pub timestamp: u64,
}

/// The candle that is not complete yet, or has just been completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandlesEvent<'a> {
    /// In which market.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// It.
    pub candles: Candle,
    /// When, in nanoseconds.
    pub time: u64,
}

/// A trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MatchEvent<'a> {
    /// The venue's name for the order that rested.
    #[serde(borrow)]
    pub maker_order_id: Cow<'a, str>,
    /// At which price.
    pub price: DecimalText,
    /// Its number.
    #[serde(with = "text_number")]
    pub sequence: u64,
    /// Who crossed: `buy` or `sell`.
    pub side: super::OrderSide,
    /// Of base.
    pub size: DecimalText,
    /// In which market.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// The venue's name for the order that crossed.
    #[serde(borrow)]
    pub taker_order_id: Cow<'a, str>,
    /// When, in nanoseconds.
    #[serde(with = "text_number")]
    pub time: u64,
    /// The number of the trade; was text of any kind once.
    #[serde(borrow)]
    pub trade_id: Cow<'a, str>,
    /// `match`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
}

/// The statistics of a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotEvent<'a> {
    /// The last number in it.
    #[serde(with = "text_number")]
    pub sequence: u64,
    /// They.
    #[serde(borrow)]
    pub data: SnapshotBody<'a>,
}

/// Statistics over some hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotWindow {
    /// By how much the price changed.
    #[serde(with = "plain_number")]
    pub change_price: DecimalText,
    /// By which fraction.
    #[serde(with = "plain_number")]
    pub change_rate: DecimalText,
    /// The highest.
    #[serde(with = "plain_number")]
    pub high: DecimalText,
    /// The lowest.
    #[serde(with = "plain_number")]
    pub low: DecimalText,
    /// The first.
    #[serde(with = "plain_number")]
    pub open: DecimalText,
    /// How much base was traded.
    #[serde(with = "plain_number")]
    pub vol: DecimalText,
    /// For how much quote.
    #[serde(with = "plain_number")]
    pub vol_value: DecimalText,
}

/// The statistics of a market; zeros where it has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotBody<'a> {
    /// How much is asked at the lowest ask.
    #[serde(with = "plain_number")]
    pub ask_size: DecimalText,
    /// The average price.
    #[serde(with = "plain_number")]
    pub average_price: DecimalText,
    /// What is traded.
    #[serde(borrow)]
    pub base_currency: Cow<'a, str>,
    /// How much is bid at the highest bid.
    #[serde(with = "plain_number")]
    pub bid_size: DecimalText,
    /// On which board.
    pub board: u32,
    /// The highest bid.
    #[serde(with = "plain_number")]
    pub buy: DecimalText,
    /// By how much the price changed in 24 hours.
    #[serde(with = "plain_number")]
    pub change_price: DecimalText,
    /// By which fraction.
    #[serde(with = "plain_number")]
    pub change_rate: DecimalText,
    /// The last price.
    #[serde(with = "plain_number")]
    pub close: DecimalText,
    /// When.
    pub datetime: u64,
    /// The highest price in 24 hours.
    #[serde(with = "plain_number")]
    pub high: DecimalText,
    /// The last price.
    #[serde(with = "plain_number")]
    pub last_traded_price: DecimalText,
    /// The lowest price in 24 hours.
    #[serde(with = "plain_number")]
    pub low: DecimalText,
    /// What the fee of makers is multiplied by.
    #[serde(with = "plain_number")]
    pub maker_coefficient: DecimalText,
    /// What makers pay.
    #[serde(with = "plain_number")]
    pub maker_fee_rate: DecimalText,
    /// Whether it is traded on margin.
    pub margin_trade: bool,
    /// How it is marked.
    pub mark: u32,
    /// Of which group of markets.
    #[serde(borrow)]
    pub market: Cow<'a, str>,
    /// Over one hour.
    pub market_change1h: SnapshotWindow,
    /// Over 24 hours.
    pub market_change24h: SnapshotWindow,
    /// Over four hours.
    pub market_change4h: SnapshotWindow,
    /// Of which groups of markets.
    pub markets: Vec<Cow<'a, str>>,
    /// The price 24 hours ago.
    #[serde(with = "plain_number")]
    pub open: DecimalText,
    /// What it is paid in.
    #[serde(borrow)]
    pub quote_currency: Cow<'a, str>,
    /// The lowest ask.
    #[serde(with = "plain_number")]
    pub sell: DecimalText,
    /// For which places.
    pub site_types: Vec<Cow<'a, str>>,
    /// Its place in lists.
    pub sort: u32,
    /// Which market.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// Which market, again.
    #[serde(borrow)]
    pub symbol_code: Cow<'a, str>,
    /// What the fee of takers is multiplied by.
    #[serde(with = "plain_number")]
    pub taker_coefficient: DecimalText,
    /// What takers pay.
    #[serde(with = "plain_number")]
    pub taker_fee_rate: DecimalText,
    /// Whether it takes orders.
    pub trading: bool,
    /// How much base was traded in 24 hours.
    #[serde(with = "plain_number")]
    pub vol: DecimalText,
    /// For how much quote.
    #[serde(with = "plain_number")]
    pub vol_value: DecimalText,
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;
    use crate::kucoin::FullBook;
    use crate::{Begun, Heard, LocalBook};

    #[test]
    fn a_change_without_a_price_moves_the_number_and_nothing_else() {
        let snapshot: FullBook = serde_json::from_str(
            r#"{"time":1,"sequence":"10","bids":[["99","1"]],"asks":[["101","1"]]}"#,
        )
        .unwrap();
        let mut book = LocalBook::default();
        assert_eq!(book.begin(&snapshot), Ok(Begun::Live));
        for (first, last, change, want) in [
            (10, 10, r#"["99","0","10"]"#, Heard::Old),
            (10, 11, r#"["98","2","11"]"#, Heard::Changed),
            (12, 12, r#"["0","0","12"]"#, Heard::Changed),
            (13, 13, r#"["99","0","13"]"#, Heard::Changed),
            (15, 15, r#"["99","1","15"]"#, Heard::Gap),
        ] {
            let text = format!(
                r#"{{"changes":{{"asks":[],"bids":[{change}]}},"sequenceEnd":{last},
                    "sequenceStart":{first},"symbol":"BTC-USDT","time":1}}"#
            );
            let update: L2Update<'_> = serde_json::from_str(&text).unwrap();
            assert_eq!(book.hear(&update, Time(0)), Ok(want), "{text}");
            if last == 13 {
                let (book, number) = book.live().unwrap();
                assert_eq!((number, book.levels(Side::Buy).len()), (13, 1));
                assert_eq!(book.best(Side::Buy).unwrap().price.to_string(), "98");
            }
        }
        assert!(book.live().is_none());
    }
}
