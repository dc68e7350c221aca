//! Orders: placed, cancelled, found again.

use std::borrow::Cow;

use engine::{OrderRef, SelfTradePrevention, TimeInForce, TriggerKind};
use model::{ClientOrderId, Decimal, Time};
use venue::kucoin::{
    CanceledAll, CanceledByClient, CanceledOrder, DecimalText, Lasting, NewOrder, OrderKind,
    OrderList, OrderRule, Orders, Placed, PlacedOne, Refusal, RestingSymbols, SelfTrade,
};
use venue::port::Pair;

use super::account::paged;
use super::door::Key;
use super::market::asked;
use super::names::{order_name, order_of};
use super::order_row::{fill_row, order_row, sync_canceled, sync_placed};
use super::perform::{Call, told};
use super::stop::is_unwoken;
use crate::desk::{DeskError, DeskFilter, DeskOrder, DeskOrderView, DeskSize, DeskTerms};

/// Orders placed at once.
const ORDERS_MAX: usize = 20;
/// Rows of what is done where nobody says how many, and at most.
const ROWS: u64 = 20;
const ROWS_MAX: u64 = 100;
/// Of so much of the past rows are looked for.
const PAST_MAX: usize = 1_000;

/// By which of its names an order is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Id,
    Client,
}

/// Why the desk did not do it, in the venue's words.
pub const fn refusal_of(error: DeskError) -> Refusal {
    match error {
        DeskError::UnknownMarket => Refusal::UnknownOrderSymbol,
        DeskError::MarketClosed => Refusal::SymbolClosed,
        DeskError::UnknownAccount | DeskError::Internal => Refusal::Internal,
        DeskError::UnknownOrder => Refusal::NothingToCancel,
        DeskError::Duplicate => Refusal::DuplicateName,
        DeskError::Funds => Refusal::Balance,
        DeskError::WouldTake => Refusal::WouldTake,
        DeskError::WouldTrigger => Refusal::Parameter("stopPrice is invalid"),
        DeskError::TooManyOrders => Refusal::Rule(OrderRule::OpenOrders),
        DeskError::TimePassed => Refusal::Parameter("cancelAfter is invalid"),
        DeskError::BelowFilled => Refusal::Rule(OrderRule::SizeMin),
        DeskError::Unsupported => Refusal::Parameter("the order is not supported"),
        DeskError::Busy => Refusal::Busy,
        DeskError::Stopping => Refusal::ShuttingDown,
        DeskError::OutcomeUnknown => Refusal::Timeout,
        DeskError::Filter(filter) => Refusal::Rule(match filter {
            DeskFilter::PriceStep => OrderRule::PriceStep,
            DeskFilter::PriceMin | DeskFilter::PriceMax | DeskFilter::PriceBand => {
                OrderRule::PriceRange
            }
            DeskFilter::QtyStep => OrderRule::SizeStep,
            DeskFilter::QtyMin => OrderRule::SizeMin,
            DeskFilter::QtyMax | DeskFilter::NotionalMax | DeskFilter::Position => {
                OrderRule::SizeMax
            }
            DeskFilter::NotionalMin => OrderRule::FundsMin,
        }),
    }
}

/// What wakes an order that waits, and at which price.
type Wakes = Option<(TriggerKind, Decimal)>;

/// The order as the desk is asked for it.
fn read(order: &NewOrder<'_>, wakes: Wakes, now: Time) -> Result<DeskOrder, Refusal> {
    let pair = Pair::parse(&order.symbol).ok_or(Refusal::UnknownOrderSymbol)?;
    if wakes.is_none() && order.stop.as_ref().is_some_and(|stop| !stop.is_empty()) {
        return Err(Refusal::Parameter("stop is not supported"));
    }
    if order.hidden == Some(true) {
        return Err(Refusal::Parameter("hidden is not supported"));
    }
    if let Some((made, within)) = order.client_timestamp.zip(order.allow_max_time_window)
        && made.saturating_add(within) < now.millis()
    {
        return Err(Refusal::Parameter("the order is out of its time window"));
    }
    let client_id = match order.client_oid.as_deref() {
        None | Some("") => None,
        Some(name) => {
            let invalid = Refusal::Parameter("clientOid is invalid");
            Some(ClientOrderId::new(name).map_err(|_| invalid)?)
        }
    };
    let prevention = match order.stp {
        None => SelfTradePrevention::None,
        Some(SelfTrade::DecreaseAndCancel) => SelfTradePrevention::Decrement,
        Some(SelfTrade::CancelOldest) => SelfTradePrevention::ExpireMaker,
        Some(SelfTrade::CancelNewest) => SelfTradePrevention::ExpireTaker,
        Some(SelfTrade::CancelBoth) => SelfTradePrevention::ExpireBoth,
    };
    let terms = match order.kind {
        OrderKind::Limit => limit_terms(order, now)?,
        OrderKind::Market => DeskTerms::Market { size: market_size(order)? },
    };
    let terms = match wakes {
        None => terms,
        Some((stop, at)) => stop_terms(terms, stop, at)?,
    };
    let side = order.side.into();
    Ok(DeskOrder { pair, client_id, tag: None, side, prevention, terms })
}

/// What waits, and then is what it would have been at once.
const fn stop_terms(
    terms: DeskTerms,
    stop: TriggerKind,
    at: Decimal,
) -> Result<DeskTerms, Refusal> {
    let (qty, limit) = match terms {
        DeskTerms::Limit { price, qty, lasting, shown: None } => (qty, Some((price, lasting))),
        DeskTerms::Market { size: DeskSize::Base(qty) } => (qty, None),
        DeskTerms::Limit { shown: Some(_), .. } => {
            return Err(Refusal::Parameter("iceberg is not supported"));
        }
        DeskTerms::PostOnly { .. } => return Err(Refusal::Parameter("postOnly is not supported")),
        DeskTerms::Market { size: DeskSize::Quote(_) } => {
            return Err(Refusal::Parameter("funds is not supported"));
        }
        // Nothing waits twice.
        DeskTerms::Stop { .. } => return Err(Refusal::Internal),
    };
    Ok(DeskTerms::Stop { stop, at, qty, limit })
}

fn limit_terms(order: &NewOrder<'_>, now: Time) -> Result<DeskTerms, Refusal> {
    let required = |number: Option<DecimalText>, what| {
        number.map(|number| number.0).ok_or(Refusal::Parameter(what))
    };
    let price = required(order.price, "price is required")?;
    let qty = required(order.size, "size is required")?;
    let shown = if order.iceberg == Some(true) {
        Some(required(order.visible_size, "visibleSize is required")?)
    } else {
        None
    };
    let lasting = order.time_in_force.unwrap_or_default();
    if order.post_only == Some(true) {
        if matches!(lasting, Lasting::Ioc | Lasting::Fok) {
            return Err(Refusal::Parameter("postOnly and timeInForce do not go together"));
        }
        return Ok(DeskTerms::PostOnly { price, qty, shown });
    }
    let lasting = match lasting {
        Lasting::Gtc => TimeInForce::Gtc,
        Lasting::Ioc => TimeInForce::Ioc,
        Lasting::Fok => TimeInForce::Fok,
        Lasting::Gtt => {
            let seconds = order.cancel_after.and_then(|seconds| u64::try_from(seconds).ok());
            let seconds = seconds.filter(|seconds| *seconds != 0);
            let seconds = seconds.ok_or(Refusal::Parameter("cancelAfter is invalid"))?;
            let micros = seconds.saturating_mul(1_000_000);
            TimeInForce::Gtd(Time(now.micros().saturating_add(micros)))
        }
    };
    Ok(DeskTerms::Limit { price, qty, lasting, shown })
}

fn market_size(order: &NewOrder<'_>) -> Result<DeskSize, Refusal> {
    match (order.size, order.funds) {
        (Some(size), None) => Ok(DeskSize::Base(size.0)),
        (None, Some(funds)) => Ok(DeskSize::Quote(funds.0)),
        (None, None) => Err(Refusal::Parameter("size or funds is required")),
        (Some(_), Some(_)) => Err(Refusal::Parameter("size and funds do not go together")),
    }
}

/// The order in a body.
///
/// # Errors
/// [`Refusal::Body`] where it is none.
pub fn body<'a>(call: &Call<'a>) -> Result<NewOrder<'a>, Refusal> {
    serde_json::from_slice(call.body).map_err(|_| Refusal::Body)
}

/// Places an order.
///
/// # Errors
/// [`Refusal`].
pub async fn put(
    call: &Call<'_>,
    key: &Key,
    order: &NewOrder<'_>,
    wakes: Wakes,
) -> Result<DeskOrderView, Refusal> {
    let order = read(order, wakes, call.now)?;
    call.door.desk.place(&key.user, &order).await.map_err(refusal_of)
}

/// Places an order and tells its names.
pub async fn place(call: &Call<'_>) -> Result<String, Refusal> {
    let view = put(call, call.key()?, &body(call)?, None).await?;
    told(placed(&view))
}

fn placed(view: &DeskOrderView) -> Placed<'static> {
    Placed { order_id: order_name(view.id).into(), client_oid: Some(view.client_id.to_string()) }
}

/// Places an order and tells what became of it.
pub async fn place_sync(call: &Call<'_>) -> Result<String, Refusal> {
    let view = put(call, call.key()?, &body(call)?, None).await?;
    told(sync_placed(&view))
}

/// Says what would be refused of an order.
pub fn test(call: &Call<'_>) -> Result<String, Refusal> {
    let (key, order) = (call.key()?, body(call)?);
    let asked = read(&order, None, call.now)?;
    call.door.desk.check(&key.user, &asked).map_err(refusal_of)?;
    // Nothing was placed, so there is no number to tell.
    let order_id = Cow::Owned(order_name(model::OrderId(0)));
    told(Placed { order_id, client_oid: order.client_oid.map(Cow::into_owned) })
}

/// Places several orders, each by itself.
pub async fn place_many(call: &Call<'_>, is_sync: bool) -> Result<String, Refusal> {
    let key = call.key()?;
    let list: OrderList<'_> = serde_json::from_slice(call.body).map_err(|_| Refusal::Body)?;
    if list.order_list.is_empty() || ORDERS_MAX < list.order_list.len() {
        return Err(Refusal::Parameter("orderList size invalid"));
    }
    let mut outcomes = Vec::with_capacity(list.order_list.len());
    for order in &list.order_list {
        outcomes.push(match put(call, key, order, None).await {
            Ok(view) => placed_one(&view, is_sync),
            Err(refusal) => {
                let fail_msg = Some(refusal.text().to_owned());
                PlacedOne { success: false, fail_msg, ..PlacedOne::default() }
            }
        });
    }
    told(outcomes)
}

fn placed_one(view: &DeskOrderView, is_sync: bool) -> PlacedOne {
    let sync = sync_placed(view);
    let of_sync = |number: DecimalText| is_sync.then_some(number);
    PlacedOne {
        order_id: Some(sync.order_id.into_owned()),
        client_oid: Some(sync.client_oid.into_owned()),
        order_time: is_sync.then_some(sync.order_time),
        origin_size: of_sync(sync.origin_size),
        deal_size: of_sync(sync.deal_size),
        remain_size: of_sync(sync.remain_size),
        canceled_size: of_sync(sync.canceled_size),
        status: is_sync.then_some(sync.status),
        match_time: is_sync.then_some(sync.match_time),
        success: true,
        fail_msg: None,
    }
}

/// How the path names an order.
fn name(call: &Call<'_>, by: By) -> Option<OrderRef> {
    let name = call.name();
    match by {
        By::Id => order_of(&name).map(OrderRef::Id),
        By::Client => ClientOrderId::new(&name).ok().map(OrderRef::Client),
    }
}

async fn end(call: &Call<'_>, by: By) -> Result<DeskOrderView, Refusal> {
    let (key, pair) = (call.key()?, asked(call)?.pair);
    let view = find(call, by, Some(pair)).map_err(|_| Refusal::NothingToCancel)?;
    let name = OrderRef::Id(view.id);
    call.door.desk.cancel(&key.user, pair, name).await.map_err(refusal_of)
}

/// Cancels all that stands in one market or in all, and leaves what waits.
///
/// # Errors
/// [`Refusal`].
pub async fn end_standing(
    call: &Call<'_>,
    pair: Option<Pair>,
) -> Result<Vec<DeskOrderView>, Refusal> {
    let (desk, user) = (&call.door.desk, &call.key()?.user);
    let orders = desk.open_orders(user, pair);
    if !orders.iter().any(|order| order.is_waiting) {
        return desk.cancel_all(user, pair).await.map_err(refusal_of);
    }
    let mut canceled = Vec::new();
    for order in orders.iter().filter(|order| !order.is_waiting) {
        match desk.cancel(user, order.pair, OrderRef::Id(order.id)).await {
            Ok(view) => canceled.push(view),
            // It ended meanwhile.
            Err(DeskError::UnknownOrder) => {}
            Err(error) => return Err(refusal_of(error)),
        }
    }
    Ok(canceled)
}

/// Cancels an order.
pub async fn cancel(call: &Call<'_>, by: By) -> Result<String, Refusal> {
    let view = end(call, by).await?;
    match by {
        By::Id => told(CanceledOrder { order_id: order_name(view.id).into() }),
        By::Client => told(CanceledByClient { client_oid: call.name() }),
    }
}

/// Cancels an order and tells what became of it.
pub async fn cancel_sync(call: &Call<'_>, by: By) -> Result<String, Refusal> {
    let view = end(call, by).await?;
    told(sync_canceled(&view, by))
}

/// Cancels all that stands in a market.
pub async fn cancel_symbol(call: &Call<'_>) -> Result<String, Refusal> {
    call.key()?;
    end_standing(call, Some(asked(call)?.pair)).await?;
    told("success")
}

/// Cancels all that stands.
pub async fn cancel_all(call: &Call<'_>) -> Result<String, Refusal> {
    let canceled = end_standing(call, None).await?;
    let succeed_symbols = symbols(&canceled);
    told(CanceledAll { succeed_symbols, failed_symbols: Vec::new() })
}

fn symbols(orders: &[DeskOrderView]) -> Vec<String> {
    let mut symbols: Vec<_> = orders.iter().map(|order| order.pair.to_string()).collect();
    symbols.sort_unstable();
    symbols.dedup();
    symbols
}

/// The order that the path names, in the market that is asked for.
///
/// # Errors
/// [`Refusal::UnknownOrder`] where there is none.
pub fn find(call: &Call<'_>, by: By, pair: Option<Pair>) -> Result<DeskOrderView, Refusal> {
    let found = name(call, by).and_then(|name| call.door.desk.order(&call.key?.user, name));
    let found =
        found.filter(|order| pair.is_none_or(|pair| pair == order.pair) && !is_unwoken(order));
    found.ok_or(Refusal::UnknownOrder)
}

/// An order by its name.
pub fn found(call: &Call<'_>, by: By) -> Result<String, Refusal> {
    call.key()?;
    let pair = asked(call)?.pair;
    told(order_row(&find(call, by, Some(pair))?))
}

/// The market that is asked for; `None` where all are.
///
/// # Errors
/// [`Refusal::UnknownSymbol`].
pub fn pair_asked(call: &Call<'_>) -> Result<Option<Pair>, Refusal> {
    match call.query.get("symbol") {
        None => Ok(None),
        Some(_) => asked(call).map(|facts| Some(facts.pair)),
    }
}

fn standing(call: &Call<'_>) -> Result<Vec<DeskOrderView>, Refusal> {
    let mut orders = call.door.desk.open_orders(&call.key()?.user, pair_asked(call)?);
    orders.retain(|order| !order.is_waiting);
    orders.reverse();
    Ok(orders)
}

/// Orders that stand, the newest first.
pub fn open_orders(call: &Call<'_>) -> Result<String, Refusal> {
    told(standing(call)?.iter().map(order_row).collect::<Vec<_>>())
}

/// Orders that stand, in pages.
pub fn open_orders_page(call: &Call<'_>) -> Result<String, Refusal> {
    let size = call.query.number("pageSize")?.unwrap_or(ROWS).clamp(1, ROWS_MAX);
    let page = call.query.number("pageNum")?.unwrap_or(1).max(1);
    let page = usize::try_from(page).unwrap_or(usize::MAX);
    let rows = standing(call)?.iter().map(order_row).collect();
    told(paged(rows, (page, usize::try_from(size).unwrap_or(1))))
}

/// Markets in which orders stand.
pub fn open_symbols(call: &Call<'_>) -> Result<String, Refusal> {
    let mut orders = call.door.desk.open_orders(&call.key()?.user, None);
    orders.retain(|order| !order.is_waiting);
    told(RestingSymbols { symbols: symbols(&orders) })
}

/// Names of orders with commas between them; `None` where none are given.
///
/// # Errors
/// [`Refusal::Parameter`] where they are too many.
pub fn read_names(
    call: &Call<'_>,
    what: &'static str,
    max: usize,
) -> Result<Option<Vec<String>>, Refusal> {
    let Some(names) = call.query.get(what) else { return Ok(None) };
    let names: Vec<String> = names.split(',').take(max + 1).map(str::to_owned).collect();
    if max < names.len() { Err(Refusal::Parameter(what)) } else { Ok(Some(names)) }
}

/// From when to when is asked; in milliseconds on the wire.
///
/// # Errors
/// [`Refusal::Parameter`].
pub fn range(call: &Call<'_>) -> Result<(Option<Time>, Option<Time>), Refusal> {
    let at = |name| -> Result<Option<Time>, Refusal> {
        let millis = call.query.number(name)?.filter(|millis| *millis != 0);
        Ok(millis.map(|millis| Time(millis.saturating_mul(1_000))))
    };
    Ok((at("startAt")?, at("endAt")?))
}

/// How many rows are asked for, and before which number.
fn limit(call: &Call<'_>) -> Result<(usize, u64), Refusal> {
    let rows = call.query.number("limit")?.unwrap_or(ROWS);
    if rows == 0 || ROWS_MAX < rows {
        return Err(Refusal::Parameter("limit is invalid"));
    }
    let before = call.query.number("lastId")?.filter(|last| *last != 0).unwrap_or(u64::MAX);
    Ok((usize::try_from(rows).unwrap_or(1), before))
}

/// Whether an order is of the kind and the side that are asked for.
pub fn is_asked(call: &Call<'_>, order: &DeskOrderView) -> bool {
    let row = order_row(order);
    let is = |name: &str, word: &str| call.query.get(name).is_none_or(|asked| asked == word);
    let kind = match row.kind {
        OrderKind::Limit => "limit",
        OrderKind::Market => "market",
    };
    is("side", side_word(order.side)) && is("type", kind)
}

const fn side_word(side: model::Side) -> &'static str {
    match side {
        model::Side::Buy => "buy",
        model::Side::Sell => "sell",
    }
}

/// Orders that are done, the newest first.
pub fn done_orders(call: &Call<'_>) -> Result<String, Refusal> {
    let (key, (rows, before)) = (call.key()?, limit(call)?);
    let pair = pair_asked(call)?;
    let orders = call.door.desk.closed_orders(&key.user, pair, range(call)?, PAST_MAX);
    let is_wanted =
        |order: &&DeskOrderView| order.id.0 < before && is_asked(call, order) && !is_unwoken(order);
    let found: Vec<_> = orders.iter().rev().filter(is_wanted).take(rows).collect();
    let last_id = found.last().map_or(0, |order| order.id.0);
    told(Orders { last_id, items: found.into_iter().map(order_row).collect() })
}

/// Fills, the newest first.
pub fn fills(call: &Call<'_>) -> Result<String, Refusal> {
    let (key, (rows, before)) = (call.key()?, limit(call)?);
    let order = match call.query.get("orderId") {
        None => None,
        Some(name) => match order_of(&name) {
            None => return told(Orders::<()> { last_id: 0, items: Vec::new() }),
            order => order,
        },
    };
    let desk = &call.door.desk;
    let fills = desk.fills(&key.user, pair_asked(call)?, order, range(call)?, PAST_MAX);
    let side = call.query.get("side");
    let mut found: Vec<_> = fills.iter().rev().filter(|fill| fill.number < before).collect();
    found.retain(|fill| side.as_deref().is_none_or(|side| side == side_word(fill.side)));
    found.truncate(rows);
    let last_id = found.last().map_or(0, |fill| fill.number);
    let items = found.into_iter().map(|fill| fill_row(desk, &key.user, fill)).collect();
    told(Orders { last_id, items })
}

/// Nothing.
pub const ZERO: DecimalText = DecimalText(Decimal::ZERO);
