//! Orders that wait for a price, and other orders than those that stand or are done: altered ones,
//! switches that end them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::order::{Lasting, OrderKind, OrderSide, SelfTrade};
use crate::number::DecimalText;

/// From which side a price is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopKind {
    /// When the last price is at the stop price or below it.
    Loss,
    /// When it is there or above.
    Entry,
}

/// An order that waits, as it is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopOrderRow<'a> {
    /// The venue's name for it.
    pub id: Cow<'a, str>,
    /// Where.
    pub symbol: Cow<'a, str>,
    /// Whose.
    pub user_id: Cow<'a, str>,
    /// `NEW` or `TRIGGERED`.
    pub status: Cow<'a, str>,
    /// At its price or at any.
    #[serde(rename = "type")]
    pub kind: OrderKind,
    /// Buy or sell.
    pub side: OrderSide,
    /// The worst price.
    pub price: Option<DecimalText>,
    /// Of base.
    pub size: Option<DecimalText>,
    /// Of quote.
    pub funds: Option<DecimalText>,
    /// What happens when it meets an order of the same account.
    pub stp: Option<SelfTrade>,
    /// How long it stands once it woke.
    pub time_in_force: Lasting,
    /// After how many seconds one that stands until a time ends; −1 for never.
    pub cancel_after: i64,
    /// Whether it must rest.
    pub post_only: bool,
    /// Whether the book does not show it.
    pub hidden: bool,
    /// Whether the book shows a part of it.
    pub iceberg: bool,
    /// Which part.
    pub visible_size: Option<DecimalText>,
    /// By which way it came.
    pub channel: Cow<'a, str>,
    /// Its placer's name for it.
    pub client_oid: Cow<'a, str>,
    /// Its placer's note.
    pub remark: Option<String>,
    /// Another note.
    pub tags: Option<String>,
    /// When it was placed, in nanoseconds.
    pub order_time: u64,
    /// `kucoin`.
    pub domain_id: Cow<'a, str>,
    /// `USER`.
    pub trade_source: Cow<'a, str>,
    /// `TRADE`.
    pub trade_type: Cow<'a, str>,
    /// In which currency fees are taken.
    pub fee_currency: Cow<'a, str>,
    /// Of who crosses, as a fraction.
    pub taker_fee_rate: DecimalText,
    /// Of who rests, as a fraction.
    pub maker_fee_rate: DecimalText,
    /// When it was placed, in milliseconds.
    pub created_at: u64,
    /// From which side its price is reached.
    pub stop: StopKind,
    /// When it woke, in milliseconds.
    pub stop_trigger_time: Option<u64>,
    /// At which price it wakes.
    pub stop_price: DecimalText,
}

/// Answer to cancelling an order that waits, by its placer's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanceledStop {
    /// The venue's name for it.
    pub cancelled_order_id: String,
    /// Its placer's name for it.
    pub client_oid: String,
}

/// An order that stands, asked for anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlterOrder<'a> {
    /// Which, by its placer's name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub client_oid: Option<Cow<'a, str>>,
    /// Which, by the venue's name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
    /// Where.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// Its limit from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_price: Option<DecimalText>,
    /// Its whole size from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_size: Option<DecimalText>,
}

/// Answer to that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Altered {
    /// The venue's name for the order that took its place; empty where none did.
    pub new_order_id: String,
    /// Its placer's name for it.
    pub client_oid: String,
}

/// Answer to cancelling a part of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanceledPart {
    /// Which.
    pub order_id: String,
    /// How much of it.
    pub cancel_size: DecimalText,
}

/// A switch that ends orders unless it is set anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSwitch<'a> {
    /// After how many seconds; −1 for never.
    pub timeout: i64,
    /// In which markets, with commas between them; in all where it is missing or empty.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub symbols: Option<Cow<'a, str>>,
}

/// Answer to setting a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchSet {
    /// Now, in seconds.
    pub current_time: u64,
    /// When orders end, in seconds.
    pub trigger_time: u64,
}

/// A switch as it is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchRow {
    /// After how many seconds.
    pub timeout: u64,
    /// In which markets.
    pub symbols: String,
    /// Now, in seconds.
    pub current_time: u64,
    /// When orders end, in seconds.
    pub trigger_time: u64,
}
