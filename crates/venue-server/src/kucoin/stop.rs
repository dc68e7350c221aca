//! Orders that wait for a price: placed, cancelled, found again.
//!
//! Keeps   one that waits is among these alone; once it woke it is an order like any other, under
//!         the same name.

use engine::{OrderRef, TriggerKind};
use model::ClientOrderId;
use venue::kucoin::{
    CanceledIds, CanceledStop, DecimalText, Lasting, NewOrder, OrderKind, Placed, Refusal,
    StopChangeKind, StopKind, StopOrderEvent, StopOrderRow,
};

use super::account::{page_of, paged};
use super::door::Key;
use super::market::asked;
use super::names::{order_name, order_of};
use super::order::{body, is_asked, pair_asked, put, range, read_names, refusal_of};
use super::order_row::asked_of;
use super::perform::number;
use super::perform::{Call, told};
use crate::desk::{DeskCause, DeskOrderView, DeskTerms};
use venue::port::Pair;

/// Orders cancelled by one request.
const CANCELS_MAX: usize = 50;

/// Whether an order waits, or ended before it woke.
pub const fn is_unwoken(order: &DeskOrderView) -> bool {
    matches!(order.terms, DeskTerms::Stop { .. }) && order.triggered.is_none()
}

/// From which side its price is reached: a rise is against who buys and with who sells.
pub const fn desk_stop(side: model::Side, kind: StopKind) -> TriggerKind {
    use model::Side::{Buy, Sell};
    match (side, kind) {
        (Buy, StopKind::Entry) | (Sell, StopKind::Loss) => TriggerKind::StopLoss,
        (Buy, StopKind::Loss) | (Sell, StopKind::Entry) => TriggerKind::TakeProfit,
    }
}

const fn stop_kind(side: model::Side, stop: TriggerKind) -> StopKind {
    use model::Side::{Buy, Sell};
    match (side, stop) {
        (Buy, TriggerKind::StopLoss) | (Sell, TriggerKind::TakeProfit) => StopKind::Entry,
        (Buy, TriggerKind::TakeProfit) | (Sell, TriggerKind::StopLoss) => StopKind::Loss,
    }
}

/// Which kind is meant where nobody says: it waits until the last price comes to its own.
fn kind_of(call: &Call<'_>, order: &NewOrder<'_>, at: DecimalText) -> Result<StopKind, Refusal> {
    match order.stop.as_deref() {
        Some("loss") => Ok(StopKind::Loss),
        Some("entry") => Ok(StopKind::Entry),
        Some(word) if !word.is_empty() => Err(Refusal::Parameter("stop is invalid")),
        _ => {
            let pair = Pair::parse(&order.symbol).ok_or(Refusal::UnknownOrderSymbol)?;
            let last = call.door.desk.ticker(pair).and_then(|ticker| ticker.last);
            let is_above = last.is_some_and(|last| last < at.0);
            Ok(if is_above { StopKind::Entry } else { StopKind::Loss })
        }
    }
}

/// Places an order that waits.
pub async fn place(call: &Call<'_>) -> Result<String, Refusal> {
    let (key, order) = (call.key()?, body(call)?);
    let at = order.stop_price.ok_or(Refusal::Parameter("stopPrice is required"))?;
    let kind = kind_of(call, &order, at)?;
    let stop = desk_stop(order.side.into(), kind);
    let view = put(call, key, &order, Some((stop, at.0))).await?;
    told(Placed { order_id: order_name(view.id).into(), client_oid: None })
}

/// An order of the account that waits, or woke.
fn find(call: &Call<'_>, name: Option<OrderRef>) -> Result<DeskOrderView, Refusal> {
    let key = call.key()?;
    let found = name.and_then(|name| call.door.desk.order(&key.user, name));
    let is_stop = |view: &DeskOrderView| matches!(view.terms, DeskTerms::Stop { .. });
    found.filter(is_stop).ok_or(Refusal::UnknownOrder)
}

fn by_id(call: &Call<'_>) -> Option<OrderRef> {
    order_of(&call.name()).map(OrderRef::Id)
}

fn by_client(call: &Call<'_>) -> Result<Option<OrderRef>, Refusal> {
    let name = call.query.get("clientOid").ok_or(Refusal::Parameter("clientOid is required"))?;
    Ok(ClientOrderId::new(&name).ok().map(OrderRef::Client))
}

async fn end(call: &Call<'_>, view: &DeskOrderView) -> Result<(), Refusal> {
    if !view.is_waiting {
        return Err(Refusal::NothingToCancel);
    }
    let (user, name) = (&call.key()?.user, OrderRef::Id(view.id));
    call.door.desk.cancel(user, view.pair, name).await.map_err(refusal_of)?;
    Ok(())
}

/// Cancels an order that waits.
pub async fn cancel(call: &Call<'_>) -> Result<String, Refusal> {
    let view = find(call, by_id(call)).map_err(|_| Refusal::NothingToCancel)?;
    end(call, &view).await?;
    told(CanceledIds { cancelled_order_ids: vec![order_name(view.id)] })
}

/// Cancels an order that waits, by its placer's name.
pub async fn cancel_by_client(call: &Call<'_>) -> Result<String, Refusal> {
    let view = find(call, by_client(call)?).map_err(|_| Refusal::NothingToCancel)?;
    end(call, &view).await?;
    let client_oid = view.client_id.to_string();
    told(CanceledStop { cancelled_order_id: order_name(view.id), client_oid })
}

/// Orders that wait, in one market or in all; those of these names, where any are given.
fn waiting(call: &Call<'_>, key: &Key) -> Result<Vec<DeskOrderView>, Refusal> {
    let ids = read_names(call, "orderIds", CANCELS_MAX)?;
    let mut orders = call.door.desk.open_orders(&key.user, pair_asked(call)?);
    orders.retain(|order| {
        order.is_waiting && ids.as_ref().is_none_or(|ids| ids.contains(&order_name(order.id)))
    });
    Ok(orders)
}

/// Cancels orders that wait, in one market or in all, or those that are named.
pub async fn cancel_many(call: &Call<'_>) -> Result<String, Refusal> {
    let mut cancelled_order_ids = Vec::new();
    for view in waiting(call, call.key()?)? {
        match end(call, &view).await {
            Ok(()) => cancelled_order_ids.push(order_name(view.id)),
            // It woke or ended meanwhile.
            Err(Refusal::NothingToCancel) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    told(CanceledIds { cancelled_order_ids })
}

/// An order by its name.
pub fn found(call: &Call<'_>) -> Result<String, Refusal> {
    let view = find(call, by_id(call))?;
    told(row(call, &view))
}

/// Orders by their placer's name: one, or none.
pub fn found_by_client(call: &Call<'_>) -> Result<String, Refusal> {
    let view = find(call, by_client(call)?);
    if call.query.get("symbol").is_some() {
        asked(call)?;
    }
    told(view.iter().map(|view| row(call, view)).collect::<Vec<_>>())
}

/// Orders that wait, the newest first, in pages.
pub fn list(call: &Call<'_>) -> Result<String, Refusal> {
    let (start, end) = range(call)?;
    let mut orders = waiting(call, call.key()?)?;
    orders.retain(|order| {
        is_asked(call, order)
            && start.is_none_or(|start| start <= order.created)
            && end.is_none_or(|end| order.created <= end)
    });
    let rows: Vec<_> = orders.iter().rev().map(|order| row(call, order)).collect();
    told(paged(rows, page_of(call)?))
}

/// What who listens to orders that wait is told of a change; `None` where it does not wait, or no
/// longer.
pub fn stop_event(view: &DeskOrderView, cause: &DeskCause) -> Option<StopOrderEvent<'static>> {
    let DeskTerms::Stop { stop, at, .. } = view.terms else { return None };
    let kind = match cause {
        DeskCause::Triggered => StopChangeKind::Triggered,
        DeskCause::New => StopChangeKind::Open,
        DeskCause::Amended => StopChangeKind::Update,
        DeskCause::Canceled | DeskCause::Expired if view.state.is_final() => StopChangeKind::Cancel,
        DeskCause::Canceled | DeskCause::Expired => StopChangeKind::Update,
        DeskCause::Filled(_) => return None,
    };
    if kind != StopChangeKind::Triggered && !is_unwoken(view) {
        return None;
    }
    let asked = asked_of(view);
    Some(StopOrderEvent {
        created_at: view.created.millis(),
        order_id: order_name(view.id).into(),
        order_price: (asked.kind == OrderKind::Limit).then(|| number(asked.price)),
        order_type: "stop".into(),
        side: view.side.into(),
        size: Some(number(asked.size)),
        stop: stop_kind(view.side, stop),
        stop_price: number(at),
        symbol: view.pair.to_string().into(),
        trade_type: "TRADE".into(),
        trigger_success: (kind == StopChangeKind::Triggered).then_some(true),
        ts: view.updated.micros().saturating_mul(1_000),
        kind,
    })
}

fn row(call: &Call<'_>, view: &DeskOrderView) -> StopOrderRow<'static> {
    let asked = asked_of(view);
    let (stop, at) = match view.terms {
        DeskTerms::Stop { stop, at, .. } => (stop, at),
        DeskTerms::Limit { .. } | DeskTerms::PostOnly { .. } | DeskTerms::Market { .. } => {
            (TriggerKind::StopLoss, asked.price)
        }
    };
    let user = call.key.map(|key| key.user);
    let fees = user.and_then(|user| call.door.desk.fees(&user, view.pair));
    let rate = |rate: Option<model::Decimal>| number(rate.unwrap_or_default());
    StopOrderRow {
        id: order_name(view.id).into(),
        symbol: view.pair.to_string().into(),
        user_id: "".into(),
        status: if view.is_waiting { "NEW" } else { "TRIGGERED" }.into(),
        kind: asked.kind,
        side: view.side.into(),
        price: (asked.kind == OrderKind::Limit).then(|| number(asked.price)),
        size: Some(number(asked.size)),
        funds: None,
        stp: None,
        time_in_force: asked.lasting,
        cancel_after: if asked.lasting == Lasting::Gtt { asked.cancel_after } else { -1 },
        post_only: false,
        hidden: false,
        iceberg: false,
        visible_size: None,
        channel: "API".into(),
        client_oid: view.client_id.to_string().into(),
        remark: None,
        tags: None,
        order_time: view.created.micros().saturating_mul(1_000),
        domain_id: "kucoin".into(),
        trade_source: "USER".into(),
        trade_type: "TRADE".into(),
        fee_currency: view.fee_asset.to_string().into(),
        taker_fee_rate: rate(fees.map(|fees| fees.taker)),
        maker_fee_rate: rate(fees.map(|fees| fees.maker)),
        created_at: view.created.millis(),
        stop: stop_kind(view.side, stop),
        stop_trigger_time: view.triggered.map(model::Time::millis),
        stop_price: number(at),
    }
}
