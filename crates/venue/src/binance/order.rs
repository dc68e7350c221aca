//! Orders: the words of requests, the answers to placing, cancelling and asking.
//!
//! Units   prices in quote for one base, quantities in base, as decimal text.
//! Source  rest-api.md, "Trading endpoints"; enums.md.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::number::DecimalText;

/// What kind of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the venue's own words")]
pub enum OrderType {
    Limit,
    Market,
    StopLoss,
    StopLossLimit,
    TakeProfit,
    TakeProfitLimit,
    LimitMaker,
}

impl OrderType {
    /// Every kind by its word.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("LIMIT", Self::Limit),
        ("MARKET", Self::Market),
        ("STOP_LOSS", Self::StopLoss),
        ("STOP_LOSS_LIMIT", Self::StopLossLimit),
        ("TAKE_PROFIT", Self::TakeProfit),
        ("TAKE_PROFIT_LIMIT", Self::TakeProfitLimit),
        ("LIMIT_MAKER", Self::LimitMaker),
    ];
}

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum OrderSide {
    Buy,
    Sell,
}

impl OrderSide {
    /// Both by their word.
    pub const WORDS: &'static [(&'static str, model::Side)] =
        &[("BUY", model::Side::Buy), ("SELL", model::Side::Sell)];
}

impl From<model::Side> for OrderSide {
    fn from(side: model::Side) -> Self {
        match side {
            model::Side::Buy => Self::Buy,
            model::Side::Sell => Self::Sell,
        }
    }
}

/// How long an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum TimeInForce {
    Gtc,
    Ioc,
    Fok,
}

impl TimeInForce {
    /// Each by its word.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("GTC", Self::Gtc), ("IOC", Self::Ioc), ("FOK", Self::Fok)];
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the venue's own words")]
pub enum OrderState {
    New,
    PendingNew,
    PartiallyFilled,
    Filled,
    Canceled,
    PendingCancel,
    Rejected,
    Expired,
    ExpiredInMatch,
}

/// What happens when an order meets one of the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum SelfTradePreventionMode {
    None,
    ExpireTaker,
    ExpireMaker,
    ExpireBoth,
    Decrement,
}

impl SelfTradePreventionMode {
    /// Each by its word.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("NONE", Self::None),
        ("EXPIRE_TAKER", Self::ExpireTaker),
        ("EXPIRE_MAKER", Self::ExpireMaker),
        ("EXPIRE_BOTH", Self::ExpireBoth),
        ("DECREMENT", Self::Decrement),
    ];
}

/// How much of an answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ResponseType {
    /// Names and time.
    Ack,
    /// And where the order stands.
    Result,
    /// And its fills.
    Full,
}

impl ResponseType {
    /// Each by its word.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("ACK", Self::Ack), ("RESULT", Self::Result), ("FULL", Self::Full)];
}

/// Why an order expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the venue's own words")]
pub enum ExpiryReason {
    Rejected,
    ExchangeCanceled,
    OcoTrigger,
    OtoPhaseOneExpired,
    UnfilledIocQuantityExpired,
    UnfilledFokOrderExpired,
    InsufficientLiquidity,
    ExecutionRulePriceRangeExceeded,
}

/// Which orders a cancel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancelRestriction {
    /// Those that have not traded.
    OnlyNew,
    /// Those that have.
    OnlyPartiallyFilled,
}

impl CancelRestriction {
    /// Each by its word.
    pub const WORDS: &'static [(&'static str, Self)] =
        &[("ONLY_NEW", Self::OnlyNew), ("ONLY_PARTIALLY_FILLED", Self::OnlyPartiallyFilled)];
}

/// One trade in the answer to placing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FillReport<'a> {
    /// At which price.
    pub price: DecimalText,
    /// How much base.
    pub qty: DecimalText,
    /// The fee; negative where it is a rebate.
    pub commission: DecimalText,
    /// In which asset.
    pub commission_asset: Cow<'a, str>,
    /// The trade's number in the market.
    pub trade_id: u64,
}

/// The answer to placing or cancelling an order; how much of it is there depends on
/// [`ResponseType`] and on the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderReport<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Of a cancel: the name of what is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orig_client_order_id: Option<Cow<'a, str>>,
    /// Our number.
    pub order_id: u64,
    /// The list's number, or −1.
    pub order_list_id: i64,
    /// The client's name; of a cancel, the cancel's own.
    pub client_order_id: Cow<'a, str>,
    /// When.
    pub transact_time: u64,
    /// Where it stands, unless only names were asked for.
    #[serde(flatten)]
    pub state: Option<OrderReportState<'a>>,
}

/// Where an order stands, in an [`OrderReport`]. Names, order and what may be absent are the
/// venue's, and others in [`OrderQuery`]: do not merge the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderReportState<'a> {
    /// Its limit, or zero.
    pub price: DecimalText,
    /// Its whole quantity.
    pub orig_qty: DecimalText,
    /// So much has traded.
    pub executed_qty: DecimalText,
    /// The quote it asked for, or zero.
    pub orig_quote_order_qty: DecimalText,
    /// For so much quote.
    #[serde(rename = "cummulativeQuoteQty")]
    pub cumulative_quote_qty: DecimalText,
    /// Where it stands.
    pub status: OrderState,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: OrderType,
    /// Buy or sell.
    pub side: OrderSide,
    /// Of a conditional order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<DecimalText>,
    /// Of a trailing order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing_delta: Option<u32>,
    /// Of a trailing order: since when it follows, or −1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing_time: Option<i64>,
    /// Of an iceberg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iceberg_qty: Option<DecimalText>,
    /// As the client labelled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy_id: Option<u64>,
    /// As the client labelled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy_type: Option<u64>,
    /// Where self-trade prevention stepped in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevented_match_id: Option<u64>,
    /// Where self-trade prevention stepped in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevented_quantity: Option<DecimalText>,
    /// Where it expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_reason: Option<ExpiryReason>,
    /// Of a placed order: since when it can trade, or −1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_time: Option<i64>,
    /// Its mode.
    pub self_trade_prevention_mode: SelfTradePreventionMode,
    /// Its trades, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fills: Option<Vec<FillReport<'a>>>,
}

/// The answer to asking for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderQuery<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Our number.
    pub order_id: u64,
    /// The list's number, or −1.
    pub order_list_id: i64,
    /// The client's name.
    pub client_order_id: Cow<'a, str>,
    /// Its limit, or zero.
    pub price: DecimalText,
    /// Its whole quantity.
    pub orig_qty: DecimalText,
    /// So much has traded.
    pub executed_qty: DecimalText,
    /// For so much quote.
    #[serde(rename = "cummulativeQuoteQty")]
    pub cumulative_quote_qty: DecimalText,
    /// Where it stands.
    pub status: OrderState,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: OrderType,
    /// Buy or sell.
    pub side: OrderSide,
    /// Of a conditional order, or zero.
    pub stop_price: DecimalText,
    /// Of a trailing order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing_delta: Option<u32>,
    /// Of a trailing order: since when it follows, or −1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing_time: Option<i64>,
    /// Of an iceberg, or zero.
    pub iceberg_qty: DecimalText,
    /// Where it was labelled with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy_id: Option<u64>,
    /// Where it was labelled with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy_type: Option<u64>,
    /// When it was accepted.
    pub time: u64,
    /// When it last changed.
    pub update_time: u64,
    /// Whether it stands in the book or could.
    pub is_working: bool,
    /// Since when it can trade, or −1.
    pub working_time: i64,
    /// The quote it asked for, or zero.
    pub orig_quote_order_qty: DecimalText,
    /// Where self-trade prevention stepped in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevented_match_id: Option<u64>,
    /// Where self-trade prevention stepped in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevented_quantity: Option<DecimalText>,
    /// Where it expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_reason: Option<ExpiryReason>,
    /// Its mode.
    pub self_trade_prevention_mode: SelfTradePreventionMode,
}

/// Whether a half of a cancel-replace succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HalfResult {
    /// It did.
    Success,
    /// It did not.
    Failure,
    /// It was not tried.
    NotAttempted,
}

/// What became of a half of a cancel-replace: a report, an error, or `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HalfReport<'a> {
    /// Why not.
    Error(super::error::ErrorBody<'a>),
    /// What is now.
    Order(Box<OrderReport<'a>>),
    /// What is now of a whole list.
    List(Box<super::order_list::ListReport<'a>>),
}

/// The answer to a cancel-replace, and the `data` of its failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelReplaceReport<'a> {
    /// Of the cancel.
    pub cancel_result: HalfResult,
    /// Of the new order.
    pub new_order_result: HalfResult,
    /// Of the cancel.
    pub cancel_response: Option<HalfReport<'a>>,
    /// Of the new order.
    pub new_order_response: Option<HalfReport<'a>>,
}

/// A failed cancel-replace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelReplaceError<'a> {
    /// −2021 where one half failed, −2022 where both did.
    pub code: i32,
    /// For people.
    pub msg: Cow<'a, str>,
    /// What became of both halves.
    pub data: CancelReplaceReport<'a>,
}

/// The answer to an amendment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AmendReport<'a> {
    /// When.
    pub transact_time: u64,
    /// The change's number.
    pub execution_id: u64,
    /// What is now.
    pub amended_order: AmendedOrder<'a>,
    /// The list that the order belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_status: Option<super::order_list::ListSummary<'a>>,
}

/// An order after its amendment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AmendedOrder<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Our number.
    pub order_id: u64,
    /// The list's number, or −1.
    pub order_list_id: i64,
    /// The client's name before.
    pub orig_client_order_id: Cow<'a, str>,
    /// The client's name now.
    pub client_order_id: Cow<'a, str>,
    /// Its limit.
    pub price: DecimalText,
    /// Its whole quantity now.
    pub qty: DecimalText,
    /// So much has traded.
    pub executed_qty: DecimalText,
    /// So much was lost to self-trade prevention.
    pub prevented_qty: DecimalText,
    /// Zero.
    pub quote_order_qty: DecimalText,
    /// For so much quote.
    pub cumulative_quote_qty: DecimalText,
    /// Where it stands.
    pub status: OrderState,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: OrderType,
    /// Buy or sell.
    pub side: OrderSide,
    /// Of a conditional order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<DecimalText>,
    /// Of an iceberg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iceberg_qty: Option<DecimalText>,
    /// Since when it can trade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_time: Option<u64>,
    /// Its mode.
    pub self_trade_prevention_mode: SelfTradePreventionMode,
}

/// One amendment of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amendment<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Our number.
    pub order_id: u64,
    /// The change's number.
    pub execution_id: u64,
    /// The client's name before.
    pub orig_client_order_id: Cow<'a, str>,
    /// The client's name after.
    pub new_client_order_id: Cow<'a, str>,
    /// Its whole quantity before.
    pub orig_qty: DecimalText,
    /// Its whole quantity after.
    pub new_qty: DecimalText,
    /// When.
    pub time: u64,
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    const STATE: &str = r#""price":"0.00000000","origQty":"10.00000000",
        "executedQty":"10.00000000","origQuoteOrderQty":"0.000000",
        "cummulativeQuoteQty":"10.00000000","status":"FILLED","timeInForce":"GTC",
        "type":"MARKET","side":"SELL""#;

    #[test]
    fn every_modelled_field_of_a_documented_report_survives_decode_and_encode() {
        let names = r#""symbol":"BTCUSDT","orderId":28,"orderListId":-1,
            "clientOrderId":"6gCrw2kRUAF9CvJDGP16IP","transactTime":1507725176595"#;
        check::<OrderReport<'static>>(&format!("{{{names}}}"));
        check::<OrderReport<'static>>(&format!(
            r#"{{{names},{STATE},"workingTime":1507725176595,"selfTradePreventionMode":"NONE"}}"#
        ));
        check::<OrderReport<'static>>(&format!(
            r#"{{{names},{STATE},"workingTime":1507725176595,"selfTradePreventionMode":"NONE",
            "fills":[{{"price":"4000.00000000","qty":"1.00000000","commission":"4.00000000",
            "commissionAsset":"USDT","tradeId":56}}]}}"#
        ));
    }

    #[test]
    fn every_modelled_field_of_a_documented_order_survives_decode_and_encode() {
        check::<OrderQuery<'static>>(
            r#"{"symbol":"LTCBTC","orderId":1,"orderListId":-1,"clientOrderId":"myOrder1",
            "price":"0.1","origQty":"1.0","executedQty":"0.0","cummulativeQuoteQty":"0.0",
            "status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY","stopPrice":"0.0",
            "icebergQty":"0.0","time":1499827319559,"updateTime":1499827319559,"isWorking":true,
            "workingTime":1499827319559,"origQuoteOrderQty":"0.000000",
            "selfTradePreventionMode":"NONE"}"#,
        );
        check::<Vec<Amendment<'static>>>(
            r#"[{"symbol":"BTCUSDT","orderId":9,"executionId":22,
            "origClientOrderId":"W0fJ9fiLKHOJutovPK3oJp",
            "newClientOrderId":"UQ1Np3bmQ71jJzsSDW9Vpi","origQty":"5.00000000",
            "newQty":"4.00000000","time":1741669661670}]"#,
        );
    }

    #[test]
    fn every_modelled_field_of_a_documented_replace_survives_decode_and_encode() {
        check::<CancelReplaceError<'static>>(
            r#"{"code":-2022,"msg":"Order cancel-replace failed.","data":{
            "cancelResult":"FAILURE","newOrderResult":"NOT_ATTEMPTED","cancelResponse":{
            "code":-2011,"msg":"Unknown order sent."},"newOrderResponse":null}}"#,
        );
    }
}
