//! Pro-rata: a level is shared among the orders that rest there.
//!
//! Each gets ⌊shown × taker / level's shown⌋ lots; the lots that rounding leaves over go in time
//! order, to each as much as it still shows.

use model::Price;

use crate::checks::trades_with_itself;
use crate::event::{CancelReason, Event};
use crate::machine::Engine;
use crate::place::Taker;

/// What one order gets of a sharing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    slot: u32,
    lots: u64,
    shown: u64,
}

impl Engine {
    /// Shares what the taker wants at the best level once; or, if own orders are there that must
    /// not trade, prevents those, and the taker meets what is left of the level after that.
    pub(crate) fn share(
        &mut self,
        taker: &mut Taker,
        price: Price,
        wanted: u64,
        events: &mut Vec<Event>,
    ) -> Option<CancelReason> {
        if !trades_with_itself(taker.stp) {
            let own = self.own_orders(taker);
            let mut stopped = None;
            for slot in own.iter().copied() {
                let wanted = self.wanted(taker, price);
                stopped = self.prevent(taker, slot, price, wanted, events);
                if stopped.is_some() {
                    break;
                }
            }
            if !own.is_empty() {
                return stopped;
            }
        }
        let mut shares = std::mem::take(&mut self.shares);
        self.divide(taker, wanted, &mut shares);
        for Share { slot, lots, .. } in shares.iter_mut().filter(|share| share.lots != 0) {
            if !self.trade(taker, *slot, price, *lots, events) {
                *lots = 0;
            }
        }
        for Share { slot, .. } in shares.iter().filter(|share| share.lots != 0) {
            self.show_anew(*slot);
        }
        shares.clear();
        self.shares = shares;
        None
    }

    /// The taker's own orders at the best opposite level, in time order.
    fn own_orders(&self, taker: &Taker) -> Vec<u32> {
        let (book, side) = (&self.listing(taker.market).book, taker.side.opposite());
        let queue = book.queue(&self.orders, side, book.side(side).best_level());
        queue.filter(|(_, order)| order.account == taker.account).map(|(slot, _)| slot).collect()
    }

    /// Who gets how much of `wanted` lots at the best opposite level.
    fn divide(&self, taker: &Taker, wanted: u64, shares: &mut Vec<Share>) {
        let (book, side) = (&self.listing(taker.market).book, taker.side.opposite());
        let number = book.side(side).best_level();
        let whole = book.side(side).level(number).shown;
        let mut left = whole.min(u128::from(wanted));
        let part = left;
        for (slot, order) in book.queue(&self.orders, side, number) {
            let lots = u128::from(order.shown) * part / whole;
            left -= lots;
            let lots = u64::try_from(lots).expect("no more than the order shows");
            shares.push(Share { slot, lots, shown: order.shown });
        }
        for share in shares.iter_mut() {
            let more = left.min(u128::from(share.shown - share.lots));
            left -= more;
            share.lots += u64::try_from(more).expect("no more than the order shows");
        }
    }
}
