//! Lists of linked orders: one cancels the other.
//!
//! Shape   the leg above the price, then the leg below it, as the engine has them. The older form
//!         of the request names a limit leg and a stop leg; its side tells which is above.
//! Source  rest-api.md, "Order lists".

use std::borrow::Cow;

use engine::{Command, Event, ListLeg, ListState, NewList, OrderKind, RequestKind};
use model::{ClientOrderId, Label, ListId, Note, OrderId, Side, Time};
use projection::{ListRecord, Market, Page};
use venue::binance::{
    Contingency, ListMember, ListOrderStatus, ListReport, ListStatusType, OrderProblem, OrderType,
    Refusal, ResponseType,
};

use super::market::unreadable;
use super::operation::{Answer, Call};
use super::order::read_span;
use super::order_report::{self, Placed};
use super::order_request::{self, Names};
use super::rejection::refusal_of;
use super::request::{ROWS_DEFAULT, ROWS_MAX};
use super::submit::submit_noted;
use super::symbols;

const ABOVE: Names = Names {
    price: "abovePrice",
    stop_price: "aboveStopPrice",
    trailing_delta: "aboveTrailingDelta",
    iceberg_qty: "aboveIcebergQty",
    time_in_force: "aboveTimeInForce",
    client_id: "aboveClientOrderId",
    strategy_id: "aboveStrategyId",
    strategy_type: "aboveStrategyType",
};

const BELOW: Names = Names {
    price: "belowPrice",
    stop_price: "belowStopPrice",
    trailing_delta: "belowTrailingDelta",
    iceberg_qty: "belowIcebergQty",
    time_in_force: "belowTimeInForce",
    client_id: "belowClientOrderId",
    strategy_id: "belowStrategyId",
    strategy_type: "belowStrategyType",
};

/// The limit leg of the older form. It has no trigger: those parameters are the other leg's.
const LEGACY_LIMIT: Names = Names {
    price: "price",
    stop_price: "limitStopPrice",
    trailing_delta: "limitTrailingDelta",
    iceberg_qty: "limitIcebergQty",
    time_in_force: "limitTimeInForce",
    client_id: "limitClientOrderId",
    strategy_id: "limitStrategyId",
    strategy_type: "limitStrategyType",
};

const LEGACY_STOP: Names = Names {
    price: "stopLimitPrice",
    stop_price: "stopPrice",
    trailing_delta: "trailingDelta",
    iceberg_qty: "stopIcebergQty",
    time_in_force: "stopLimitTimeInForce",
    client_id: "stopClientOrderId",
    strategy_id: "stopStrategyId",
    strategy_type: "stopStrategyType",
};

/// `orderList.place.oco`
///
/// # Errors
/// As documented.
pub async fn place_oco(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    let side = order_request::read_side(call.params, "side")?;
    let types = [read_type(call, "aboveType")?, read_type(call, "belowType")?];
    check_types(side, types)?;
    let [above, below] = types;
    place(call, &market, side, [(ABOVE, above), (BELOW, below)]).await
}

/// `orderList.place`, the older form.
///
/// # Errors
/// As documented.
pub async fn place_legacy(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    let side = order_request::read_side(call.params, "side")?;
    let has_limit = call.params.peek(LEGACY_STOP.price).is_some();
    let stop_type = if has_limit { OrderType::StopLossLimit } else { OrderType::StopLoss };
    let limit = (LEGACY_LIMIT, OrderType::LimitMaker);
    let stop = (LEGACY_STOP, stop_type);
    let legs = match side {
        Side::Sell => [limit, stop],
        Side::Buy => [stop, limit],
    };
    place(call, &market, side, legs).await
}

fn read_type(call: &Call<'_>, name: &'static str) -> Result<OrderType, Refusal> {
    let words = OrderType::WORDS;
    let order_type = call.params.choice(name, words, Refusal::BadOrderType)?;
    match order_type.ok_or(Refusal::Mandatory(name))? {
        OrderType::Limit | OrderType::Market => Err(Refusal::ListOrderType),
        order_type => Ok(order_type),
    }
}

/// One leg waits for the price to go against its holder, the other for it to go along; which of
/// them is above follows from the side.
fn check_types(side: Side, types: [OrderType; 2]) -> Result<(), Refusal> {
    let is_stop = |order_type| matches!(order_type, OrderType::StopLoss | OrderType::StopLossLimit);
    let [above, below] = types;
    match (is_stop(above), is_stop(below)) {
        (true, true) => Err(match side {
            Side::Buy => Refusal::BuyStopMustBeAbove,
            Side::Sell => Refusal::SellStopMustBeBelow,
        }),
        (false, false) if types.contains(&OrderType::LimitMaker) => Err(Refusal::BothLegsLimit),
        (false, false) => Err(Refusal::ListOrderType),
        (true, false) => match (side, below) {
            (Side::Buy, _) => Ok(()),
            (Side::Sell, OrderType::LimitMaker) => Err(Refusal::SellLimitMustBeAbove),
            (Side::Sell, _) => Err(Refusal::SellStopMustBeBelow),
        },
        (false, true) => match (side, above) {
            (Side::Sell, _) => Ok(()),
            (Side::Buy, OrderType::LimitMaker) => Err(Refusal::BuyLimitMustBeBelow),
            (Side::Buy, _) => Err(Refusal::BuyStopMustBeAbove),
        },
    }
}

async fn place(
    call: &Call<'_>,
    market: &Market,
    side: Side,
    legs: [(Names, OrderType); 2],
) -> Result<Answer, Refusal> {
    let (params, account) = (call.params, call.caller()?.account);
    let qty = order_request::read_qty(params, "quantity", market)?;
    let qty = qty.ok_or(Refusal::Mandatory("quantity"))?;
    let client_id = order_request::read_client_id(params, "listClientOrderId")?;
    let read_leg = |(names, order_type): (Names, OrderType)| -> Result<(ListLeg, Label), Refusal> {
        let kind: OrderKind = order_request::read_kind(params, &names, market, order_type, qty)?;
        let client_id = order_request::read_client_id(params, names.client_id)?;
        Ok((ListLeg { client_id, kind }, order_request::read_label(params, &names)?))
    };
    let [above, below] = legs;
    let ((above, above_label), (below, below_label)) = (read_leg(above)?, read_leg(below)?);
    let stp = order_request::read_prevention(params)?;
    let response = params
        .choice("newOrderRespType", ResponseType::WORDS, Refusal::BadValue("newOrderRespType"))?
        .unwrap_or(ResponseType::Result);
    params.finish()?;
    let count = call.exchange.orders.charge(account, 2, call.now)?;
    let legs = [above, below];
    let list = NewList { account, market: market.id, client_id, side, stp, legs };
    let note = Note { cancel: None, labels: [above_label, below_label] };
    let command = Command::PlaceList(Box::new(list));
    let answer = submit_noted(call.exchange, command, note).await?;
    let placed = Placed::read(&answer.events)?;
    let catalog = call.exchange.views.catalog();
    let reports = placed.iter().zip(note.labels).map(|(placed, label)| {
        placed.report(call, market, &catalog, answer.time, (response, label))
    });
    let reports = reports.collect();
    let (id, state) = placed_list(&answer.events).ok_or(Refusal::Unknown)?;
    let members = placed.iter().zip(&legs).map(|(placed, leg)| (placed.order, leg.client_id));
    let report = ListReport {
        order_reports: Some(reports),
        ..report(call, market, (id, client_id, state), answer.time, members)
    };
    Ok(Answer::of(&report)?.with_orders(count))
}

/// The list that `events` placed, and where it stood when they ended.
fn placed_list(events: &[Event]) -> Option<(ListId, ListState)> {
    let mut placed = None;
    for event in events {
        if let Event::ListChanged { list, state, .. } = event {
            match placed {
                None => placed = Some((*list, *state)),
                Some((id, _)) if id == *list => placed = Some((id, *state)),
                Some(_) => {}
            }
        }
    }
    placed
}

fn report(
    call: &Call<'_>,
    market: &Market,
    (id, client_id, state): (ListId, ClientOrderId, ListState),
    at: Time,
    members: impl Iterator<Item = (OrderId, ClientOrderId)>,
) -> ListReport<'static> {
    let symbol = &market.symbol.joined;
    let (list_status_type, list_order_status) = words(state);
    ListReport {
        order_list_id: id.0,
        contingency_type: Contingency::Oco,
        list_status_type,
        list_order_status,
        list_client_order_id: Cow::Owned(client_id.to_string()),
        transaction_time: call.time(at),
        symbol: Cow::Owned(symbol.clone()),
        orders: members.map(|it| member(symbol, it)).collect(),
        order_reports: None,
    }
}

/// Number and name of each of its orders.
pub fn members(list: &ListRecord) -> impl Iterator<Item = (OrderId, ClientOrderId)> {
    list.orders.into_iter().zip(list.order_client_ids)
}

/// One of its orders, as answers tell it.
#[must_use]
pub fn member(symbol: &str, (order, client_id): (OrderId, ClientOrderId)) -> ListMember<'static> {
    ListMember {
        symbol: Cow::Owned(symbol.to_owned()),
        order_id: order.0,
        client_order_id: Cow::Owned(client_id.to_string()),
    }
}

/// A list's state in the venue's words.
#[must_use]
pub const fn words(state: ListState) -> (ListStatusType, ListOrderStatus) {
    match state {
        ListState::Placed => (ListStatusType::ExecStarted, ListOrderStatus::Executing),
        ListState::Done => (ListStatusType::AllDone, ListOrderStatus::AllDone),
    }
}

/// The answer to asking for a list.
#[must_use]
pub fn query(call: &Call<'_>, market: &Market, list: &ListRecord) -> ListReport<'static> {
    let named = (list.id, list.client_id, list.state);
    report(call, market, named, list.created, members(list))
}

/// The answer to cancelling a list, under the cancel's own name.
#[must_use]
pub fn canceled(
    call: &Call<'_>,
    market: &Market,
    list: &ListRecord,
    at: Time,
    name: &str,
) -> ListReport<'static> {
    let orders = list.orders.iter();
    let records = orders.filter_map(|id| call.exchange.views.order_by_id(list.account, *id));
    let reports = records
        .map(|record| order_report::canceled_report(call, market, &record, at, name))
        .collect();
    ListReport {
        order_reports: Some(reports),
        transaction_time: call.time(at),
        ..query(call, market, list)
    }
}

/// `orderList.cancel`
///
/// # Errors
/// As documented.
pub async fn cancel(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let market = symbols::required(call)?;
    let list = find(call, "listClientOrderId").await?;
    let name = order_request::read_client_id(call.params, "newClientOrderId")?;
    call.params.finish()?;
    let unknown = Refusal::CancelRejected(OrderProblem::Unknown);
    let list = list.filter(|list| list.market == market.id).ok_or(unknown)?;
    let command = Command::CancelList { account, market: market.id, list: list.id };
    let answer = submit_noted(call.exchange, command, Note::canceling(name)).await?;
    if let Some(reason) = order_report::rejection(&answer.events, RequestKind::Cancel) {
        return Err(refusal_of(RequestKind::Cancel, reason));
    }
    let list = call.exchange.views.list(account, list.id).ok_or(Refusal::Unknown)?;
    Answer::of(&canceled(call, &market, &list, answer.time, name.as_str()))
}

/// The list that a request names by number, by name, or by both.
async fn find(call: &Call<'_>, client_id: &'static str) -> Result<Option<ListRecord>, Refusal> {
    let account = call.caller()?.account;
    let history = &call.history();
    let (id, name) = (call.params.integer("orderListId")?, call.params.client_id(client_id)?);
    match (id, name) {
        (None, None) => Err(Refusal::MandatoryEither("orderListId", client_id)),
        (None, Some(name)) => history.list_by_client_id(account, &name).await.map_err(unreadable),
        (Some(id), name) => {
            let list = history.list(account, ListId(id)).await.map_err(unreadable)?;
            Ok(list.filter(|list| name.is_none_or(|name| name == list.client_id)))
        }
    }
}

/// `orderList.status`
///
/// # Errors
/// As documented.
pub async fn status(call: &Call<'_>) -> Result<Answer, Refusal> {
    let list = find(call, "origClientOrderId").await?;
    call.params.finish()?;
    let list = list.ok_or(Refusal::NoSuchOrder)?;
    let catalog = call.exchange.views.catalog();
    let market = catalog.market(list.market).ok_or(Refusal::Unknown)?;
    Answer::of(&query(call, market, &list))
}

/// `openOrderLists.status`
///
/// # Errors
/// As documented.
pub fn open(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    call.params.finish()?;
    answer_lists(call, &call.exchange.views.open_lists(account))
}

/// `allOrderLists`
///
/// # Errors
/// As documented; -1128 for `fromId` with times.
pub async fn all(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let from_id = call.params.integer("fromId")?;
    let (start, end) = read_span(call)?;
    let limit = call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    call.params.finish()?;
    if from_id.is_some() && (start.is_some() || end.is_some()) {
        return Err(Refusal::BadOptionalCombination);
    }
    let page = Page { from_id, start, end, ..Page::latest(limit) };
    let lists = call.history().lists(account, &page).await.map_err(unreadable)?;
    answer_lists(call, &lists)
}

fn answer_lists(call: &Call<'_>, lists: &[ListRecord]) -> Result<Answer, Refusal> {
    let catalog = call.exchange.views.catalog();
    let row = |list: &ListRecord| Some(query(call, catalog.market(list.market)?, list));
    Answer::of(&lists.iter().filter_map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legs_of_a_list_stand_where_their_types_belong() {
        use OrderType::{LimitMaker, StopLoss, StopLossLimit, TakeProfit};
        for (side, above, below, want) in [
            (Side::Sell, LimitMaker, StopLoss, Ok(())),
            (Side::Sell, TakeProfit, StopLossLimit, Ok(())),
            (Side::Buy, StopLossLimit, LimitMaker, Ok(())),
            (Side::Buy, StopLoss, TakeProfit, Ok(())),
            (Side::Buy, LimitMaker, StopLoss, Err(-1165)),
            (Side::Sell, StopLoss, LimitMaker, Err(-1166)),
            (Side::Sell, LimitMaker, LimitMaker, Err(-1168)),
            (Side::Buy, TakeProfit, StopLoss, Err(-1196)),
            (Side::Sell, StopLoss, TakeProfit, Err(-1197)),
            (Side::Sell, StopLoss, StopLoss, Err(-1197)),
        ] {
            let got = check_types(side, [above, below]).map_err(Refusal::code);
            assert_eq!(got, want, "{side:?} {above:?} {below:?}");
        }
    }
}
