//! Orders as they are asked for, acknowledged and found again, and their fills.

use std::borrow::Cow;

use model::Side;
use serde::{Deserialize, Serialize};

use super::given_number;
use crate::number::DecimalText;

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is its own name")]
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

/// At its price or at any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum OrderKind {
    Limit,
    Market,
}

/// How long a limit stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Lasting {
    /// Until cancelled.
    #[default]
    Gtc,
    /// Until a time.
    Gtt,
    /// For what trades at once.
    Ioc,
    /// For all of it at once, or nothing.
    Fok,
}

/// What happens when an order would trade with one of the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SelfTrade {
    /// Both lose the smaller size; what reaches zero is cancelled.
    #[serde(rename = "DC")]
    DecreaseAndCancel,
    /// The older is cancelled.
    #[serde(rename = "CO")]
    CancelOldest,
    /// The newer is cancelled.
    #[serde(rename = "CN")]
    CancelNewest,
    /// Both are cancelled.
    #[serde(rename = "CB")]
    CancelBoth,
}

/// Who rested and who crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Liquidity {
    Taker,
    Maker,
}

/// An order as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrder<'a> {
    /// Its placer's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_oid: Option<Cow<'a, str>>,
    /// Buy or sell.
    pub side: OrderSide,
    /// Where; of several in one market the list may say it once.
    #[serde(borrow, default)]
    pub symbol: Cow<'a, str>,
    /// At its price or at any; of classic orders a limit where it is missing.
    #[serde(rename = "type", default = "limit")]
    pub kind: OrderKind,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<Cow<'a, str>>,
    /// What happens when it meets an order of the same account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stp: Option<SelfTrade>,
    /// The worst price.
    #[serde(
        default,
        deserialize_with = "given_number::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub price: Option<DecimalText>,
    /// Of base.
    #[serde(
        default,
        deserialize_with = "given_number::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub size: Option<DecimalText>,
    /// How long a limit stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<Lasting>,
    /// Whether it must rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_only: Option<bool>,
    /// Whether the book does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    /// Whether the book shows a part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iceberg: Option<bool>,
    /// Which part.
    #[serde(
        default,
        deserialize_with = "given_number::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub visible_size: Option<DecimalText>,
    /// Another note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Cow<'a, str>>,
    /// After how many seconds one that stands until a time ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_after: Option<i64>,
    /// Of quote, in place of a size, for an order at any price.
    #[serde(
        default,
        deserialize_with = "given_number::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub funds: Option<DecimalText>,
    /// Not after so many milliseconds since `client_timestamp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_max_time_window: Option<u64>,
    /// When the client made it, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_timestamp: Option<u64>,
    /// Of an order that waits: `loss` or `entry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Cow<'a, str>>,
    /// Of an order that waits: at which price it wakes.
    #[serde(
        default,
        deserialize_with = "given_number::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub stop_price: Option<DecimalText>,
}

const fn limit() -> OrderKind {
    OrderKind::Limit
}

/// Several orders at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderList<'a> {
    /// In which market all are, of classic orders.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Cow<'a, str>>,
    /// Each.
    #[serde(borrow)]
    pub order_list: Vec<NewOrder<'a>>,
}

/// Answer to placing an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placed<'a> {
    /// The venue's name for it.
    pub order_id: Cow<'a, str>,
    /// Its placer's name for it; missing from the answer to a classic order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_oid: Option<String>,
}

/// Whether an order stands after it was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum SyncStatus {
    Open,
    Done,
}

/// Answer to placing an order and waiting for what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacedSync<'a> {
    /// The venue's name for it.
    pub order_id: Cow<'a, str>,
    /// Its placer's name for it.
    pub client_oid: Cow<'a, str>,
    /// When it was placed.
    pub order_time: u64,
    /// Its whole size.
    pub origin_size: DecimalText,
    /// So much has traded.
    pub deal_size: DecimalText,
    /// So much stands.
    pub remain_size: DecimalText,
    /// So much was cancelled.
    pub canceled_size: DecimalText,
    /// Whether it stands.
    pub status: SyncStatus,
    /// When it was matched.
    pub match_time: u64,
}

/// Answer to placing one of several orders; what became of it where that was waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacedOne {
    /// The venue's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Its placer's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_oid: Option<String>,
    /// When it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_time: Option<u64>,
    /// Its whole size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_size: Option<DecimalText>,
    /// So much has traded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deal_size: Option<DecimalText>,
    /// So much stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remain_size: Option<DecimalText>,
    /// So much was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canceled_size: Option<DecimalText>,
    /// Whether it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SyncStatus>,
    /// When it was matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_time: Option<u64>,
    /// Whether it was placed.
    pub success: bool,
    /// Why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_msg: Option<String>,
}

/// Answer to placing one of several classic orders: what it asked, and whether it was placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassicPlaced<'a> {
    /// It.
    #[serde(borrow, flatten)]
    pub order: NewOrder<'a>,
    /// The venue's name for it.
    pub id: Option<String>,
    /// `success` or `fail`.
    pub status: Cow<'a, str>,
    /// Why it was not.
    pub fail_msg: Option<String>,
}

/// Answers to placing several classic orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassicPlacedList<'a> {
    /// Each.
    #[serde(borrow)]
    pub data: Vec<ClassicPlaced<'a>>,
}

/// Answer to cancelling an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanceledOrder<'a> {
    /// Which.
    pub order_id: Cow<'a, str>,
}

/// Answer to cancelling an order by its placer's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanceledByClient<'a> {
    /// Which.
    pub client_oid: Cow<'a, str>,
}

/// Answer to cancelling an order and waiting for it; it has the one name by which it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncCanceled {
    /// The venue's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Its placer's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_oid: Option<String>,
    /// Its whole size.
    pub origin_size: DecimalText,
    /// So much has traded.
    pub deal_size: DecimalText,
    /// So much stands.
    pub remain_size: DecimalText,
    /// So much was cancelled.
    pub canceled_size: DecimalText,
    /// Whether it stands.
    pub status: SyncStatus,
}

/// Answer to cancelling whatever stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanceledAll {
    /// Markets in which nothing stands any more.
    pub succeed_symbols: Vec<String>,
    /// Markets of which that is not known.
    pub failed_symbols: Vec<String>,
}

/// Answer to cancelling classic orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanceledIds {
    /// Which.
    pub cancelled_order_ids: Vec<String>,
}

/// Answer to cancelling a classic order by its placer's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanceledClassic {
    /// The venue's name for it.
    pub cancelled_order_id: String,
    /// Its placer's name for it.
    pub client_oid: String,
    /// Orders that were linked to it.
    pub cancelled_oco_order_ids: Option<Vec<String>>,
}

/// Markets in which an account has orders that stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestingSymbols {
    /// Which.
    pub symbols: Vec<String>,
}

/// An order as it is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRow<'a> {
    /// The venue's name for it.
    pub id: Cow<'a, str>,
    /// Its placer's name for it.
    pub client_oid: Cow<'a, str>,
    /// Where.
    pub symbol: Cow<'a, str>,
    /// `DEAL`.
    pub op_type: Cow<'a, str>,
    /// At its price or at any.
    #[serde(rename = "type")]
    pub kind: OrderKind,
    /// Buy or sell.
    pub side: OrderSide,
    /// The worst price; zero where it has none.
    pub price: DecimalText,
    /// Its whole size, of base.
    pub size: DecimalText,
    /// Its whole size, of quote.
    pub funds: DecimalText,
    /// So much has traded.
    pub deal_size: DecimalText,
    /// For so much quote.
    pub deal_funds: DecimalText,
    /// So much stands.
    pub remain_size: DecimalText,
    /// For so much quote.
    pub remain_funds: DecimalText,
    /// So much was cancelled.
    pub cancelled_size: DecimalText,
    /// For so much quote.
    pub cancelled_funds: DecimalText,
    /// What it cost.
    pub fee: DecimalText,
    /// In which currency.
    pub fee_currency: Cow<'a, str>,
    /// What happens when it meets an order of the same account.
    pub stp: Option<SelfTrade>,
    /// How long it stands.
    pub time_in_force: Lasting,
    /// Whether it must rest.
    pub post_only: bool,
    /// Whether the book does not show it.
    pub hidden: bool,
    /// Whether the book shows a part of it.
    pub iceberg: bool,
    /// Which part.
    pub visible_size: DecimalText,
    /// After how many seconds one that stands until a time ends.
    pub cancel_after: i64,
    /// By which way it came.
    pub channel: Cow<'a, str>,
    /// Its placer's note.
    pub remark: Option<String>,
    /// Another note.
    pub tags: Option<String>,
    /// Whether something of it was cancelled.
    pub cancel_exist: bool,
    /// `TRADE`.
    pub trade_type: Cow<'a, str>,
    /// Whether it rests.
    pub in_order_book: bool,
    /// Whether it stands.
    pub active: bool,
    /// What a state takes of it.
    pub tax: DecimalText,
    /// When it was placed.
    pub created_at: u64,
    /// When it last changed.
    pub last_updated_at: u64,
}

/// A list of what is done, by the number of its last row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Orders<T> {
    /// Where the next list begins; zero for none.
    pub last_id: u64,
    /// The newest first.
    pub items: Vec<T>,
}

/// One side of a trade, as its owner is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fill<'a> {
    /// Its number among all of its owner.
    pub id: u64,
    /// The venue's name for the order.
    pub order_id: Cow<'a, str>,
    /// The venue's name for the other's order.
    pub counter_order_id: Cow<'a, str>,
    /// The number of the trade.
    pub trade_id: u64,
    /// Where.
    pub symbol: Cow<'a, str>,
    /// Buy or sell.
    pub side: OrderSide,
    /// Whether the order rested.
    pub liquidity: Liquidity,
    /// At its price or at any.
    #[serde(rename = "type")]
    pub kind: OrderKind,
    /// Whether it was made a taker.
    pub force_taker: bool,
    /// At which price.
    pub price: DecimalText,
    /// Of base.
    pub size: DecimalText,
    /// Of quote.
    pub funds: DecimalText,
    /// What it cost.
    pub fee: DecimalText,
    /// As a fraction.
    pub fee_rate: DecimalText,
    /// In which currency.
    pub fee_currency: Cow<'a, str>,
    /// What it waited for; nothing.
    pub stop: Cow<'a, str>,
    /// `TRADE`.
    pub trade_type: Cow<'a, str>,
    /// What a state takes of it, as a fraction.
    pub tax_rate: DecimalText,
    /// What a state takes of it.
    pub tax: DecimalText,
    /// When.
    pub created_at: u64,
}

/// A classic order as it is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassicOrder<'a> {
    /// The venue's name for it.
    pub id: Cow<'a, str>,
    /// Where.
    pub symbol: Cow<'a, str>,
    /// `DEAL`.
    pub op_type: Cow<'a, str>,
    /// At its price or at any.
    #[serde(rename = "type")]
    pub kind: OrderKind,
    /// Buy or sell.
    pub side: OrderSide,
    /// The worst price; zero where it has none.
    pub price: DecimalText,
    /// Its whole size, of base.
    pub size: DecimalText,
    /// Its whole size, of quote.
    pub funds: DecimalText,
    /// For so much quote.
    pub deal_funds: DecimalText,
    /// So much has traded.
    pub deal_size: DecimalText,
    /// What it cost.
    pub fee: DecimalText,
    /// In which currency.
    pub fee_currency: Cow<'a, str>,
    /// What happens when it meets an order of the same account; nothing for nothing.
    pub stp: Cow<'a, str>,
    /// What it waits for; nothing.
    pub stop: Cow<'a, str>,
    /// Whether it woke.
    pub stop_triggered: bool,
    /// At which price it wakes.
    pub stop_price: DecimalText,
    /// How long it stands.
    pub time_in_force: Lasting,
    /// Whether it must rest.
    pub post_only: bool,
    /// Whether the book does not show it.
    pub hidden: bool,
    /// Whether the book shows a part of it.
    pub iceberg: bool,
    /// Which part.
    pub visible_size: DecimalText,
    /// After how many seconds one that stands until a time ends.
    pub cancel_after: i64,
    /// By which way it came.
    pub channel: Cow<'a, str>,
    /// Its placer's name for it.
    pub client_oid: Cow<'a, str>,
    /// Its placer's note.
    pub remark: Option<String>,
    /// Another note.
    pub tags: Option<String>,
    /// Whether it stands.
    pub is_active: bool,
    /// Whether something of it was cancelled.
    pub cancel_exist: bool,
    /// When it was placed.
    pub created_at: u64,
    /// `TRADE`.
    pub trade_type: Cow<'a, str>,
}

/// A fill as classic orders are told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OldFill<'a> {
    /// Where.
    pub symbol: Cow<'a, str>,
    /// The number of the trade.
    pub trade_id: Cow<'a, str>,
    /// The venue's name for the order.
    pub order_id: Cow<'a, str>,
    /// The venue's name for the other's order.
    pub counter_order_id: Cow<'a, str>,
    /// Buy or sell.
    pub side: OrderSide,
    /// Whether the order rested.
    pub liquidity: Liquidity,
    /// Whether it was made a taker.
    pub force_taker: bool,
    /// At which price.
    pub price: DecimalText,
    /// Of base.
    pub size: DecimalText,
    /// Of quote.
    pub funds: DecimalText,
    /// What it cost.
    pub fee: DecimalText,
    /// As a fraction.
    pub fee_rate: DecimalText,
    /// In which currency.
    pub fee_currency: Cow<'a, str>,
    /// What it waited for; nothing.
    pub stop: Cow<'a, str>,
    /// `TRADE`.
    pub trade_type: Cow<'a, str>,
    /// At its price or at any.
    #[serde(rename = "type")]
    pub kind: OrderKind,
    /// When.
    pub created_at: u64,
}
