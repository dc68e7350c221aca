//! Placing, cancelling and reading one's own orders.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use engine::{Command, Event, NewOrder, OrderRef, Rejection, RequestKind};
use model::{MarketId, OrderId, Time};
use projection::{OrderRecord, OrderStatus, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use venue_server::Exchange;
use venue_server::binance::{fresh_client_id, submit};

use super::order_request::OrderAsked;
use super::order_view::OrderView;
use super::repeats::{IDEMPOTENCY_KEY, REPLAYED, is_kept, name_of};
use crate::api::Api;
use crate::caller::Caller;
use crate::input::{Asked, Said};
use crate::market;
use crate::page::{Listed, cursor, rows, weight_of_rows};
use crate::problem::{Problem, ProblemShape};

/// Pages of history that one question reads at most, where few of the orders fit it.
const PAGES_MAX: usize = 4;

/// Why the engine said no to what was asked, where it did.
#[must_use]
pub fn rejection(events: &[Event], asked: RequestKind) -> Option<Rejection> {
    events.iter().find_map(|event| match event {
        Event::Rejected { request, reason, .. } if *request == asked => Some(*reason),
        _ => None,
    })
}

/// The order of that number, if it is the caller's.
///
/// # Errors
/// 404 where there is none, or it is somebody else's.
pub async fn own(
    exchange: &Exchange,
    caller: &Caller,
    id: &str,
) -> Result<Arc<OrderRecord>, Problem> {
    let id = id.parse().map(OrderId).map_err(|_| no_order())?;
    find(exchange, caller, id).await
}

async fn find(
    exchange: &Exchange,
    caller: &Caller,
    id: OrderId,
) -> Result<Arc<OrderRecord>, Problem> {
    let order = caller.history(exchange).order_by_id(caller.account, id).await?;
    order.ok_or_else(no_order)
}

fn no_order() -> Problem {
    Problem::not_found("there is no such order")
}

fn listed(exchange: &Exchange, order: &OrderRecord) -> Result<OrderView, Problem> {
    OrderView::listed(&exchange.views.catalog(), order).ok_or_else(Problem::internal)
}

/// The order as it is told now.
///
/// # Errors
/// As [`own`]; 500 for an order of no market.
pub async fn told(exchange: &Exchange, caller: &Caller, id: OrderId) -> Result<OrderView, Problem> {
    listed(exchange, &*find(exchange, caller, id).await?)
}

/// As [`told`], after something was done with it: that it cannot be read then is no refusal, which
/// would have it done again.
///
/// # Errors
/// [`Problem::untold`].
pub async fn done(exchange: &Exchange, caller: &Caller, id: OrderId) -> Result<OrderView, Problem> {
    told(exchange, caller, id).await.map_err(|_| Problem::untold())
}

/// Places an order. A key in `Idempotency-Key` makes it safe to ask again for 24 hours: the same
/// body gets the same answer. After a restart of the exchange, too, where the order has no
/// `clientOrderId` of its own and is open or among the account's last thousand: it is told as it
/// stands then.
#[utoipa::path(post, path = "/api/v1/trading/orders", tag = "trading",
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 128 characters.")),
    request_body = OrderAsked,
    responses((status = 201, body = OrderView), (status = 400, body = ProblemShape),
        (status = 404, body = ProblemShape), (status = 409, body = ProblemShape),
        (status = 422, body = ProblemShape, description = "The engine said no: `code` says why.")))]
pub async fn place(
    State(api): State<Arc<Api>>,
    caller: Caller,
    headers: HeaderMap,
    Said(asked): Said<OrderAsked>,
) -> Result<(StatusCode, HeaderMap, Json<OrderView>), Problem> {
    let exchange = &api.exchange;
    let market = market::find(&exchange.views, &asked.symbol)?;
    let mut new = asked.read(&market, caller.account)?;
    let key = headers.get(IDEMPOTENCY_KEY).filter(|_| asked.client_order_id.is_none());
    if let Some(key) = key {
        new.client_id = name_of(key.as_bytes());
        if let Some(order) = placed_before(exchange, &mut new)? {
            let replayed = (REPLAYED, HeaderValue::from_static("true"));
            let view = done(exchange, &caller, order).await?;
            return Ok((StatusCode::CREATED, HeaderMap::from_iter([replayed]), Json(view)));
        }
    }
    exchange.charge_orders(caller.account, 1)?;
    let answer = submit(exchange, Command::Place(new)).await?;
    if let Some(reason) = rejection(&answer.events, RequestKind::Place) {
        return Err(Problem::rejected(reason));
    }
    let id = accepted(&answer.events).ok_or_else(Problem::internal)?;
    Ok((StatusCode::CREATED, HeaderMap::new(), Json(done(exchange, &caller, id).await?)))
}

/// The order that was placed under the same `Idempotency-Key`, which nobody remembers but its name:
/// before a restart, or too many keys ago. A key of more than a day ago is as good as new, its name
/// is not.
///
/// # Errors
/// 409 where that was another order.
fn placed_before(exchange: &Exchange, new: &mut NewOrder) -> Result<Option<OrderId>, Problem> {
    let named = OrderRef::Client(new.client_id);
    let Some(order) = exchange.views.order(new.account, new.market, &named) else {
        return Ok(None);
    };
    if !is_kept(order.created, exchange.now()) {
        new.client_id = fresh_client_id();
        return Ok(None);
    }
    if order.new != *new {
        return Err(Problem::conflict("this Idempotency-Key was used for another request"));
    }
    Ok(Some(order.id))
}

/// The order that was accepted.
#[must_use]
pub fn accepted(events: &[Event]) -> Option<OrderId> {
    events.iter().find_map(|event| match event {
        Event::Accepted { order, .. } => Some(*order),
        _ => None,
    })
}

/// Whether orders can still trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum StatusWord {
    /// They can.
    Open,
    /// They have ended.
    Closed,
}

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrdersAsked {
    /// Open ones or closed ones; both where nothing is said.
    #[param(inline)]
    status: Option<StatusWord>,
    /// Of one market.
    symbol: Option<String>,
    /// At most so many, up to 1000.
    limit: Option<usize>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// One's own orders, newest first.
#[utoipa::path(get, path = "/api/v1/trading/orders", tag = "trading", params(OrdersAsked),
    responses((status = 200, body = Listed<OrderView>), (status = 400, body = ProblemShape),
        (status = 404, body = ProblemShape)))]
pub async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Asked(asked): Asked<OrdersAsked>,
) -> Result<Json<Listed<OrderView>>, Problem> {
    let exchange = &api.exchange;
    let market = match &asked.symbol {
        Some(symbol) => Some(market::find(&exchange.views, symbol)?.id),
        None => None,
    };
    let (limit, before) = (rows(asked.limit)?, cursor(asked.cursor.as_deref())?);
    // Where few fit, several pages are read for one.
    let pages = if asked.status == Some(StatusWord::Closed) { PAGES_MAX } else { 1 };
    exchange.charge_more(caller.from, weight_of_rows(limit.saturating_mul(pages)))?;
    let (orders, next) = match asked.status {
        Some(StatusWord::Open) => open(exchange, &caller, market, (before, limit)),
        Some(StatusWord::Closed) => ended(exchange, &caller, market, (before, limit)).await?,
        None => page(exchange, &caller, market, (before, limit)).await?,
    };
    let catalog = exchange.views.catalog();
    let items = orders.iter().filter_map(|order| OrderView::listed(&catalog, order)).collect();
    Ok(Json(Listed { items, next_cursor: next.map(|id| id.to_string()) }))
}

/// Orders, newest first, and below which number the next page begins.
type Part = (Vec<Arc<OrderRecord>>, Option<OrderId>);

fn open(
    exchange: &Exchange,
    caller: &Caller,
    market: Option<MarketId>,
    (before, limit): (Option<u64>, usize),
) -> Part {
    let mut orders = exchange.views.open_orders(caller.account, market);
    orders.retain(|order| before.is_none_or(|before| order.id.0 < before));
    orders.reverse();
    let more = limit < orders.len();
    orders.truncate(limit);
    let next = orders.last().filter(|_| more).map(|order| order.id);
    (orders, next)
}

async fn page(
    exchange: &Exchange,
    caller: &Caller,
    market: Option<MarketId>,
    (before_id, limit): (Option<u64>, usize),
) -> Result<Part, Problem> {
    let page = Page { before_id, ..Page::latest(limit) };
    let mut orders = caller.history(exchange).orders(caller.account, market, &page).await?;
    orders.reverse();
    let next = orders.last().filter(|_| orders.len() == limit).map(|order| order.id);
    Ok((orders, next))
}

async fn ended(
    exchange: &Exchange,
    caller: &Caller,
    market: Option<MarketId>,
    (mut before, limit): (Option<u64>, usize),
) -> Result<Part, Problem> {
    let mut found = Vec::new();
    for _ in 0..PAGES_MAX {
        let (orders, next) = page(exchange, caller, market, (before, limit)).await?;
        found.extend(orders.into_iter().filter(|order| !order.status.is_open()));
        if limit <= found.len() {
            let more = limit < found.len() || next.is_some();
            found.truncate(limit);
            let next = found.last().filter(|_| more).map(|order| order.id);
            return Ok((found, next));
        }
        let Some(next) = next else { return Ok((found, None)) };
        before = Some(next.0);
    }
    Ok((found, before.map(OrderId)))
}

/// One of one's own orders.
#[utoipa::path(get, path = "/api/v1/trading/orders/{id}", tag = "trading",
    params(("id" = String, Path)),
    responses((status = 200, body = OrderView), (status = 404, body = ProblemShape)))]
pub async fn one(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<OrderView>, Problem> {
    let order = own(&api.exchange, &caller, &id).await?;
    listed(&api.exchange, &order).map(Json)
}

/// Cancels an order; if it is part of a list, the other one, too.
#[utoipa::path(delete, path = "/api/v1/trading/orders/{id}", tag = "trading",
    params(("id" = String, Path)),
    responses((status = 200, body = OrderView), (status = 404, body = ProblemShape),
        (status = 409, body = ProblemShape, description = "It has ended.")))]
pub async fn cancel(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<OrderView>, Problem> {
    let exchange = &api.exchange;
    let order = own(exchange, &caller, &id).await?;
    let (account, market) = (caller.account, order.new.market);
    let command = Command::Cancel { account, market, order: OrderRef::Id(order.id), only: None };
    let answer = submit(exchange, command).await?;
    match rejection(&answer.events, RequestKind::Cancel) {
        Some(Rejection::UnknownOrder) => Err(Problem::conflict("the order is not open any more")),
        Some(reason) => Err(Problem::rejected(reason)),
        None => done(exchange, &caller, order.id).await.map(Json),
    }
}

/// Which orders to cancel.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CancelAsked {
    /// Of one market; of all where nothing is said.
    symbol: Option<String>,
}

/// Orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct Orders {
    items: Vec<OrderView>,
}

/// Cancels all orders of one market, or all there are.
#[utoipa::path(delete, path = "/api/v1/trading/orders", tag = "trading", params(CancelAsked),
    responses((status = 200, body = Orders), (status = 404, body = ProblemShape),
        (status = 422, body = ProblemShape)))]
pub async fn cancel_all(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Asked(asked): Asked<CancelAsked>,
) -> Result<Json<Orders>, Problem> {
    let exchange = &api.exchange;
    let (account, views) = (caller.account, &exchange.views);
    let market = match &asked.symbol {
        Some(symbol) => Some(market::find(views, symbol)?.id),
        None => None,
    };
    // Memory forgets ended orders beyond a bound, the very ones that are to be told.
    let before = views.open_orders(account, market);
    let answer = submit(exchange, Command::CancelAll { account, market }).await?;
    if let Some(reason) = rejection(&answer.events, RequestKind::Cancel) {
        return Err(Problem::rejected(reason));
    }
    let known: HashMap<OrderId, &Arc<OrderRecord>> =
        before.iter().map(|order| (order.id, order)).collect();
    let catalog = views.catalog();
    let canceled = answer.events.iter().filter_map(|event| match event {
        Event::Canceled { order, account: whose, .. } if *whose == account => Some(*order),
        _ => None,
    });
    let record = |id: OrderId| {
        let told = views.order_by_id(account, id).map(|order| (*order).clone());
        told.or_else(|| known.get(&id).map(|order| as_canceled(order, answer.time)))
    };
    let items = canceled.filter_map(record);
    let items = items.filter_map(|order| OrderView::listed(&catalog, &order)).collect();
    Ok(Json(Orders { items }))
}

/// An order that memory has forgotten already, as it ended.
fn as_canceled(order: &OrderRecord, at: Time) -> OrderRecord {
    OrderRecord {
        status: OrderStatus::Canceled,
        ended_by: Some(engine::CancelReason::Requested),
        updated: at,
        ..order.clone()
    }
}
