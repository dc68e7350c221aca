//! Orders that are asked for anew while they stand: at another price, of another quantity.
//!
//! Shape   what only asks for less keeps its place in the queue; anything else is cancelled and
//!         placed again in one command, behind whatever stands at its price.
//! Keeps   an order that keeps its name is one order to its owner, whatever number the engine gives
//!         it: under its first number it is found, listed, cancelled and told, with all that was
//!         traded under any. The first number travels in the label of those that follow, so that
//!         no table has to be kept beside the engine.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{
    CancelOnly, CancelReason, Command, Event, Filters, NewOrder, OrderKind, OrderRef, Rejection,
    Replace, ReplaceMode, RequestKind, TimeInForce, TriggerKind,
};
use model::{AccountId, ClientOrderId, Decimal, Label, Note, OrderId, Qty, Side, UserId};
use projection::{Market, OrderRecord, Page};

use super::order::DeskOrderView;
use super::placing::{narrowed, read};
use super::{Desk, DeskError, DeskFilter, DeskOrder, DeskTerms, error_of, is_open};
use crate::submit::submit;

/// So often an order is looked at anew that traded while it was to be revised.
const LOOKS_MAX: usize = 4;

/// What of an order is to be another from now on; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeskRevision {
    /// Its limit.
    pub price: Option<Decimal>,
    /// Its whole quantity, of base, with what has traded.
    pub qty: Option<Decimal>,
    /// What wakes it.
    pub at: Option<Decimal>,
    /// Of an iceberg: how much of it the book shows at once.
    pub shown: Option<Decimal>,
    /// It must rest; without, it is as it was.
    pub must_rest: bool,
    /// What it is from now on; `None` for the same order.
    pub becomes: Option<DeskSuccessor>,
}

/// The names of an order that takes the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskSuccessor {
    /// The client's name for it; one is made where it gives none.
    pub client_id: Option<ClientOrderId>,
    /// The client's number for it.
    pub tag: Option<u64>,
}

/// Under which number its owner knows an order: the first that it had.
pub(super) fn first_of(record: &OrderRecord) -> OrderId {
    record.label.strategy_type.map_or(record.id, OrderId)
}

/// Of each order the record that tells how it stands now, by the number its owner knows.
pub(super) fn latest_of_each(mut records: Vec<Arc<OrderRecord>>) -> Vec<Arc<OrderRecord>> {
    if records.iter().all(|record| record.label.strategy_type.is_none()) {
        return records;
    }
    let latest: HashMap<_, _> = records.iter().map(|it| (first_of(it), it.id)).collect();
    records.retain(|record| latest[&first_of(record)] == record.id);
    records.sort_unstable_by_key(|record| first_of(record));
    records
}

/// What was asked before of the same order.
impl Desk {
    /// All records of one order, oldest first; the engine's numbers grow.
    pub(super) fn records_of(&self, account: AccountId, first: OrderId) -> Vec<Arc<OrderRecord>> {
        let all = self.views().orders(account, None, &Page::latest(Page::LIMIT_MAX));
        all.into_iter().filter(|record| first_of(record) == first).collect()
    }

    /// How an order stands now, by any of its numbers.
    pub(super) fn record_by_id(&self, account: AccountId, id: OrderId) -> Option<Arc<OrderRecord>> {
        let record = self.views().order_by_id(account, id);
        let is_now = |record: &OrderRecord| record.ended_by != Some(CancelReason::Replaced);
        if record.as_deref().is_some_and(is_now) {
            return record;
        }
        let first = record.as_deref().map_or(id, first_of);
        self.records_of(account, first).pop().or(record)
    }

    /// By which number the engine knows an order.
    pub(super) fn order_ref(&self, account: AccountId, name: OrderRef) -> OrderRef {
        match name {
            OrderRef::Id(id) => {
                let record = self.record_by_id(account, id);
                OrderRef::Id(record.map_or(id, |record| record.id))
            }
            OrderRef::Client(name) => OrderRef::Client(name),
        }
    }
}

/// What is known of an order before it is revised.
struct Standing {
    account: AccountId,
    market: Arc<Market>,
    record: Arc<OrderRecord>,
    view: DeskOrderView,
}

/// What came of one look.
enum Revised {
    Done(OrderId),
    /// It traded meanwhile: look again.
    Traded,
}

/// Revising.
impl Desk {
    /// Asks for an order anew, and tells how it stands.
    ///
    /// # Errors
    /// [`DeskError`]. Where a new order is refused by the engine though nothing spoke against it
    /// before, the old one has ended; anything else leaves it as it was.
    pub async fn revise(
        &self,
        user: &UserId,
        name: OrderRef,
        revision: &DeskRevision,
    ) -> Result<DeskOrderView, DeskError> {
        for _ in 0..LOOKS_MAX {
            let standing = self.standing(user, name)?;
            let order = self.revised(&standing, revision)?;
            let outcome = if is_only_less(&standing.view, &order, revision) {
                self.shrink(&standing, &order).await?
            } else {
                self.replace(user, &standing, &order, revision).await?
            };
            if let Revised::Done(id) = outcome {
                let record = self.views().order_by_id(standing.account, id);
                return record.map_or(Err(DeskError::Internal), |it| Ok(self.view(&it)));
            }
        }
        Err(DeskError::Busy)
    }

    /// As [`Self::revise`], without doing it: what would stand then.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn check_revision(
        &self,
        user: &UserId,
        name: OrderRef,
        revision: &DeskRevision,
    ) -> Result<DeskOrder, DeskError> {
        let standing = self.standing(user, name)?;
        let order = self.revised(&standing, revision)?;
        self.foresee(user, &standing, &order)?;
        Ok(order)
    }

    fn standing(&self, user: &UserId, name: OrderRef) -> Result<Standing, DeskError> {
        let account = self.account(user)?;
        let view = self.order(user, name).filter(|view| !view.state.is_final());
        let view = view.ok_or(DeskError::UnknownOrder)?;
        let market = self.market(view.pair).ok_or(DeskError::UnknownMarket)?;
        let record = self.record_by_id(account, view.id).ok_or(DeskError::UnknownOrder)?;
        Ok(Standing { account, market, record, view })
    }

    /// The order as it would be placed now: for what has not traded.
    fn revised(&self, standing: &Standing, by: &DeskRevision) -> Result<DeskOrder, DeskError> {
        let view = &standing.view;
        let whole = by.qty.unwrap_or(view.qty);
        if whole <= view.filled {
            return Err(DeskError::BelowFilled);
        }
        let rest = minus(whole, view.filled).ok_or(DeskError::Internal)?;
        let client_id = by.becomes.map_or(Some(view.client_id), |it| it.client_id);
        Ok(DeskOrder {
            pair: view.pair,
            client_id,
            tag: by.becomes.map_or(view.tag, |it| it.tag),
            side: view.side,
            prevention: standing.record.new.stp,
            terms: terms_by(&view.terms, view.is_waiting, rest, by)?,
        })
    }

    /// Asks for less in the same place.
    async fn shrink(&self, standing: &Standing, order: &DeskOrder) -> Result<Revised, DeskError> {
        let Standing { account, market, record, .. } = standing;
        let rest = read(market, *account, order)?.kind.qty().ok_or(DeskError::Internal)?;
        let qty = Qty::new(record.filled.lots().saturating_add(rest.lots()));
        let command = Command::Amend {
            account: *account,
            market: market.id,
            order: OrderRef::Id(record.id),
            qty: qty.ok_or(DeskError::Internal)?,
            client_id: None,
        };
        let answer = submit(self.exchange(), command, Note::default()).await?;
        for event in &answer.events {
            match event {
                Event::Rejected {
                    request: RequestKind::Amend,
                    reason: Rejection::AmendQty,
                    ..
                } => return Ok(Revised::Traded),
                Event::Rejected { request: RequestKind::Amend, reason, .. } => {
                    return Err(narrowed(error_of(*reason), market, order));
                }
                Event::Amended { order, .. } if *order == record.id => {
                    return Ok(Revised::Done(*order));
                }
                _ => {}
            }
        }
        Err(DeskError::Internal)
    }

    /// Cancels it and places it again.
    async fn replace(
        &self,
        user: &UserId,
        standing: &Standing,
        order: &DeskOrder,
        by: &DeskRevision,
    ) -> Result<Revised, DeskError> {
        let Standing { account, market, record, .. } = standing;
        self.foresee(user, standing, order)?;
        let new = read(market, *account, order)?;
        // What trades between the look and the command would be asked for twice.
        let only =
            if record.filled.is_zero() { CancelOnly::New } else { CancelOnly::PartiallyFilled };
        let mode = ReplaceMode::StopOnFailure;
        let cancel = OrderRef::Id(record.id);
        let replace = Replace { cancel, only: Some(only), order: new, mode };
        let first = by.becomes.is_none().then(|| first_of(record).0);
        let label = Label { strategy_id: order.tag, strategy_type: first };
        let command = Command::Replace(Box::new(replace));
        let answer = submit(self.exchange(), command, Note::labelled(label)).await?;
        let mut traded = 0;
        for event in &answer.events {
            match event {
                Event::Rejected {
                    request: RequestKind::Cancel,
                    reason: Rejection::CancelRestricted,
                    ..
                } => return Ok(Revised::Traded),
                Event::Rejected {
                    request: RequestKind::Cancel | RequestKind::Place,
                    reason,
                    ..
                } => return Err(narrowed(error_of(*reason), market, order)),
                Event::Canceled { order, remaining, .. } if *order == record.id => {
                    let rest = record.qty.lots().saturating_sub(record.filled.lots());
                    traded = rest.saturating_sub(remaining.lots());
                }
                Event::Accepted { order, .. } => {
                    self.give_back(standing, *order, new.kind, traded).await?;
                    return Ok(Revised::Done(*order));
                }
                _ => {}
            }
        }
        Err(DeskError::Internal)
    }

    /// Takes from a new order what of the old one traded after it had been looked at.
    async fn give_back(
        &self,
        standing: &Standing,
        id: OrderId,
        kind: OrderKind,
        traded: u64,
    ) -> Result<(), DeskError> {
        let Standing { account, market, .. } = standing;
        let lots = kind.qty().map_or(0, Qty::lots).saturating_sub(traded);
        if traded == 0 {
            return Ok(());
        }
        let (account, market, order) = (*account, market.id, OrderRef::Id(id));
        let command = match Qty::new(lots).filter(|qty| !qty.is_zero()) {
            Some(qty) => Command::Amend { account, market, order, qty, client_id: None },
            None => Command::Cancel { account, market, order, only: None },
        };
        submit(self.exchange(), command, Note::default()).await?;
        Ok(())
    }

    /// Says what would be refused of the new order once the old one is gone: it would be lost.
    fn foresee(
        &self,
        user: &UserId,
        standing: &Standing,
        order: &DeskOrder,
    ) -> Result<(), DeskError> {
        let Standing { account, market, view, .. } = standing;
        if !is_open(market.state) {
            return Err(DeskError::MarketClosed);
        }
        admits(market, &read(market, *account, order)?)?;
        let ticker = self.ticker(view.pair).ok_or(DeskError::UnknownMarket)?;
        let (against, last) = match order.side {
            Side::Buy => (ticker.ask.map(|level| level.price), ticker.last),
            Side::Sell => (ticker.bid.map(|level| level.price), ticker.last),
        };
        let reaches = |from: Decimal, to: Decimal, side| match side {
            Side::Buy => to <= from,
            Side::Sell => from <= to,
        };
        match order.terms {
            DeskTerms::PostOnly { price, .. }
                if against.is_some_and(|against| reaches(price, against, order.side)) =>
            {
                return Err(DeskError::WouldTake);
            }
            DeskTerms::Stop { stop, at, .. } => {
                let way = match stop {
                    TriggerKind::StopLoss => order.side,
                    TriggerKind::TakeProfit => order.side.opposite(),
                };
                if last.is_some_and(|last| reaches(last, at, way)) {
                    return Err(DeskError::WouldTrigger);
                }
            }
            DeskTerms::PostOnly { .. } | DeskTerms::Limit { .. } | DeskTerms::Market { .. } => {}
        }
        self.afford(user, view, order)
    }

    /// Whether what is free, with what the old order reserves, is enough for the new one.
    fn afford(
        &self,
        user: &UserId,
        view: &DeskOrderView,
        order: &DeskOrder,
    ) -> Result<(), DeskError> {
        let rest = minus(view.qty, view.filled).ok_or(DeskError::Internal)?;
        let fees = self.fees(user, view.pair).map_or(Decimal::ZERO, |fees| fees.taker);
        let cost = |terms: &DeskTerms, qty: Decimal| match order.side {
            Side::Sell => Some(qty),
            Side::Buy => {
                let quote = limit_of(terms)?.times(qty)?;
                plus(quote, quote.times(fees)?)
            }
        };
        let (before, after) = (cost(&view.terms, rest), cost(&order.terms, order.terms.qty()));
        // What has no limit reserves by the market's price: the engine tells.
        let Some((before, after)) = before.zip(after) else { return Ok(()) };
        let paid_in = match order.side {
            Side::Buy => view.pair.quote,
            Side::Sell => view.pair.base,
        };
        let free = self.balances(user).into_iter().find(|it| it.asset == paid_in);
        let free = free.map_or(Decimal::ZERO, |balance| balance.free);
        let is_enough = plus(before, free).is_some_and(|most| after <= most);
        if is_enough { Ok(()) } else { Err(DeskError::Funds) }
    }
}

/// Whether price and quantity are within the market's bounds.
fn admits(market: &Market, new: &NewOrder) -> Result<(), DeskError> {
    let Filters { price: prices, qty: qtys, notional: notionals, .. } = market.spec.filters;
    let refused = |filter| Err(DeskError::Filter(filter));
    let Some(qty) = new.kind.qty() else { return Ok(()) };
    if qty < qtys.0 {
        return refused(DeskFilter::QtyMin);
    }
    if qtys.1 < qty {
        return refused(DeskFilter::QtyMax);
    }
    let Some(price) = new.kind.limit() else { return Ok(()) };
    if price < prices.0 {
        return refused(DeskFilter::PriceMin);
    }
    if prices.1 < price {
        return refused(DeskFilter::PriceMax);
    }
    let notional = market.notional(price, qty);
    if notional < notionals.0 {
        return refused(DeskFilter::NotionalMin);
    }
    if notionals.1 < notional { refused(DeskFilter::NotionalMax) } else { Ok(()) }
}

/// Whether an order that rests only asks for less.
fn is_only_less(view: &DeskOrderView, order: &DeskOrder, by: &DeskRevision) -> bool {
    let rests = match view.terms {
        DeskTerms::Limit { shown, .. } | DeskTerms::PostOnly { shown, .. } => shown.is_none(),
        DeskTerms::Stop { .. } | DeskTerms::Market { .. } => false,
    };
    rests
        && by.becomes.is_none()
        && by.qty.is_some_and(|qty| qty < view.qty)
        && order.terms == view.terms.of_qty(order.terms.qty())
}

/// What an order asks from now on.
fn terms_by(
    terms: &DeskTerms,
    is_waiting: bool,
    qty: Decimal,
    by: &DeskRevision,
) -> Result<DeskTerms, DeskError> {
    let stays = |asked: Option<Decimal>, now: Option<Decimal>| match (asked, now) {
        (asked @ Some(_), Some(_)) => Ok(asked),
        (Some(_), None) => Err(DeskError::Unsupported),
        (None, now) => Ok(now),
    };
    match *terms {
        DeskTerms::Limit { price, lasting, shown, .. } => {
            stays(by.at, None)?;
            let (price, shown) = (by.price.unwrap_or(price), stays(by.shown, shown)?);
            match (by.must_rest, lasting) {
                (false, _) => Ok(DeskTerms::Limit { price, qty, lasting, shown }),
                (true, TimeInForce::Gtc) => Ok(DeskTerms::PostOnly { price, qty, shown }),
                (true, _) => Err(DeskError::Unsupported),
            }
        }
        DeskTerms::PostOnly { price, shown, .. } => {
            stays(by.at, None)?;
            let (price, shown) = (by.price.unwrap_or(price), stays(by.shown, shown)?);
            Ok(DeskTerms::PostOnly { price, qty, shown })
        }
        DeskTerms::Stop { stop, at, limit, .. } => {
            stays(by.shown, None)?;
            let price = stays(by.price, limit.map(|(price, _)| price))?;
            let limit = price.zip(limit.map(|(_, lasting)| lasting));
            match limit {
                // It woke, and is the limit order that it became.
                Some((price, lasting)) if !is_waiting => {
                    stays(by.at, None)?;
                    Ok(DeskTerms::Limit { price, qty, lasting, shown: None })
                }
                _ => Ok(DeskTerms::Stop { stop, at: by.at.unwrap_or(at), qty, limit }),
            }
        }
        DeskTerms::Market { .. } => Err(DeskError::Unsupported),
    }
}

const fn limit_of(terms: &DeskTerms) -> Option<Decimal> {
    match *terms {
        DeskTerms::Limit { price, .. }
        | DeskTerms::PostOnly { price, .. }
        | DeskTerms::Stop { limit: Some((price, _)), .. } => Some(price),
        DeskTerms::Stop { limit: None, .. } | DeskTerms::Market { .. } => None,
    }
}

/// The exact sum; `None` where it cannot be kept.
fn plus(one: Decimal, other: Decimal) -> Option<Decimal> {
    let scale = one.scale().max(other.scale());
    Decimal::new(one.units_at(scale)?.checked_add(other.units_at(scale)?)?, scale)
}

/// The exact difference; `None` where it cannot be kept.
fn minus(one: Decimal, other: Decimal) -> Option<Decimal> {
    let scale = one.scale().max(other.scale());
    Decimal::new(one.units_at(scale)?.checked_sub(other.units_at(scale)?)?, scale)
}
