//! What public channels tell.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::DecimalNumber;
use super::order::OrderSide;

/// One price of a book; in an update, quantity zero removes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// At which price.
    pub price: DecimalNumber,
    /// How much base.
    pub qty: DecimalNumber,
}

/// `book`: one market a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookData<'a> {
    /// Which market.
    pub symbol: &'a str,
    /// In a snapshot highest first.
    pub bids: Cow<'a, [Level]>,
    /// In a snapshot lowest first.
    pub asks: Cow<'a, [Level]>,
    /// Of the book after this; see [`super::checksum`].
    pub checksum: u32,
    /// When it changed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<&'a str>,
}

/// `ticker`: a market over the last 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickerData<'a> {
    /// Which market.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// The best bid.
    pub bid: DecimalNumber,
    /// How much there.
    pub bid_qty: DecimalNumber,
    /// The best ask.
    pub ask: DecimalNumber,
    /// How much there.
    pub ask_qty: DecimalNumber,
    /// The last price.
    pub last: DecimalNumber,
    /// Base traded.
    pub volume: DecimalNumber,
    /// The average price by volume.
    pub vwap: DecimalNumber,
    /// The lowest price.
    pub low: DecimalNumber,
    /// The highest price.
    pub high: DecimalNumber,
    /// By how much the price moved.
    pub change: DecimalNumber,
    /// By how many hundredths.
    pub change_pct: DecimalNumber,
    /// When.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Cow<'a, str>>,
}

/// `trade`: one trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeData<'a> {
    /// Which market.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// Who crossed.
    pub side: OrderSide,
    /// At which price.
    pub price: DecimalNumber,
    /// How much base.
    pub qty: DecimalNumber,
    /// How: `limit` or `market`.
    #[serde(borrow)]
    pub ord_type: Cow<'a, str>,
    /// Its number in the market.
    pub trade_id: u64,
    /// When.
    #[serde(borrow)]
    pub timestamp: Cow<'a, str>,
}

/// `ohlc`: a candle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OhlcData<'a> {
    /// Which market.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// The first price.
    pub open: DecimalNumber,
    /// The highest price.
    pub high: DecimalNumber,
    /// The lowest price.
    pub low: DecimalNumber,
    /// The last price.
    pub close: DecimalNumber,
    /// How many trades.
    pub trades: u64,
    /// Base traded.
    pub volume: DecimalNumber,
    /// The average price by volume.
    pub vwap: DecimalNumber,
    /// Since when.
    #[serde(borrow)]
    pub interval_begin: Cow<'a, str>,
    /// Minutes.
    pub interval: u32,
    /// Until when.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Cow<'a, str>>,
}

/// `status`: what the venue is able to do, told at once to who connects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusData<'a> {
    /// `online`, `maintenance`, `cancel_only`, `post_only`.
    #[serde(borrow)]
    pub system: Cow<'a, str>,
    /// `v2`.
    #[serde(borrow)]
    pub api_version: Cow<'a, str>,
    /// Of this connection.
    pub connection_id: u64,
    /// Of the server.
    #[serde(borrow)]
    pub version: Cow<'a, str>,
}

/// `instrument`: assets and markets, all at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentData<'a> {
    /// Assets.
    #[serde(borrow)]
    pub assets: Vec<InstrumentAsset<'a>>,
    /// Markets.
    #[serde(borrow)]
    pub pairs: Vec<InstrumentPair<'a>>,
}

/// An asset as `instrument` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentAsset<'a> {
    /// Its name.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// `enabled`, or what it cannot do.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// Digits after the point in books.
    pub precision: u8,
    /// Digits after the point for people.
    pub precision_display: u8,
    /// Whether one may borrow it.
    pub borrowable: bool,
    /// What it is worth as a security.
    pub collateral_value: DecimalNumber,
    /// What borrowing costs.
    pub margin_rate: DecimalNumber,
}

/// A market as `instrument` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentPair<'a> {
    /// Its name.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// What is traded.
    #[serde(borrow)]
    pub base: Cow<'a, str>,
    /// What it is paid in.
    #[serde(borrow)]
    pub quote: Cow<'a, str>,
    /// `online`, or what it does not take.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// Digits after the point of quantities.
    pub qty_precision: u8,
    /// The step of quantities.
    pub qty_increment: DecimalNumber,
    /// Digits after the point of prices.
    pub price_precision: u8,
    /// Digits after the point of what changes hands.
    pub cost_precision: u8,
    /// Whether one may borrow to trade here.
    pub marginable: bool,
    /// Whether there are list prices.
    pub has_index: bool,
    /// The smallest notional.
    pub cost_min: DecimalNumber,
    /// The step of prices.
    pub price_increment: DecimalNumber,
    /// The smallest quantity.
    pub qty_min: DecimalNumber,
}
