//! Placing, cancelling and asking for orders and their trades.
//!
//! Source  docs.kraken.com, "Spot REST: trading" and "account data".

use std::time::Duration;

use engine::OrderRef;
use model::{ClientOrderId, OrderId, Time, UserId};
use venue::kraken::{
    AddedOrder, Batch, BatchEntry, CancelAfter, CanceledCount, Closed, Handling, Named, Open,
    OrderInfo, Refusal, Sentence, TradeHistory, TradeInfo, order_txid, parse_fill_txid,
    parse_order_txid,
};

use super::Door;
use super::deadline::check_deadline;
use super::order_report::{mark_of, order_info, sentence, trade_info, txid_of};
use super::order_request::{OrderRequest, Place, client_id, read_form, userref_of};
use super::params::Params;
use crate::dead_man::Switch;
use crate::desk::{DeskError, DeskFill, DeskFilter, DeskOrderView};

/// Orders or trades in one answer.
const PAGE_ROWS: usize = 50;
/// Orders or trades that are looked through.
const ROWS_MAX: usize = 1_000;
/// Orders in one batch.
pub const BATCH_MAX: usize = 15;

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::UnknownMarket => Self::UnknownPair,
            DeskError::MarketClosed => Self::CancelOnly,
            DeskError::UnknownAccount => Self::InvalidKey,
            DeskError::UnknownOrder => Self::UnknownOrder,
            DeskError::Duplicate => Self::DuplicateName,
            DeskError::Funds => Self::Funds,
            DeskError::WouldTake => Self::PostOnly,
            DeskError::WouldTrigger => Self::InvalidPrice,
            DeskError::Filter(filter) => match filter {
                DeskFilter::PriceStep => Self::TickSize,
                DeskFilter::PriceMin | DeskFilter::PriceMax | DeskFilter::PriceBand => {
                    Self::InvalidPrice
                }
                DeskFilter::QtyMin => Self::OrderMinimum,
                DeskFilter::NotionalMin => Self::CostMinimum,
                DeskFilter::QtyStep
                | DeskFilter::QtyMax
                | DeskFilter::NotionalMax
                | DeskFilter::Position => Self::InvalidArguments("volume"),
            },
            DeskError::TooManyOrders => Self::TooManyOpen,
            DeskError::TimePassed => Self::InvalidArguments("expiretm"),
            DeskError::BelowFilled => Self::InvalidArguments("order_qty"),
            DeskError::Unsupported => Self::InvalidArguments("ordertype"),
            DeskError::Busy | DeskError::Stopping => Self::Busy,
            DeskError::OutcomeUnknown | DeskError::Internal => Self::Internal,
        }
    }
}

/// Which orders are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// One, by the venue's name.
    Id(OrderId),
    /// One, by the client's name.
    Name(ClientOrderId),
    /// All that the client gave this number.
    Userref(i64),
}

impl Which {
    /// What the client calls `txid`: a name of ours, or its own number.
    ///
    /// # Errors
    /// [`Refusal::UnknownOrder`].
    pub fn read(text: &str) -> Result<Self, Refusal> {
        if let Some(id) = parse_order_txid(text) {
            return Ok(Self::Id(OrderId(id)));
        }
        text.parse().map(Self::Userref).map_err(|_| Refusal::UnknownOrder)
    }
}

impl Door {
    /// Places an order; `None` where it was to be looked at only.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn place(
        &self,
        user: &UserId,
        request: &OrderRequest,
        now: Time,
    ) -> Result<Option<DeskOrderView>, Refusal> {
        let order = &request.order;
        if request.is_validated_only {
            self.desk.check(user, order)?;
            return Ok(None);
        }
        self.orders.charge((*user, order.pair), Handling::Add, now, now)?;
        Ok(Some(self.desk.place(user, order).await?))
    }

    /// Cancels what of these orders has not traded.
    ///
    /// # Errors
    /// [`Refusal::UnknownOrder`] where none stands.
    pub async fn cancel(
        &self,
        user: &UserId,
        which: Which,
        now: Time,
    ) -> Result<Vec<DeskOrderView>, Refusal> {
        let mut canceled = Vec::new();
        for order in self
            .found(user, which)
            .into_iter()
            .filter(|order: &DeskOrderView| !order.state.is_final())
        {
            self.orders.charge((*user, order.pair), Handling::Cancel, order.created, now)?;
            match self.desk.cancel(user, order.pair, OrderRef::Id(order.id)).await {
                Ok(order) => canceled.push(order),
                // It ended meanwhile.
                Err(DeskError::UnknownOrder) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if canceled.is_empty() { Err(Refusal::UnknownOrder) } else { Ok(canceled) }
    }

    /// The market of that name, and what prices are there.
    fn place_named(&self, name: &str) -> Result<Place, Refusal> {
        let facts = self.market(name)?;
        let last = self.desk.ticker(facts.pair).and_then(|ticker| ticker.last);
        Ok(Place { pair: facts.pair, last, digits: facts.price_scale() })
    }

    /// The orders that are meant.
    pub fn found(&self, user: &UserId, which: Which) -> Vec<DeskOrderView> {
        match which {
            Which::Id(id) => self.desk.order(user, OrderRef::Id(id)).into_iter().collect(),
            Which::Name(name) => {
                self.desk.order(user, OrderRef::Client(name)).into_iter().collect()
            }
            Which::Userref(number) => {
                let mut orders = self.desk.open_orders(user, None);
                orders.retain(|order| order.tag.and_then(userref_of) == Some(number));
                orders
            }
        }
    }

    fn fills_of(&self, user: &UserId, order: &DeskOrderView) -> Vec<DeskFill> {
        self.desk.fills(user, Some(order.pair), Some(order.id), (None, None), ROWS_MAX)
    }

    fn named(&self, user: &UserId, order: &DeskOrderView, trades: bool) -> NamedOrder {
        let fills = trades.then(|| self.fills_of(user, order));
        let names = fills.map(|fills| fills.iter().map(|fill| txid_of(user, fill)).collect());
        (order_txid(order.id.0).into(), order_info(order, names))
    }
}

type NamedOrder = (std::borrow::Cow<'static, str>, OrderInfo<'static>);

/// `AddOrder`
pub async fn add(
    door: &Door,
    user: &UserId,
    params: &Params,
    now: Time,
) -> Result<AddedOrder<'static>, Refusal> {
    let place = door.place_named(params.required("pair")?)?;
    let request = read_form(params, &place, now)?;
    check_deadline(params, now)?;
    let placed = door.place(user, &request, now).await?;
    Ok(AddedOrder {
        descr: Sentence { order: sentence(&request.order, place.digits).into() },
        txid: placed.map(|order| vec![order_txid(order.id.0).into()]),
    })
}

/// `AddOrderBatch`: all are read before the first is placed.
pub async fn add_batch(
    door: &Door,
    user: &UserId,
    params: &Params,
    now: Time,
) -> Result<Batch<'static>, Refusal> {
    let place = door.place_named(params.required("pair")?)?;
    let orders = params.objects("orders")?;
    if !(2..=BATCH_MAX).contains(&orders.len()) {
        return Err(Refusal::InvalidArguments("orders"));
    }
    let is_validated_only = params.boolean("validate")?;
    let read = |order| Ok(OrderRequest { is_validated_only, ..read_form(order, &place, now)? });
    let requests: Vec<OrderRequest> = orders.iter().map(read).collect::<Result<_, Refusal>>()?;
    check_deadline(params, now)?;
    let mut entries = Vec::new();
    for request in &requests {
        entries.push(match door.place(user, request, now).await {
            Ok(placed) => BatchEntry {
                txid: placed.map(|order| order_txid(order.id.0).into()),
                descr: Some(Sentence { order: sentence(&request.order, place.digits).into() }),
                error: None,
            },
            Err(refusal) => BatchEntry { error: Some(refusal.text()), ..BatchEntry::default() },
        });
    }
    Ok(Batch { orders: entries })
}

/// `CancelOrder`
pub async fn cancel(
    door: &Door,
    user: &UserId,
    params: &Params,
    now: Time,
) -> Result<CanceledCount, Refusal> {
    let which = match (params.text("txid"), client_id(params.text("cl_ord_id"))?) {
        (Some(txid), None) => Which::read(txid)?,
        (None, Some(name)) => Which::Name(name),
        (_, _) => return Err(Refusal::InvalidArguments("txid")),
    };
    let canceled = door.cancel(user, which, now).await?;
    Ok(CanceledCount { count: canceled.len() as u64 })
}

/// `CancelOrderBatch`
pub async fn cancel_batch(
    door: &Door,
    user: &UserId,
    params: &Params,
    now: Time,
) -> Result<CanceledCount, Refusal> {
    let mut wanted = Vec::new();
    for txid in params.list("orders")? {
        wanted.push(Which::read(&txid)?);
    }
    for name in params.list("cl_ord_ids")? {
        wanted.extend(client_id(Some(&name))?.map(Which::Name));
    }
    if wanted.is_empty() {
        return Err(Refusal::InvalidArguments("orders"));
    }
    let mut count = 0;
    for which in wanted {
        match door.cancel(user, which, now).await {
            Ok(canceled) => count += canceled.len() as u64,
            Err(Refusal::UnknownOrder) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(CanceledCount { count })
}

/// `CancelAll`
pub async fn cancel_all(door: &Door, user: &UserId) -> Result<CanceledCount, Refusal> {
    let canceled = door.desk.cancel_all(user, None).await?;
    Ok(CanceledCount { count: canceled.len() as u64 })
}

/// The longest that a switch may wait, in seconds.
const SWITCH_SECONDS_MAX: u64 = 86_400;

/// `CancelAllOrdersAfter`
pub fn cancel_after(
    door: &Door,
    user: &UserId,
    seconds: Option<u64>,
    now: Time,
) -> Result<CancelAfter<'static>, Refusal> {
    let seconds = seconds.filter(|seconds| *seconds <= SWITCH_SECONDS_MAX);
    let seconds = seconds.ok_or(Refusal::InvalidArguments("timeout"))?;
    let (timeout, at) = (Duration::from_secs(seconds), Time(now.0 + seconds * 1_000_000));
    let switch = (seconds != 0).then(|| Switch { timeout, at, pairs: Vec::new() });
    let is_set = switch.is_some();
    door.dead_man.set(&door.desk, *user, switch);
    Ok(CancelAfter {
        current_time: venue::instant::text(now).into(),
        trigger_time: if is_set { venue::instant::text(at).into() } else { "0".into() },
    })
}

/// `QueryOrders`
pub fn query(
    door: &Door,
    user: &UserId,
    params: &Params,
) -> Result<Named<'static, OrderInfo<'static>>, Refusal> {
    let (names, trades) = (params.list("txid")?, params.boolean("trades")?);
    if names.is_empty() {
        return Err(Refusal::InvalidArguments("txid"));
    }
    let id = |name: &String| parse_order_txid(name).map(OrderId);
    let found = names.iter().filter_map(id);
    let found = found.filter_map(|id| door.desk.order(user, OrderRef::Id(id)));
    let found: Named<'_, _> = found.map(|order| door.named(user, &order, trades)).collect();
    if found.0.is_empty() { Err(Refusal::UnknownOrder) } else { Ok(found) }
}

/// Whether an order is one of those that are asked for.
fn wanted(params: &Params) -> Result<impl Fn(&DeskOrderView) -> bool + use<>, Refusal> {
    let name = client_id(params.text("cl_ord_id"))?;
    let number: Option<i64> = params.whole("userref")?;
    Ok(move |order: &DeskOrderView| {
        name.is_none_or(|name| order.client_id == name)
            && number.is_none_or(|number| order.tag.and_then(userref_of) == Some(number))
    })
}

/// `OpenOrders`
pub fn open(door: &Door, user: &UserId, params: &Params) -> Result<Open<'static>, Refusal> {
    let (wanted, trades) = (wanted(params)?, params.boolean("trades")?);
    let orders = door.desk.open_orders(user, None);
    let orders = orders.iter().filter(|order| wanted(order));
    Ok(Open { open: orders.map(|order| door.named(user, order, trades)).collect() })
}

/// `ClosedOrders`: the latest first.
pub fn closed(door: &Door, user: &UserId, params: &Params) -> Result<Closed<'static>, Refusal> {
    let (wanted, trades) = (wanted(params)?, params.boolean("trades")?);
    let times = (params.moment("start")?, params.moment("end")?);
    let offset = params.whole("ofs")?.unwrap_or(0);
    let mut orders = door.desk.closed_orders(user, None, times, ROWS_MAX);
    orders.retain(wanted);
    let page = orders.iter().rev().skip(offset).take(PAGE_ROWS);
    let closed = page.map(|order| door.named(user, order, trades)).collect();
    Ok(Closed { closed, count: orders.len() as u64 })
}

fn named_fill(door: &Door, user: &UserId, fill: &DeskFill) -> NamedFill {
    let order = door.desk.order(user, OrderRef::Id(fill.order));
    (txid_of(user, fill).into(), trade_info(fill, order.as_ref()))
}

type NamedFill = (std::borrow::Cow<'static, str>, TradeInfo<'static>);

/// `TradesHistory`: the latest first.
pub fn history(
    door: &Door,
    user: &UserId,
    params: &Params,
) -> Result<TradeHistory<'static>, Refusal> {
    let times = (params.moment("start")?, params.moment("end")?);
    let offset = params.whole("ofs")?.unwrap_or(0);
    let fills = door.desk.fills(user, None, None, times, ROWS_MAX);
    let page = fills.iter().rev().skip(offset).take(PAGE_ROWS);
    let trades = page.map(|fill| named_fill(door, user, fill)).collect();
    Ok(TradeHistory { trades, count: fills.len() as u64 })
}

/// `QueryTrades`
pub fn query_trades(
    door: &Door,
    user: &UserId,
    params: &Params,
) -> Result<Named<'static, TradeInfo<'static>>, Refusal> {
    let names = params.list("txid")?;
    let numbers: Vec<u64> = names
        .iter()
        .filter_map(|name| parse_fill_txid(name))
        .filter(|(mark, _)| *mark == mark_of(user))
        .map(|(_, number)| number)
        .collect();
    if names.is_empty() || numbers.len() < names.len() {
        return Err(Refusal::InvalidArguments("txid"));
    }
    let fills = door.desk.fills(user, None, None, (None, None), ROWS_MAX);
    let fills = fills.iter().filter(|fill| numbers.contains(&fill.number));
    Ok(fills.map(|fill| named_fill(door, user, fill)).collect())
}
