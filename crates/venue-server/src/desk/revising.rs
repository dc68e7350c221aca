//! Orders that are asked for anew while they stand: at another price, of another quantity.
//!
//! Shape   what only asks for less keeps its place in the queue; anything else is cancelled and
//!         placed again in one command, behind whatever stands at its price.
//! Keeps   an order that keeps its name is one order to its owner, whatever number the engine gives
//!         it: under its first number it is found, listed, cancelled and told, with all that was
//!         traded under any. The first number travels in the label of those that follow, by which
//!         the views carry on what came before. What is refused leaves an order as it was.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{
    CancelOnly, CancelReason, Command, Event, Filters, NewOrder, OrderRef, Rejection, Replace,
    ReplaceMode, RequestKind, TimeInForce, TriggerKind,
};
use model::{AccountId, ClientOrderId, Decimal, Label, Note, OrderId, Qty, Side, UserId};
use projection::{Market, OrderRecord};

use super::order::DeskOrderView;
use super::placing::{narrowed, read};
use super::{Desk, DeskError, DeskFilter, DeskOrder, DeskTerms, error_of, is_open};
use crate::submit::submit;

/// So often an order is looked at anew that traded or was revised while it was to be changed.
pub(super) const LOOKS_MAX: usize = 4;

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

/// Of each order the record that tells how it stands now, by the number its owner knows.
pub(super) fn latest_of_each(mut records: Vec<Arc<OrderRecord>>) -> Vec<Arc<OrderRecord>> {
    if records.iter().all(|record| record.before.is_none()) {
        return records;
    }
    let latest: HashMap<_, _> = records.iter().map(|it| (it.first(), it.id)).collect();
    records.retain(|record| latest[&record.first()] == record.id);
    records.sort_unstable_by_key(|record| record.first());
    records
}

/// What was asked before of the same order.
impl Desk {
    /// How an order stands now, by any of its numbers.
    pub(super) fn record_by_id(&self, account: AccountId, id: OrderId) -> Option<Arc<OrderRecord>> {
        let record = self.views().order_by_id(account, id);
        let is_now = |record: &OrderRecord| record.ended_by != Some(CancelReason::Replaced);
        if record.as_deref().is_some_and(is_now) {
            return record;
        }
        let first = record.as_deref().map_or(id, OrderRecord::first);
        self.views().order_by_first(account, first).or(record)
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
    /// Something became of it meanwhile: look again.
    Moved,
    /// It was made less so often that it can be so no more in its place.
    TooOften,
}

/// Revising.
impl Desk {
    /// Asks for an order anew, and tells how it stands.
    ///
    /// # Errors
    /// [`DeskError`]; the order is as it was, unless it says that the outcome is unknown.
    pub async fn revise(
        &self,
        user: &UserId,
        name: OrderRef,
        revision: &DeskRevision,
    ) -> Result<DeskOrderView, DeskError> {
        for _ in 0..LOOKS_MAX {
            let standing = self.standing(user, name)?;
            let order = self.revised(&standing, revision)?;
            let mut outcome = Revised::TooOften;
            if is_only_less(&standing.view, &order, revision) {
                outcome = self.shrink(&standing, &order).await?;
            }
            if let Revised::TooOften = outcome {
                outcome = self.replace(&standing, &order, revision).await?;
            }
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
        let record = self.record(account, name).filter(|record| record.status.is_open());
        let record = record.ok_or(DeskError::UnknownOrder)?;
        // One look for both: what traded between two would be asked for twice.
        let view = self.view(&record);
        let market = self.market(view.pair).ok_or(DeskError::UnknownMarket)?;
        Ok(Standing { account, market, record, view })
    }

    /// The order as it would be placed now: for what has not traded.
    fn revised(&self, standing: &Standing, by: &DeskRevision) -> Result<DeskOrder, DeskError> {
        let view = &standing.view;
        let whole = by.qty.unwrap_or(view.qty);
        let gone = view.filled.checked_add(view.prevented).ok_or(DeskError::Internal)?;
        if whole <= gone {
            return Err(DeskError::BelowFilled);
        }
        let rest = whole.checked_sub(gone).ok_or(DeskError::Internal)?;
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
        let gone = record.qty.lots() - remaining(record).lots();
        let qty = Qty::new(gone.saturating_add(rest.lots()));
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
                    reason: Rejection::AmendQty | Rejection::UnknownOrder,
                    ..
                } => return Ok(Revised::Moved),
                Event::Rejected {
                    request: RequestKind::Amend,
                    reason: Rejection::TooManyAmends,
                    ..
                } => return Ok(Revised::TooOften),
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

    /// Cancels it and places it again, or does neither.
    async fn replace(
        &self,
        standing: &Standing,
        order: &DeskOrder,
        by: &DeskRevision,
    ) -> Result<Revised, DeskError> {
        let Standing { account, market, record, .. } = standing;
        // What trades between the look and the command would be asked for twice.
        let only = Some(CancelOnly::Remaining(remaining(record)));
        let replace = Replace {
            cancel: OrderRef::Id(record.id),
            only,
            order: read(market, *account, order)?,
            mode: ReplaceMode::AllOrNothing,
        };
        let first = by.becomes.is_none().then(|| record.first().0);
        let label = Label { strategy_id: order.tag, strategy_type: first };
        let command = Command::Replace(Box::new(replace));
        let answer = submit(self.exchange(), command, Note::labelled(label)).await?;
        for event in &answer.events {
            match event {
                Event::Rejected {
                    request: RequestKind::Cancel,
                    reason: Rejection::CancelRestricted | Rejection::UnknownOrder,
                    ..
                } => return Ok(Revised::Moved),
                Event::Rejected {
                    request: RequestKind::Cancel | RequestKind::Place,
                    reason,
                    ..
                } => return Err(narrowed(error_of(*reason), market, order)),
                Event::Accepted { order, .. } => return Ok(Revised::Done(*order)),
                _ => {}
            }
        }
        Err(DeskError::Internal)
    }

    /// Says what can be foreseen that would be refused of the new order once the old one is gone.
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
        let rest = view.rest();
        let fees = self.fees(user, view.pair).map_or(Decimal::ZERO, |fees| fees.taker);
        let cost = |terms: &DeskTerms, qty: Decimal| match order.side {
            Side::Sell => Some(qty),
            Side::Buy => {
                let quote = limit_of(terms)?.times(qty)?;
                quote.checked_add(quote.times(fees)?)
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
        let is_enough = before.checked_add(free).is_some_and(|most| after <= most);
        if is_enough { Ok(()) } else { Err(DeskError::Funds) }
    }
}

/// How much of an open order the engine still has.
fn remaining(record: &OrderRecord) -> Qty {
    let gone = record.filled.saturating_add(record.prevented);
    Qty::new(record.qty.lots().saturating_sub(gone.lots())).unwrap_or(Qty::ZERO)
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

#[cfg(test)]
mod tests;
