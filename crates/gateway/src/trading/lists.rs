//! Lists of two linked orders: one cancels the other.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use engine::{Command, Event, ListLeg, ListState, NewList, RequestKind};
use model::{ListId, OrderId};
use projection::{ListRecord, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use venue_server::Exchange;
use venue_server::binance::{fresh_client_id, submit};

use super::order_request::{PreventionWord, Reader, SideWord, Terms, TimeInForceWord, TypeWord};
use super::order_view::OrderView;
use super::orders::{done, rejection, told};
use super::repeats::{IDEMPOTENCY_KEY, REPLAYED, is_kept, name_of};
use crate::api::Api;
use crate::caller::Caller;
use crate::input::{Asked, Said};
use crate::market;
use crate::page::{Listed, cursor, rows_of, weight_of_rows};
use crate::problem::{Problem, ProblemShape};

/// What kind of list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ListType {
    /// One cancels the other.
    Oco,
}

/// One order of a list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LegAsked {
    /// `limitMaker`, or one that waits.
    r#type: TypeWord,
    price: Option<String>,
    stop_price: Option<String>,
    /// Basis points.
    trailing_delta: Option<u32>,
    iceberg_quantity: Option<String>,
    time_in_force: Option<TimeInForceWord>,
    client_order_id: Option<String>,
}

/// A list to be placed: one leg waits above the last price, one below.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewOrderList)]
pub struct ListAsked {
    #[schema(examples("BTC-USDT"))]
    symbol: String,
    /// `oco`.
    r#type: ListType,
    side: SideWord,
    /// Of each leg.
    quantity: String,
    client_list_id: Option<String>,
    above: LegAsked,
    below: LegAsked,
    self_trade_prevention: Option<PreventionWord>,
}

/// A list and its orders.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderList)]
pub struct ListView {
    id: String,
    client_list_id: String,
    symbol: String,
    /// `oco`.
    r#type: &'static str,
    /// `open` or `done`.
    status: &'static str,
    /// The one above, then the one below.
    orders: Vec<OrderView>,
}

/// Places two linked orders. A key in `Idempotency-Key` makes it safe to ask again for 24 hours;
/// after a restart of the exchange, too, where the list has no `clientListId` of its own and is
/// open or among the account's last.
#[utoipa::path(post, path = "/api/v1/trading/order-lists", tag = "trading",
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 128 characters.")),
    request_body = ListAsked,
    responses((status = 201, body = ListView), (status = 400, body = ProblemShape),
        (status = 404, body = ProblemShape), (status = 409, body = ProblemShape),
        (status = 422, body = ProblemShape)))]
pub async fn place_list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    headers: HeaderMap,
    Said(asked): Said<ListAsked>,
) -> Result<(StatusCode, HeaderMap, Json<ListView>), Problem> {
    let exchange = &api.exchange;
    let market = market::find(&exchange.views, &asked.symbol)?;
    let mut new = read(&asked, &market, &caller)?;
    let key = headers.get(IDEMPOTENCY_KEY).filter(|_| asked.client_list_id.is_none());
    if let Some(key) = key {
        new.client_id = name_of(key.as_bytes());
        if let Some(list) = placed_before(exchange, &mut new)? {
            let replayed = (REPLAYED, HeaderValue::from_static("true"));
            let view = view_of(exchange, &caller, &list).await;
            let view = view.map_err(|_| Problem::untold())?;
            return Ok((StatusCode::CREATED, HeaderMap::from_iter([replayed]), Json(view)));
        }
    }
    exchange.charge_orders(caller.account, 2)?;
    let (client_list_id, symbol) = (new.client_id.to_string(), market.symbol.dashed.clone());
    let answer = submit(exchange, Command::PlaceList(Box::new(new))).await?;
    if let Some(reason) = rejection(&answer.events, RequestKind::PlaceList) {
        return Err(Problem::rejected(reason));
    }
    let (id, ids) = placed(&answer.events).ok_or_else(Problem::internal)?;
    let mut orders = Vec::with_capacity(ids.len());
    for id in ids {
        orders.push(done(exchange, &caller, id).await?);
    }
    let is_open = exchange.views.open_lists(caller.account).iter().any(|list| list.id == id);
    let status = if is_open { "open" } else { "done" };
    let id = id.to_string();
    let view = ListView { id, client_list_id, symbol, r#type: "oco", status, orders };
    Ok((StatusCode::CREATED, HeaderMap::new(), Json(view)))
}

/// As for an order: the list that was placed under the same key, which nobody remembers but its
/// name.
///
/// # Errors
/// 409 where that was another list.
fn placed_before(exchange: &Exchange, new: &mut NewList) -> Result<Option<ListRecord>, Problem> {
    let Some(list) = exchange.views.list_by_client_id(new.account, &new.client_id) else {
        return Ok(None);
    };
    if !is_kept(list.created, exchange.now()) {
        new.client_id = fresh_client_id();
        return Ok(None);
    }
    let is_leg = |(leg, id): (&ListLeg, OrderId)| {
        let order = exchange.views.order_by_id(new.account, id);
        order.is_none_or(|order| {
            (order.new.kind, order.new.side, order.new.stp) == (leg.kind, new.side, new.stp)
        })
    };
    if list.market != new.market || !new.legs.iter().zip(list.orders).all(is_leg) {
        return Err(Problem::conflict("this Idempotency-Key was used for another request"));
    }
    Ok(Some(list))
}

/// Lists of a page where the request does not say.
const LISTS_DEFAULT: usize = 20;
/// The most lists of a page: each has two orders, which may lie in the database.
const LISTS_MAX: usize = 100;
/// Rows of a page that one list costs as much as: each of its orders is a question of its own.
const ROWS_OF_LIST: usize = 10;

/// Which lists.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListsAsked {
    /// Open ones; all where nothing is said.
    #[param(inline)]
    status: Option<ListStatus>,
    /// At most so many, up to 100; 20 where nothing is said.
    limit: Option<usize>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Which lists by their state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ListStatus {
    /// Both orders are open.
    Open,
}

/// One's own lists, newest first.
#[utoipa::path(get, path = "/api/v1/trading/order-lists", tag = "trading", params(ListsAsked),
    responses((status = 200, body = Listed<ListView>), (status = 400, body = ProblemShape)))]
pub async fn order_lists(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Asked(asked): Asked<ListsAsked>,
) -> Result<Json<Listed<ListView>>, Problem> {
    let exchange = &api.exchange;
    let limit = rows_of(asked.limit, LISTS_DEFAULT, LISTS_MAX)?;
    let before_id = cursor(asked.cursor.as_deref())?;
    exchange.charge_more(caller.from, weight_of_rows(limit * ROWS_OF_LIST))?;
    let mut lists = match asked.status {
        Some(ListStatus::Open) => {
            let mut open = exchange.views.open_lists(caller.account);
            open.retain(|list| before_id.is_none_or(|before| list.id.0 < before));
            open.drain(..open.len().saturating_sub(limit));
            open
        }
        None => {
            let page = Page { before_id, ..Page::latest(limit) };
            caller.history(exchange).lists(caller.account, &page).await?
        }
    };
    lists.reverse();
    let is_full = lists.len() == limit;
    let next_cursor = lists.last().filter(|_| is_full).map(|list| list.id.to_string());
    let mut items = Vec::with_capacity(lists.len());
    for list in &lists {
        items.push(view_of(exchange, &caller, list).await?);
    }
    Ok(Json(Listed { items, next_cursor }))
}

async fn view_of(
    exchange: &Exchange,
    caller: &Caller,
    list: &ListRecord,
) -> Result<ListView, Problem> {
    let catalog = exchange.views.catalog();
    let market = catalog.market(list.market).ok_or_else(Problem::internal)?;
    let mut orders = Vec::with_capacity(list.orders.len());
    for id in list.orders {
        orders.push(told(exchange, caller, id).await?);
    }
    Ok(ListView {
        id: list.id.to_string(),
        client_list_id: list.client_id.to_string(),
        symbol: market.symbol.dashed.clone(),
        r#type: "oco",
        status: match list.state {
            ListState::Placed => "open",
            ListState::Done => "done",
        },
        orders,
    })
}

fn placed(events: &[Event]) -> Option<(ListId, [OrderId; 2])> {
    events.iter().find_map(|event| match event {
        Event::ListChanged { list, orders, .. } => Some((*list, *orders)),
        _ => None,
    })
}

fn read(
    asked: &ListAsked,
    market: &projection::Market,
    caller: &Caller,
) -> Result<NewList, Problem> {
    let ListType::Oco = asked.r#type;
    let mut reader = Reader::new(market, "");
    let qty = reader.required_qty("quantity", Some(&asked.quantity));
    let client_id = reader.client_id("clientListId", asked.client_list_id.as_deref());
    let legs = [("above.", &asked.above), ("below.", &asked.below)].map(|(prefix, leg)| {
        reader.turn_to(prefix);
        let client_id = reader.client_id("clientOrderId", leg.client_order_id.as_deref());
        if matches!(leg.r#type, TypeWord::Market | TypeWord::Limit) {
            reader.wrong("type", "must be limitMaker or one that waits");
        }
        let terms = Terms {
            price: leg.price.as_deref(),
            stop_price: leg.stop_price.as_deref(),
            trailing_delta: leg.trailing_delta,
            iceberg_quantity: leg.iceberg_quantity.as_deref(),
            time_in_force: leg.time_in_force,
        };
        let kind = reader.kind(leg.r#type, &terms, qty);
        Some(ListLeg { client_id: client_id?, kind: kind? })
    });
    let [above, below] = legs;
    let legs = above.zip(below).map(|(above, below)| [above, below]);
    let (client_id, legs) = reader.finish(client_id, legs)?;
    Ok(NewList {
        account: caller.account,
        market: market.id,
        client_id,
        side: asked.side.into(),
        stp: PreventionWord::mode(asked.self_trade_prevention),
        legs,
    })
}
