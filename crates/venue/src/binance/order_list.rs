//! Lists of linked orders.
//!
//! Source  rest-api.md, "Order lists".

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::order::OrderReport;

/// What links the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Contingency {
    /// One cancels the other.
    Oco,
    /// One triggers the other.
    Oto,
}

/// What happened to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListStatusType {
    /// A request about it failed.
    Response,
    /// It is placed.
    ExecStarted,
    /// An order of it changed its name.
    Updated,
    /// It is over.
    AllDone,
}

/// Where the orders of a list stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListOrderStatus {
    /// They are open.
    Executing,
    /// They are over.
    AllDone,
    /// They were refused.
    Reject,
}

/// An order of a list by its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMember<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Our number.
    pub order_id: u64,
    /// The client's name.
    pub client_order_id: Cow<'a, str>,
}

/// A list, as the answer to placing, cancelling and asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListReport<'a> {
    /// Its number.
    pub order_list_id: u64,
    /// What links its orders.
    pub contingency_type: Contingency,
    /// What happened to it.
    pub list_status_type: ListStatusType,
    /// Where its orders stand.
    pub list_order_status: ListOrderStatus,
    /// The client's name for it.
    pub list_client_order_id: Cow<'a, str>,
    /// When.
    pub transaction_time: u64,
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Its orders.
    pub orders: Vec<ListMember<'a>>,
    /// Where each stands; not in the answer to asking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_reports: Option<Vec<OrderReport<'a>>>,
}

/// A list in the answer to an amendment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListSummary<'a> {
    /// Its number.
    pub order_list_id: u64,
    /// What links its orders.
    pub contingency_type: Contingency,
    /// Where its orders stand.
    pub list_order_status: ListOrderStatus,
    /// The client's name for it.
    pub list_client_order_id: Cow<'a, str>,
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Its orders.
    pub orders: Vec<ListMember<'a>>,
}

/// An element of the answer to cancelling everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CanceledItem<'a> {
    /// A list with its orders.
    List(Box<ListReport<'a>>),
    /// An order.
    Order(Box<OrderReport<'a>>),
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn every_modelled_field_of_a_documented_list_survives_decode_and_encode() {
        check::<ListReport<'static>>(
            r#"{"orderListId":27,"contingencyType":"OCO","listStatusType":"EXEC_STARTED",
            "listOrderStatus":"EXECUTING","listClientOrderId":"h2USkA5YQpaXHPIrkd96xE",
            "transactionTime":1565245656253,"symbol":"LTCBTC","orders":[
            {"symbol":"LTCBTC","orderId":4,"clientOrderId":"qD1gy3kc3Gx0rihm9Y3xwS"}]}"#,
        );
    }
}
