//! What trades wake: conditional orders become what they stand for and act.

use std::collections::VecDeque;

use model::{MarketId, OrderId, Side};

use crate::book::flag;
use crate::event::{CancelReason, Event};
use crate::history::kind;
use crate::machine::Engine;
use crate::place::Outcome;
use crate::terms::Terms;

impl Engine {
    /// Wakes what the trades since the last look have reached, and what those that wake reach,
    /// until nothing wakes. Every order wakes once at most, so this ends.
    #[inline]
    pub(crate) fn wake(&mut self, market: MarketId, events: &mut Vec<Event>) {
        if self.listing(market).triggers.has_moved() {
            self.wake_reached(market, events);
        }
    }

    #[cold]
    fn wake_reached(&mut self, market: MarketId, events: &mut Vec<Event>) {
        let mut queue = VecDeque::new();
        loop {
            let triggers = &mut self.listings[usize::from(market.0)].triggers;
            queue.extend(triggers.reached(&mut self.orders));
            let Some((id, slot)) = queue.pop_front() else { return };
            // One that waits for its turn may end by its list.
            if self.orders.is_open(slot, id) {
                self.wake_order(id, slot, events);
                self.tell_levels(market, events);
            }
        }
    }

    fn wake_order(&mut self, id: OrderId, slot: u32, events: &mut Vec<Event>) {
        let order = *self.orders.get(slot);
        let (account, market, side) = (order.account, order.market, order.side);
        self.history.fold(kind::TRIGGERED, id.0, u64::from(account.0), u64::from(market.0));
        events.push(Event::Triggered { order: id, account, market });
        if order.is(flag::LISTED) {
            self.free_list_hold(self.list_of(slot));
            self.leave_list(slot, events);
        } else {
            let (hold, assets) = (self.own_hold(slot), self.listing(market).assets());
            self.ledger.hold(account, assets, side, -hold);
        }
        let terms = Terms::after(&self.orders.waiting(slot).then);
        if let Some(rare) = self.orders.rare_mut(slot) {
            rare.waiting = None;
        }
        self.orders.get_mut(slot).flags &= !flag::WAITING;
        self.listing_mut(market).open_orders.get_mut(account).algos -= 1;
        let stp = self.orders.detail(slot).stp;
        let mut taker = self.taker_of(id, (account, market, side, stp), &terms, order.fees);
        if !self.can_act(&terms, (account, market, side), order.fees) {
            self.end_taker(&taker, CancelReason::TriggerFailed, events);
            self.forget(slot);
            return;
        }
        match self.act(&mut taker, events) {
            Outcome::Filled => self.forget(slot),
            Outcome::Rests => {
                self.orders.get_mut(slot).remaining = taker.lots;
                self.touch_own_level(slot);
                self.enter_book(slot, taker.display, true);
            }
            Outcome::Ends(reason) => {
                self.end_taker(&taker, reason, events);
                self.forget(slot);
            }
        }
    }

    /// Whether a woken order's price and money still do.
    fn can_act(
        &mut self,
        terms: &Terms,
        (account, market, side): (model::AccountId, MarketId, Side),
        fees: crate::market::FeeTier,
    ) -> bool {
        let listing = self.listing_mut(market);
        let in_band = terms.limit.is_none_or(|limit| listing.within_band(side, limit));
        // A limit order has just got back what it held.
        in_band && self.can_pay((account, market, side), terms, (fees, 0), 0)
    }
}
