//! The common order, told once and fast: a limit order that shows all of itself, in an open market.
//!
//! It does what [`Engine::check_place`] and the functions after it do for any order. Where a check
//! fails nothing has happened, and those find out which was the first.

use model::{Amount, OrderId, Price};

use crate::book::{Detail, NONE, Order};
use crate::checks::{fees_of, limit_hold};
use crate::command::{NewOrder, OrderKind, TimeInForce};
use crate::event::Event;
use crate::foresight::Hint;
use crate::ledger::Gains;
use crate::machine::{Engine, push_level};
use crate::market::FeeTier;
use crate::place::Taker;

/// A plain order that may be placed.
#[derive(Clone, Copy, Debug)]
struct Plain {
    price: Price,
    lots: u64,
    rests: bool,
    fees: FeeTier,
    hold: Amount,
    name_tag: u32,
}

impl Engine {
    /// Places the order if it is a plain one and passes every check; else nothing has happened.
    #[inline]
    pub(crate) fn place_plain(
        &mut self,
        new: &NewOrder,
        hint: Hint,
        events: &mut Vec<Event>,
    ) -> bool {
        let OrderKind::Limit { price, qty, time_in_force, display: None } = new.kind else {
            return false;
        };
        let rests = match time_in_force {
            TimeInForce::Gtc => true,
            TimeInForce::Ioc => false,
            TimeInForce::Fok | TimeInForce::Gtd(_) => return false,
        };
        let Some(plain) = self.check_plain(new, hint, (price, qty.lots()), rests) else {
            return false;
        };
        let id = self.next_order();
        self.accept(id, new, None, None, events);
        if rests && !self.listing(new.market).book.crosses(new.side, price) {
            self.rest_plain(id, new, &plain, events);
        } else {
            self.act_plain(id, new, &plain, events);
        }
        true
    }

    /// The order with what the checks found out, if it passes them all.
    #[inline]
    fn check_plain(
        &mut self,
        new: &NewOrder,
        hint: Hint,
        (price, lots): (Price, u64),
        rests: bool,
    ) -> Option<Plain> {
        let NewOrder { account, market, side, .. } = *new;
        let tier = self.registry.customer_tier(account)?;
        let listing = self.listings.get_mut(usize::from(market.0))?;
        let fees = fees_of(listing, tier);
        let notional = listing.gate(side).admit(price, lots)?;
        let hold = limit_hold(listing, side, lots, notional, fees);
        let orders = listing.open_orders.get(account).map_or(0, |open| open.orders);
        if listing.spec.filters.orders_max <= orders
            || self.ledger.available(account, listing.held_asset(side)) < hold
        {
            return None;
        }
        let name_tag = match hint {
            Hint::Tag(tag) => tag,
            Hint::Slot(_) | Hint::Nothing => self.names.tag(account, market, &new.client_id),
        };
        if self.find_name(account, market, &new.client_id, name_tag).is_some() {
            return None;
        }
        Some(Plain { price, lots, rests, fees, hold, name_tag })
    }

    /// It meets nobody and rests.
    #[inline]
    fn rest_plain(&mut self, id: OrderId, new: &NewOrder, plain: &Plain, events: &mut Vec<Event>) {
        let slot = self.record(plain.order(id, new, plain.lots), plain.detail(new), None);
        self.names.insert(plain.name_tag, slot, &self.orders);
        let listing = &mut self.listings[usize::from(new.market.0)];
        let shown = listing.book.enqueue(&mut self.orders, slot);
        let assets = listing.assets();
        push_level(new.market, new.side, plain.price, shown, events);
        self.ledger.hold_last(new.account, assets, new.side, plain.hold, events);
    }

    /// It may meet others; what is left rests or ends.
    fn act_plain(&mut self, id: OrderId, new: &NewOrder, plain: &Plain, events: &mut Vec<Event>) {
        let mut taker = plain.taker(id, new);
        let outcome = self.act(&mut taker, events);
        let rest = |engine: &mut Self| {
            let order = plain.order(id, new, taker.lots);
            let slot = engine.record(order, plain.detail(new), None);
            engine.names.insert(plain.name_tag, slot, &engine.orders);
            slot
        };
        self.conclude(&taker, &outcome, rest, events);
    }
}

impl Plain {
    fn order(&self, id: OrderId, new: &NewOrder, remaining: u64) -> Order {
        Order {
            id,
            price: self.price,
            remaining,
            shown: remaining,
            account: new.account,
            level: NONE,
            name_tag: self.name_tag,
            fees: self.fees,
            market: new.market,
            side: new.side,
            flags: 0,
        }
    }

    fn detail(&self, new: &NewOrder) -> Detail {
        Detail {
            qty: self.lots,
            display: u64::MAX,
            rare: NONE,
            amends: 0,
            client_id: new.client_id,
            stp: new.stp,
        }
    }

    fn taker(&self, id: OrderId, new: &NewOrder) -> Taker {
        Taker {
            id,
            account: new.account,
            market: new.market,
            side: new.side,
            stp: new.stp,
            time_in_force: if self.rests { TimeInForce::Gtc } else { TimeInForce::Ioc },
            fees: self.fees,
            limit: Some(self.price),
            reach: self.price.ticks(),
            lots: self.lots,
            quote: None,
            funds: 0,
            gains: Gains::default(),
            traded: false,
            display: u64::MAX,
        }
    }
}
