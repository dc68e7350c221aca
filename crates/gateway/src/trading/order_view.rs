//! An order as the own API tells it.

use engine::{CancelReason, OrderKind, SelfTradePrevention, TimeInForce, TriggerKind, Triggered};
use model::{Amount, Price, Qty};
use projection::{Catalog, Market, OrderRecord, OrderStatus};
use serde::Serialize;
use utoipa::ToSchema;

use crate::market::side_word;
use crate::moment;

/// An order and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
pub struct OrderView {
    #[schema(examples("1042"))]
    id: String,
    client_order_id: String,
    #[schema(examples("BTC-USDT"))]
    symbol: String,
    /// `buy` or `sell`.
    side: &'static str,
    /// As in the request.
    r#type: &'static str,
    /// `gtc`, `ioc`, `fok` or `gtd`; `null` where the type has none.
    time_in_force: Option<&'static str>,
    price: Option<String>,
    stop_price: Option<String>,
    /// Basis points.
    trailing_delta: Option<u32>,
    /// `null` for a market order by quote.
    quantity: Option<String>,
    quote_quantity: Option<String>,
    iceberg_quantity: Option<String>,
    filled: String,
    quote_filled: String,
    /// Truncated to the digits of the price; `null` where nothing traded.
    average_price: Option<String>,
    /// `open`, `partiallyFilled`, `filled`, `canceled` or `expired`.
    status: &'static str,
    /// Why it ended, where it was not filled.
    reason: Option<&'static str>,
    self_trade_prevention: &'static str,
    /// When a conditional order woke.
    triggered_at: Option<String>,
    list_id: Option<String>,
    created_at: String,
    updated_at: String,
    /// The order in whose place this one was put.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<String>,
}

impl OrderView {
    /// An order, where its market is listed.
    #[must_use]
    pub fn listed(catalog: &Catalog, order: &OrderRecord) -> Option<Self> {
        Some(Self::of(catalog.market(order.new.market)?, order))
    }

    /// An order of `market`.
    #[must_use]
    pub fn of(market: &Market, order: &OrderRecord) -> Self {
        let price = |price: Price| market.price_text(price);
        let qty = |qty: Qty| market.qty_text(qty);
        let quote = |amount: Amount| market.quote_amount(amount).trimmed().to_string();
        let kind = &order.new.kind;
        let quote_asked = kind.quote();
        let digits = market.tick().trimmed().scale();
        let average = || {
            let lots = u128::from(order.filled.lots());
            market.average(order.quote_filled, lots, digits).to_string()
        };
        Self {
            id: order.id.to_string(),
            client_order_id: order.client_id.to_string(),
            symbol: market.symbol.dashed.clone(),
            side: side_word(order.new.side),
            r#type: type_word(&order.new.kind),
            time_in_force: time_in_force_word(&order.new.kind),
            price: kind.limit().map(price),
            stop_price: kind.stop_price().map(price),
            trailing_delta: kind.trailing_delta(),
            quantity: quote_asked.is_none().then(|| qty(order.qty)),
            quote_quantity: quote_asked.map(quote),
            iceberg_quantity: kind.display().map(qty),
            filled: qty(order.filled),
            quote_filled: quote(order.quote_filled),
            average_price: (!order.filled.is_zero()).then(average),
            status: status_word(order.status),
            reason: order.ended_by.filter(|_| !order.status.is_open()).map(reason_word),
            self_trade_prevention: prevention_word(order.new.stp),
            triggered_at: order.triggered.map(moment::text),
            list_id: order.list.map(|list| list.to_string()),
            created_at: moment::text(order.created),
            updated_at: moment::text(order.updated),
            replaces: None,
        }
    }

    /// This order, put in the place of another.
    #[must_use]
    pub fn replacing(self, old: &OrderRecord) -> Self {
        Self { replaces: Some(old.id.to_string()), ..self }
    }
}

const fn type_word(kind: &OrderKind) -> &'static str {
    match kind {
        OrderKind::Market { .. } => "market",
        OrderKind::Limit { .. } => "limit",
        OrderKind::LimitMaker { .. } => "limitMaker",
        OrderKind::Conditional { trigger, then } => {
            match (trigger.kind, trigger.trailing.is_some(), then) {
                (TriggerKind::StopLoss, false, Triggered::Market { .. }) => "stopLoss",
                (TriggerKind::StopLoss, false, Triggered::Limit { .. }) => "stopLossLimit",
                (TriggerKind::StopLoss, true, Triggered::Market { .. }) => "trailingStop",
                (TriggerKind::StopLoss, true, Triggered::Limit { .. }) => "trailingStopLimit",
                (TriggerKind::TakeProfit, _, Triggered::Market { .. }) => "takeProfit",
                (TriggerKind::TakeProfit, _, Triggered::Limit { .. }) => "takeProfitLimit",
            }
        }
    }
}

fn time_in_force_word(kind: &OrderKind) -> Option<&'static str> {
    kind.time_in_force().map(|time_in_force| match time_in_force {
        TimeInForce::Gtc => "gtc",
        TimeInForce::Ioc => "ioc",
        TimeInForce::Fok => "fok",
        TimeInForce::Gtd(_) => "gtd",
    })
}

const fn status_word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::New => "open",
        OrderStatus::PartiallyFilled => "partiallyFilled",
        OrderStatus::Filled => "filled",
        OrderStatus::Canceled => "canceled",
        OrderStatus::Expired | OrderStatus::ExpiredInMatch => "expired",
    }
}

const fn reason_word(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::Replaced => "replaced",
        CancelReason::NotFilled => "notFilled",
        CancelReason::FillOrKill => "fillOrKill",
        CancelReason::SelfTrade => "selfTrade",
        CancelReason::ListEnded => "listEnded",
        CancelReason::TriggerFailed => "triggerFailed",
        CancelReason::TimedOut => "timedOut",
        CancelReason::PriceBand => "priceBand",
    }
}

const fn prevention_word(mode: SelfTradePrevention) -> &'static str {
    match mode {
        SelfTradePrevention::None => "none",
        SelfTradePrevention::ExpireTaker => "expireTaker",
        SelfTradePrevention::ExpireMaker => "expireMaker",
        SelfTradePrevention::ExpireBoth => "expireBoth",
        SelfTradePrevention::Decrement => "decrement",
    }
}
