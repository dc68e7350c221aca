//! Orders and their trades over REST.

use std::borrow::Cow;

use model::Side;
use serde::{Deserialize, Serialize};

use super::{DecimalNumber, Named};
use crate::number::DecimalText;

/// Whatever is answered over REST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer<'a, T> {
    /// Why it was not done; what begins with `W` is a warning.
    #[serde(borrow)]
    pub error: Vec<Cow<'a, str>>,
    /// What was asked for.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub result: Option<T>,
}

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Each is its own name.
pub enum OrderSide {
    Buy,
    Sell,
}

impl From<Side> for OrderSide {
    fn from(side: Side) -> Self {
        match side {
            Side::Buy => Self::Buy,
            Side::Sell => Self::Sell,
        }
    }
}

impl From<OrderSide> for Side {
    fn from(side: OrderSide) -> Self {
        match side {
            OrderSide::Buy => Self::Buy,
            OrderSide::Sell => Self::Sell,
        }
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // Each is its own name.
pub enum OrderState {
    Pending,
    Open,
    Closed,
    Canceled,
    Expired,
}

/// What an order asks, in parts and as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description<'a> {
    /// Where, by its altname.
    #[serde(borrow)]
    pub pair: Cow<'a, str>,
    /// Buy or sell.
    #[serde(rename = "type")]
    pub side: OrderSide,
    /// `limit`, `market`, `stop-loss-limit`, …
    #[serde(borrow)]
    pub ordertype: Cow<'a, str>,
    /// Its limit, or its trigger where it has one; `0` for a market order.
    #[serde(borrow)]
    pub price: Cow<'a, str>,
    /// Its limit where it has a trigger.
    #[serde(borrow)]
    pub price2: Cow<'a, str>,
    /// `none`.
    #[serde(borrow)]
    pub leverage: Cow<'a, str>,
    /// For people.
    #[serde(borrow)]
    pub order: Cow<'a, str>,
    /// What is placed when it closes: nothing here.
    #[serde(borrow, default)]
    pub close: Cow<'a, str>,
}

/// An order as it is told when asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderInfo<'a> {
    /// The order from which it came.
    #[serde(borrow)]
    pub refid: Option<Cow<'a, str>>,
    /// Its placer's number for it.
    pub userref: Option<i64>,
    /// Its placer's name for it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cl_ord_id: Option<Cow<'a, str>>,
    /// Where it stands.
    pub status: OrderState,
    /// Why it ended, where it was not filled.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// When it was placed, in seconds.
    pub opentm: DecimalNumber,
    /// When it ended, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closetm: Option<DecimalNumber>,
    /// Since when it may trade; 0 for at once.
    pub starttm: DecimalNumber,
    /// Until when it stands; 0 for ever.
    pub expiretm: DecimalNumber,
    /// What it asks.
    #[serde(borrow)]
    pub descr: Description<'a>,
    /// Its quantity, of base unless `oflags` has `viqc`.
    pub vol: DecimalText,
    /// So much has traded.
    pub vol_exec: DecimalText,
    /// For so much quote.
    pub cost: DecimalText,
    /// At that fee.
    pub fee: DecimalText,
    /// At that price on average.
    pub price: DecimalText,
    /// The trigger that counts now.
    pub stopprice: DecimalText,
    /// The limit that counts now.
    pub limitprice: DecimalText,
    /// Remarks.
    #[serde(borrow)]
    pub misc: Cow<'a, str>,
    /// `post`, `fciq`, …
    #[serde(borrow)]
    pub oflags: Cow<'a, str>,
    /// Its trades, where asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trades: Option<Vec<Cow<'a, str>>>,
}

/// What an order asked for from a moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amend<'a> {
    /// Its name, as `AmendOrder` told it.
    #[serde(borrow)]
    pub amend_id: Cow<'a, str>,
    /// `original`, `user` or `restated`.
    #[serde(borrow)]
    pub amend_type: Cow<'a, str>,
    /// The whole quantity, of base.
    pub order_qty: DecimalText,
    /// Of an iceberg: how much of it the book shows at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_qty: Option<DecimalText>,
    /// So much had not traded then.
    pub remaining_qty: DecimalText,
    /// Its limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<DecimalText>,
    /// What wakes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<DecimalText>,
    /// Whether it had to rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_only: Option<bool>,
    /// Since when, in nanoseconds.
    pub timestamp: u64,
}

/// Result of `OrderAmends`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderAmends<'a> {
    /// The oldest first.
    #[serde(borrow)]
    pub amends: Vec<Amend<'a>>,
    /// How many.
    pub count: u64,
}

/// Result of `OpenOrders`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open<'a> {
    /// By name.
    #[serde(borrow)]
    pub open: Named<'a, OrderInfo<'a>>,
}

/// Result of `ClosedOrders`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed<'a> {
    /// By name, the latest first.
    #[serde(borrow)]
    pub closed: Named<'a, OrderInfo<'a>>,
    /// How many there are.
    pub count: u64,
}

/// One trade of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeInfo<'a> {
    /// Of which order.
    #[serde(borrow)]
    pub ordertxid: Cow<'a, str>,
    /// Of which position.
    #[serde(borrow)]
    pub postxid: Cow<'a, str>,
    /// Where, by its key.
    #[serde(borrow)]
    pub pair: Cow<'a, str>,
    /// When, in seconds.
    pub time: DecimalNumber,
    /// Buy or sell.
    #[serde(rename = "type")]
    pub side: OrderSide,
    /// As in [`Description::ordertype`].
    #[serde(borrow)]
    pub ordertype: Cow<'a, str>,
    /// At which price.
    pub price: DecimalText,
    /// For how much quote.
    pub cost: DecimalText,
    /// At which fee, in quote.
    pub fee: DecimalText,
    /// How much base.
    pub vol: DecimalText,
    /// Of margin: nothing.
    pub margin: DecimalText,
    /// Remarks.
    #[serde(borrow)]
    pub misc: Cow<'a, str>,
    /// Its number in the market.
    pub trade_id: u64,
    /// Whether the order rested.
    pub maker: bool,
}

/// Result of `TradesHistory`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeHistory<'a> {
    /// By name, the latest first.
    #[serde(borrow)]
    pub trades: Named<'a, TradeInfo<'a>>,
    /// How many there are.
    pub count: u64,
}

/// What an order that was placed asks, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence<'a> {
    /// It.
    #[serde(borrow)]
    pub order: Cow<'a, str>,
}

/// Result of `AddOrder`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedOrder<'a> {
    /// What it asks.
    #[serde(borrow)]
    pub descr: Sentence<'a>,
    /// Its name; none where it was to be looked at only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub txid: Option<Vec<Cow<'a, str>>>,
}

/// Result of `AddOrderBatch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch<'a> {
    /// In the order in which they were asked.
    #[serde(borrow)]
    pub orders: Vec<BatchEntry<'a>>,
}

/// One order of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchEntry<'a> {
    /// Its name, if it was placed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub txid: Option<Cow<'a, str>>,
    /// What it asks.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub descr: Option<Sentence<'a>>,
    /// Why it was not placed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Cow<'a, str>>,
}

/// Result of `AmendOrder`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amended<'a> {
    /// The name of what was done.
    #[serde(borrow)]
    pub amend_id: Cow<'a, str>,
}

/// Result of `EditOrder`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited<'a> {
    /// `ok`.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// The name of the order that took the place; none where it was to be looked at only.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub txid: Option<Cow<'a, str>>,
    /// The name of the order that made place.
    #[serde(borrow)]
    pub originaltxid: Cow<'a, str>,
    /// What the new one asks for, of base.
    pub volume: DecimalText,
    /// Its limit, or its trigger where it has one.
    #[serde(borrow)]
    pub price: Cow<'a, str>,
    /// Its limit where it has a trigger.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub price2: Option<Cow<'a, str>>,
    /// How many orders ended.
    pub orders_cancelled: u64,
    /// What the new one asks, for people.
    #[serde(borrow)]
    pub descr: Sentence<'a>,
}

/// Result of `CancelOrder`, `CancelOrderBatch` and `CancelAll`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanceledCount {
    /// How many orders ended.
    pub count: u64,
}

/// Result of `CancelAllOrdersAfter`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelAfter<'a> {
    /// Now.
    #[serde(borrow)]
    pub current_time: Cow<'a, str>,
    /// When all orders end; `0` for never.
    #[serde(borrow)]
    pub trigger_time: Cow<'a, str>,
}
