//! What an account is told as it happens.
//!
//! Source  user-data-stream.md.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::order::{
    ExpiryReason, OrderSide, OrderState, OrderType, SelfTradePreventionMode, TimeInForce,
};
use super::order_list::{Contingency, ListOrderStatus, ListStatusType};
use crate::number::DecimalText;

/// One event of a user's stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "e", rename_all = "camelCase")]
pub enum UserEvent<'a> {
    /// Balances changed.
    OutboundAccountPosition(AccountPosition<'a>),
    /// Money came or went.
    BalanceUpdate(BalanceUpdate<'a>),
    /// An order changed.
    ExecutionReport(Box<ExecutionReport<'a>>),
    /// A list changed.
    ListStatus(ListStatusEvent<'a>),
    /// Nothing more will come.
    EventStreamTerminated(StreamTerminated),
    /// Nothing more will come by this listen key.
    ListenKeyExpired(ListenKeyExpired<'a>),
}

impl UserEvent<'_> {
    /// The kinds of events that are read here, by the words in `e`.
    pub const KINDS: [&'static str; 6] = [
        "outboundAccountPosition",
        "balanceUpdate",
        "executionReport",
        "listStatus",
        "eventStreamTerminated",
        "listenKeyExpired",
    ];
}

/// Balances that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPosition<'a> {
    /// When it was told.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// When it changed.
    #[serde(rename = "u")]
    pub updated: u64,
    /// What they are now.
    #[serde(rename = "B")]
    pub balances: Vec<PositionBalance<'a>>,
}

/// A balance as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionBalance<'a> {
    /// Its ticker.
    #[serde(rename = "a")]
    pub asset: Cow<'a, str>,
    /// Free to use.
    #[serde(rename = "f")]
    pub free: DecimalText,
    /// Reserved for open orders.
    #[serde(rename = "l")]
    pub locked: DecimalText,
}

/// Money that came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceUpdate<'a> {
    /// When it was told.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// Its ticker.
    #[serde(rename = "a")]
    pub asset: Cow<'a, str>,
    /// How much; negative where it went.
    #[serde(rename = "d")]
    pub delta: DecimalText,
    /// When it moved.
    #[serde(rename = "T")]
    pub clear_time: u64,
}

/// What happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionType {
    /// It was accepted.
    New,
    /// It was cancelled.
    Canceled,
    /// It was amended.
    Replaced,
    /// It was refused.
    Rejected,
    /// It traded.
    Trade,
    /// It ended by its own terms.
    Expired,
    /// Self-trade prevention took something from it.
    TradePrevention,
}

/// An order after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionReport<'a> {
    /// When it was told.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// Which market.
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    /// The client's name.
    #[serde(rename = "c")]
    pub client_order_id: Cow<'a, str>,
    /// Buy or sell.
    #[serde(rename = "S")]
    pub side: OrderSide,
    /// What it is.
    #[serde(rename = "o")]
    pub kind: OrderType,
    /// How long it stands.
    #[serde(rename = "f")]
    pub time_in_force: TimeInForce,
    /// Its whole quantity.
    #[serde(rename = "q")]
    pub qty: DecimalText,
    /// Its limit, or zero.
    #[serde(rename = "p")]
    pub price: DecimalText,
    /// Of a conditional order, or zero.
    #[serde(rename = "P")]
    pub stop_price: DecimalText,
    /// Of a trailing order.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub trailing_delta: Option<u32>,
    /// Of a trailing order: since when it follows.
    #[serde(rename = "D", default, skip_serializing_if = "Option::is_none")]
    pub trailing_time: Option<u64>,
    /// Where the order was labelled with one.
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    pub strategy_id: Option<u64>,
    /// Where the order was labelled with one.
    #[serde(rename = "J", default, skip_serializing_if = "Option::is_none")]
    pub strategy_type: Option<u64>,
    /// Of an iceberg, or zero.
    #[serde(rename = "F")]
    pub iceberg_qty: DecimalText,
    /// The list's number, or −1.
    #[serde(rename = "g")]
    pub order_list_id: i64,
    /// Of a cancel: the name of what was cancelled.
    #[serde(rename = "C")]
    pub orig_client_order_id: Cow<'a, str>,
    /// What happened.
    #[serde(rename = "x")]
    pub execution_type: ExecutionType,
    /// Where it stands.
    #[serde(rename = "X")]
    pub status: OrderState,
    /// Why it was refused: `NONE`.
    #[serde(rename = "r")]
    pub reject_reason: Cow<'a, str>,
    /// Our number.
    #[serde(rename = "i")]
    pub order_id: u64,
    /// How much traded just now.
    #[serde(rename = "l")]
    pub last_qty: DecimalText,
    /// How much has traded.
    #[serde(rename = "z")]
    pub filled_qty: DecimalText,
    /// At which price just now.
    #[serde(rename = "L")]
    pub last_price: DecimalText,
    /// The fee just now.
    #[serde(rename = "n")]
    pub commission: DecimalText,
    /// In which asset.
    #[serde(rename = "N")]
    pub commission_asset: Option<Cow<'a, str>>,
    /// When it changed.
    #[serde(rename = "T")]
    pub transaction_time: u64,
    /// The trade's number in the market, or −1.
    #[serde(rename = "t")]
    pub trade_id: i64,
    /// Where self-trade prevention stepped in.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub prevented_match_id: Option<u64>,
    /// How much it has lost to self-trade prevention.
    #[serde(rename = "A", default, skip_serializing_if = "Option::is_none")]
    pub prevented_qty: Option<DecimalText>,
    /// How much it lost just now.
    #[serde(rename = "B", default, skip_serializing_if = "Option::is_none")]
    pub last_prevented_qty: Option<DecimalText>,
    /// The account's number.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub trade_group_id: Option<u64>,
    /// The order it would have met.
    #[serde(rename = "U", default, skip_serializing_if = "Option::is_none")]
    pub counter_order_id: Option<u64>,
    /// The change's number.
    #[serde(rename = "I")]
    pub execution_id: u64,
    /// Whether it stands in the book.
    #[serde(rename = "w")]
    pub is_working: bool,
    /// Whether it rested in the trade just now.
    #[serde(rename = "m")]
    pub is_maker: bool,
    /// Of no meaning.
    #[serde(rename = "M")]
    pub ignored: bool,
    /// When it was accepted.
    #[serde(rename = "O")]
    pub created: u64,
    /// For how much quote it has traded.
    #[serde(rename = "Z")]
    pub quote_filled: DecimalText,
    /// For how much quote just now.
    #[serde(rename = "Y")]
    pub last_quote: DecimalText,
    /// The quote it asked for, or zero.
    #[serde(rename = "Q")]
    pub quote_order_qty: DecimalText,
    /// Since when it can trade.
    #[serde(rename = "W", default, skip_serializing_if = "Option::is_none")]
    pub working_time: Option<u64>,
    /// Its mode.
    #[serde(rename = "V")]
    pub self_trade_prevention_mode: SelfTradePreventionMode,
    /// Where it expired.
    #[serde(rename = "eR", default, skip_serializing_if = "Option::is_none")]
    pub expiry_reason: Option<ExpiryReason>,
}

/// A list after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListStatusEvent<'a> {
    /// When it was told.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// Which market.
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    /// Its number.
    #[serde(rename = "g")]
    pub order_list_id: u64,
    /// What links its orders.
    #[serde(rename = "c")]
    pub contingency: Contingency,
    /// What happened.
    #[serde(rename = "l")]
    pub status_type: ListStatusType,
    /// Where its orders stand.
    #[serde(rename = "L")]
    pub order_status: ListOrderStatus,
    /// Why it was refused: `NONE`.
    #[serde(rename = "r")]
    pub reject_reason: Cow<'a, str>,
    /// The client's name for it.
    #[serde(rename = "C")]
    pub client_order_id: Cow<'a, str>,
    /// When it changed.
    #[serde(rename = "T")]
    pub transaction_time: u64,
    /// Its orders.
    #[serde(rename = "O")]
    pub orders: Vec<ListEventMember<'a>>,
}

/// An order of a list, in an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEventMember<'a> {
    /// Which market.
    #[serde(rename = "s")]
    pub symbol: Cow<'a, str>,
    /// Our number.
    #[serde(rename = "i")]
    pub order_id: u64,
    /// The client's name.
    #[serde(rename = "c")]
    pub client_order_id: Cow<'a, str>,
}

/// The end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamTerminated {
    /// When.
    #[serde(rename = "E")]
    pub event_time: u64,
}

/// The end of an older stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenKeyExpired<'a> {
    /// When.
    #[serde(rename = "E")]
    pub event_time: u64,
    /// The key that opened it.
    #[serde(rename = "listenKey")]
    pub listen_key: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn every_modelled_field_of_a_documented_event_survives_decode_and_encode() {
        for text in [
            r#"{"e":"outboundAccountPosition","E":1564034571105,"u":1564034571073,
            "B":[{"a":"ETH","f":"10000.000000","l":"0.000000"}]}"#,
            r#"{"e":"balanceUpdate","E":1573200697110,"a":"BTC","d":"100.00000000",
            "T":1573200697068}"#,
            r#"{"e":"executionReport","E":1499405658658,"s":"ETHBTC",
            "c":"mUvoqJxFIILMdfAW5iGSOW","S":"BUY","o":"LIMIT","f":"GTC","q":"1.00000000",
            "p":"0.10264410","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"NEW",
            "X":"NEW","r":"NONE","i":4293153,"l":"0.00000000","z":"0.00000000",
            "L":"0.00000000","n":"0","N":null,"T":1499405658657,"t":-1,"v":3,"I":8641984,
            "w":true,"m":false,"M":false,"O":1499405658657,"Z":"0.00000000",
            "Y":"0.00000000","Q":"0.00000000","W":1499405658657,"V":"NONE"}"#,
            r#"{"e":"listStatus","E":1564035303637,"s":"ETHBTC","g":2,"c":"OCO",
            "l":"EXEC_STARTED","L":"EXECUTING","r":"NONE","C":"F4QN4G8DlFATFlIUQ0cjdD",
            "T":1564035303625,"O":[{"s":"ETHBTC","i":17,"c":"AJYsMjErWJesZvqlJCTUgL"}]}"#,
            r#"{"e":"eventStreamTerminated","E":1728973001334}"#,
            r#"{"e":"listenKeyExpired","E":1699596037418,"listenKey":"OfYGbUzi3PraNagEkdKuFwUHn"}"#,
        ] {
            check::<UserEvent<'static>>(text);
        }
    }

    #[test]
    fn every_kind_that_is_told_apart_is_one_that_is_read() {
        for kind in UserEvent::KINDS {
            let read = serde_json::from_str::<UserEvent<'_>>(&format!(r#"{{"e":"{kind}"}}"#));
            let error = read.unwrap_err().to_string();
            assert!(error.starts_with("missing field"), "{kind}: {error}");
        }
        assert!(serde_json::from_str::<UserEvent<'_>>(r#"{"e":"new"}"#).is_err());
    }
}
