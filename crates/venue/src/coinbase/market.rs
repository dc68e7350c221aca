//! Public market data: the book, trades, candles, the time.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::number::{DecimalText, MaybeDecimal};
use super::order::OrderSide;

/// Answer to `time`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerTime<'a> {
    /// Now.
    #[serde(borrow)]
    pub iso: Cow<'a, str>,
    /// The same, in seconds.
    #[serde(borrow)]
    pub epoch_seconds: Cow<'a, str>,
    /// The same, in milliseconds.
    #[serde(borrow)]
    pub epoch_millis: Cow<'a, str>,
}

/// A price and what is shown at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLevel {
    /// Which.
    pub price: DecimalText,
    /// How much base.
    pub size: DecimalText,
}

/// A book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceBook<'a> {
    /// Of which market.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// Best first.
    pub bids: Vec<PriceLevel>,
    /// Best first.
    pub asks: Vec<PriceLevel>,
    /// As of when.
    #[serde(borrow)]
    pub time: Cow<'a, str>,
}

/// Answer to `product_book`. What lies between the best of both sides is empty where one is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductBook<'a> {
    /// It.
    #[serde(borrow)]
    pub pricebook: PriceBook<'a>,
    /// The last price.
    #[serde(default)]
    pub last: MaybeDecimal,
    /// In the middle of the best of both sides.
    #[serde(default)]
    pub mid_market: MaybeDecimal,
    /// How far apart they are, in basis points of the middle.
    #[serde(default)]
    pub spread_bps: MaybeDecimal,
    /// How far apart they are.
    #[serde(default)]
    pub spread_absolute: MaybeDecimal,
}

/// Answer to `best_bid_ask`: books of one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BestBidAsk<'a> {
    /// One of each market.
    #[serde(borrow)]
    pub pricebooks: Vec<PriceBook<'a>>,
}

/// A trade, as a question for it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketTrade<'a> {
    /// Its number in the market.
    #[serde(borrow)]
    pub trade_id: Cow<'a, str>,
    /// Which market.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// At which price.
    pub price: DecimalText,
    /// How much base.
    pub size: DecimalText,
    /// When.
    #[serde(borrow)]
    pub time: Cow<'a, str>,
    /// Whose order rested.
    pub side: OrderSide,
    /// Empty.
    #[serde(default)]
    pub bid: MaybeDecimal,
    /// Empty.
    #[serde(default)]
    pub ask: MaybeDecimal,
    /// `coinbase`.
    #[serde(borrow, default)]
    pub exchange: Cow<'a, str>,
}

/// Answer to `ticker`: the latest trades, newest first, and the best of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketTrades<'a> {
    /// Newest first.
    #[serde(borrow)]
    pub trades: Vec<MarketTrade<'a>>,
    /// The best price to sell at.
    #[serde(default)]
    pub best_bid: MaybeDecimal,
    /// The best price to buy at.
    #[serde(default)]
    pub best_ask: MaybeDecimal,
}

/// A candle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candle<'a> {
    /// When it begins, in seconds.
    #[serde(borrow)]
    pub start: Cow<'a, str>,
    /// The lowest price.
    pub low: DecimalText,
    /// The highest price.
    pub high: DecimalText,
    /// The first price.
    pub open: DecimalText,
    /// The last price.
    pub close: DecimalText,
    /// How much base was traded.
    pub volume: DecimalText,
}

/// Answer to `candles`, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candles<'a> {
    /// At most 350.
    #[serde(borrow)]
    pub candles: Vec<Candle<'a>>,
}
