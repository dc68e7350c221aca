//! What the venue says over a socket: events in an envelope that counts.
//!
//! Shape   [`Message`] of events whose kind is the channel's. The channel is read first
//!         ([`super::Heading`]), so that kinds that are new are passed over.
//! Keeps   `sequence_num` rises by one from message to message of a connection, whatever the
//!         channel.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::market::Candle;
use super::number::{DecimalText, MaybeDecimal};
use super::order::{OrderSide, OrderStatus, TimeInForce};

/// A message of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "E: Deserialize<'de>"))]
pub struct Message<'a, E> {
    /// Of which channel.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// Empty.
    #[serde(borrow, default)]
    pub client_id: Cow<'a, str>,
    /// When it was sent.
    #[serde(borrow)]
    pub timestamp: Cow<'a, str>,
    /// Its place among the messages of the connection.
    pub sequence_num: u64,
    /// One or more.
    pub events: Vec<E>,
}

/// Whether an event tells all there is, or what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum EventKind {
    Snapshot,
    Update,
}

/// A side of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum BookSide {
    Bid,
    Offer,
}

/// One price of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelUpdate<'a> {
    /// On which side.
    pub side: BookSide,
    /// When it changed.
    #[serde(borrow)]
    pub event_time: Cow<'a, str>,
    /// Which.
    pub price_level: DecimalText,
    /// How much base is shown there from now on; zero takes the level away.
    pub new_quantity: DecimalText,
}

/// Of `l2_data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookEvent<'a> {
    /// All levels, or those that changed.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// Of which market.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// Each price once.
    #[serde(borrow)]
    pub updates: Vec<LevelUpdate<'a>>,
}

/// A trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamTrade<'a> {
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
    /// Whose order rested.
    pub side: OrderSide,
    /// When.
    #[serde(borrow)]
    pub time: Cow<'a, str>,
}

/// Of `market_trades`, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradesEvent<'a> {
    /// Of before, or of now.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// Newest first.
    #[serde(borrow)]
    pub trades: Vec<StreamTrade<'a>>,
}

/// A market over the last 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamTicker<'a> {
    /// `ticker`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// Which market.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// The last price.
    pub price: MaybeDecimal,
    /// How much base was traded.
    pub volume_24_h: DecimalText,
    /// The lowest price of 24 hours.
    pub low_24_h: MaybeDecimal,
    /// The highest price of 24 hours.
    pub high_24_h: MaybeDecimal,
    /// The lowest price of 52 weeks.
    #[serde(default)]
    pub low_52_w: MaybeDecimal,
    /// The highest price of 52 weeks.
    #[serde(default)]
    pub high_52_w: MaybeDecimal,
    /// Of the price, in percent.
    #[serde(default)]
    pub price_percent_chg_24_h: MaybeDecimal,
    /// The best price to sell at.
    #[serde(default)]
    pub best_bid: MaybeDecimal,
    /// How much base is wanted at it.
    #[serde(default)]
    pub best_bid_quantity: MaybeDecimal,
    /// The best price to buy at.
    #[serde(default)]
    pub best_ask: MaybeDecimal,
    /// How much base is for sale at it.
    #[serde(default)]
    pub best_ask_quantity: MaybeDecimal,
}

/// Of `ticker` and `ticker_batch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickerEvent<'a> {
    /// The first, or a later one.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// One or more.
    #[serde(borrow)]
    pub tickers: Vec<StreamTicker<'a>>,
}

/// A candle with its market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamCandle<'a> {
    /// It.
    #[serde(borrow, flatten)]
    pub candle: Candle<'a>,
    /// Of which market.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
}

/// Of `candles`: of five minutes each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandlesEvent<'a> {
    /// The first, or a later one.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// One or more.
    #[serde(borrow)]
    pub candles: Vec<StreamCandle<'a>>,
}

/// Of `heartbeats`, once a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatEvent<'a> {
    /// Now, in a form of its own.
    #[serde(borrow)]
    pub current_time: Cow<'a, str>,
    /// How many there were.
    pub heartbeat_counter: u64,
}

/// A market in `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusProduct<'a> {
    /// `SPOT`.
    #[serde(borrow)]
    pub product_type: Cow<'a, str>,
    /// How the venue spells it.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// What is bought and sold.
    #[serde(borrow)]
    pub base_currency: Cow<'a, str>,
    /// What it is paid in.
    #[serde(borrow)]
    pub quote_currency: Cow<'a, str>,
    /// Quantities are multiples of it.
    pub base_increment: DecimalText,
    /// Prices are multiples of it.
    pub quote_increment: DecimalText,
    /// For people.
    #[serde(borrow)]
    pub display_name: Cow<'a, str>,
    /// `online`, or what it is in place of that.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub status_message: Cow<'a, str>,
    /// An order is at least for so much quote.
    pub min_market_funds: DecimalText,
}

/// Of `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEvent<'a> {
    /// The first, or a later one.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// Those that changed.
    #[serde(borrow)]
    pub products: Vec<StatusProduct<'a>>,
}

/// Of `subscriptions`: what a connection hears after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionsEvent<'a> {
    /// Markets by channel; of `user` whose it is.
    #[serde(borrow)]
    pub subscriptions: BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>,
}

/// An order as its owner is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserOrder<'a> {
    /// The venue's name for it.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
    /// Its placer's name for it.
    #[serde(borrow, default)]
    pub client_order_id: Cow<'a, str>,
    /// So much base has traded.
    pub cumulative_quantity: DecimalText,
    /// So much base is left.
    pub leaves_quantity: DecimalText,
    /// At which price on average; zero where nothing has traded.
    pub avg_price: DecimalText,
    /// What its trades cost, in quote.
    pub total_fees: DecimalText,
    /// Where it stands.
    pub status: OrderStatus,
    /// Where.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// When it was placed.
    #[serde(borrow)]
    pub creation_time: Cow<'a, str>,
    /// Buy or sell.
    pub order_side: OrderSide,
    /// `Limit`, `Market` or `Stop Limit`.
    #[serde(borrow, default)]
    pub order_type: Cow<'a, str>,
    /// Why it ended.
    #[serde(borrow, default)]
    pub cancel_reason: Cow<'a, str>,
    /// Why it was refused.
    #[serde(borrow, default)]
    pub reject_reason: Cow<'a, str>,
    /// What was paid or received in the end, in quote.
    #[serde(default)]
    pub total_value_after_fees: MaybeDecimal,
    /// Of no meaning for spot.
    #[serde(borrow, default)]
    pub contract_expiry_type: Cow<'a, str>,
    /// `SPOT`.
    #[serde(borrow, default)]
    pub product_type: Cow<'a, str>,
    /// Of no meaning for spot.
    #[serde(borrow, default)]
    pub risk_managed_by: Cow<'a, str>,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// Of a stop order.
    #[serde(borrow, default)]
    pub trigger_status: Cow<'a, str>,
    /// Its limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<MaybeDecimal>,
    /// The last price at which it wakes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<MaybeDecimal>,
    /// For so much quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled_value: Option<MaybeDecimal>,
    /// In how many trades.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub number_of_fills: Option<Cow<'a, str>>,
    /// How much of it has traded, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_percentage: Option<MaybeDecimal>,
    /// What is reserved for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outstanding_hold_amount: Option<MaybeDecimal>,
    /// Whether it must rest: `true` or `false`, as text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub post_only: Option<Cow<'a, str>>,
    /// The portfolio it is in.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub retail_portfolio_id: Option<Cow<'a, str>>,
}

/// Of `user`: all open orders in parts, then each that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserEvent<'a> {
    /// Those that are open, or those that changed.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// In a snapshot at most [`USER_SNAPSHOT_MAX`]; fewer in the last part.
    #[serde(borrow)]
    pub orders: Vec<UserOrder<'a>>,
}

/// Orders in one part of a snapshot of `user`.
pub const USER_SNAPSHOT_MAX: usize = 50;
