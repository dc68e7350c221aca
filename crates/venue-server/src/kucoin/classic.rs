//! Orders as the venue's older clients ask for them: the same orders in older shapes.

use engine::OrderRef;
use venue::kucoin::{
    CanceledClassic, CanceledIds, ClassicOrder, ClassicPlaced, ClassicPlacedList, OldFill,
    Operation, OrderKind, OrderList, Placed, Refusal,
};

use super::account::{page_of, paged};
use super::names::order_name;
use super::order::{
    By, ZERO, body, end_standing, find, is_asked, pair_asked, put, range, refusal_of,
};
use super::order_row::{fill_row, order_row};
use super::perform::number;
use super::perform::{Call, told};
use super::stop::is_unwoken;
use crate::desk::{DeskOrderView, DeskTerms};

/// Orders placed at once.
const ORDERS_MAX: usize = 5;
/// Of so much of the past rows are looked for.
const PAST_MAX: usize = 1_000;

fn row(view: &DeskOrderView) -> ClassicOrder<'static> {
    let row = order_row(view);
    let at = match view.terms {
        DeskTerms::Stop { at, .. } => number(at),
        DeskTerms::Limit { .. } | DeskTerms::PostOnly { .. } | DeskTerms::Market { .. } => ZERO,
    };
    ClassicOrder {
        id: row.id,
        symbol: row.symbol,
        op_type: row.op_type,
        kind: row.kind,
        side: row.side,
        price: row.price,
        size: row.size,
        funds: row.funds,
        deal_funds: row.deal_funds,
        deal_size: row.deal_size,
        fee: row.fee,
        fee_currency: row.fee_currency,
        stp: "".into(),
        stop: "".into(),
        stop_triggered: view.triggered.is_some(),
        stop_price: at,
        time_in_force: row.time_in_force,
        post_only: row.post_only,
        hidden: row.hidden,
        iceberg: row.iceberg,
        visible_size: row.visible_size,
        cancel_after: row.cancel_after,
        channel: row.channel,
        client_oid: row.client_oid,
        remark: row.remark,
        tags: row.tags,
        is_active: row.active,
        cancel_exist: row.cancel_exist,
        created_at: row.created_at,
        trade_type: row.trade_type,
    }
}

/// Places an order and tells its name.
pub async fn place(call: &Call<'_>) -> Result<String, Refusal> {
    let view = put(call, call.key()?, &body(call)?, None).await?;
    told(Placed { order_id: order_name(view.id).into(), client_oid: None })
}

/// Places several limit orders in one market, each by itself.
pub async fn place_many(call: &Call<'_>) -> Result<String, Refusal> {
    let key = call.key()?;
    let list: OrderList<'_> = serde_json::from_slice(call.body).map_err(|_| Refusal::Body)?;
    let symbol = list.symbol.ok_or(Refusal::Parameter("symbol is required"))?;
    if list.order_list.is_empty() || ORDERS_MAX < list.order_list.len() {
        return Err(Refusal::Parameter("orderList size invalid"));
    }
    let mut data = Vec::with_capacity(list.order_list.len());
    for mut order in list.order_list {
        order.symbol.clone_from(&symbol);
        let outcome = match order.kind {
            OrderKind::Limit => put(call, key, &order, None).await,
            OrderKind::Market => Err(Refusal::Parameter("type should be limit")),
        };
        let status = if outcome.is_ok() { "success" } else { "fail" };
        data.push(ClassicPlaced {
            order,
            id: outcome.as_ref().ok().map(|view| order_name(view.id)),
            status: status.into(),
            fail_msg: outcome.err().map(|refusal| refusal.text().to_owned()),
        });
    }
    told(ClassicPlacedList { data })
}

/// Cancels an order, wherever it stands.
pub async fn cancel(call: &Call<'_>, by: By) -> Result<String, Refusal> {
    let key = call.key()?;
    let missing = |_| Refusal::NothingToCancel;
    let known = find(call, by, None).map_err(missing)?;
    let name = OrderRef::Id(known.id);
    let view = call.door.desk.cancel(&key.user, known.pair, name).await.map_err(refusal_of)?;
    let id = order_name(view.id);
    match by {
        By::Id => told(CanceledIds { cancelled_order_ids: vec![id] }),
        By::Client => told(CanceledClassic {
            cancelled_order_id: id,
            client_oid: view.client_id.to_string(),
            cancelled_oco_order_ids: None,
        }),
    }
}

/// Cancels all that stands, in one market or in all.
pub async fn cancel_all(call: &Call<'_>) -> Result<String, Refusal> {
    let pair = pair_asked(call)?;
    let canceled = end_standing(call, pair).await?;
    let cancelled_order_ids = canceled.iter().map(|view| order_name(view.id)).collect();
    told(CanceledIds { cancelled_order_ids })
}

/// An order by its name.
pub fn found(call: &Call<'_>, by: By) -> Result<String, Refusal> {
    call.key()?;
    told(row(&find(call, by, None)?))
}

/// Orders that stand, or that are done: the newest first.
fn listed(call: &Call<'_>) -> Result<Vec<ClassicOrder<'static>>, Refusal> {
    let (key, pair) = (call.key()?, pair_asked(call)?);
    let status = call.query.get("status");
    let mut orders = match status.as_deref() {
        Some("active") => call.door.desk.open_orders(&key.user, pair),
        Some("done") | None => {
            call.door.desk.closed_orders(&key.user, pair, range(call)?, PAST_MAX)
        }
        Some(_) => return Err(Refusal::Parameter("status is invalid")),
    };
    orders.retain(|order| is_asked(call, order) && !is_unwoken(order));
    Ok(orders.iter().rev().map(row).collect())
}

/// Orders: in pages, or the latest.
pub fn orders(call: &Call<'_>, operation: Operation) -> Result<String, Refusal> {
    if operation == Operation::ClassicRecentOrders {
        return recent_orders(call);
    }
    told(paged(listed(call)?, page_of(call)?))
}

/// The latest orders, whether they stand or not.
fn recent_orders(call: &Call<'_>) -> Result<String, Refusal> {
    let (key, pair) = (call.key()?, pair_asked(call)?);
    let mut orders = call.door.desk.orders(&key.user, pair, (None, None), PAST_MAX);
    orders.retain(|order| !is_unwoken(order));
    told(orders.iter().rev().map(row).collect::<Vec<_>>())
}

fn filled(call: &Call<'_>) -> Result<Vec<OldFill<'static>>, Refusal> {
    let key = call.key()?;
    let order = match call.query.get("orderId") {
        None => None,
        Some(name) => match super::names::order_of(&name) {
            None => return Ok(Vec::new()),
            order => order,
        },
    };
    let desk = &call.door.desk;
    let fills = desk.fills(&key.user, pair_asked(call)?, order, range(call)?, PAST_MAX);
    let row = |fill: &crate::desk::DeskFill| {
        let row = fill_row(desk, &key.user, fill);
        OldFill {
            symbol: row.symbol,
            trade_id: row.trade_id.to_string().into(),
            order_id: row.order_id,
            counter_order_id: row.counter_order_id,
            side: row.side,
            liquidity: row.liquidity,
            force_taker: row.force_taker,
            price: row.price,
            size: row.size,
            funds: row.funds,
            fee: row.fee,
            fee_rate: row.fee_rate,
            fee_currency: row.fee_currency,
            stop: row.stop,
            trade_type: row.trade_type,
            kind: row.kind,
            created_at: row.created_at,
        }
    };
    Ok(fills.iter().rev().map(row).collect())
}

/// Fills: in pages, or the latest.
pub fn fills(call: &Call<'_>, operation: Operation) -> Result<String, Refusal> {
    let filled = filled(call)?;
    if operation == Operation::ClassicRecentFills {
        return told(filled);
    }
    told(paged(filled, page_of(call)?))
}
