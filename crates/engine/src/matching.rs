//! An order meets the other side: price first, then time.

use model::{Amount, PreventionId, Price, Side};

use crate::book::{Order, flag};
use crate::checks::trades_with_itself;
use crate::command::{SelfTradePrevention, TimeInForce};
use crate::event::{CancelReason, Event};
use crate::history::kind;
use crate::listing::qty;
use crate::machine::{Engine, TouchedLevel};
use crate::market::Allocation;
use crate::pairing::Pairing;
use crate::place::{Outcome, Taker};

impl Engine {
    /// Lets an order act: says what becomes of what it still wants.
    pub(crate) fn act(&mut self, taker: &mut Taker, events: &mut Vec<Event>) -> Outcome {
        if taker.time_in_force == TimeInForce::Fok && !self.can_fill(taker) {
            return Outcome::Ends(CancelReason::FillOrKill);
        }
        let by_time = self.listing(taker.market).spec.allocation == Allocation::Fifo;
        let stopped = if by_time && taker.limit.is_some() {
            self.match_plain(taker, events)
        } else {
            self.meet(taker, events)
        };
        if taker.traded {
            let listing = self.listing_mut(taker.market);
            listing.follow_trades();
            let assets = listing.assets();
            self.ledger.book(taker.account, assets, &taker.gains);
        }
        match (stopped, taker.time_in_force) {
            (Some(reason), _) => Outcome::Ends(reason),
            (None, _) if taker.is_done() => Outcome::Filled,
            (None, TimeInForce::Gtc | TimeInForce::Gtd(_)) => Outcome::Rests,
            (None, TimeInForce::Ioc | TimeInForce::Fok) => Outcome::Ends(CancelReason::NotFilled),
        }
    }

    /// Trades until the taker is done, its limit or the book ends, or something stops it.
    fn meet(&mut self, taker: &mut Taker, events: &mut Vec<Event>) -> Option<CancelReason> {
        let opposite = taker.side.opposite();
        while !taker.is_done() {
            let listing = self.listing(taker.market);
            let ladder = listing.book.side(opposite);
            let price = ladder.best()?;
            if !taker.reaches(price) {
                return taker.limit.is_none().then_some(CancelReason::PriceBand);
            }
            let level = ladder.level(ladder.best_level());
            let (front, shown) = (level.head, level.shown);
            let wanted = self.wanted(taker, price);
            if wanted == 0 {
                if taker.traded && self.is_used_up(taker, price) {
                    taker.quote = Some(0);
                    return None;
                }
                return Some(CancelReason::NotFilled);
            }
            if self.touched.last().is_none_or(|last| last.price != price || last.side != opposite) {
                self.touched.push(TouchedLevel { side: opposite, price, before: shown });
            }
            let listing = self.listing(taker.market);
            let stopped = match listing.spec.allocation {
                Allocation::Fifo => self.meet_front(taker, front, price, wanted, events),
                Allocation::ProRata => self.share(taker, price, wanted, events),
            };
            if stopped.is_some() {
                return stopped;
            }
        }
        None
    }

    /// Trades with the order at the front of a level, or prevents it.
    pub(crate) fn meet_front(
        &mut self,
        taker: &mut Taker,
        front: u32,
        price: Price,
        wanted: u64,
        events: &mut Vec<Event>,
    ) -> Option<CancelReason> {
        let maker = self.orders.get(front);
        if maker.account == taker.account && !trades_with_itself(taker.stp) {
            return self.prevent(taker, front, price, wanted, events);
        }
        let lots = wanted.min(maker.shown);
        if self.trade(taker, front, price, lots, events) {
            self.show_anew(front);
        }
        None
    }

    /// Lots that the taker would trade at a price, if there were enough; zero if it cannot pay.
    pub(crate) fn wanted(&self, taker: &Taker, price: Price) -> u64 {
        if taker.limit.is_some() {
            return taker.lots;
        }
        let listing = self.listing(taker.market);
        let available = || {
            // Not what it pays to its own account: that would come back for ever.
            taker.funds
                + match taker.side {
                    Side::Buy => taker.gains.quote,
                    Side::Sell => taker.gains.base,
                }
        };
        match (taker.side, taker.quote) {
            (Side::Buy, None) => listing.affordable(price, taker.lots, taker.fees, available()),
            (Side::Buy, Some(amount)) => {
                listing.affordable(price, model::LOTS_MAX - 1, taker.fees, amount)
            }
            (Side::Sell, None) => taker.lots,
            (Side::Sell, Some(amount)) => {
                let by_amount = amount / listing.notional(price, 1);
                let by_base = available() / Amount::from(listing.spec.lot_units);
                u64::try_from(by_amount.min(by_base)).unwrap_or(u64::MAX).min(model::LOTS_MAX - 1)
            }
        }
    }

    /// Whether what is left of an amount of quote pays for no lot, or comes from none.
    fn is_used_up(&self, taker: &Taker, price: Price) -> bool {
        let listing = self.listing(taker.market);
        taker.quote.is_some_and(|amount| match taker.side {
            Side::Buy => amount < listing.cost(price, 1, taker.fees),
            Side::Sell => amount < listing.notional(price, 1),
        })
    }

    /// Books and tells one match. Says whether the maker's shown part is used up but more is
    /// hidden; a maker that is filled is gone.
    pub(crate) fn trade(
        &mut self,
        taker: &mut Taker,
        slot: u32,
        price: Price,
        lots: u64,
        events: &mut Vec<Event>,
    ) -> bool {
        if self.orders.get(slot).is(flag::LISTED) {
            self.hold_alone(slot);
        }
        let listing = &mut self.listings[usize::from(taker.market.0)];
        let maker = self.orders.get_mut(slot);
        let pairing = Pairing::new(listing, maker.side, price);
        let settlement = pairing.settlement(listing, taker, maker, lots);
        let turnover = &settlement.turnover;
        self.ledger.pair(listing.assets()).settle(pairing.direction, &settlement);
        taker.gains.note(pairing.direction, turnover);
        maker.remaining -= lots;
        maker.shown -= lots;
        let level = listing.book.level_mut(maker.side, maker.level);
        level.shown -= u128::from(lots);
        level.total -= u128::from(lots);
        taker.traded = true;
        match &mut taker.quote {
            None => taker.lots -= lots,
            Some(amount) if maker.side == Side::Buy => *amount -= turnover.quote,
            Some(amount) => *amount -= listing.cost(price, lots, taker.fees),
        }
        listing.trades += 1;
        listing.tape.trade(price, lots);
        listing.triggers.moved(price);
        self.history.fold(
            kind::TRADED,
            maker.id.0 ^ taker.id.0.rotate_left(32),
            price.ticks(),
            lots,
        );
        events.push(pairing.traded(listing.trades, taker, maker, turnover, lots));
        let (left, hidden) = (maker.remaining, maker.shown == 0);
        let listed = maker.is(flag::LISTED);
        if listed {
            self.leave_list(slot, events);
        }
        if left == 0 {
            self.listings[usize::from(taker.market.0)].book.dequeue(&mut self.orders, slot);
            self.forget(slot);
        }
        left != 0 && hidden
    }

    /// Shows the next part of an iceberg, at the back of its level.
    pub(crate) fn show_anew(&mut self, slot: u32) {
        let display = self.orders.detail(slot).display;
        let order = self.orders.get_mut(slot);
        order.shown = display.min(order.remaining);
        let Order { market, side, level, shown, .. } = *order;
        let listing = &mut self.listings[usize::from(market.0)];
        listing.book.level_mut(side, level).shown += u128::from(shown);
        listing.book.requeue(&mut self.orders, slot);
    }

    /// Whether what rests within the taker's limit fills it whole, own orders in the way included.
    fn can_fill(&self, taker: &Taker) -> bool {
        let listing = self.listing(taker.market);
        let opposite = taker.side.opposite();
        let has_own = listing.open_orders.get(taker.account).is_some_and(|open| open.orders != 0);
        let minds_own = has_own && !trades_with_itself(taker.stp);
        let mut wanted = u128::from(taker.lots);
        for (price, level) in listing.book.side(opposite).iter() {
            if !taker.reaches(price) {
                return false;
            }
            let mut there = listing.book.side(opposite).level(level).total;
            if minds_own {
                let queue = || listing.book.queue(&self.orders, opposite, level);
                let is_own = |order: &Order| order.account == taker.account;
                if taker.stp == SelfTradePrevention::ExpireMaker {
                    let own = queue().filter(|(_, order)| is_own(order));
                    there -= own.map(|(_, order)| u128::from(order.remaining)).sum::<u128>();
                } else if queue().any(|(_, order)| is_own(order)) {
                    let ahead = queue().take_while(|(_, order)| !is_own(order));
                    let ahead = ahead.map(|(_, order)| u128::from(order.shown)).sum::<u128>();
                    let by_time = listing.spec.allocation == Allocation::Fifo;
                    return by_time && wanted <= ahead;
                }
            }
            if wanted <= there {
                return true;
            }
            wanted -= there;
        }
        false
    }

    /// Stops a match of one account with itself, as the taker's mode has it.
    pub(crate) fn prevent(
        &mut self,
        taker: &mut Taker,
        slot: u32,
        price: Price,
        wanted: u64,
        events: &mut Vec<Event>,
    ) -> Option<CancelReason> {
        let maker = *self.orders.get(slot);
        let rest = if taker.quote.is_some() { wanted } else { taker.lots };
        let common = rest.min(maker.remaining);
        let (taker_loses, maker_loses) = match taker.stp {
            SelfTradePrevention::None => return None,
            SelfTradePrevention::ExpireTaker => (rest, 0),
            SelfTradePrevention::ExpireMaker => (0, maker.remaining),
            SelfTradePrevention::ExpireBoth => (rest, maker.remaining),
            SelfTradePrevention::Decrement => (common, common),
        };
        let listing = self.listing_mut(taker.market);
        listing.preventions += 1;
        let prevention = PreventionId(listing.preventions);
        self.history.fold(kind::PREVENTED, taker.id.0, maker.id.0, taker_loses ^ maker_loses);
        events.push(Event::Prevented {
            prevention,
            market: taker.market,
            account: taker.account,
            taker: taker.id,
            taker_side: taker.side,
            maker: maker.id,
            price,
            taker_qty: qty(taker_loses),
            maker_qty: qty(maker_loses),
            mode: taker.stp,
        });
        if taker.stp == SelfTradePrevention::Decrement {
            self.decrement(taker, slot, price, common);
        }
        if maker_loses == maker.remaining {
            self.cancel_order(slot, CancelReason::SelfTrade, events);
        }
        (taker_loses == rest).then_some(CancelReason::SelfTrade)
    }

    /// Takes the same from both; the maker keeps its place.
    fn decrement(&mut self, taker: &mut Taker, slot: u32, price: Price, lots: u64) {
        self.shrink(slot, lots);
        let listing = self.listing(taker.market);
        match (&mut taker.quote, taker.side) {
            (None, _) => taker.lots -= lots,
            (Some(amount), Side::Sell) => *amount -= listing.notional(price, lots),
            (Some(amount), Side::Buy) => *amount -= listing.cost(price, lots, taker.fees),
        }
    }
}

impl Taker {
    /// Whether it wants no more.
    pub(crate) fn is_done(&self) -> bool {
        match self.quote {
            None => self.lots == 0,
            Some(amount) => amount == 0,
        }
    }

    /// Whether its limit, or the band if it has none, admits a price.
    pub(crate) fn reaches(&self, price: Price) -> bool {
        match self.side {
            Side::Buy => price.ticks() <= self.reach,
            Side::Sell => self.reach <= price.ticks(),
        }
    }
}
