//! The common order, told once and fast: a limit order that shows all of itself, in an open market.
//!
//! It does what [`Engine::check_place`] and the functions after it do for any order. Where a check
//! fails nothing has happened, and those find out which was the first.

use model::{Amount, OrderId, Price, Side};

use crate::book::{Detail, NONE, Order};
use crate::checks::{fees_of, limit_hold};
use crate::command::{NewOrder, OrderKind, TimeInForce};
use crate::event::Event;
use crate::ledger::Gains;
use crate::listing::Listing;
use crate::machine::{Engine, push_level};
use crate::market::{FeeTier, MarketState, NOTIONAL_END};
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
    /// Where its name goes, as long as no other name comes or goes.
    name_cell: usize,
}

impl Engine {
    /// Places the order if it is a plain one and passes every check; else nothing has happened.
    #[inline]
    pub(crate) fn place_plain(&mut self, new: &NewOrder, events: &mut Vec<Event>) -> bool {
        let OrderKind::Limit { price, qty, time_in_force, display: None } = new.kind else {
            return false;
        };
        let rests = match time_in_force {
            TimeInForce::Gtc => true,
            TimeInForce::Ioc => false,
            TimeInForce::Fok | TimeInForce::Gtd(_) => return false,
        };
        let Some(plain) = self.check_plain(new, (price, qty.lots()), rests) else { return false };
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
        (price, lots): (Price, u64),
        rests: bool,
    ) -> Option<Plain> {
        let NewOrder { account, market, side, .. } = *new;
        let tier = self.registry.customer_tier(account)?;
        let listing = self.listings.get_mut(usize::from(market.0))?;
        let fees = fees_of(listing, tier);
        let hold = plain_hold(listing, side, (price, lots), fees)?;
        let orders = listing.open_orders.get(account).map_or(0, |open| open.orders);
        if listing.spec.filters.orders_max <= orders
            || self.ledger.available(account, listing.held_asset(side)) < hold
        {
            return None;
        }
        let name_tag = self.names.tag(account, market, &new.client_id);
        let is_it = |slot| self.is_named(slot, (account, market), &new.client_id);
        let name_cell = self.names.search(name_tag, is_it).err()?;
        Some(Plain { price, lots, rests, fees, hold, name_tag, name_cell })
    }

    /// It meets nobody and rests.
    #[inline]
    fn rest_plain(&mut self, id: OrderId, new: &NewOrder, plain: &Plain, events: &mut Vec<Event>) {
        let slot = self.record(plain.order(id, new, plain.lots), plain.detail(new), None);
        self.names.fill(plain.name_cell, plain.name_tag, slot);
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
            engine.names.insert(plain.name_tag, slot);
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

/// What the order holds if it rests, if state, filters and arithmetic of the market admit it.
#[inline]
fn plain_hold(
    listing: &mut Listing,
    side: Side,
    (price, lots): (Price, u64),
    fees: FeeTier,
) -> Option<Amount> {
    let filters = &listing.spec.filters;
    let in_range = filters.price.0 <= price
        && price <= filters.price.1
        && filters.qty.0.lots().max(1) <= lots
        && lots <= filters.qty.1.lots();
    let is_plain = listing.state == MarketState::Open
        && (side == Side::Sell || filters.position_max.is_none());
    let (least, most) = filters.notional;
    let notional = listing.notional_checked(price, lots)?;
    let admits = in_range
        && is_plain
        && (least..=most).contains(&notional)
        && listing.base(lots) < NOTIONAL_END
        && listing.within_band(side, price);
    admits.then(|| limit_hold(listing, side, lots, notional, fees))
}
