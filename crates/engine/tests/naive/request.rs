//! What customers ask for: placing, cancelling, amending, replacing.

use engine::{
    CancelOnly, CancelReason, Event, ListState, MarketState, NewList, NewOrder, OrderKind,
    OrderRef, Rejection, Replace, ReplaceMode, RequestKind, Size,
};
use model::{AccountId, ClientOrderId, ListId, MarketId, OrderId, Qty};

use super::Exchange;
use super::order::{self, List, Order, Phase};

impl Exchange {
    pub fn place(&mut self, new: &NewOrder) {
        if let Err(reason) = self.check_place(std::slice::from_ref(new)) {
            self.refuse(new.account, RequestKind::Place, reason);
            return;
        }
        self.in_step(|exchange| {
            let id = exchange.accept(new, None);
            exchange.begin(id);
        });
        self.wake_all();
    }

    pub fn place_list(&mut self, new: &NewList) {
        let legs = new.legs.map(|leg| NewOrder {
            account: new.account,
            market: new.market,
            client_id: leg.client_id,
            side: new.side,
            stp: new.stp,
            kind: leg.kind,
        });
        if let Err(reason) = self.check_place(&legs) {
            self.refuse(new.account, RequestKind::PlaceList, reason);
            return;
        }
        self.last_list += 1;
        let id = ListId(self.last_list);
        let orders = [OrderId(self.last_order + 1), OrderId(self.last_order + 2)];
        let (account, market, client_id) = (new.account, new.market, new.client_id);
        self.lists.insert(id, List { account, market, client_id, orders });
        self.tell_list(id, ListState::Placed);
        self.in_step(|exchange| {
            let orders = legs.map(|leg| exchange.accept(&leg, Some(id)));
            orders.into_iter().for_each(|order| exchange.begin(order));
        });
        self.wake_all();
    }

    fn tell_list(&mut self, id: ListId, state: ListState) {
        let List { account, market, client_id, orders } = self.lists[&id].clone();
        self.say(Event::ListChanged { list: id, account, market, client_id, orders, state });
    }

    /// The order exists from now on.
    fn accept(&mut self, new: &NewOrder, list: Option<ListId>) -> OrderId {
        self.last_order += 1;
        let id = OrderId(self.last_order);
        let (maker_rate, taker_rate) = self.rates(new.account, new.market);
        let (qty, money) = match &new.kind {
            OrderKind::Market { size: Size::Quote(amount) } => (0, *amount),
            kind => (order::quantity(kind).expect("it is not by quote"), 0),
        };
        let waits = order::trigger(&new.kind).is_some();
        let order = Order {
            id,
            new: *new,
            list,
            kind: new.kind,
            phase: if waits { Phase::Waiting } else { Phase::Taking },
            qty,
            remaining: qty,
            shown: 0,
            money,
            purse: 0,
            has_traded: false,
            maker_rate,
            taker_rate,
            waiting_hold: if waits { self.waiting_hold(new) } else { 0 },
            best: self.market(new.market).follows_from(new),
            reached: false,
            amends: 0,
        };
        let trigger_at = self.trigger_at(&order);
        self.orders.insert(id, order);
        self.say(Event::Accepted { order: id, list, new: *new, trigger_at });
        id
    }

    fn begin(&mut self, id: OrderId) {
        if self.orders[&id].phase == Phase::Taking {
            self.act(id);
        }
    }

    /// Ends an order before it is filled, and with it its list.
    pub fn end(&mut self, id: OrderId, reason: CancelReason) {
        self.end_list_after(id, |exchange| exchange.drop_order(id, reason));
    }

    fn drop_order(&mut self, id: OrderId, reason: CancelReason) {
        let order = self.orders.remove(&id).expect("it is open");
        if order.in_book() {
            self.touch(order.level());
        }
        self.say(Event::Canceled {
            order: id,
            account: order.new.account,
            market: order.new.market,
            remaining: order::qty(order.remaining),
            reason,
        });
    }

    /// An order traded or woke: the other leg of its list ends.
    pub fn end_list_of(&mut self, id: OrderId) {
        self.end_list_after(id, |_| {});
    }

    fn end_list_after(&mut self, id: OrderId, first: impl FnOnce(&mut Self)) {
        let list = self.orders[&id].list;
        if let Some(list) = list {
            for leg in self.lists[&list].orders {
                self.orders.get_mut(&leg).expect("both legs are open").list = None;
            }
        }
        first(self);
        if let Some(list) = list {
            for leg in self.lists[&list].orders {
                if leg != id {
                    self.drop_order(leg, CancelReason::ListEnded);
                }
            }
            self.tell_list(list, ListState::Done);
            self.lists.remove(&list);
        }
    }

    fn find(&self, account: AccountId, market: MarketId, wanted: OrderRef) -> Option<OrderId> {
        let id = match wanted {
            OrderRef::Id(id) => Some(id),
            OrderRef::Client(name) => self.named(account, market, name),
        };
        let mine = |id: &OrderId| {
            self.orders
                .get(id)
                .is_some_and(|order| (order.new.account, order.new.market) == (account, market))
        };
        id.filter(mine)
    }

    fn is_halted(&self, market: MarketId) -> bool {
        self.market(market).state == MarketState::Halted
    }

    /// Whether only cancels or nothing at all is admitted.
    fn is_closed(&self, market: MarketId) -> bool {
        match self.market(market).state {
            MarketState::Open | MarketState::PostOnly => false,
            MarketState::CancelOnly | MarketState::Halted => true,
        }
    }

    fn check_cancel(&self, account: AccountId, market: MarketId) -> Result<(), Rejection> {
        self.check_account_and_market(account, market)?;
        if self.is_halted(market) { Err(Rejection::MarketClosed) } else { Ok(()) }
    }

    fn try_cancel(
        &mut self,
        account: AccountId,
        market: MarketId,
        (wanted, only): (OrderRef, Option<CancelOnly>),
        reason: CancelReason,
    ) -> Result<(), Rejection> {
        self.check_cancel(account, market)?;
        let id = self.find(account, market, wanted).ok_or(Rejection::UnknownOrder)?;
        let order = &self.orders[&id];
        let stands = |only| match only {
            CancelOnly::New => order.remaining == order.qty,
            CancelOnly::PartiallyFilled => order.remaining < order.qty,
            CancelOnly::Remaining(qty) => order.remaining == order::lots(qty),
        };
        if !only.is_none_or(stands) {
            return Err(Rejection::CancelRestricted);
        }
        self.in_step(|exchange| exchange.end(id, reason));
        Ok(())
    }

    pub fn cancel(
        &mut self,
        account: AccountId,
        market: MarketId,
        wanted: OrderRef,
        only: Option<CancelOnly>,
    ) {
        let wanted = (wanted, only);
        if let Err(reason) = self.try_cancel(account, market, wanted, CancelReason::Requested) {
            self.refuse(account, RequestKind::Cancel, reason);
        }
    }

    pub fn cancel_list(&mut self, account: AccountId, market: MarketId, wanted: ListId) {
        let mine = |list: &&List| (list.account, list.market) == (account, market);
        let found = self
            .check_cancel(account, market)
            .and_then(|()| self.lists.get(&wanted).filter(mine).ok_or(Rejection::UnknownList));
        match found.map(|list| list.orders[0]) {
            Ok(first) => self.in_step(|exchange| exchange.end(first, CancelReason::Requested)),
            Err(reason) => self.refuse(account, RequestKind::Cancel, reason),
        }
    }

    pub fn cancel_all(&mut self, account: AccountId, market: Option<MarketId>) {
        let checked = match market {
            Some(market) => self.check_cancel(account, market),
            None if self.customer_exists(account) => Ok(()),
            None => Err(Rejection::UnknownAccount),
        };
        if let Err(reason) = checked {
            self.refuse(account, RequestKind::Cancel, reason);
            return;
        }
        let mine = |order: &&Order| {
            order.new.account == account
                && market.is_none_or(|market| order.new.market == market)
                && !self.is_halted(order.new.market)
        };
        let all: Vec<_> = self.orders.values().filter(mine).map(|order| order.id).collect();
        for id in all {
            if self.is_open(id) {
                self.in_step(|exchange| exchange.end(id, CancelReason::Requested));
            }
        }
    }

    pub fn amend(
        &mut self,
        account: AccountId,
        market: MarketId,
        wanted: OrderRef,
        qty: Qty,
        client_id: Option<ClientOrderId>,
    ) {
        match self.check_amend(account, market, wanted, qty, client_id) {
            Err(reason) => self.refuse(account, RequestKind::Amend, reason),
            Ok(id) => self.in_step(|exchange| exchange.change(id, qty, client_id)),
        }
    }

    fn check_amend(
        &self,
        account: AccountId,
        market: MarketId,
        wanted: OrderRef,
        qty: Qty,
        client_id: Option<ClientOrderId>,
    ) -> Result<OrderId, Rejection> {
        self.check_account_and_market(account, market)?;
        if self.is_closed(market) {
            return Err(Rejection::MarketClosed);
        }
        let id = self
            .find(account, market, wanted)
            .filter(|id| self.orders[id].in_book() && self.orders[id].list.is_none())
            .ok_or(Rejection::UnknownOrder)?;
        let namesake = client_id.and_then(|name| self.named(account, market, name));
        if namesake.is_some_and(|other| other != id) {
            return Err(Rejection::DuplicateClientId);
        }
        let order = &self.orders[&id];
        let gone = order.qty - order.remaining;
        if order::lots(qty) <= gone || order.qty <= order::lots(qty) {
            return Err(Rejection::AmendQty);
        }
        self.check_amended(&NewOrder { kind: with_qty(order.kind, qty), ..order.new })?;
        if self.market(market).spec.filters.amends_max <= order.amends {
            return Err(Rejection::TooManyAmends);
        }
        Ok(id)
    }

    fn change(&mut self, id: OrderId, qty: Qty, client_id: Option<ClientOrderId>) {
        let order = self.orders.get_mut(&id).expect("it was found");
        let less = order.qty - order::lots(qty);
        order.qty = order::lots(qty);
        order.amends += 1;
        order.new.client_id = client_id.unwrap_or(order.new.client_id);
        let new = order.new;
        self.lower(id, less);
        self.say(Event::Amended {
            order: id,
            account: new.account,
            market: new.market,
            qty,
            client_id: new.client_id,
        });
    }

    pub fn replace(&mut self, replace: &Replace) {
        let NewOrder { account, market, .. } = replace.order;
        let refused = match self.check_account_and_market(account, market) {
            Ok(()) => self.is_closed(market).then_some(Rejection::MarketClosed),
            Err(reason) => Some(reason),
        };
        if let Some(reason) = refused {
            self.refuse(account, RequestKind::Place, reason);
            return;
        }
        let all_or_nothing = match replace.mode {
            ReplaceMode::AllOrNothing => true,
            ReplaceMode::StopOnFailure | ReplaceMode::AllowFailure => false,
        };
        let wanted = (replace.cancel, replace.only);
        let cancelled = if all_or_nothing {
            // What it would be like is seen in another world.
            let mut other = self.clone();
            let alike = self.find(account, market, replace.cancel).is_none_or(|id| {
                let order = &self.orders[&id];
                order.new.side == replace.order.side && order.list.is_none()
            });
            let cancelled = other.try_cancel(account, market, wanted, CancelReason::Replaced);
            let checked = other.check_place(&[replace.order]);
            match (cancelled, checked) {
                (Ok(()), _) if !alike => Err(Rejection::CancelRestricted),
                (Ok(()), Err(reason)) => {
                    self.refuse(account, RequestKind::Place, reason);
                    return;
                }
                (Ok(()), Ok(())) => {
                    self.try_cancel(account, market, wanted, CancelReason::Replaced)
                }
                (Err(reason), _) => Err(reason),
            }
        } else {
            self.try_cancel(account, market, wanted, CancelReason::Replaced)
        };
        if let Err(reason) = cancelled {
            self.refuse(account, RequestKind::Cancel, reason);
            match replace.mode {
                ReplaceMode::StopOnFailure | ReplaceMode::AllOrNothing => {
                    self.refuse(account, RequestKind::Place, Rejection::CancelFailed);
                    return;
                }
                ReplaceMode::AllowFailure => {}
            }
        }
        self.place(&replace.order);
    }
}

/// The same order of another quantity, for the filters to look at. Only limit orders rest.
fn with_qty(kind: OrderKind, qty: Qty) -> OrderKind {
    match kind {
        OrderKind::Limit { price, time_in_force, display, .. } => {
            OrderKind::Limit { price, qty, time_in_force, display }
        }
        OrderKind::LimitMaker { price, display, .. } => {
            OrderKind::LimitMaker { price, qty, display }
        }
        OrderKind::Market { .. } | OrderKind::Conditional { .. } => {
            unreachable!("only limit orders rest")
        }
    }
}
