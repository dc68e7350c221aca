//! What owners do to their open orders: cancel, amend, replace.

use model::{AccountId, ClientOrderId, MarketId, OrderId, Qty};

use crate::book::flag;
use crate::checks::check_notional;
use crate::command::{CancelOnly, NewOrder, OrderKind, OrderRef, Replace, ReplaceMode};
use crate::event::{CancelReason, Event, Rejection, RequestKind};
use crate::foresight::Hint;
use crate::history::kind;
use crate::machine::Engine;
use crate::market::{Filters, MarketState};
use crate::terms::Terms;

impl Engine {
    #[inline]
    pub(crate) fn cancel(
        &mut self,
        (account, market): (AccountId, MarketId),
        (order, only): (&OrderRef, Option<CancelOnly>),
        hint: Hint,
        events: &mut Vec<Event>,
    ) {
        let found = self
            .check_cancel(account, market)
            .and_then(|()| self.find_to_cancel((account, market), (order, only), hint));
        match found {
            Err(reason) => self.reject(account, RequestKind::Cancel, reason, events),
            Ok(slot) => {
                self.cancel_step(slot, CancelReason::Requested, true, events);
            }
        }
    }

    /// The slot of an open order of the account that stands as the cancel demands.
    #[inline]
    fn find_to_cancel(
        &self,
        (account, market): (AccountId, MarketId),
        (order, only): (&OrderRef, Option<CancelOnly>),
        hint: Hint,
    ) -> Result<u32, Rejection> {
        let slot = self.find_order(account, market, order, hint).ok_or(Rejection::UnknownOrder)?;
        let is_whole = || self.orders.get(slot).remaining == self.orders.detail(slot).qty;
        let fits = match only {
            None => true,
            Some(CancelOnly::New) => is_whole(),
            Some(CancelOnly::PartiallyFilled) => !is_whole(),
            Some(CancelOnly::Remaining(qty)) => self.orders.get(slot).remaining == qty.lots(),
        };
        if fits { Ok(slot) } else { Err(Rejection::CancelRestricted) }
    }

    /// Whether the account may cancel in the market.
    pub(crate) fn check_cancel(
        &self,
        account: AccountId,
        market: MarketId,
    ) -> Result<(), Rejection> {
        self.check_account_and_market(account, market)?;
        match self.listing(market).state() {
            MarketState::Open | MarketState::PostOnly | MarketState::CancelOnly => Ok(()),
            MarketState::Halted => Err(Rejection::MarketClosed),
        }
    }

    pub(crate) fn cancel_all(
        &mut self,
        account: AccountId,
        market: Option<MarketId>,
        events: &mut Vec<Event>,
    ) {
        let checked = match market {
            Some(market) => self.check_cancel(account, market),
            None if self.registry.is_customer(account) => Ok(()),
            None => Err(Rejection::UnknownAccount),
        };
        if let Err(reason) = checked {
            return self.reject(account, RequestKind::Cancel, reason, events);
        }
        let mut open: Vec<(OrderId, u32)> = Vec::new();
        for (id, listing) in (0..=u16::MAX).map(MarketId).zip(&self.listings) {
            let asked = market.is_none_or(|market| market == id);
            if asked && listing.state() != MarketState::Halted {
                let slots = listing.open_orders.get(account).into_iter();
                let slots = slots.flat_map(|open| open.slots(&self.orders));
                open.extend(slots.map(|slot| (self.orders.get(slot).id, slot)));
            }
        }
        open.sort_unstable();
        for (id, slot) in open {
            // The second order of a list has ended with the first.
            if self.orders.is_open(slot, id) {
                self.cancel_step(slot, CancelReason::Requested, false, events);
            }
        }
    }

    /// The slot of an open order of the account in the market.
    #[inline]
    pub(crate) fn find_order(
        &self,
        account: AccountId,
        market: MarketId,
        order: &OrderRef,
        hint: Hint,
    ) -> Option<u32> {
        match order {
            OrderRef::Id(id) => {
                let slot = match hint {
                    Hint::Slot(slot) if self.orders.is_open(slot, *id) => slot,
                    Hint::Slot(_) | Hint::Tag(_) | Hint::Nothing => {
                        self.ids.find(*id, &self.orders)?
                    }
                };
                let order = self.orders.get(slot);
                (order.account == account && order.market == market).then_some(slot)
            }
            OrderRef::Client(name) => {
                let tag = self.names.tag(account, market, name);
                self.find_name(account, market, name, tag)
            }
        }
    }

    /// The slot of the account's open order of that name in the market.
    #[inline]
    pub(crate) fn find_name(
        &self,
        account: AccountId,
        market: MarketId,
        name: &ClientOrderId,
        tag: u32,
    ) -> Option<u32> {
        self.names.find(tag, |slot| self.is_named(slot, (account, market), name))
    }

    /// Whether the open order is the account's of that name in the market.
    #[inline]
    pub(crate) fn is_named(
        &self,
        slot: u32,
        (account, market): (AccountId, MarketId),
        name: &ClientOrderId,
    ) -> bool {
        let order = self.orders.get(slot);
        order.account == account
            && order.market == market
            && self.orders.detail(slot).client_id == *name
    }

    pub(crate) fn amend(
        &mut self,
        (account, market, order): (AccountId, MarketId, OrderRef),
        qty: Qty,
        name: Option<ClientOrderId>,
        events: &mut Vec<Event>,
    ) {
        let slot = match self.check_amend((account, market, order), qty, name) {
            Ok(slot) => slot,
            Err(reason) => return self.reject(account, RequestKind::Amend, reason, events),
        };
        let open = *self.orders.get(slot);
        self.touch_level(market, open.side, open.price);
        let fewer = self.orders.detail(slot).qty - qty.lots();
        self.shrink(slot, fewer);
        let detail = self.orders.detail_mut(slot);
        detail.qty = qty.lots();
        detail.amends += 1;
        if let Some(name) = name {
            detail.client_id = name;
            let tag = self.names.tag(account, market, &name);
            self.names.remove(open.name_tag, slot);
            self.orders.get_mut(slot).name_tag = tag;
            self.names.insert(tag, slot, &self.orders);
        }
        let client_id = self.orders.detail(slot).client_id;
        self.history.fold(kind::AMENDED, open.id.0, qty.lots(), u64::from(open.name_tag));
        events.push(Event::Amended { order: open.id, account, market, qty, client_id });
        self.tell_levels(market, events);
    }

    fn check_amend(
        &mut self,
        (account, market, order): (AccountId, MarketId, OrderRef),
        qty: Qty,
        name: Option<ClientOrderId>,
    ) -> Result<u32, Rejection> {
        self.check_cancel(account, market)?;
        if self.listing(market).state() == MarketState::CancelOnly {
            return Err(Rejection::MarketClosed);
        }
        let slot = self
            .find_order(account, market, &order, Hint::Nothing)
            .filter(|slot| !self.orders.get(*slot).is(flag::WAITING | flag::LISTED))
            .ok_or(Rejection::UnknownOrder)?;
        if let Some(name) = name {
            let tag = self.names.tag(account, market, &name);
            if self.find_name(account, market, &name, tag).is_some_and(|other| other != slot) {
                return Err(Rejection::DuplicateClientId);
            }
        }
        let (open, detail) = (*self.orders.get(slot), *self.orders.detail(slot));
        let filled = detail.qty - open.remaining;
        if qty.lots() <= filled || detail.qty <= qty.lots() {
            return Err(Rejection::AmendQty);
        }
        let listing = self.listing_mut(market);
        let Filters { qty: (least, most), amends_max, .. } = listing.spec.filters;
        if qty < least || most < qty {
            return Err(Rejection::QtyRange);
        }
        let kind = OrderKind::LimitMaker { price: open.price, qty, display: None };
        let notional = listing.notional(open.price, qty.lots());
        check_notional(listing, &Terms::new(&kind), Some(notional))?;
        if amends_max <= detail.amends {
            return Err(Rejection::TooManyAmends);
        }
        Ok(slot)
    }

    pub(crate) fn replace(&mut self, replace: &Replace, events: &mut Vec<Event>) {
        let (account, market) = (replace.order.account, replace.order.market);
        let checked = self.check_account_and_market(account, market).and_then(|()| {
            match self.listing(market).state() {
                MarketState::Open | MarketState::PostOnly => Ok(()),
                MarketState::CancelOnly | MarketState::Halted => Err(Rejection::MarketClosed),
            }
        });
        if let Err(reason) = checked {
            return self.reject(account, RequestKind::Place, reason, events);
        }
        match self.find_to_replace(replace) {
            Ok(slot) => {
                let checked = match replace.mode {
                    ReplaceMode::AllOrNothing => {
                        self.check_instead(&replace.order, Some(slot)).map(drop)
                    }
                    ReplaceMode::StopOnFailure | ReplaceMode::AllowFailure => Ok(()),
                };
                if let Err(reason) = checked {
                    return self.reject(account, RequestKind::Place, reason, events);
                }
                self.cancel_step(slot, CancelReason::Replaced, false, events);
            }
            Err(reason) => {
                self.reject(account, RequestKind::Cancel, reason, events);
                match replace.mode {
                    ReplaceMode::AllowFailure => {}
                    ReplaceMode::StopOnFailure | ReplaceMode::AllOrNothing => {
                        let reason = Rejection::CancelFailed;
                        return self.reject(account, RequestKind::Place, reason, events);
                    }
                }
            }
        }
        self.place(&replace.order, Hint::Nothing, events);
    }

    /// The slot of the order that a replace cancels.
    fn find_to_replace(&self, replace: &Replace) -> Result<u32, Rejection> {
        let Replace { cancel, only, order: NewOrder { account, market, side, .. }, mode } = replace;
        let slot = self.find_to_cancel((*account, *market), (cancel, *only), Hint::Nothing)?;
        let order = self.orders.get(slot);
        // What the cancel frees is known beforehand only of the same side, and outside lists.
        let is_apart = order.side != *side || order.is(flag::LISTED);
        match mode {
            ReplaceMode::AllOrNothing if is_apart => Err(Rejection::CancelRestricted),
            ReplaceMode::AllOrNothing | ReplaceMode::StopOnFailure | ReplaceMode::AllowFailure => {
                Ok(slot)
            }
        }
    }
}
