//! What must hold between any two commands, checked the slow way. For tests and for reading
//! snapshots; nothing on the road of an order calls it.

use std::collections::BTreeMap;

use model::{AccountId, Amount, AssetId, MarketId, Side, Time};

use crate::book::flag;
use crate::listing::Listing;
use crate::machine::{Engine, HOUSE, OUTSIDE};
use crate::tape::minute_end;

impl Engine {
    /// Checks every invariant of the state.
    ///
    /// # Errors
    /// What does not hold, in words for whoever debugs it.
    pub fn check_invariants(&self) -> Result<(), String> {
        self.check_ledger()?;
        for (market, listing) in (0..=u16::MAX).map(MarketId).zip(&self.listings) {
            for side in [Side::Buy, Side::Sell] {
                self.check_side(market, side)?;
            }
            let (bid, ask) =
                (listing.book.side(Side::Buy).best(), listing.book.side(Side::Sell).best());
            if let (Some(bid), Some(ask)) = (bid, ask)
                && ask <= bid
            {
                return Err(format!(
                    "market {market}: bid {} meets ask {}",
                    bid.ticks(),
                    ask.ticks()
                ));
            }
        }
        self.check_orders()?;
        self.check_open_orders()?;
        if self.listings.iter().any(|listing| listing.triggers.has_moved()) {
            return Err("trades that nobody held against the triggers".to_owned());
        }
        if !self.touched.is_empty() {
            return Err("levels were touched that nobody told".to_owned());
        }
        if !self.listings.iter().all(Listing::has_current_gates) {
            return Err("a market admits by what it was before".to_owned());
        }
        let due = self.expiries.first().map_or(Time(u64::MAX), |(due, _)| *due);
        if due.min(minute_end(self.last_time)) < self.alarm {
            return Err(format!("the alarm rings at {}, too late", self.alarm.0));
        }
        Ok(())
    }

    fn check_ledger(&self) -> Result<(), String> {
        for (asset, sum) in self.trial_balance() {
            if sum != 0 {
                return Err(format!("asset {asset} sums to {sum}"));
            }
            for (account, balance) in self.ledger.row(asset) {
                let own = account == OUTSIDE || account == HOUSE;
                if balance.held < 0 || (!own && balance.available < 0) {
                    return Err(format!("account {account} has {balance:?} of asset {asset}"));
                }
            }
        }
        let mut holds: BTreeMap<(AccountId, AssetId), Amount> = BTreeMap::new();
        for (slot, order) in self.orders.iter() {
            if !order.is(flag::LISTED) {
                let asset = self.listing(order.market).held_asset(order.side);
                *holds.entry((order.account, asset)).or_default() += self.own_hold(slot);
            }
        }
        for list in self.lists.values() {
            let slots = list.orders.map(|id| self.slot_of(id));
            let most = slots.map(|slot| self.own_hold(slot)).into_iter().max();
            if most != Some(list.hold) {
                return Err(format!("a list holds {}, its legs {most:?}", list.hold));
            }
            let side = self.orders.get(slots[0]).side;
            let asset = self.listing(list.market).held_asset(side);
            *holds.entry((list.account, asset)).or_default() += list.hold;
        }
        for (asset, _) in self.trial_balance() {
            for (account, balance) in self.ledger.row(asset) {
                let open = holds.remove(&(account, asset)).unwrap_or_default();
                if open != balance.held {
                    return Err(format!(
                        "account {account} holds {}, its orders {open}",
                        balance.held
                    ));
                }
            }
        }
        if holds.values().all(|hold| *hold == 0) { Ok(()) } else { Err(format!("{holds:?}")) }
    }

    fn check_side(&self, market: MarketId, side: Side) -> Result<(), String> {
        let book = &self.listing(market).book;
        let mut last = None;
        for (price, number) in book.side(side).iter() {
            let level = book.side(side).level(number);
            let (mut shown, mut total, mut behind) = (0, 0, crate::book::NONE);
            for (slot, order) in book.queue(&self.orders, side, number) {
                let fits = order.price == price && order.side == side && order.market == market;
                let linked = self.orders.links(slot).prev == behind && order.level == number;
                let visible = 0 < order.shown && order.shown <= order.remaining;
                if !fits || !linked || !visible || order.is(flag::WAITING) {
                    return Err(format!("market {market}: {order:?} does not belong there"));
                }
                (shown, total) =
                    (shown + u128::from(order.shown), total + u128::from(order.remaining));
                behind = slot;
            }
            if (shown, total) != (level.shown, level.total) || shown == 0 || level.tail != behind {
                return Err(format!("market {market}: {level:?} is not the sum of its orders"));
            }
            let in_order = last.is_none_or(|last| match side {
                Side::Buy => price < last,
                Side::Sell => last < price,
            });
            if !in_order || book.side(side).find(price) != Some(number) {
                return Err(format!("market {market}: level {} is lost", price.ticks()));
            }
            last = Some(price);
        }
        Ok(())
    }

    fn check_orders(&self) -> Result<(), String> {
        let mut queued = 0;
        for (market, listing) in (0..=u16::MAX).map(MarketId).zip(&self.listings) {
            for side in [Side::Buy, Side::Sell] {
                let levels = listing.book.side(side).iter();
                queued += levels
                    .map(|(_, level)| listing.book.queue(&self.orders, side, level).count())
                    .sum::<usize>();
            }
            for (id, slot) in listing.triggers.iter() {
                queued += 1;
                let order = self.orders.get(slot);
                if order.id != id || order.market != market || !order.is(flag::WAITING) {
                    return Err(format!("market {market}: order {id} does not wait there"));
                }
            }
        }
        if queued != self.orders.open() {
            return Err(format!("{queued} orders in queues, {} open", self.orders.open()));
        }
        for (slot, order) in self.orders.iter() {
            let name = &self.orders.detail(slot).client_id;
            let named = self.find_name(order.account, order.market, name, order.name_tag);
            if self.ids.find(order.id, &self.orders) != Some(slot) || named != Some(slot) {
                return Err(format!("order {} is not found by its number or name", order.id));
            }
            let expires = self.orders.rare(slot).and_then(|rare| rare.expires);
            let due = expires.is_some_and(|time| self.expiries.contains(&(time, order.id)));
            if order.is(flag::TIMED) != due || order.is(flag::TIMED) != expires.is_some() {
                return Err(format!("order {} does not expire when it says", order.id));
            }
        }
        Ok(())
    }

    fn check_open_orders(&self) -> Result<(), String> {
        let mut counts: BTreeMap<(MarketId, AccountId), [u32; 3]> = BTreeMap::new();
        for (_, order) in self.orders.iter() {
            let count = counts.entry((order.market, order.account)).or_default();
            count[0] += 1;
            count[1] += u32::from(order.is(flag::WAITING));
            count[2] += u32::from(order.is(flag::ICEBERG));
        }
        for ((market, account), count) in counts {
            let open = self.listing(market).open_orders.get(account);
            let open = open.ok_or_else(|| format!("account {account} has no open orders"))?;
            let lists = self.lists.values();
            let lists = lists.filter(|list| (list.market, list.account) == (market, account));
            let counted = [open.orders, open.algos, open.icebergs] == count
                && open.lists as usize == lists.count()
                && open.slots(&self.orders).count() == count[0] as usize;
            if !counted {
                return Err(format!(
                    "account {account} in market {market}: {open:?}, not {count:?}"
                ));
            }
        }
        Ok(())
    }
}
