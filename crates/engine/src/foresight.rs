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

/// So many commands are worth a look ahead together: what they read fits the nearest cache.
pub(crate) const FORESEEN: usize = 32;

/// What can be told of a command before its turn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hint {
    Nothing,
    /// The hash of the name that it gives.
    Tag(u32),
    /// Where the order was to which it refers by number. It may have ended since.
    Slot(u32),
}

/// The level where an order is to rest.
type LevelAhead = Option<(MarketId, Side, u32)>;

impl Engine {
    /// Hints for the commands that are applied next, [`FORESEEN`] at most. All that they make a
    /// difference to is time.
    pub(crate) fn foresee(&self, inputs: &[Stamped]) -> [Hint; FORESEEN] {
        let mut hints = [Hint::Nothing; FORESEEN];
        if LARGE <= self.orders.open() {
            for (input, hint) in inputs.iter().zip(&mut hints) {
                *hint = self.hint(&input.command);
            }
            self.look_ahead(inputs, &hints);
        }
        hints
    }

    #[inline]
    fn hint(&self, command: &Command) -> Hint {
        match command {
            Command::Place(new) => {
                let tag = self.names.tag(new.account, new.market, &new.client_id);
                black_box(self.names.ahead(tag));
                Hint::Tag(tag)
            }
            Command::Cancel { order: OrderRef::Id(id), .. } => {
                self.ids.find(*id, &self.orders).map_or(Hint::Nothing, Hint::Slot)
            }
            Command::Cancel { order: OrderRef::Client(_), .. }
            | Command::PlaceList(_)
            | Command::CancelList { .. }
            | Command::CancelAll { .. }
            | Command::Amend { .. }
            | Command::Replace(_)
            | Command::Clock
            | Command::OpenAccount { .. }
            | Command::SetTier { .. }
            | Command::ListAsset(_)
            | Command::ListMarket(_)
            | Command::SetMarketState { .. }
            | Command::SetFilters { .. }
            | Command::SetFees { .. }
            | Command::Adjust { .. } => Hint::Nothing,
        }
    }

    fn look_ahead(&self, inputs: &[Stamped], hints: &[Hint; FORESEEN]) {
        let mut levels: [LevelAhead; FORESEEN] = [None; FORESEEN];
        let mut read = 0;
        for ((input, hint), level) in inputs.iter().zip(hints).zip(&mut levels) {
            if let Hint::Slot(slot) = *hint {
                read ^= self.orders.get(slot).remaining ^ u64::from(self.orders.links(slot).next);
            } else if let Command::Place(new) = &input.command {
                *level = self.level_ahead(new);
            }
        }
        for (hint, level) in hints.iter().zip(&levels) {
            if let Hint::Slot(slot) = *hint {
                read ^= self.neighbours_ahead(slot);
            } else if let Some((market, side, level)) = *level {
                let tail = self.listing(market).book.side(side).level(level).tail;
                read ^= u64::from(self.orders.links(tail).next);
            }
        }
        black_box(read);
    }

    fn level_ahead(&self, new: &NewOrder) -> LevelAhead {
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
}
