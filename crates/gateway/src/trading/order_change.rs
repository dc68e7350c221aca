//! Changing an order: less of it keeps its place in the queue, anything else puts a new order in
//! its place.
//!
//! Keeps   a changed order never trades more than its new quantity together with what the old one
//!         traded, also where it trades while it is changed. Where an order was cancelled and
//!         nothing took its place, the answer says so; and that is not begun where it is known that
//!         nothing can be placed, or not this: an order is not lost by a typing error.

use std::fmt::Display;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::{
    CancelOnly, Command, Event, MarketState, NewOrder, OrderKind, OrderRef, Rejection, Replace,
    ReplaceMode, RequestKind, Triggered,
};
use model::{Price, Qty};
use projection::{Market, OrderRecord};
use serde::Deserialize;
use utoipa::ToSchema;
use venue::binance::Refusal;
use venue_server::Exchange;
use venue_server::binance::{fresh_client_id, submit};

use super::filters;
use super::order_request::Reader;
use super::order_view::OrderView;
use super::orders::{accepted, done, own, rejection};
use crate::api::Api;
use crate::caller::Caller;
use crate::input::Said;
use crate::problem::{Problem, ProblemShape};

/// What is to change. A quantity is the whole one, what has traded included.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OrderChange)]
pub struct ChangeAsked {
    /// The whole quantity from now on.
    quantity: Option<String>,
    /// The price from now on.
    price: Option<String>,
}

/// What an order shall be.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    qty: Qty,
    price: Option<Price>,
}

/// Changes an order. A smaller quantity alone keeps its place in the queue. Otherwise the order is
/// cancelled and a new one placed: the answer is the new one, which `replaces` the old. What the
/// market's filters do not admit is refused before that, with 422. Where the new one is refused
/// for another reason, the old one is gone all the same: 409 with the code `orderCanceled`. One
/// that waits for a trigger keeps waiting, with the same trigger; one whose trigger was reached
/// stays a plain limit order; one that trails the price is not changed.
#[utoipa::path(patch, path = "/api/v1/trading/orders/{id}", tag = "trading",
    params(("id" = String, Path)), request_body = ChangeAsked,
    responses((status = 200, body = OrderView), (status = 400, body = ProblemShape),
        (status = 404, body = ProblemShape), (status = 409, body = ProblemShape),
        (status = 422, body = ProblemShape)))]
pub async fn change(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
    Said(asked): Said<ChangeAsked>,
) -> Result<Json<OrderView>, Problem> {
    let exchange = &api.exchange;
    let order = own(exchange, &caller, &id).await?;
    if !order.status.is_open() {
        return Err(ended());
    }
    let catalog = exchange.views.catalog();
    let market = catalog.market(order.new.market).ok_or_else(Problem::internal)?;
    let wanted = read(&asked, market, &order)?;
    let is_less = wanted.qty < order.qty && wanted.price == order.new.kind.limit();
    let view = if is_less && order.is_working() {
        amend(exchange, &caller, &order, wanted.qty).await?
    } else {
        replace(exchange, &caller, &order, wanted).await?
    };
    Ok(Json(view))
}

fn ended() -> Problem {
    Problem::conflict("the order is not open any more")
}

fn read(asked: &ChangeAsked, market: &Market, order: &OrderRecord) -> Result<Wanted, Problem> {
    let mut reader = Reader::new(market, "");
    let (text, price) = (asked.quantity.as_deref(), asked.price.as_deref());
    if text.is_none() && price.is_none() {
        reader.wrong("quantity", "this or a price is needed");
    }
    if price.is_some() && order.new.kind.limit().is_none() {
        reader.wrong("price", "this order has none");
    }
    if order.list.is_some() {
        reader.wrong("id", "an order of a list is not changed: cancel the list");
    }
    if order.new.kind.trailing_delta().is_some() && !order.is_working() {
        reader.wrong("id", "an order that trails the price is not changed: place it anew");
    }
    let qty = reader.qty("quantity", text);
    if qty.is_some_and(|qty| qty <= order.filled) {
        reader.wrong("quantity", "not above what has traded");
    }
    let price = reader.price("price", price).or(order.new.kind.limit());
    let qty = qty.or(Some(order.qty));
    let (qty, price) = reader.finish(qty, Some(price))?;
    if qty == order.qty && price == order.new.kind.limit() {
        return Err(Problem::wrong("quantity", "nothing would change"));
    }
    Ok(Wanted { qty, price })
}

async fn amend(
    exchange: &Exchange,
    caller: &Caller,
    order: &OrderRecord,
    qty: Qty,
) -> Result<OrderView, Problem> {
    let (account, market) = (caller.account, order.new.market);
    let named = OrderRef::Id(order.id);
    let command = Command::Amend { account, market, order: named, qty, client_id: None };
    let answer = submit(exchange, command).await?;
    match rejection(&answer.events, RequestKind::Amend) {
        Some(Rejection::UnknownOrder) => Err(ended()),
        Some(reason) => Err(Problem::rejected(reason)),
        None => done(exchange, caller, order.id).await,
    }
}

/// Puts another order in the place of this one: in one step while nothing of it has gone, else the
/// cancel first, which tells exactly what is left.
async fn replace(
    exchange: &Exchange,
    caller: &Caller,
    order: &OrderRecord,
    wanted: Wanted,
) -> Result<OrderView, Problem> {
    exchange.charge_orders(caller.account, 1)?;
    may_be_placed(exchange, order, wanted)?;
    let is_whole = order.filled.is_zero() && order.prevented.is_zero();
    if is_whole && let Some(view) = replace_whole(exchange, caller, order, wanted).await? {
        return Ok(view);
    }
    replace_rest(exchange, caller, order, wanted).await
}

/// In one step; `None` where it has begun to trade meanwhile: then nothing was done.
async fn replace_whole(
    exchange: &Exchange,
    caller: &Caller,
    order: &OrderRecord,
    wanted: Wanted,
) -> Result<Option<OrderView>, Problem> {
    let replace = Replace {
        cancel: OrderRef::Id(order.id),
        only: Some(CancelOnly::New),
        order: changed(order, wanted.qty, wanted.price),
        mode: ReplaceMode::StopOnFailure,
    };
    let answer = submit(exchange, Command::Replace(Box::new(replace))).await?;
    match rejection(&answer.events, RequestKind::Cancel) {
        Some(Rejection::CancelRestricted) => Ok(None),
        Some(Rejection::UnknownOrder) => Err(ended()),
        Some(reason) => Err(Problem::rejected(reason)),
        None => placed(exchange, caller, order, &answer.events).await.map(Some),
    }
}

/// The cancel, and then what it left of the order.
async fn replace_rest(
    exchange: &Exchange,
    caller: &Caller,
    order: &OrderRecord,
    wanted: Wanted,
) -> Result<OrderView, Problem> {
    // A cancel finds room where an order does not.
    if exchange.history.lags() || exchange.sequencer.is_disk_full() {
        return Err(Refusal::Busy.into());
    }
    let (account, market) = (caller.account, order.new.market);
    let named = OrderRef::Id(order.id);
    let command = Command::Cancel { account, market, order: named, only: None };
    let answer = submit(exchange, command).await?;
    match rejection(&answer.events, RequestKind::Cancel) {
        Some(Rejection::UnknownOrder) => return Err(ended()),
        Some(reason) => return Err(Problem::rejected(reason)),
        None => {}
    }
    let remaining = answer.events.iter().find_map(|event| match event {
        Event::Canceled { order: id, remaining, .. } if *id == order.id => Some(*remaining),
        _ => None,
    });
    let remaining = remaining.ok_or_else(Problem::internal)?;
    let gone = order.qty.lots().saturating_sub(remaining.lots());
    let left = wanted.qty.lots().saturating_sub(gone);
    let Some(left) = Qty::new(left).filter(|left| !left.is_zero()) else {
        return Err(canceled_alone("all of the quantity asked for has traded meanwhile"));
    };
    let new = changed(order, left, wanted.price);
    let mut events = answer.events;
    match submit(exchange, Command::Place(new)).await {
        Ok(answer) => events.extend(answer.events),
        Err(Refusal::Timeout) => return Err(half_known()),
        Err(Refusal::Busy) => return Err(canceled_alone("the exchange is busy")),
        Err(refusal) => return Err(canceled_alone(refusal.text())),
    }
    placed(exchange, caller, order, &events).await
}

/// Looks whether what is left of an order could be placed as it is wanted, money aside.
///
/// # Errors
/// What the engine would say; then nothing has been done.
fn may_be_placed(exchange: &Exchange, order: &OrderRecord, wanted: Wanted) -> Result<(), Problem> {
    let gone = order.filled.lots() + order.prevented.lots();
    let left = Qty::new(wanted.qty.lots().saturating_sub(gone)).unwrap_or(wanted.qty);
    let new = changed(order, left, wanted.price);
    if !admits(exchange, &new) {
        return Err(Problem::rejected(Rejection::MarketClosed));
    }
    let catalog = exchange.views.catalog();
    let market = catalog.market(new.market).ok_or_else(Problem::internal)?;
    match filters::refusal(&exchange.views, market, &new) {
        Some(reason) => Err(Problem::rejected(reason)),
        None => Ok(()),
    }
}

/// Whether its market takes such an order at all, as far as that is told yet: the engine looks
/// again, also whether its price trades.
fn admits(exchange: &Exchange, new: &NewOrder) -> bool {
    let catalog = exchange.views.catalog();
    catalog.market(new.market).is_some_and(|market| match market.state {
        MarketState::Open => true,
        MarketState::PostOnly => !matches!(new.kind, OrderKind::Conditional { .. }),
        MarketState::CancelOnly | MarketState::Halted => false,
    })
}

/// The new order, or why there is none, and whether the old one is gone.
async fn placed(
    exchange: &Exchange,
    caller: &Caller,
    old: &OrderRecord,
    events: &[Event],
) -> Result<OrderView, Problem> {
    if let Some(reason) = rejection(events, RequestKind::Place) {
        let is_gone = events
            .iter()
            .any(|event| matches!(event, Event::Canceled { order, .. } if *order == old.id));
        let problem = Problem::rejected(reason);
        return Err(if is_gone { canceled_alone(problem.detail) } else { problem });
    }
    let id = accepted(events).ok_or_else(Problem::internal)?;
    Ok(done(exchange, caller, id).await?.replacing(old))
}

/// 409: the order is gone, and there is no other.
fn canceled_alone(why: impl Display) -> Problem {
    let detail = format!("the order was cancelled, and no other was placed: {why}");
    Problem::new(StatusCode::CONFLICT, "orderCanceled", detail)
}

/// 504: the order is gone, and nobody knows whether there is another.
fn half_known() -> Problem {
    let detail = "the order was cancelled; whether another was placed is not known: look before \
                  you ask again";
    Problem::new(StatusCode::GATEWAY_TIMEOUT, "outcomeUnknown", detail)
}

/// The same order with another quantity and price, under a name of its own. One that has been
/// triggered does not go back to sleep.
fn changed(order: &OrderRecord, qty: Qty, limit: Option<Price>) -> NewOrder {
    let new = &order.new;
    let shown = |display: Option<Qty>| display.map(|display| display.min(qty));
    let kind = match new.kind {
        OrderKind::Limit { price, time_in_force, display, .. } => {
            let (price, display) = (limit.unwrap_or(price), shown(display));
            OrderKind::Limit { price, qty, time_in_force, display }
        }
        OrderKind::LimitMaker { price, display, .. } => {
            OrderKind::LimitMaker { price: limit.unwrap_or(price), qty, display: shown(display) }
        }
        OrderKind::Conditional { trigger, then } => match then {
            Triggered::Market { .. } => {
                OrderKind::Conditional { trigger, then: Triggered::Market { qty } }
            }
            Triggered::Limit { price, time_in_force, display, .. } => {
                let (price, display) = (limit.unwrap_or(price), shown(display));
                if order.triggered.is_some() {
                    OrderKind::Limit { price, qty, time_in_force, display }
                } else {
                    let then = Triggered::Limit { price, qty, time_in_force, display };
                    OrderKind::Conditional { trigger, then }
                }
            }
        },
        // A market order never rests, so it is never changed.
        OrderKind::Market { size } => OrderKind::Market { size },
    };
    NewOrder { client_id: fresh_client_id(), kind, ..*new }
}
