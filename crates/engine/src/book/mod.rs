//! The order books: what rests, at which price, in which order.
//!
//! Keeps   an order is in the queue of the level of its price; a level exists while an order rests
//!         there; `shown` and `total` of a level are the sums over its orders.

mod ladder;
mod order;

pub(crate) use ladder::{Ladder, Level};
pub(crate) use order::{Detail, Links, NONE, Order, Orders, Rare, Waiting, flag, low_half};

use model::{Price, Side};

/// Both sides of one market.
#[derive(Debug)]
pub(crate) struct Book {
    bids: Ladder,
    asks: Ladder,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self { bids: Ladder::new(Side::Buy), asks: Ladder::new(Side::Sell) }
    }

    pub(crate) fn side(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// The level itself, to change its sums together with those of an order in it.
    pub(crate) fn level_mut(&mut self, side: Side, level: u32) -> &mut Level {
        self.side_mut(side).level_mut(level)
    }

    /// Shown lots at a price; zero where nothing rests.
    pub(crate) fn shown(&self, side: Side, price: Price) -> u128 {
        let ladder = self.side(side);
        ladder.find(price).map_or(0, |level| ladder.level(level).shown)
    }

    /// Whether an order of `side` with this limit would trade at once.
    pub(crate) fn crosses(&self, side: Side, limit: Price) -> bool {
        match (side, self.side(side.opposite()).best()) {
            (_, None) => false,
            (Side::Buy, Some(best)) => best <= limit,
            (Side::Sell, Some(best)) => limit <= best,
        }
    }

    /// Puts the order at the back of the queue at its price. Gives what the level shows then.
    #[inline]
    pub(crate) fn enqueue(&mut self, orders: &mut Orders, slot: u32) -> u128 {
        let order = orders.get_mut(slot);
        let ladder = self.side_mut(order.side);
        let number = ladder.open(order.price);
        let level = ladder.level_mut(number);
        order.level = number;
        let shown = level.shown + u128::from(order.shown);
        level.shown = shown;
        level.total += u128::from(order.remaining);
        let before = std::mem::replace(&mut level.tail, slot);
        *orders.links_mut(slot) = Links { prev: before, next: NONE };
        if before == NONE {
            level.head = slot;
        } else {
            orders.links_mut(before).next = slot;
        }
        shown
    }

    /// Takes the order out of its queue, and the level away if it was the last. Gives what the
    /// level shows then.
    #[inline]
    pub(crate) fn dequeue(&mut self, orders: &mut Orders, slot: u32) -> u128 {
        let order = orders.get(slot);
        let (price, number) = (order.price, order.level);
        let ladder = self.side_mut(order.side);
        let level = ladder.level_mut(number);
        let shown = level.shown - u128::from(order.shown);
        level.shown = shown;
        level.total -= u128::from(order.remaining);
        let Links { prev, next } = orders.links(slot);
        if prev == NONE {
            level.head = next;
        } else {
            orders.links_mut(prev).next = next;
        }
        if next == NONE {
            level.tail = prev;
        } else {
            orders.links_mut(next).prev = prev;
        }
        if prev == NONE && next == NONE {
            ladder.close(price, number);
        }
        shown
    }

    /// Makes `front` the front of a level of which all before it have been taken, as many lots as
    /// `taken` with what was taken of `front`. Without a front the level goes.
    pub(crate) fn take_front(
        &mut self,
        orders: &mut Orders,
        (side, price, number): (Side, Price, u32),
        front: u32,
        taken: u64,
    ) {
        let ladder = self.side_mut(side);
        if front == NONE {
            return ladder.close(price, number);
        }
        let level = ladder.level_mut(number);
        level.shown -= u128::from(taken);
        level.total -= u128::from(taken);
        level.head = front;
        orders.links_mut(front).prev = NONE;
    }

    /// Moves the order to the back of its own level.
    pub(crate) fn requeue(&mut self, orders: &mut Orders, slot: u32) {
        let Links { prev, next } = orders.links(slot);
        if next == NONE {
            return;
        }
        let order = orders.get(slot);
        let level = self.side_mut(order.side).level_mut(order.level);
        let tail = std::mem::replace(&mut level.tail, slot);
        if prev == NONE {
            level.head = next;
        } else {
            orders.links_mut(prev).next = next;
        }
        orders.links_mut(next).prev = prev;
        orders.links_mut(tail).next = slot;
        *orders.links_mut(slot) = Links { prev: tail, next: NONE };
    }

    /// The orders at a level, front first.
    pub(crate) fn queue<'a>(
        &self,
        orders: &'a Orders,
        side: Side,
        level: u32,
    ) -> impl Iterator<Item = (u32, &'a Order)> + use<'a> {
        let head = self.side(side).level(level).head;
        let order_at = |slot: u32| (slot != NONE).then(|| (slot, orders.get(slot)));
        std::iter::successors(order_at(head), move |(slot, _)| order_at(orders.links(*slot).next))
    }
}
