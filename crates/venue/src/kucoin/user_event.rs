//! What the owner of an account is told: its orders and its money.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::order::{Liquidity, OrderKind, OrderSide};
use super::stop_order::StopKind;
use super::text_number;
use crate::number::DecimalText;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// It is about to be matched.
    New,
    /// It rests.
    Open,
    /// It crosses.
    Match,
    /// Nothing more becomes of it.
    Done,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderChangeKind {
    /// It is about to be matched.
    Received,
    /// It rests.
    Open,
    /// A part of it has traded.
    Match,
    /// It asks for less.
    Update,
    /// All of it has traded.
    Filled,
    /// What had not traded ended.
    Canceled,
}

/// A change of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderChange<'a> {
    /// So much was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canceled_size: Option<DecimalText>,
    /// Its placer's name for it.
    #[serde(borrow)]
    pub client_oid: Cow<'a, str>,
    /// So much has traded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled_size: Option<DecimalText>,
    /// The venue's name for it.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
    /// When it was placed, in milliseconds.
    pub order_time: u64,
    /// At its price or at any.
    pub order_type: OrderKind,
    /// Its whole size; was not told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_size: Option<DecimalText>,
    /// The worst price; missing where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<DecimalText>,
    /// What it may still spend; of an order by funds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remain_funds: Option<DecimalText>,
    /// So much stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remain_size: Option<DecimalText>,
    /// Buy or sell.
    pub side: OrderSide,
    /// Its size now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<DecimalText>,
    /// Where it stands.
    pub status: OrderStatus,
    /// Where.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// When, in nanoseconds.
    pub ts: u64,
    /// What became of it.
    #[serde(rename = "type")]
    pub kind: OrderChangeKind,
    /// Its size before it asked for less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_size: Option<DecimalText>,
    /// As what it pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_type: Option<FeeType>,
    /// Whether it rested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liquidity: Option<Liquidity>,
    /// At which price it traded just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_price: Option<DecimalText>,
    /// How much traded just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_size: Option<DecimalText>,
    /// The number of the trade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_id: Option<String>,
}

/// What became of an order that waits for a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopChangeKind {
    /// It waits.
    Open,
    /// It waits for something else.
    Update,
    /// It woke, or could not.
    Triggered,
    /// It ended before it woke.
    Cancel,
}

/// A change of an order that waits for a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StopOrderEvent<'a> {
    /// When it was placed, in milliseconds.
    pub created_at: u64,
    /// The venue's name for it.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
    /// The worst price; missing where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_price: Option<DecimalText>,
    /// `stop`.
    #[serde(borrow)]
    pub order_type: Cow<'a, str>,
    /// Buy or sell.
    pub side: OrderSide,
    /// Of base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<DecimalText>,
    /// From which side its price is reached.
    pub stop: StopKind,
    /// At which price it wakes.
    pub stop_price: DecimalText,
    /// Where.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// `TRADE`.
    #[serde(borrow)]
    pub trade_type: Cow<'a, str>,
    /// Whether it became an order, once it woke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_success: Option<bool>,
    /// When, in nanoseconds.
    pub ts: u64,
    /// What became of it.
    #[serde(rename = "type")]
    pub kind: StopChangeKind,
}

/// As what an order pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum FeeType {
    TakerFee,
    MakerFee,
}

/// What a change of a balance is about; nothing where it is about no order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelationContext {
    /// In which market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Which order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Which trade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_id: Option<String>,
}

/// A change of a balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BalanceEvent<'a> {
    /// The account's name.
    #[serde(borrow)]
    pub account_id: Cow<'a, str>,
    /// Of which currency.
    #[serde(borrow)]
    pub currency: Cow<'a, str>,
    /// All of it.
    pub total: DecimalText,
    /// Free to use.
    pub available: DecimalText,
    /// Reserved for open orders.
    pub hold: DecimalText,
    /// By how much what is free changed.
    pub available_change: DecimalText,
    /// By how much what is reserved changed.
    pub hold_change: DecimalText,
    /// What it is about.
    pub relation_context: RelationContext,
    /// Why.
    #[serde(borrow)]
    pub relation_event: Cow<'a, str>,
    /// Its number.
    #[serde(borrow)]
    pub relation_event_id: Cow<'a, str>,
    /// When, in milliseconds.
    #[serde(with = "text_number")]
    pub time: u64,
}
