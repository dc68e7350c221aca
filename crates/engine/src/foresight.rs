//! What the next commands will read, read ahead: a processor fetches many lines of memory at once,
//! but only if no read waits for the one before.
//!
//! A command finds an order by its number, by that its level, by that its neighbours: each a wait
//! of its own where the book is large. Here the same step is made for many commands before the next
//! step is. Nothing is changed and nothing decided: what was read may have changed when it is used.

use std::hint::black_box;

use model::{MarketId, Side};

use crate::book::NONE;
use crate::command::{Command, NewOrder, OrderKind, OrderRef, Stamped};
use crate::machine::Engine;

/// With fewer open orders all of them lie near anyway.
const LARGE: usize = 1 << 15;
/// Orders at the front of a side that are worth a look ahead.
const FRONT: usize = 16;

/// What a look ahead found of one command.
#[derive(Clone, Copy, Debug, Default)]
struct Ahead {
    /// An order to be cancelled.
    slot: Option<u32>,
    /// The level where an order is to rest.
    level: Option<(MarketId, Side, u32)>,
}

impl Engine {
    /// So many commands are worth a look ahead together: what they read fits the nearest cache.
    pub const FORESEEN: usize = 32;

    /// Looks ahead at the first [`Self::FORESEEN`] of the commands that are applied next. Whether
    /// this was called makes a difference to nothing but time.
    pub fn foresee(&self, inputs: &[Stamped]) {
        if self.orders.open() < LARGE {
            return;
        }
        let mut found = [Ahead::default(); Self::FORESEEN];
        let mut market = None;
        for (input, found) in inputs.iter().zip(&mut found) {
            if let Command::Place(new) = &input.command {
                market = Some(new.market);
                found.level = self.level_ahead(new);
            } else if let Command::Cancel { order: OrderRef::Id(id), .. } = &input.command {
                found.slot = self.ids.find(*id, &self.orders);
            }
        }
        let mut read = 0;
        for found in &found {
            if let Some(slot) = found.slot {
                read ^= self.orders.get(slot).remaining ^ u64::from(self.orders.links(slot).next);
            }
            if let Some((market, side, level)) = found.level {
                read ^= u64::from(self.listing(market).book.side(side).level(level).tail);
            }
        }
        for found in &found {
            if let Some(slot) = found.slot {
                read ^= self.neighbours_ahead(slot);
            }
            if let Some((market, side, level)) = found.level {
                let tail = self.listing(market).book.side(side).level(level).tail;
                read ^= u64::from(self.orders.links(tail).next);
            }
        }
        if let Some(market) = market {
            read ^= self.front_ahead(market, Side::Buy) ^ self.front_ahead(market, Side::Sell);
        }
        black_box(read);
    }

    fn level_ahead(&self, new: &NewOrder) -> Option<(MarketId, Side, u32)> {
        let tag = self.names.tag(new.account, new.market, &new.client_id);
        black_box(self.names.ahead(tag));
        let OrderKind::Limit { price, .. } = new.kind else { return None };
        let level =
            self.listings.get(usize::from(new.market.0))?.book.side(new.side).find(price)?;
        Some((new.market, new.side, level))
    }

    fn neighbours_ahead(&self, slot: u32) -> u64 {
        let (order, links) = (self.orders.get(slot), self.orders.links(slot));
        let mut read = self.names.ahead(order.name_tag);
        if order.level != NONE {
            let level = self.listing(order.market).book.side(order.side).level(order.level);
            read ^= u64::from(level.tail);
        }
        for near in [links.prev, links.next].into_iter().filter(|near| *near != NONE) {
            read ^= u64::from(self.orders.links(near).next);
        }
        read
    }

    /// Reads the orders that the next takers meet.
    fn front_ahead(&self, market: MarketId, side: Side) -> u64 {
        let Some(listing) = self.listings.get(usize::from(market.0)) else { return 0 };
        let mut read = 0;
        let levels = listing.book.side(side).iter();
        let queues = levels.flat_map(|(_, level)| listing.book.queue(&self.orders, side, level));
        for (_, order) in queues.take(FRONT) {
            read ^= self.names.ahead(order.name_tag) ^ self.ids.ahead(order.id);
        }
        read
    }
}
