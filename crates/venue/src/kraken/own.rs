//! What an account asks and is told over sockets.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::DecimalNumber;
use super::order::OrderSide;

/// `add_order`, and one order of `batch_add`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddOrder<'a> {
    /// `limit`, `market`, `stop-loss-limit`, …
    #[serde(borrow)]
    pub order_type: Cow<'a, str>,
    /// Buy or sell.
    pub side: OrderSide,
    /// How much base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_qty: Option<DecimalNumber>,
    /// Where; a batch says it once for all.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Cow<'a, str>>,
    /// At which price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<DecimalNumber>,
    /// `gtc`, `ioc`, `gtd`, in either case.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<Cow<'a, str>>,
    /// The client's name for it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cl_ord_id: Option<Cow<'a, str>>,
    /// The client's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_userref: Option<i64>,
    /// Only if it rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_only: Option<bool>,
    /// How much quote, in place of a quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash_order_qty: Option<DecimalNumber>,
    /// Of an iceberg: how much of it the book shows at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_qty: Option<DecimalNumber>,
    /// Until when it stands.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<Cow<'a, str>>,
    /// From when on it may trade.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub effective_time: Option<Cow<'a, str>>,
    /// What happens when it meets an order of the same account.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub stp_type: Option<Cow<'a, str>>,
    /// `static`, or a distance.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub limit_price_type: Option<Cow<'a, str>>,
    /// In which of its assets fees are taken: `base` or `quote`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub fee_preference: Option<Cow<'a, str>>,
    /// With borrowed money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<bool>,
    /// Only as far as it closes a position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduce_only: Option<bool>,
    /// What is placed when it is filled.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub conditional: Option<Conditional<'a>>,
    /// When it wakes.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<Triggers<'a>>,
    /// Only to be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validate: Option<bool>,
    /// Until when it may be taken in; a batch says it once for all.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Cow<'a, str>>,
    /// What names the account; a batch says it once for all.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Cow<'a, str>>,
}

/// What is placed when an order is filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditional<'a> {
    /// As in [`AddOrder::order_type`].
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub order_type: Option<Cow<'a, str>>,
}

/// When an order wakes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggers<'a> {
    /// `last` or `index`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Cow<'a, str>>,
    /// At which price.
    pub price: DecimalNumber,
    /// `static`, or a distance.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub price_type: Option<Cow<'a, str>>,
}

/// `amend_order`, and `edit_order`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmendOrder<'a> {
    /// Which, by the venue's name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
    /// Which, by the client's name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cl_ord_id: Option<Cow<'a, str>>,
    /// Where.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Cow<'a, str>>,
    /// Its whole quantity from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_qty: Option<DecimalNumber>,
    /// Of an iceberg: how much of it is shown from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_qty: Option<DecimalNumber>,
    /// Its limit from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<DecimalNumber>,
    /// `static`, or a distance.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub limit_price_type: Option<Cow<'a, str>>,
    /// What wakes it from now on, where it is amended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_price: Option<DecimalNumber>,
    /// `static`, or a distance.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub trigger_price_type: Option<Cow<'a, str>>,
    /// What wakes it from now on, where it is edited.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<Triggers<'a>>,
    /// Only if it rests then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_only: Option<bool>,
    /// The client's number for the order that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_userref: Option<i64>,
    /// Only to be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validate: Option<bool>,
    /// Until when it may be taken in.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Cow<'a, str>>,
    /// What names the account.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Cow<'a, str>>,
}

/// `cancel_order`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelOrder<'a> {
    /// Which, by the venue's names.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Vec<Cow<'a, str>>>,
    /// Which, by the client's names.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cl_ord_id: Option<Vec<Cow<'a, str>>>,
    /// Which, by the client's numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_userref: Option<Vec<i64>>,
    /// What names the account.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Cow<'a, str>>,
}

/// `batch_add`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchAdd<'a> {
    /// Where, all of them.
    #[serde(borrow)]
    pub symbol: Cow<'a, str>,
    /// They.
    #[serde(borrow)]
    pub orders: Vec<AddOrder<'a>>,
    /// Only to be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validate: Option<bool>,
    /// Until when they may be taken in.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Cow<'a, str>>,
    /// What names the account.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Cow<'a, str>>,
}

/// `cancel_all_orders_after`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelAllAfter<'a> {
    /// In how many seconds; zero for never.
    #[serde(default)]
    pub timeout: Option<u64>,
    /// What names the account.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Cow<'a, str>>,
}

/// `batch_cancel`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCancel<'a> {
    /// Which, by the venue's names.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<Vec<Cow<'a, str>>>,
    /// Which, by the client's names.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cl_ord_id: Option<Vec<Cow<'a, str>>>,
    /// What names the account.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Cow<'a, str>>,
}

/// What came of an order: the result of `add_order`, `amend_order`, `edit_order` and
/// `cancel_order`, and one order of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderResult<'a> {
    /// The name of the change.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub amend_id: Option<Cow<'a, str>>,
    /// The venue's name for the order.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Cow<'a, str>>,
    /// The venue's name for the order that made place.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub original_order_id: Option<Cow<'a, str>>,
    /// The client's name for it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cl_ord_id: Option<Cow<'a, str>>,
    /// The client's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_userref: Option<i64>,
    /// In a batch: whether it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<bool>,
    /// In a batch: why not.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Cow<'a, str>>,
}

/// The result of `batch_add`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchResult<'a> {
    /// In the order in which they were asked.
    #[serde(borrow)]
    pub orders: Vec<OrderResult<'a>>,
}

/// A fee that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeePaid<'a> {
    /// In what.
    #[serde(borrow)]
    pub asset: Cow<'a, str>,
    /// How much.
    pub qty: DecimalNumber,
}

/// `executions`: an order, as it is after what is told. Only a new one is told whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Execution<'a> {
    /// Which.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
    /// The client's name for it.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub cl_ord_id: Option<Cow<'a, str>>,
    /// The client's number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_userref: Option<i64>,
    /// What happened: `pending_new`, `new`, `trade`, `filled`, `canceled`, `expired`, `amended`, …
    #[serde(borrow)]
    pub exec_type: Cow<'a, str>,
    /// The name of the trade.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub exec_id: Option<Cow<'a, str>>,
    /// Its number in the market.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trade_id: Option<u64>,
    /// Where.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Cow<'a, str>>,
    /// Buy or sell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<OrderSide>,
    /// Of the trade: how much base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_qty: Option<DecimalNumber>,
    /// Of the trade: at which price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_price: Option<DecimalNumber>,
    /// Of the trade: `t` for who crossed, `m` for who rested.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub liquidity_ind: Option<Cow<'a, str>>,
    /// Of the trade: for how much quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<DecimalNumber>,
    /// Where the order stands: `pending_new`, `new`, `partially_filled`, `filled`, `canceled`,
    /// `expired`.
    #[serde(borrow)]
    pub order_status: Cow<'a, str>,
    /// As in [`AddOrder::order_type`].
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub order_type: Option<Cow<'a, str>>,
    /// Its whole quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_qty: Option<DecimalNumber>,
    /// How much quote, in place of a quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cash_order_qty: Option<DecimalNumber>,
    /// Its limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<DecimalNumber>,
    /// `static`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub limit_price_type: Option<Cow<'a, str>>,
    /// Its trigger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<DecimalNumber>,
    /// `GTC`, `IOC`, …
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<Cow<'a, str>>,
    /// Only if it rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_only: Option<bool>,
    /// So much has traded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cum_qty: Option<DecimalNumber>,
    /// For so much quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cum_cost: Option<DecimalNumber>,
    /// At that price on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avg_price: Option<DecimalNumber>,
    /// Of the trade.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub fees: Option<Vec<FeePaid<'a>>>,
    /// What all fees were worth in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee_usd_equiv: Option<DecimalNumber>,
    /// `fciq`: in what fees are preferred.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub fee_ccy_pref: Option<Cow<'a, str>>,
    /// Why it ended.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<Cow<'a, str>>,
    /// The same.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// When.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Cow<'a, str>>,
}

/// `balances`: an asset of an account. A snapshot tells its wallets, an update what moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WalletBalance<'a> {
    /// The name of what moved.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub ledger_id: Option<Cow<'a, str>>,
    /// Of what it came: a trade.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub ref_id: Option<Cow<'a, str>>,
    /// When.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Cow<'a, str>>,
    /// `trade`, `deposit`, `withdrawal`, …
    #[serde(rename = "type", borrow, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Cow<'a, str>>,
    /// Of what.
    #[serde(borrow)]
    pub asset: Cow<'a, str>,
    /// `currency`.
    #[serde(borrow)]
    pub asset_class: Cow<'a, str>,
    /// As `type`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub category: Option<Cow<'a, str>>,
    /// `spot`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub wallet_type: Option<Cow<'a, str>>,
    /// `main`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub wallet_id: Option<Cow<'a, str>>,
    /// How much moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<DecimalNumber>,
    /// At what fee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<DecimalNumber>,
    /// How much there is, with what is reserved for open orders.
    pub balance: DecimalNumber,
    /// Where it is.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub wallets: Option<Vec<WalletShare<'a>>>,
}

/// What one wallet has of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletShare<'a> {
    /// `spot`.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// `main`.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// How much.
    pub balance: DecimalNumber,
}
