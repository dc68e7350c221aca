//! Cancelling one order and placing another in one step, and lowering an order's quantity.
//!
//! Source  rest-api.md, "Cancel an Existing Order and Send a New Order" and "Order Amend Keep
//!         Priority".

use std::borrow::Cow;

use engine::{
    CancelReason, Command, Event, OrderRef, Rejection, Replace, ReplaceMode, RequestKind,
};
use model::{ClientOrderId, Note, OrderId, Time};
use projection::{AmendmentRecord, ListRecord, Market, OrderRecord, Page};
use venue::binance::{
    AmendReport, AmendedOrder, Amendment, CancelReplaceError, CancelReplaceReport, CanceledItem,
    Contingency, HalfReport, HalfResult, ListSummary, OrderProblem, Refusal,
};

use super::grid::Grid;
use super::list;
use super::market::unreadable;
use super::operation::{Answer, Call};
use super::order::{self, Named};
use super::order_report::{self, Placed};
use super::order_request::{self, OrderRequest};
use super::rejection::refusal_of;
use super::request::{ROWS_DEFAULT, ROWS_MAX};
use super::submit::{submit, submit_noted};
use super::symbols;
use super::user_event::{amendment_id, command_of};
use super::words;

/// What to do when one half fails.
const MODE: &str = "cancelReplaceMode";
const MODES: &[(&str, ReplaceMode)] = &[
    ("STOP_ON_FAILURE", ReplaceMode::StopOnFailure),
    ("ALLOW_FAILURE", ReplaceMode::AllowFailure),
];

/// What to do when the account has placed too many orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WhenTooMany {
    DoNothing,
    CancelOnly,
}

const TOO_MANY_MODE: &str = "orderRateLimitExceededMode";
const WHEN_TOO_MANY: &[(&str, WhenTooMany)] =
    &[("DO_NOTHING", WhenTooMany::DoNothing), ("CANCEL_ONLY", WhenTooMany::CancelOnly)];

/// `order.cancelReplace`
///
/// # Errors
/// As documented. Where a half of it succeeded the answer says so: it is no refusal.
pub async fn cancel_replace(call: &Call<'_>) -> Result<Answer, Refusal> {
    let (params, account) = (call.params, call.caller()?.account);
    let market = symbols::required(call)?;
    let request = order_request::read(params, &market, account)?;
    let mode = params.choice(MODE, MODES, Refusal::BadValue(MODE))?;
    let mode = mode.ok_or(Refusal::Mandatory(MODE))?;
    let named = Named::read(call, "cancelOrderId", "cancelOrigClientOrderId")?;
    let name = order_request::read_client_id(params, "cancelNewClientOrderId")?;
    let only = order::read_restriction(call)?;
    let too_many = params.choice(TOO_MANY_MODE, WHEN_TOO_MANY, Refusal::BadValue(TOO_MANY_MODE))?;
    params.finish()?;
    let old = named.order_ref().ok_or(Refusal::CancelRejected(OrderProblem::CancelInvalid))?;
    let count = match call.exchange.orders.charge(account, 1, call.now) {
        Ok(count) => count,
        Err(refusal) if too_many == Some(WhenTooMany::CancelOnly) => {
            if let Err(refusal) = named.check(call, &market).await {
                return Halves { cancel: failure(refusal), place: NOT_ATTEMPTED }.failed(429);
            }
            let command = Command::Cancel { account, market: market.id, order: old, only };
            return cancel_only(call, &market, (command, name), refusal).await;
        }
        Err(refusal) => return Err(refusal),
    };
    if let Err(refusal) = named.check(call, &market).await {
        // Whether the old order is there is not known when nothing could be read.
        let is_known =
            matches!(refusal, Refusal::CancelRejected(_) | Refusal::ClientOrderIdMismatch);
        if !is_known {
            return Err(refusal);
        }
        if mode == ReplaceMode::StopOnFailure {
            return Halves { cancel: failure(refusal), place: NOT_ATTEMPTED }.failed(400);
        }
        return place_only(call, &market, &request, refusal).await;
    }
    let replace = Replace { cancel: old, only, order: request.new, mode };
    let note = Note { cancel: Some(name), ..request.note() };
    let command = Command::Replace(Box::new(replace));
    let answer = submit_noted(call.exchange, command, note).await?;
    let halves = Halves::read(call, &market, &request, &answer, name.as_str()).await;
    Ok(halves.answer()?.with_orders(count))
}

/// What became of one half, and what is said of it.
type Half = (HalfResult, Option<HalfReport<'static>>);

const NOT_ATTEMPTED: Half = (HalfResult::NotAttempted, None);

const fn success(report: Option<HalfReport<'static>>) -> Half {
    (HalfResult::Success, report)
}

fn failure(refusal: Refusal) -> Half {
    (HalfResult::Failure, Some(HalfReport::Error(refusal.body())))
}

/// Both halves of an answer.
struct Halves {
    cancel: Half,
    place: Half,
}

impl Halves {
    async fn read(
        call: &Call<'_>,
        market: &Market,
        request: &OrderRequest,
        answer: &sequencer::Answer,
        name: &str,
    ) -> Self {
        let events = &answer.events[..];
        let is_gone = events.iter().any(|event| {
            matches!(event, Event::Canceled { account, reason: CancelReason::Replaced, .. }
                if *account == request.new.account)
        });
        // A market that takes no orders refuses the whole at once, in the name of the placing.
        let refused = order_report::rejection(events, RequestKind::Cancel)
            .or_else(|| order_report::rejection(events, RequestKind::Place));
        let cancel = match refused {
            _ if is_gone => success(canceled_half(call, market, events, answer.time, name).await),
            Some(reason) => failure(refusal_of(RequestKind::Cancel, reason)),
            None => failure(Refusal::Unknown),
        };
        let place = match order_report::rejection(events, RequestKind::Place) {
            Some(Rejection::CancelFailed) => NOT_ATTEMPTED,
            Some(reason) => failure(refusal_of(RequestKind::Place, reason)),
            None => match placed_half(call, market, request, answer) {
                Ok(report) => success(Some(report)),
                Err(refusal) => failure(refusal),
            },
        };
        Self { cancel, place }
    }

    fn answer(self) -> Result<Answer, Refusal> {
        match (self.cancel.0, self.place.0) {
            (HalfResult::Success, HalfResult::Success) => Answer::of(&self.report()),
            (HalfResult::Success, _) | (_, HalfResult::Success) => self.failed(409),
            (_, _) => self.failed(400),
        }
    }

    /// The answer where one half or both did not succeed.
    fn failed(self, status: u16) -> Result<Answer, Refusal> {
        let partly = [self.cancel.0, self.place.0].contains(&HalfResult::Success);
        let (code, msg) = if partly {
            (-2021, "Order cancel-replace partially failed.")
        } else {
            (-2022, "Order cancel-replace failed.")
        };
        let error = CancelReplaceError { code, msg: Cow::Borrowed(msg), data: self.report() };
        Ok(Answer { status, ..Answer::of(&error)? })
    }

    fn report(self) -> CancelReplaceReport<'static> {
        CancelReplaceReport {
            cancel_result: self.cancel.0,
            new_order_result: self.place.0,
            cancel_response: self.cancel.1,
            new_order_response: self.place.1,
        }
    }
}

async fn canceled_half(
    call: &Call<'_>,
    market: &Market,
    events: &[Event],
    at: Time,
    name: &str,
) -> Option<HalfReport<'static>> {
    // What was cancelled comes first; what the new order cancelled in turn comes after.
    let items = order::canceled(call, market, (events, &[]), at, name).await;
    items.into_iter().next().map(|item| match item {
        CanceledItem::Order(report) => HalfReport::Order(report),
        CanceledItem::List(report) => HalfReport::List(report),
    })
}

fn placed_half(
    call: &Call<'_>,
    market: &Market,
    request: &OrderRequest,
    answer: &sequencer::Answer,
) -> Result<HalfReport<'static>, Refusal> {
    let placed = Placed::read(&answer.events)?;
    let catalog = call.exchange.views.catalog();
    let wanted = (request.response, request.label);
    let report = placed[0].report(call, market, &catalog, answer.time, wanted);
    Ok(HalfReport::Order(Box::new(report)))
}

/// The new order cannot be placed, the old one is to be cancelled all the same.
async fn cancel_only(
    call: &Call<'_>,
    market: &Market,
    (command, name): (Command, ClientOrderId),
    refusal: Refusal,
) -> Result<Answer, Refusal> {
    let answer = submit_noted(call.exchange, command, Note::canceling(name)).await?;
    match order_report::rejection(&answer.events, RequestKind::Cancel) {
        Some(reason) => {
            let cancel = failure(refusal_of(RequestKind::Cancel, reason));
            Halves { cancel, place: NOT_ATTEMPTED }.failed(429)
        }
        None => {
            let (events, at) = (&answer.events, answer.time);
            let report = canceled_half(call, market, events, at, name.as_str()).await;
            Halves { cancel: success(report), place: failure(refusal) }.failed(429)
        }
    }
}

/// The old order cannot be cancelled, the new one is to be placed all the same.
async fn place_only(
    call: &Call<'_>,
    market: &Market,
    request: &OrderRequest,
    refusal: Refusal,
) -> Result<Answer, Refusal> {
    let command = Command::Place(request.new);
    let answer = submit_noted(call.exchange, command, request.note()).await?;
    let cancel = failure(refusal);
    match placed_half(call, market, request, &answer) {
        Ok(report) => Halves { cancel, place: success(Some(report)) }.failed(409),
        Err(refusal) => Halves { cancel, place: failure(refusal) }.failed(400),
    }
}

/// `order.amend.keepPriority`
///
/// # Errors
/// As documented.
pub async fn amend(call: &Call<'_>) -> Result<Answer, Refusal> {
    let (params, caller) = (call.params, call.caller()?);
    let market = symbols::required(call)?;
    let named = Named::read(call, "orderId", "origClientOrderId")?;
    let client_id = order_request::read_client_id(params, "newClientOrderId")?;
    let qty = order_request::read_qty(params, "newQty", &market)?;
    let qty = qty.ok_or(Refusal::Mandatory("newQty"))?;
    params.finish()?;
    let unknown = Refusal::AmendRejected(OrderProblem::Unknown);
    let order = named.order_ref().ok_or(unknown)?;
    let views = &call.exchange.views;
    let before = views.order(caller.account, market.id, &order).ok_or(unknown)?;
    if before.qty == qty && before.status.is_open() {
        return Err(Refusal::AmendRejected(OrderProblem::NoChange));
    }
    let command = Command::Amend {
        account: caller.account,
        market: market.id,
        order,
        qty,
        client_id: Some(client_id),
    };
    let answer = submit(call.exchange, command).await?;
    if let Some(reason) = order_report::rejection(&answer.events, RequestKind::Amend) {
        return Err(refusal_of(RequestKind::Amend, reason));
    }
    let now = views.order_by_id(caller.account, before.id).unwrap_or_else(|| before.clone());
    let after = OrderRecord { qty, client_id, ..OrderRecord::clone(&now) };
    let list = before.list.and_then(|list| views.list(caller.account, list));
    Answer::of(&AmendReport {
        transact_time: call.time(answer.time),
        execution_id: amendment_id(answer.seq),
        amended_order: amended(call, &market, &before, &after),
        list_status: list.map(|list| summary(&market, &list)),
    })
}

fn amended(
    call: &Call<'_>,
    market: &Market,
    before: &OrderRecord,
    after: &OrderRecord,
) -> AmendedOrder<'static> {
    let grid = Grid::new(market);
    let kind = &after.new.kind;
    AmendedOrder {
        symbol: Cow::Owned(market.symbol.joined.clone()),
        order_id: after.id.0,
        order_list_id: order_report::list_number(after.list),
        orig_client_order_id: Cow::Owned(before.client_id.to_string()),
        client_order_id: Cow::Owned(after.client_id.to_string()),
        price: grid.price_or_zero(kind.limit()),
        qty: grid.qty(after.qty),
        executed_qty: grid.qty(after.filled),
        prevented_qty: grid.qty(after.prevented),
        quote_order_qty: grid.quote(0),
        cumulative_quote_qty: grid.quote(after.quote_filled),
        status: words::state_of(after.status),
        time_in_force: words::time_in_force_of(kind.time_in_force()),
        kind: words::type_of(kind),
        side: after.new.side.into(),
        stop_price: kind.stop_price().map(|price| grid.price(price)),
        iceberg_qty: kind.display().map(|qty| grid.qty(qty)),
        working_time: after.working.map(|time| call.time(time)),
        self_trade_prevention_mode: words::mode_of(after.new.stp),
    }
}

fn summary(market: &Market, list: &ListRecord) -> ListSummary<'static> {
    let symbol = &market.symbol.joined;
    ListSummary {
        order_list_id: list.id.0,
        contingency_type: Contingency::Oco,
        list_order_status: list::words(list.state).1,
        list_client_order_id: Cow::Owned(list.client_id.to_string()),
        symbol: Cow::Owned(symbol.clone()),
        orders: list::members(list).map(|it| list::member(symbol, it)).collect(),
    }
}

/// `order.amendments`, oldest first.
///
/// # Errors
/// As documented.
pub async fn amendments(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    let order = call.params.integer("orderId")?.ok_or(Refusal::Mandatory("orderId"))?;
    let from = call.params.integer("fromExecutionId")?;
    let limit = call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    call.params.finish()?;
    let (account, order) = (call.caller()?.account, OrderId(order));
    let history = &call.history();
    let found = history.order(account, market.id, &OrderRef::Id(order)).await;
    found.map_err(unreadable)?.ok_or(Refusal::NoSuchOrder)?;
    let page = Page { from_id: from.map(command_of), ..Page::latest(limit) };
    let found = history.amendments(account, order, &page).await.map_err(unreadable)?;
    let grid = Grid::new(&market);
    let row = |it: &AmendmentRecord| Amendment {
        symbol: Cow::Borrowed(market.symbol.joined.as_str()),
        order_id: it.order.0,
        execution_id: amendment_id(it.seq),
        orig_client_order_id: Cow::Owned(it.client_ids[0].to_string()),
        new_client_order_id: Cow::Owned(it.client_ids[1].to_string()),
        orig_qty: grid.qty(it.qtys[0]),
        new_qty: grid.qty(it.qtys[1]),
        time: call.time(it.time),
    };
    Answer::of(&found.iter().map(row).collect::<Vec<_>>())
}
