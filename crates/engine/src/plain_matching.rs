//! The common case of matching, told once and fast: a limit order meets plain orders by time.
//!
//! It does what [`Engine::meet_front`] does for one order after the other, with what is the same
//! for all of a level reckoned once. An order of the same account, an iceberg, one of a list or
//! one that ends by time is left to that function.

use std::hint::black_box;

use model::Price;

use crate::book::{NONE, Order};
use crate::event::{CancelReason, Event};
use crate::history::kind;
use crate::machine::{Engine, TouchedLevel};
use crate::place::Taker;
use crate::swap::Lot;

impl Engine {
    /// Trades until the taker is filled, its limit or the book ends, or something stops it.
    pub(crate) fn match_plain(
        &mut self,
        taker: &mut Taker,
        events: &mut Vec<Event>,
    ) -> Option<CancelReason> {
        let side = taker.side.opposite();
        while taker.lots != 0 {
            let ladder = self.listings[usize::from(taker.market.0)].book.side(side);
            let price = ladder.best()?;
            if !taker.reaches(price) {
                return None;
            }
            let (number, shown) = (ladder.best_level(), ladder.level(ladder.best_level()).shown);
            if self.touched.last().is_none_or(|last| last.price != price || last.side != side) {
                self.touched.push(TouchedLevel { side, price, before: shown });
            }
            let front = self.match_level(taker, price, number, events);
            if front != NONE && taker.lots != 0 {
                let wanted = taker.lots;
                let stopped = self.meet_front(taker, front, price, wanted, events);
                if stopped.is_some() {
                    return stopped;
                }
            }
        }
        None
    }

    /// Trades with the plain orders at the front of the best level. Gives who is at the front
    /// then; the level is gone if nobody is.
    fn match_level(
        &mut self,
        taker: &mut Taker,
        price: Price,
        number: u32,
        events: &mut Vec<Event>,
    ) -> u32 {
        let Self { listings, orders, ledger, ids, names, history, .. } = self;
        let listing = &mut listings[usize::from(taker.market.0)];
        let side = taker.side.opposite();
        let head = listing.book.level_mut(side, number).head;
        let Some(lot) = Lot::new(listing, side, price, taker.lots) else { return head };
        let mut pair = ledger.pair(listing.assets());
        let (mut front, mut taken, mut fees) = (head, 0_u64, (0, 0));
        while front != NONE && taker.lots != 0 {
            let next = orders.links(front).next;
            if next != NONE {
                // Whoever comes next, in this command or a later one, is fetched meanwhile.
                black_box(orders.get(next).remaining);
            }
            let maker = orders.get_mut(front);
            if maker.account == taker.account || maker.flags != 0 {
                break;
            }
            let lots = taker.lots.min(maker.remaining);
            let swap = lot.swap(lots, maker.fees, taker.fees);
            pair.swap(maker.account, side, &swap);
            fees = (fees.0 + swap.maker_fee, fees.1 + swap.taker_fee);
            maker.remaining -= lots;
            maker.shown -= lots;
            taker.lots -= lots;
            taken += lots;
            listing.trades += 1;
            let ids_of_both = maker.id.0 ^ taker.id.0.rotate_left(32);
            history.fold(kind::TRADED, ids_of_both, price.ticks(), lots);
            events.push(lot.traded(listing.trades, taker, maker, &swap, lots));
            if maker.remaining != 0 {
                break;
            }
            front = next;
        }
        let mut filled = head;
        while filled != front {
            let Order { id, account, name_tag, .. } = *orders.get(filled);
            let next = orders.links(filled).next;
            ids.remove(id, filled);
            names.remove(name_tag, filled);
            listing.open_orders.get_mut(account).orders -= 1;
            orders.remove(filled);
            filled = next;
        }
        if taken != 0 {
            taker.traded = true;
            lot.note(&mut taker.gains, taken, fees);
            listing.tape.trade(price, taken);
            listing.triggers.moved(price);
            listing.book.take_front(orders, (side, price, number), front, taken);
        }
        front
    }
}
