//! Placing an order: checked, accepted, matched, and what is left rests, waits or ends.

use model::{AccountId, Amount, ListId, MarketId, OrderId, Price, Side};

use crate::book::{Detail, NONE, Order, Rare, Waiting, flag};
use crate::checks::Admitted;
use crate::command::{NewOrder, OrderKind, SelfTradePrevention, TimeInForce, Triggered};
use crate::event::{CancelReason, Event, RequestKind};
use crate::foresight::Hint;
use crate::history::kind;
use crate::ledger::Gains;
use crate::listing::qty;
use crate::machine::{Engine, push_level};
use crate::market::FeeTier;
use crate::terms::Terms;
use crate::triggers::is_reached;

/// An order that acts: what it still wants and how far it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taker {
    pub(crate) id: OrderId,
    pub(crate) account: AccountId,
    pub(crate) market: MarketId,
    pub(crate) side: Side,
    pub(crate) stp: SelfTradePrevention,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) fees: FeeTier,
    /// The worst price; `None` for a market order.
    pub(crate) limit: Option<Price>,
    /// The limit in ticks, or where the band stops a market order.
    pub(crate) reach: u64,
    /// Lots that it still wants; zero for an order by quote.
    pub(crate) lots: u64,
    /// Quote that it still wants to spend or to get, for a market order by quote.
    pub(crate) quote: Option<Amount>,
    /// For a market order: what was available for it when it began.
    pub(crate) funds: Amount,
    /// What it and the house gained and the ledger does not have yet.
    pub(crate) gains: Gains,
    /// Whether it has traded.
    pub(crate) traded: bool,
    /// Lots that it shows at a time once it rests.
    pub(crate) display: u64,
}

/// What becomes of an order that has acted.
pub(crate) enum Outcome {
    Filled,
    Rests,
    Ends(CancelReason),
}

impl Engine {
    /// Places an order; says whether it was accepted.
    #[inline]
    pub(crate) fn place(&mut self, new: &NewOrder, hint: Hint, events: &mut Vec<Event>) -> bool {
        self.place_plain(new, hint, events) || self.place_any(new, events)
    }

    fn place_any(&mut self, new: &NewOrder, events: &mut Vec<Event>) -> bool {
        let admitted = match self.check_place(new) {
            Ok(admitted) => admitted,
            Err(reason) => {
                self.reject(new.account, RequestKind::Place, reason, events);
                return false;
            }
        };
        let id = self.next_order();
        if let OrderKind::Conditional { then, .. } = &new.kind {
            self.place_waiting(id, new, &admitted, *then, None, events);
            return true;
        }
        self.accept(id, new, None, None, events);
        let mut taker = self.taker(id, new, &admitted);
        let outcome = self.act(&mut taker, events);
        let rest = |engine: &mut Self| engine.rest(&taker, new, &admitted, None);
        self.conclude(&taker, &outcome, rest, events);
        true
    }

    /// Ends the step of a new order that has acted; `rest` opens what is left of it.
    #[inline]
    pub(crate) fn conclude(
        &mut self,
        taker: &Taker,
        outcome: &Outcome,
        rest: impl FnOnce(&mut Self) -> u32,
        events: &mut Vec<Event>,
    ) {
        if let Outcome::Ends(reason) = outcome {
            self.end_taker(taker, *reason, events);
        }
        self.tell_levels(taker.market, events);
        if let Outcome::Rests = outcome {
            // Its own level is told last and is not among those that it has touched: it is on the
            // other side.
            let slot = rest(self);
            let (price, shown) = self.enter_book(slot, taker.display, true);
            push_level(taker.market, taker.side, price, shown, events);
        }
        self.wake(taker.market, events);
    }

    pub(crate) fn next_order(&mut self) -> OrderId {
        self.order_count += 1;
        let id = OrderId(self.order_count);
        self.ids.advance(id, &self.orders);
        id
    }

    #[inline]
    pub(crate) fn accept(
        &mut self,
        order: OrderId,
        new: &NewOrder,
        list: Option<ListId>,
        trigger_at: Option<Price>,
        events: &mut Vec<Event>,
    ) {
        let account = u64::from(new.account.0) << 16 | u64::from(new.market.0);
        self.history.fold(kind::ACCEPTED, order.0, account, self.last_time.0);
        events.push(Event::Accepted { order, list, new: *new, trigger_at });
    }

    fn taker(&mut self, id: OrderId, new: &NewOrder, admitted: &Admitted) -> Taker {
        let Admitted { terms, fees, .. } = admitted;
        self.taker_of(id, (new.account, new.market, new.side, new.stp), terms, *fees)
    }

    pub(crate) fn taker_of(
        &mut self,
        id: OrderId,
        (account, market, side, stp): (AccountId, MarketId, Side, SelfTradePrevention),
        terms: &Terms,
        fees: FeeTier,
    ) -> Taker {
        let reach = match terms.limit {
            Some(limit) => limit.ticks(),
            None => self.listing_mut(market).market_limit(side),
        };
        let asset = self.listing(market).held_asset(side);
        Taker {
            id,
            account,
            market,
            side,
            stp,
            time_in_force: terms.time_in_force,
            fees,
            limit: terms.limit,
            reach,
            lots: terms.lots,
            quote: terms.quote,
            funds: if terms.limit.is_none() { self.ledger.available(account, asset) } else { 0 },
            gains: Gains::default(),
            traded: false,
            display: terms.iceberg().unwrap_or(u64::MAX),
        }
    }

    /// Says that what an acting order still wanted is cancelled.
    pub(crate) fn end_taker(
        &mut self,
        taker: &Taker,
        reason: CancelReason,
        events: &mut Vec<Event>,
    ) {
        self.history.fold(kind::CANCELED, taker.id.0, taker.lots, reason as u64);
        events.push(Event::Canceled {
            order: taker.id,
            account: taker.account,
            market: taker.market,
            remaining: qty(taker.lots),
            reason,
        });
    }

    /// Opens what is left of a new order; it is not in the book yet.
    pub(crate) fn rest(
        &mut self,
        taker: &Taker,
        new: &NewOrder,
        admitted: &Admitted,
        list: Option<ListId>,
    ) -> u32 {
        let expires = admitted.terms.expires();
        let rare =
            (list.is_some() || expires.is_some()).then_some(Rare { list, expires, waiting: None });
        let price = taker.limit.expect("only an order with a limit rests");
        self.open(taker.id, new, admitted, (price, taker.lots), rare)
    }

    /// Puts an order that is open into the book, and holds for it unless its list does. Gives its
    /// price and what its level shows then.
    pub(crate) fn enter_book(&mut self, slot: u32, display: u64, holds: bool) -> (Price, u128) {
        let order = self.orders.get_mut(slot);
        order.shown = display.min(order.remaining);
        let Order { price, side, market, account, remaining, fees, .. } = *order;
        let listing = &mut self.listings[usize::from(market.0)];
        let shown = listing.book.enqueue(&mut self.orders, slot);
        if holds {
            let hold = listing.hold(side, price, remaining, fees);
            self.ledger.hold(account, listing.assets(), side, hold);
        }
        (price, shown)
    }

    /// Makes the record of an order and all by which it is found; it is in no queue yet.
    fn open(
        &mut self,
        id: OrderId,
        new: &NewOrder,
        admitted: &Admitted,
        (price, remaining): (Price, u64),
        rare: Option<Rare>,
    ) -> u32 {
        let Admitted { terms, name_tag, fees, .. } = admitted;
        let mut flags = 0;
        if terms.iceberg().is_some() {
            flags |= flag::ICEBERG;
        }
        if let Some(rare) = &rare {
            flags |= if rare.waiting.is_some() { flag::WAITING } else { 0 };
            flags |= if rare.list.is_some() { flag::LISTED } else { 0 };
            if let Some(time) = rare.expires {
                flags |= flag::TIMED;
                self.end_at(time, id);
            }
        }
        let order = Order {
            id,
            price,
            remaining,
            shown: 0,
            account: new.account,
            level: NONE,
            name_tag: *name_tag,
            fees: *fees,
            market: new.market,
            side: new.side,
            flags,
        };
        let detail = Detail {
            qty: terms.lots,
            display: terms.iceberg().unwrap_or(u64::MAX),
            rare: NONE,
            amends: 0,
            client_id: new.client_id,
            stp: new.stp,
        };
        let slot = self.record(order, detail, rare);
        self.names.insert(*name_tag, slot, &self.orders);
        slot
    }

    /// Keeps an order, found by its number and its account but not yet by its name. Inlined in any
    /// case, so that the record is written where it stays, not copied there.
    #[inline(always)]
    pub(crate) fn record(&mut self, order: Order, detail: Detail, rare: Option<Rare>) -> u32 {
        let slot = self.orders.insert(order, detail, rare);
        self.ids.insert(order.id, slot, &self.orders);
        let open = self.listings[usize::from(order.market.0)].open_orders.get_mut(order.account);
        open.push(order.id, slot, &self.orders);
        if order.flags != 0 {
            open.icebergs += u32::from(order.is(flag::ICEBERG));
            open.algos += u32::from(order.is(flag::WAITING));
        }
        slot
    }

    /// Accepts a conditional order, which waits. A list holds for its legs.
    pub(crate) fn place_waiting(
        &mut self,
        id: OrderId,
        new: &NewOrder,
        admitted: &Admitted,
        then: Triggered,
        list: Option<ListId>,
        events: &mut Vec<Event>,
    ) {
        let Admitted { terms, hold, .. } = admitted;
        let trigger = terms.trigger.expect("a conditional order has a trigger");
        let last = self.listing(new.market).tape.last();
        let follows = trigger.trailing.is_some()
            && last.is_some_and(|last| {
                let from = trigger.price;
                from.is_none_or(|from| is_reached(trigger.kind, new.side, from, last))
            });
        let best = if follows { last } else { None };
        let waiting = Waiting { trigger, then, best, follows, hold: *hold };
        self.accept(id, new, list, waiting.trigger_at(new.side), events);
        let rare = Rare { list, expires: terms.expires(), waiting: Some(waiting.clone()) };
        let price = terms.limit.unwrap_or(LOWEST);
        let slot = self.open(id, new, admitted, (price, terms.lots), Some(rare));
        let listing = &mut self.listings[usize::from(new.market.0)];
        listing.triggers.insert(id, new.side, &waiting, slot);
        if list.is_none() {
            self.ledger.hold(new.account, listing.assets(), new.side, *hold);
        }
    }
}

/// Stands for the limit of an order that has none.
const LOWEST: Price = match Price::new(1) {
    Some(price) => price,
    None => unreachable!(),
};
