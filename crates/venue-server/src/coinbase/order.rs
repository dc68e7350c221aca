//! Placing and cancelling.
//!
//! Keeps   a name asks for one order: given again, it is told of the order that has it. What is
//!         refused of an order is told with status 200.

use std::collections::BTreeMap;

use engine::{OrderRef, SelfTradePrevention, TimeInForce, TriggerKind};
use model::{ClientOrderId, Side};
use serde::Deserialize;
use serde::de::IgnoredAny;
use venue::coinbase::{
    CancelFailure, CancelOrders, CancelReply, CancelResult, NewOrder, OrderConfiguration,
    OrderFailure, OrderSide, PlaceReply, Placed, Refusal, StopDirection, parse_moment, symbol_of,
};

use super::Door;
use super::ids::{order_name, order_of};
use super::keys::Key;
use super::rest::{Answer, json};
use super::shape;
use super::words::{cancel_failure_of, failure_of};
use crate::desk::{DeskError, DeskOrder, DeskOrderView, DeskSize, DeskTerms};
use venue::port::Pair;

/// Orders that one request may cancel.
const CANCELS_MAX: usize = 100;

/// Places an order.
pub async fn place(door: &Door, key: &Key, body: &[u8]) -> Answer {
    let asked: NewOrder<'_> = match serde_json::from_slice(body) {
        Ok(asked) => asked,
        Err(_) if is_of_another_kind(body) => return failed(OrderFailure::Configuration, None),
        Err(_) => return Err(Refusal::Invalid("order cannot be read")),
    };
    if has_more(body) {
        return failed(OrderFailure::Configuration, Some(&asked.order_configuration));
    }
    let name = door.names.keep(&asked.client_order_id);
    let name = name.ok_or(Refusal::Invalid("client_order_id is empty or too long"))?;
    let configuration = Some(&asked.order_configuration);
    let order =
        order_of_wire(&asked.product_id, asked.side, &asked.order_configuration, Some(name));
    let Some(order) = order else {
        let is_unknown = Pair::parse(&asked.product_id).is_none();
        let why = if is_unknown { OrderFailure::Product } else { OrderFailure::Configuration };
        return failed(why, configuration);
    };
    if is_off_grid(door, &order) {
        return failed(OrderFailure::SizeStep, configuration);
    }
    // One at a time for each account: else a name given twice at once were two orders.
    let mut unsettled = key.placing.lock().await;
    if let Some(known) = door.desk.order(&key.user, OrderRef::Client(name)) {
        return placed(door, &known);
    }
    let now = door.desk.now();
    if unsettled.has(name, now) {
        return Err(Refusal::Timeout);
    }
    // Whoever goes away before the answer leaves an order under way, too.
    unsettled.note(name, now);
    let outcome = door.desk.place(&key.user, &order).await;
    if !matches!(outcome, Err(DeskError::OutcomeUnknown)) {
        unsettled.forget(name);
    }
    match outcome {
        Ok(view) => placed(door, &view),
        Err(error) => failed(failure_of(error, waits_for(&order))?, configuration),
    }
}

/// Whether a body asks for more than its order: for another that comes to be when that one trades.
pub fn has_more(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Besides {
        attached_order_configuration: Option<BTreeMap<String, IgnoredAny>>,
    }
    let besides = serde_json::from_slice::<Besides>(body);
    besides.is_ok_and(|it| it.attached_order_configuration.is_some_and(|it| !it.is_empty()))
}

/// What an order waits for.
pub const fn waits_for(order: &DeskOrder) -> Option<StopDirection> {
    match order.terms {
        DeskTerms::Stop { stop, .. } => Some(shape::direction(order.side, stop)),
        DeskTerms::Limit { .. } | DeskTerms::PostOnly { .. } | DeskTerms::Market { .. } => None,
    }
}

/// Whether an order is for a part of the smallest amount of quote.
pub fn is_off_grid(door: &Door, order: &DeskOrder) -> bool {
    let DeskTerms::Market { size: DeskSize::Quote(amount) } = order.terms else { return false };
    let step = door.desk.facts(order.pair).map(|facts| shape::quote_step(&facts));
    step.is_some_and(|step| amount.steps_of(step).is_none())
}

/// Whether a body asks for an order of a kind that we do not know, and is fine otherwise.
pub fn is_of_another_kind(body: &[u8]) -> bool {
    let Ok(serde_json::Value::Object(asked)) = serde_json::from_slice(body) else { return false };
    let Some(configuration) = asked.get("order_configuration").and_then(|it| it.as_object()) else {
        return false;
    };
    let is_known = |name: &String| OrderConfiguration::KINDS.contains(&name.as_str());
    configuration.len() == 1 && !configuration.keys().all(is_known)
}

fn placed(door: &Door, order: &DeskOrderView) -> Answer {
    json(&PlaceReply {
        success: true,
        success_response: Some(Placed {
            order_id: order_name(order.id).into(),
            product_id: symbol_of(order.pair).into(),
            side: shape::side(order.side),
            client_order_id: door.names.text(order.client_id).into(),
        }),
        error_response: None,
        order_configuration: Some(shape::configuration(order)),
    })
}

fn failed(why: OrderFailure, asked: Option<&OrderConfiguration<'_>>) -> Answer {
    json(&PlaceReply {
        success: false,
        success_response: None,
        error_response: Some(why.body()),
        order_configuration: asked.cloned(),
    })
}

/// The order that was asked for; `None` for a market or a kind that we do not have.
pub fn order_of_wire(
    product: &str,
    side: OrderSide,
    configuration: &OrderConfiguration<'_>,
    client_id: Option<ClientOrderId>,
) -> Option<DeskOrder> {
    let side = match side {
        OrderSide::Buy => Side::Buy,
        OrderSide::Sell => Side::Sell,
    };
    Some(DeskOrder {
        pair: Pair::parse(product)?,
        client_id,
        tag: None,
        side,
        // As the venue does it where nobody says otherwise: who comes later ends.
        prevention: SelfTradePrevention::ExpireTaker,
        terms: terms(configuration, side)?,
    })
}

fn terms(configuration: &OrderConfiguration<'_>, side: Side) -> Option<DeskTerms> {
    Some(match configuration {
        OrderConfiguration::MarketMarketIoc(it) => match (it.base_size, it.quote_size) {
            (Some(base), None) => DeskTerms::Market { size: DeskSize::Base(base.0) },
            (None, Some(quote)) => DeskTerms::Market { size: DeskSize::Quote(quote.0) },
            (Some(_), Some(_)) | (None, None) => return None,
        },
        // The exchange fills a market order as far as it can.
        OrderConfiguration::MarketMarketFok(_) => return None,
        OrderConfiguration::SorLimitIoc(it) => DeskTerms::Limit {
            price: it.limit_price.0,
            qty: it.base_size.0,
            lasting: TimeInForce::Ioc,
            shown: None,
        },
        OrderConfiguration::LimitLimitFok(it) => DeskTerms::Limit {
            price: it.limit_price.0,
            qty: it.base_size.0,
            lasting: TimeInForce::Fok,
            shown: None,
        },
        OrderConfiguration::LimitLimitGtc(it) => {
            let (price, qty, shown) = (it.limit_price.0, it.base_size.0, None);
            if it.post_only {
                DeskTerms::PostOnly { price, qty, shown }
            } else {
                DeskTerms::Limit { price, qty, lasting: TimeInForce::Gtc, shown }
            }
        }
        // What must rest and ends at a time: the exchange has the one or the other.
        OrderConfiguration::LimitLimitGtd(it) if it.post_only => return None,
        OrderConfiguration::LimitLimitGtd(it) => DeskTerms::Limit {
            price: it.limit_price.0,
            qty: it.base_size.0,
            lasting: TimeInForce::Gtd(parse_moment(&it.end_time)?),
            shown: None,
        },
        OrderConfiguration::StopLimitStopLimitGtc(it) => DeskTerms::Stop {
            stop: stop(side, it.stop_direction),
            at: it.stop_price.0,
            qty: it.base_size.0,
            limit: Some((it.limit_price.0, TimeInForce::Gtc)),
        },
        OrderConfiguration::StopLimitStopLimitGtd(it) => DeskTerms::Stop {
            stop: stop(side, it.stop_direction),
            at: it.stop_price.0,
            qty: it.base_size.0,
            limit: Some((it.limit_price.0, TimeInForce::Gtd(parse_moment(&it.end_time)?))),
        },
    })
}

/// A rise is against who buys and with who sells.
const fn stop(side: Side, direction: StopDirection) -> TriggerKind {
    match (side, direction) {
        (Side::Buy, StopDirection::Up) | (Side::Sell, StopDirection::Down) => TriggerKind::StopLoss,
        (Side::Buy, StopDirection::Down) | (Side::Sell, StopDirection::Up) => {
            TriggerKind::TakeProfit
        }
    }
}

/// Answer to `orders/close_position`: markets here are for what one has.
pub fn close_position() -> Answer {
    failed(OrderFailure::Product, None)
}

/// Cancels orders, one after another.
pub async fn cancel(door: &Door, key: &Key, body: &[u8]) -> Answer {
    let asked: CancelOrders<'_> =
        serde_json::from_slice(body).map_err(|_| Refusal::Invalid("cancel cannot be read"))?;
    if asked.order_ids.is_empty() || CANCELS_MAX < asked.order_ids.len() {
        return Err(Refusal::Invalid("order_ids are none or too many"));
    }
    let mut results = Vec::with_capacity(asked.order_ids.len());
    for (place, name) in asked.order_ids.iter().enumerate() {
        let outcome = if asked.order_ids[..place].contains(name) {
            Err(CancelFailure::Duplicate)
        } else {
            cancel_one(door, key, name).await?
        };
        results.push(CancelResult {
            success: outcome.is_ok(),
            failure_reason: outcome
                .map_or_else(CancelFailure::code, |()| CancelFailure::NONE)
                .into(),
            order_id: name.clone(),
        });
    }
    json(&CancelReply { results })
}

/// # Errors
/// [`Refusal`] where nobody knows whether it was done, or nothing can be done now.
async fn cancel_one(
    door: &Door,
    key: &Key,
    name: &str,
) -> Result<Result<(), CancelFailure>, Refusal> {
    let Some(id) = order_of(name) else { return Ok(Err(CancelFailure::Unknown)) };
    let name = OrderRef::Id(id);
    let Some(order) = door.desk.order(&key.user, name) else {
        return Ok(Err(CancelFailure::Unknown));
    };
    match door.desk.cancel(&key.user, order.pair, name).await {
        Ok(_) => Ok(Ok(())),
        Err(DeskError::Busy | DeskError::Stopping) => Err(Refusal::Unavailable),
        Err(DeskError::OutcomeUnknown) => Err(Refusal::Timeout),
        Err(error) => Ok(Err(cancel_failure_of(error))),
    }
}
