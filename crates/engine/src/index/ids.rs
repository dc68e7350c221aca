//! From order number to slot, among open orders.
//!
//! Numbers are handed out in sequence, and most orders end soon. So the last [`RECENT`] numbers
//! have a cell each, where nothing is searched; an order that stays open for longer moves to a hash
//! table when its cell is needed again. Where it lies there is scattered with a key from the
//! genesis record, so that nobody can keep just those orders open that collide.

use model::OrderId;

use super::table::Table;
use crate::book::{Orders, low_half};

#[derive(Debug)]
pub(crate) struct OrderIndex {
    /// The number handed out last.
    last: u64,
    /// By number modulo the length: slot + 1, or zero where the order is not open.
    recent: Box<[u32; RECENT]>,
    older: Table,
    /// Odd and secret.
    key: u64,
}

/// So many numbers have a cell of their own.
const RECENT: usize = 1 << 16;

impl OrderIndex {
    /// `key` is secret; it changes places and nothing else.
    pub(crate) fn new(key: u64) -> Self {
        let recent = vec![0; RECENT].into_boxed_slice();
        Self {
            last: 0,
            recent: recent.try_into().expect("made of that length"),
            older: Table::new(),
            key: key | 1,
        }
    }

    /// Goes on to the next number, which is one more than the last.
    #[inline]
    pub(crate) fn advance(&mut self, id: OrderId, orders: &Orders) {
        self.last = id.0;
        let cell = &mut self.recent[place(id)];
        let slot = std::mem::take(cell);
        if slot != 0 {
            self.insert_older(OrderId(id.0 - RECENT as u64), slot - 1, orders);
        }
    }

    /// Begins after a number, where nothing is open yet.
    pub(crate) const fn begin(&mut self, last: u64) {
        self.last = last;
    }

    #[inline]
    pub(crate) fn find(&self, id: OrderId, orders: &Orders) -> Option<u32> {
        if self.is_recent(id) {
            return self.recent[place(id)].checked_sub(1);
        }
        self.older.find(self.tag(id), |slot| orders.is_open(slot, id))
    }

    #[inline]
    pub(crate) fn insert(&mut self, id: OrderId, slot: u32, orders: &Orders) {
        if self.is_recent(id) {
            self.recent[place(id)] = slot + 1;
        } else {
            self.insert_older(id, slot, orders);
        }
    }

    #[inline]
    pub(crate) fn remove(&mut self, id: OrderId, slot: u32) {
        if self.is_recent(id) {
            self.recent[place(id)] = 0;
        } else {
            self.older.remove(self.tag(id), slot);
        }
    }

    fn insert_older(&mut self, id: OrderId, slot: u32, orders: &Orders) {
        let key = self.key;
        self.older.insert(tag(id, key), slot, |slot| tag(orders.get(slot).id, key));
    }

    #[inline]
    fn tag(&self, id: OrderId) -> u32 {
        tag(id, self.key)
    }

    #[inline]
    const fn is_recent(&self, id: OrderId) -> bool {
        self.last.wrapping_sub(id.0) < RECENT as u64
    }
}

#[inline]
fn tag(id: OrderId, key: u64) -> u32 {
    u32::try_from(id.0.wrapping_mul(key) >> 32).expect("shifted")
}

#[inline]
fn place(id: OrderId) -> usize {
    low_half(id) as usize % RECENT
}
