//! Lists of two linked orders: when one trades, wakes or ends, the other ends.

use model::{AccountId, ListId, MarketId, Price, Side};

use crate::checks::{
    Admitted, check_crossing, check_form, check_size, check_state, fees_of, first_of,
};
use crate::command::{ListLeg, NewList, NewOrder, OrderKind, TriggerKind};
use crate::event::{CancelReason, Event, ListState, Rejection, RequestKind};
use crate::machine::{Engine, OpenList};
use crate::market::MarketState;
use crate::place::Taker;
use crate::terms::Terms;

impl Engine {
    pub(crate) fn place_list(&mut self, new: &NewList, events: &mut Vec<Event>) {
        let admitted = match self.check_list(new) {
            Ok(admitted) => admitted,
            Err(reason) => {
                return self.reject(new.account, RequestKind::PlaceList, reason, events);
            }
        };
        self.list_count += 1;
        let list = ListId(self.list_count);
        let orders = [(); 2].map(|()| self.next_order());
        let NewList { client_id, account, market, .. } = *new;
        let open = OpenList { client_id, account, market, orders, hold: 0 };
        self.tell_list(list, &open, ListState::Placed, events);
        self.lists.insert(list, open);
        self.listing_mut(market).open_orders.get_mut(account).lists += 1;
        let legs = orders.into_iter().zip(&new.legs).zip(&admitted);
        for ((id, leg), admitted) in legs {
            let order = order_of(new, leg);
            match leg.kind {
                OrderKind::Conditional { then, .. } => {
                    self.place_waiting(id, &order, admitted, then, Some(list), events);
                }
                OrderKind::LimitMaker { .. }
                | OrderKind::Limit { .. }
                | OrderKind::Market { .. } => {
                    self.accept(id, &order, Some(list), None, events);
                    let side = (account, market, new.side, new.stp);
                    let taker: Taker = self.taker_of(id, side, &admitted.terms, admitted.fees);
                    let slot = self.rest(&taker, &order, admitted, Some(list));
                    self.touch_own_level(slot);
                    self.enter_book(slot, taker.display, false);
                }
            }
        }
        self.hold_for_list(list);
        self.tell_levels(market, events);
    }

    fn check_list(&mut self, new: &NewList) -> Result<[Admitted; 2], Rejection> {
        self.check_account_and_market(new.account, new.market)?;
        let legs = [Terms::new(&new.legs[0].kind), Terms::new(&new.legs[1].kind)];
        let listing = self.listing(new.market);
        if listing.state() != MarketState::Open {
            // Even legs that would rest: a list can wake.
            return Err(Rejection::MarketClosed);
        }
        for terms in &legs {
            check_state(listing, new.side, terms)?;
        }
        let tags = self.check_names(new)?;
        let listing = &mut self.listings[usize::from(new.market.0)];
        let fees = fees_of(listing, self.registry.tier(new.account));
        let filters = listing.spec.filters;
        let last = listing.tape.last();
        let mut holds = [0; 2];
        let mut failed: Option<Rejection> = None;
        let mut note = |result: Result<(), Rejection>| {
            if let Err(reason) = result {
                failed = Some(failed.map_or(reason, |before| first_of(before, reason)));
            }
        };
        note(check_legs(new, &legs, last));
        for (terms, hold) in legs.iter().zip(&mut holds) {
            note(check_form(&filters, terms, self.last_time));
            note(check_size(listing, new.side, terms, fees).map(|held| *hold = held));
        }
        if let Some(reason) = failed {
            return Err(reason);
        }
        self.check_counts(new.account, new.market, &legs, None)?;
        let listing = self.listing(new.market);
        let lists = listing.open_orders.get(new.account).map_or(0, |open| open.lists);
        if filters.lists_max <= lists {
            return Err(Rejection::TooManyLists);
        }
        if new.side == Side::Buy {
            let lots = legs[0].lots.max(legs[1].lots);
            self.check_position((new.account, new.market), lots, None)?;
        }
        let listing = self.listing(new.market);
        for terms in &legs {
            check_crossing(listing, new.side, terms)?;
        }
        let asset = listing.held_asset(new.side);
        if self.ledger.available(new.account, asset) < holds[0].max(holds[1]) {
            return Err(Rejection::InsufficientFunds);
        }
        let [first, second] = [0, 1].map(|leg| Admitted {
            terms: legs[leg],
            name_tag: tags[leg],
            fees,
            hold: holds[leg],
        });
        Ok([first, second])
    }

    /// The legs' names: free, and not one name twice.
    fn check_names(&self, new: &NewList) -> Result<[u32; 2], Rejection> {
        let tags = new.legs.map(|leg| self.names.tag(new.account, new.market, &leg.client_id));
        let taken = new.legs.iter().zip(tags).any(|(leg, tag)| {
            self.find_name(new.account, new.market, &leg.client_id, tag).is_some()
        });
        if taken || new.legs[0].client_id == new.legs[1].client_id {
            return Err(Rejection::DuplicateClientId);
        }
        Ok(tags)
    }

    pub(crate) fn cancel_list(
        &mut self,
        account: AccountId,
        market: MarketId,
        list: ListId,
        events: &mut Vec<Event>,
    ) {
        let checked = self.check_cancel(account, market).and_then(|()| {
            let open = self.lists.get(&list);
            open.filter(|open| open.account == account && open.market == market)
                .map(|open| open.orders[0])
                .ok_or(Rejection::UnknownList)
        });
        match checked {
            Err(reason) => self.reject(account, RequestKind::Cancel, reason, events),
            Ok(first) => {
                self.cancel_step(self.slot_of(first), CancelReason::Requested, true, events);
            }
        }
    }
}

fn order_of(new: &NewList, leg: &ListLeg) -> NewOrder {
    let NewList { account, market, side, stp, .. } = *new;
    NewOrder { account, market, client_id: leg.client_id, side, stp, kind: leg.kind }
}

/// Whether the legs belong together and stand on their sides of the last price.
fn check_legs(new: &NewList, legs: &[Terms; 2], last: Option<Price>) -> Result<(), Rejection> {
    let is_stop = |leg: &ListLeg| match leg.kind {
        OrderKind::Conditional { trigger, .. } => trigger.kind == TriggerKind::StopLoss,
        OrderKind::Market { .. } | OrderKind::Limit { .. } | OrderKind::LimitMaker { .. } => false,
    };
    let is_other = |leg: &ListLeg| match leg.kind {
        OrderKind::LimitMaker { .. } => true,
        OrderKind::Conditional { trigger, .. } => trigger.kind == TriggerKind::TakeProfit,
        OrderKind::Market { .. } | OrderKind::Limit { .. } => false,
    };
    let [upper, lower] = &new.legs;
    let kinds = match new.side {
        Side::Sell => is_other(upper) && is_stop(lower),
        Side::Buy => is_stop(upper) && is_other(lower),
    };
    // Where a leg stands; one that trails without a price stands anywhere.
    let price = |terms: &Terms| terms.trigger.map_or(terms.limit, |trigger| trigger.price);
    let [above, below] = [price(&legs[0]), price(&legs[1])];
    let placed = match last {
        Some(last) => {
            above.is_none_or(|above| last < above) && below.is_none_or(|below| below < last)
        }
        None => match (above, below) {
            (Some(above), Some(below)) => below < above,
            (None, _) | (_, None) => true,
        },
    };
    if kinds && placed && legs[0].lots == legs[1].lots { Ok(()) } else { Err(Rejection::ListLegs) }
}
