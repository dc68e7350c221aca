//! How orders leave or shrink: everything they held returns, everything that names them goes.

use model::{Amount, ListId, OrderId, Side};

use crate::book::{Order, flag};
use crate::event::{CancelReason, Event, ListState};
use crate::history::kind;
use crate::listing::qty;
use crate::machine::{Engine, OpenList, push_level};

impl Engine {
    /// Cancels an open order and what is linked to it, as a step of its own, which is the last of
    /// its command or not.
    #[inline]
    pub(crate) fn cancel_step(
        &mut self,
        slot: u32,
        reason: CancelReason,
        is_last: bool,
        events: &mut Vec<Event>,
    ) {
        let order = *self.orders.get(slot);
        let Order { market, side, price, account, remaining, fees, .. } = order;
        if order.is(flag::WAITING | flag::LISTED) {
            self.cancel_order(slot, reason, events);
            return self.tell_levels(market, events);
        }
        // One order, one level: what it shows after is known at once.
        let listing = &mut self.listings[usize::from(market.0)];
        let (assets, hold) = (listing.assets(), listing.hold(side, price, remaining, fees));
        let shown = listing.book.dequeue(&mut self.orders, slot);
        self.drop_record(slot, &order, reason, events);
        push_level(market, side, price, shown, events);
        if is_last {
            self.ledger.hold_last(account, assets, side, -hold, events);
        } else {
            self.ledger.hold(account, assets, side, -hold);
        }
    }

    /// Cancels an open order and what is linked to it.
    pub(crate) fn cancel_order(
        &mut self,
        slot: u32,
        reason: CancelReason,
        events: &mut Vec<Event>,
    ) {
        let order = *self.orders.get(slot);
        if order.is(flag::LISTED) {
            let list = self.list_of(slot);
            self.free_list_hold(list);
            self.drop_order(slot, reason, events);
            self.end_list(list, order.id, events);
        } else {
            let hold = self.own_hold(slot);
            let assets = self.listing(order.market).assets();
            self.ledger.hold(order.account, assets, order.side, -hold);
            self.drop_order(slot, reason, events);
        }
    }

    /// Takes an order that holds nothing by itself out of the book or the triggers, and says so.
    fn drop_order(&mut self, slot: u32, reason: CancelReason, events: &mut Vec<Event>) {
        let Order { id, price, market, side, .. } = *self.orders.get(slot);
        if self.orders.get(slot).is(flag::WAITING) {
            let waiting = self.orders.waiting(slot);
            self.listings[usize::from(market.0)].triggers.remove(id, side, waiting);
        } else {
            self.touch_level(market, side, price);
            self.listings[usize::from(market.0)].book.dequeue(&mut self.orders, slot);
        }
        let order = *self.orders.get(slot);
        self.drop_record(slot, &order, reason, events);
    }

    /// Says that an order ended that is in no queue any more, and forgets it.
    #[inline]
    fn drop_record(
        &mut self,
        slot: u32,
        order: &Order,
        reason: CancelReason,
        events: &mut Vec<Event>,
    ) {
        let Order { id, remaining, account, market, .. } = *order;
        self.history.fold(kind::CANCELED, id.0, remaining, reason as u64);
        let remaining = qty(remaining);
        events.push(Event::Canceled { order: id, account, market, remaining, reason });
        self.forget_order(slot, order);
    }

    /// Drops the record of an order and all by which it was found. It is in no queue any more.
    pub(crate) fn forget(&mut self, slot: u32) {
        let order = *self.orders.get(slot);
        self.forget_order(slot, &order);
    }

    #[inline]
    fn forget_order(&mut self, slot: u32, order: &Order) {
        let Order { id, account, market, name_tag, flags, .. } = *order;
        self.ids.remove(id, slot);
        self.names.remove(name_tag, slot);
        let open = self.listings[usize::from(market.0)].open_orders.get_mut(account);
        open.orders -= 1;
        if flags != 0 {
            open.icebergs -= u32::from(flags & flag::ICEBERG != 0);
            open.algos -= u32::from(flags & flag::WAITING != 0);
            if flags & flag::TIMED != 0
                && let Some(time) = self.orders.rare(slot).and_then(|rare| rare.expires)
            {
                self.expiries.remove(&(time, id));
            }
        }
        self.orders.remove(slot);
    }

    /// What an order holds, or would hold if its list did not.
    pub(crate) fn own_hold(&self, slot: u32) -> Amount {
        let order = self.orders.get(slot);
        if order.is(flag::WAITING) {
            return self.orders.waiting(slot).hold;
        }
        let listing = self.listing(order.market);
        listing.hold(order.side, order.price, order.remaining, order.fees)
    }

    /// Lowers what a resting order wants; it keeps its place and shows no more than it wants.
    pub(crate) fn shrink(&mut self, slot: u32, lots: u64) {
        let before = self.own_hold(slot);
        let order = self.orders.get_mut(slot);
        order.remaining -= lots;
        let hidden_more = order.shown - order.shown.min(order.remaining);
        order.shown -= hidden_more;
        let Order { market, side, account, level, .. } = *order;
        let listing = &mut self.listings[usize::from(market.0)];
        let sums = listing.book.level_mut(side, level);
        sums.total -= u128::from(lots);
        sums.shown -= u128::from(hidden_more);
        let assets = listing.assets();
        if self.orders.get(slot).is(flag::LISTED) {
            self.hold_for_list(self.list_of(slot));
        } else {
            let freed = before - self.own_hold(slot);
            self.ledger.hold(account, assets, side, -freed);
        }
    }

    /// The list of an order that is in one.
    ///
    /// # Panics
    /// If it is in none: a bug of the caller.
    pub(crate) fn list_of(&self, slot: u32) -> ListId {
        let list = self.orders.rare(slot).and_then(|rare| rare.list);
        list.expect("an order flagged as listed has a list")
    }

    /// Sets what a list holds to the larger of its legs' holds.
    pub(crate) fn hold_for_list(&mut self, list: ListId) {
        let open = &self.lists[&list];
        let slots = open.orders.map(|id| self.slot_of(id));
        let hold = slots.map(|slot| self.own_hold(slot)).into_iter().max().unwrap_or(0);
        self.change_list_hold(list, hold, slots[0]);
    }

    /// Frees what a list holds, before one of its orders ends or acts.
    pub(crate) fn free_list_hold(&mut self, list: ListId) {
        let slot = self.slot_of(self.lists[&list].orders[0]);
        self.change_list_hold(list, 0, slot);
    }

    fn change_list_hold(&mut self, list: ListId, hold: Amount, slot: u32) {
        let side: Side = self.orders.get(slot).side;
        let open = self.lists.get_mut(&list).expect("a list is open as long as its orders");
        let more = hold - std::mem::replace(&mut open.hold, hold);
        let (account, market) = (open.account, open.market);
        let assets = self.listing(market).assets();
        self.ledger.hold(account, assets, side, more);
    }

    /// Lets an order of a list hold for itself, because it is about to trade.
    pub(crate) fn hold_alone(&mut self, slot: u32) {
        let list = self.list_of(slot);
        self.free_list_hold(list);
        let (hold, order) = (self.own_hold(slot), *self.orders.get(slot));
        let assets = self.listing(order.market).assets();
        self.ledger.hold(order.account, assets, order.side, hold);
    }

    /// Ends the list of an order that traded or woke and stays.
    pub(crate) fn leave_list(&mut self, slot: u32, events: &mut Vec<Event>) {
        let list = self.list_of(slot);
        let id = self.orders.get(slot).id;
        self.orders.get_mut(slot).flags &= !flag::LISTED;
        if let Some(rare) = self.orders.rare_mut(slot) {
            rare.list = None;
        }
        self.end_list(list, id, events);
    }

    /// Cancels the other order of a list that holds nothing any more, and says that it is done.
    fn end_list(&mut self, list: ListId, first: OrderId, events: &mut Vec<Event>) {
        let open = self.lists.remove(&list).expect("a list ends once");
        for other in open.orders.into_iter().filter(|id| *id != first) {
            self.drop_order(self.slot_of(other), CancelReason::ListEnded, events);
        }
        self.listing_mut(open.market).open_orders.get_mut(open.account).lists -= 1;
        self.tell_list(list, &open, ListState::Done, events);
    }

    /// Says what a list is now.
    pub(crate) fn tell_list(
        &mut self,
        list: ListId,
        open: &OpenList,
        state: ListState,
        events: &mut Vec<Event>,
    ) {
        let OpenList { client_id, account, market, orders, .. } = *open;
        self.history.fold(kind::LISTED, list.0, orders[0].0, state as u64);
        events.push(Event::ListChanged { list, account, market, client_id, orders, state });
    }
}
