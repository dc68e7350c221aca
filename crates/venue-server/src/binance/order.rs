//! Placing, cancelling and asking for orders.
//!
//! Source  rest-api.md, "Trading endpoints" and "Account endpoints".

use std::sync::Arc;

use engine::{CancelOnly, Command, Event, MarketState, OrderKind, OrderRef, RequestKind};
use model::{ClientOrderId, ListId, Note, OrderId, Qty, Time};
use projection::{Market, OrderRecord, Page};
use venue::binance::{
    CancelRestriction, CanceledItem, DecimalText, Discount, Filter, OrderCommission, OrderProblem,
    Refusal, TestCommission,
};

use super::list;
use super::market::unreadable;
use super::operation::{Answer, Call};
use super::order_report::{self, Placed};
use super::order_request;
use super::rejection::refusal_of;
use super::request::{ROWS_DEFAULT, ROWS_MAX};
use super::submit::submit_noted;
use super::symbols;

/// The longest time between `startTime` and `endTime`, in hours.
const LOOKUP_HOURS_MAX: u32 = 24;

/// `order.place`
///
/// # Errors
/// As documented.
pub async fn place(call: &Call<'_>) -> Result<Answer, Refusal> {
    let caller = call.caller()?;
    let market = symbols::required(call)?;
    let request = order_request::read(call.params, &market, caller.account)?;
    call.params.finish()?;
    let count = call.exchange.orders.charge(caller.account, 1, call.now)?;
    let answer = submit_noted(call.exchange, Command::Place(request.new), request.note()).await?;
    let placed = Placed::read(&answer.events)?;
    let catalog = call.exchange.views.catalog();
    let wanted = (request.response, request.label);
    let report = placed[0].report(call, &market, &catalog, answer.time, wanted);
    Ok(Answer::of(&report)?.with_orders(count))
}

/// `order.test`: everything but the engine.
///
/// # Errors
/// As documented.
pub fn test(call: &Call<'_>) -> Result<Answer, Refusal> {
    let caller = call.caller()?;
    let market = symbols::required(call)?;
    let request = order_request::read(call.params, &market, caller.account)?;
    check_filters(&market, &request.new.kind)?;
    let with_rates = call.params.boolean("computeCommissionRates")?.unwrap_or(false);
    call.params.finish()?;
    if !with_rates {
        return Answer::of(&serde_json::Map::new());
    }
    let fees = call.exchange.views.commission(caller.account, market.id).unwrap_or_default();
    let none = OrderCommission { maker: rate(0), taker: rate(0) };
    Answer::of(&TestCommission {
        standard_commission_for_order: OrderCommission {
            maker: rate(fees.maker.millionths()),
            taker: rate(fees.taker.millionths()),
        },
        special_commission_for_order: none,
        tax_commission_for_order: none,
        discount: no_discount(),
    })
}

/// What the engine would check of an order by itself, whoever placed it and whatever the book.
fn check_filters(market: &Market, kind: &OrderKind) -> Result<(), Refusal> {
    let filters = &market.spec.filters;
    if market.state == MarketState::Halted {
        return Err(Refusal::OrderRejected(OrderProblem::MarketClosed));
    }
    let outside = |number: Qty, (low, high): (Qty, Qty)| number < low || high < number;
    let Some(qty) = kind.qty() else { return Ok(()) };
    let price = kind.limit();
    if price.is_some_and(|price| price < filters.price.0 || filters.price.1 < price) {
        return Err(Refusal::Filter(Filter::Price));
    }
    if outside(qty, filters.qty) {
        return Err(Refusal::Filter(Filter::LotSize));
    }
    if price.is_none() && outside(qty, filters.market_qty) {
        return Err(Refusal::Filter(Filter::MarketLotSize));
    }
    let notional = price.map(|price| market.notional(price, qty));
    let (least, most) = filters.notional;
    if notional.is_some_and(|notional| notional < least || most < notional) {
        return Err(Refusal::Filter(Filter::Notional));
    }
    Ok(())
}

/// A fee in millionths as a fraction.
#[must_use]
pub fn rate(millionths: i32) -> DecimalText {
    DecimalText::new(i128::from(millionths) * 100, 8)
}

/// There is no discount here.
#[must_use]
pub fn no_discount() -> Discount<'static> {
    Discount {
        enabled_for_account: false,
        enabled_for_symbol: false,
        discount_asset: "BNB".into(),
        discount: rate(0),
    }
}

/// How a request names an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    id: Option<OrderId>,
    client_id: Option<ClientOrderId>,
}

impl Named {
    /// Reads a number and a name, of which one at least must be there.
    ///
    /// # Errors
    /// [`Refusal::MandatoryEither`], or what their form deserves.
    pub fn read(
        call: &Call<'_>,
        id: &'static str,
        client_id: &'static str,
    ) -> Result<Self, Refusal> {
        let named = Self {
            id: call.params.integer(id)?.map(OrderId),
            client_id: call.params.client_id(client_id)?,
        };
        if named.id.is_none() && named.client_id.is_none() {
            return Err(Refusal::MandatoryEither(client_id, id));
        }
        Ok(named)
    }

    /// The number, or the name where there is none.
    #[must_use]
    pub fn order_ref(self) -> Option<OrderRef> {
        self.id.map(OrderRef::Id).or(self.client_id.map(OrderRef::Client))
    }

    /// The order, if the number and the name that were sent are both its own.
    async fn find(self, call: &Call<'_>, market: &Market) -> Result<Arc<OrderRecord>, Refusal> {
        let account = call.caller()?.account;
        let order = self.order_ref().ok_or(Refusal::NoSuchOrder)?;
        let found = call.history().order(account, market.id, &order).await;
        let found = found.map_err(unreadable)?.ok_or(Refusal::NoSuchOrder)?;
        let both = self.id.is_some() && self.client_id.is_some_and(|id| id != found.client_id);
        if both { Err(Refusal::ClientOrderIdMismatch) } else { Ok(found) }
    }

    /// Checks what the engine cannot: that number and name are of one order, which is open.
    ///
    /// # Errors
    /// [`Refusal::CancelRejected`], [`Refusal::ClientOrderIdMismatch`].
    pub async fn check(self, call: &Call<'_>, market: &Market) -> Result<(), Refusal> {
        if self.id.is_none() || self.client_id.is_none() {
            return Ok(());
        }
        let unknown = Refusal::CancelRejected(OrderProblem::Unknown);
        let order = self.find(call, market).await.map_err(|refusal| match refusal {
            Refusal::NoSuchOrder => unknown,
            other => other,
        })?;
        if order.status.is_open() { Ok(()) } else { Err(unknown) }
    }
}

/// Reads `cancelRestrictions`.
///
/// # Errors
/// [`Refusal::BadCancelRestrictions`].
pub fn read_restriction(call: &Call<'_>) -> Result<Option<CancelOnly>, Refusal> {
    let words = CancelRestriction::WORDS;
    let word = call.params.choice("cancelRestrictions", words, Refusal::BadCancelRestrictions)?;
    Ok(word.map(|word| match word {
        CancelRestriction::OnlyNew => CancelOnly::New,
        CancelRestriction::OnlyPartiallyFilled => CancelOnly::PartiallyFilled,
    }))
}

/// `order.cancel`. An order of a list takes the whole list with it, and the answer tells the list.
///
/// # Errors
/// As documented.
pub async fn cancel(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let market = symbols::required(call)?;
    let named = Named::read(call, "orderId", "origClientOrderId")?;
    let name = order_request::read_client_id(call.params, "newClientOrderId")?;
    let only = read_restriction(call)?;
    call.params.finish()?;
    named.check(call, &market).await?;
    let order = named.order_ref().ok_or(Refusal::CancelRejected(OrderProblem::CancelInvalid))?;
    let command = Command::Cancel { account, market: market.id, order, only };
    let answer = submit_noted(call.exchange, command, Note::canceling(name)).await?;
    if let Some(reason) = order_report::rejection(&answer.events, RequestKind::Cancel) {
        return Err(refusal_of(RequestKind::Cancel, reason));
    }
    let mut items =
        canceled(call, &market, (&answer.events, &[]), answer.time, name.as_str()).await;
    match items.pop() {
        Some(item) => Answer::of(&item),
        None => Err(Refusal::Unknown),
    }
}

/// `openOrders.cancelAll`
///
/// # Errors
/// As documented; -2011 where there was nothing to cancel.
pub async fn cancel_all(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let market = symbols::required(call)?;
    call.params.finish()?;
    let command = Command::CancelAll { account, market: Some(market.id) };
    let name = order_request::fresh_client_id();
    // Memory forgets ended orders beyond a bound, the very ones that are to be told.
    let open = call.exchange.views.open_orders(account, Some(market.id));
    let answer = submit_noted(call.exchange, command, Note::canceling(name)).await?;
    if let Some(reason) = order_report::rejection(&answer.events, RequestKind::Cancel) {
        return Err(refusal_of(RequestKind::Cancel, reason));
    }
    let canceled = canceled(call, &market, (&answer.events, &open), answer.time, name.as_str());
    let items = canceled.await;
    if items.is_empty() {
        return Err(Refusal::CancelRejected(OrderProblem::Unknown));
    }
    Answer::of(&items)
}

/// The orders by themselves and the lists that `events` cancelled, in order; of what memory and
/// history do not tell any more, as it was `before`, by number.
pub async fn canceled(
    call: &Call<'_>,
    market: &Market,
    (events, before): (&[Event], &[Arc<OrderRecord>]),
    at: Time,
    name: &str,
) -> Vec<CanceledItem<'static>> {
    let Ok(caller) = call.caller() else { return Vec::new() };
    let views = &call.exchange.views;
    let mut lists: Vec<ListId> = Vec::new();
    let mut items = Vec::new();
    for event in events {
        let Event::Canceled { order, account, .. } = event else { continue };
        if *account != caller.account {
            continue;
        }
        let found = match views.order_by_id(*account, *order) {
            Some(record) => Some(record),
            // What was cancelled is told, also where the database cannot tell it just now.
            None => call.exchange.history.order_by_id(*account, *order).await.ok().flatten(),
        };
        let known = || {
            let at = before.binary_search_by_key(order, |record| record.id).ok()?;
            before.get(at).cloned()
        };
        let Some(record) = found.or_else(known) else { continue };
        let Some(id) = record.list else {
            let report = order_report::canceled_report(call, market, &record, at, name);
            items.push(CanceledItem::Order(Box::new(report)));
            continue;
        };
        if !lists.contains(&id) {
            lists.push(id);
            if let Some(record) = views.list(*account, id) {
                let report = list::canceled(call, market, &record, at, name);
                items.push(CanceledItem::List(Box::new(report)));
            }
        }
    }
    items
}

/// `order.status`
///
/// # Errors
/// As documented.
pub async fn status(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    let named = Named::read(call, "orderId", "origClientOrderId")?;
    call.params.finish()?;
    let order = named.find(call, &market).await?;
    Answer::of(&order_report::query(call, &market, &order))
}

/// `openOrders.status`
///
/// # Errors
/// As documented.
pub fn open(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let catalog = call.exchange.views.catalog();
    let market = match call.params.symbol("symbol")? {
        Some(symbol) => Some(symbols::find(&catalog, symbol)?.id),
        None => None,
    };
    call.params.finish()?;
    let orders = call.exchange.views.open_orders(account, market);
    let row = |order: &Arc<OrderRecord>| {
        let market = catalog.market(order.new.market)?;
        Some(order_report::query(call, market, order))
    };
    Answer::of(&orders.iter().filter_map(row).collect::<Vec<_>>())
}

/// `allOrders`
///
/// # Errors
/// As documented.
pub async fn all(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let market = symbols::required(call)?;
    let from_id = call.params.integer("orderId")?;
    let (start, end) = read_span(call)?;
    let limit = call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    call.params.finish()?;
    let page = Page { from_id, start, end, ..Page::latest(limit) };
    let orders = call.history().orders(account, Some(market.id), &page).await;
    let orders = orders.map_err(unreadable)?;
    let row = |order: &Arc<OrderRecord>| order_report::query(call, &market, order);
    Answer::of(&orders.iter().map(row).collect::<Vec<_>>())
}

/// Reads `startTime` and `endTime`.
///
/// # Errors
/// [`Refusal::LookupTooLong`], [`Refusal::BadValue`] where the end comes first.
pub fn read_span(call: &Call<'_>) -> Result<(Option<Time>, Option<Time>), Refusal> {
    // Compared as they were sent: an end that stands for a whole millisecond is not too late.
    let sent = (call.params.time("startTime")?, call.params.time("endTime")?);
    if let (Some(start), Some(end)) = sent {
        if end < start {
            return Err(Refusal::BadValue("endTime"));
        }
        if u64::from(LOOKUP_HOURS_MAX) * 3_600_000_000 < end.micros() - start.micros() {
            return Err(Refusal::LookupTooLong { hours: LOOKUP_HOURS_MAX });
        }
    }
    call.params.span()
}
