//! The reference book, with which a flow knows what is live: simple, not measured.

use std::collections::{BTreeMap, VecDeque};

use model::Side;

/// An order that rests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resting {
    side: Side,
    price: u64,
    remaining: u64,
    /// Where the list of live orders has it.
    place: usize,
}

/// Price-time priority by the book.
#[derive(Debug, Default)]
pub(crate) struct Book {
    bids: BTreeMap<u64, VecDeque<u64>>,
    asks: BTreeMap<u64, VecDeque<u64>>,
    orders: BTreeMap<u64, Resting>,
    /// Numbers of live orders, in no order that means anything.
    live: Vec<u64>,
    pub(crate) fills: u64,
    pub(crate) filled: u64,
}

impl Book {
    pub(crate) fn live(&self) -> &[u64] {
        &self.live
    }

    pub(crate) fn is_live(&self, number: u64) -> bool {
        self.orders.contains_key(&number)
    }

    /// Trades what crosses; what is left rests if it may. Says whether anything crossed.
    pub(crate) fn place(
        &mut self,
        number: u64,
        side: Side,
        price: u64,
        qty: u64,
        rests: bool,
    ) -> bool {
        let mut remaining = qty;
        while remaining != 0 {
            let best = match side {
                Side::Buy => self.asks.first_entry().filter(|level| *level.key() <= price),
                Side::Sell => self.bids.last_entry().filter(|level| price <= *level.key()),
            };
            let Some(mut level) = best else { break };
            let maker = level.get()[0];
            let resting = self.orders.get_mut(&maker).expect("what is queued is live");
            let lots = remaining.min(resting.remaining);
            remaining -= lots;
            resting.remaining -= lots;
            self.fills += 1;
            self.filled += lots;
            if resting.remaining == 0 {
                level.get_mut().pop_front();
                if level.get().is_empty() {
                    level.remove();
                }
                self.forget(maker);
            }
        }
        if rests && remaining != 0 {
            let place = self.live.len();
            self.live.push(number);
            self.orders.insert(number, Resting { side, price, remaining, place });
            self.queue(side).entry(price).or_default().push_back(number);
        }
        remaining != qty
    }

    pub(crate) fn cancel(&mut self, number: u64) {
        let Resting { side, price, .. } = self.orders[&number];
        let levels = self.queue(side);
        let level = levels.get_mut(&price).expect("a live order is queued");
        level.retain(|queued| *queued != number);
        if level.is_empty() {
            levels.remove(&price);
        }
        self.forget(number);
    }

    fn queue(&mut self, side: Side) -> &mut BTreeMap<u64, VecDeque<u64>> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn forget(&mut self, number: u64) {
        let resting = self.orders.remove(&number).expect("only live orders end");
        self.live.swap_remove(resting.place);
        if let Some(moved) = self.live.get(resting.place) {
            self.orders.get_mut(moved).expect("live").place = resting.place;
        }
    }
}
