//! From order number to slot, among open orders.
//!
//! Numbers are handed out in sequence, so neighbours in number are neighbours in time: blocks of
//! eight numbers share a line of the processor's cache. Where a block lies is scattered with a key
//! from the genesis record, so that nobody can keep just those orders open that collide.

use model::OrderId;

use super::table::{Home, Table};
use crate::book::Orders;

#[derive(Debug)]
pub(crate) struct OrderIndex {
    table: Table<Blocks>,
}

#[derive(Debug)]
struct Blocks {
    key: u64,
}

/// Numbers that lie side by side: eight cells of eight bytes.
const BLOCK_BITS: u32 = 3;

impl Home for Blocks {
    #[inline]
    fn home(&self, tag: u32, cells: usize) -> usize {
        let block = u64::from(tag >> BLOCK_BITS);
        let shift = u64::BITS - (cells.trailing_zeros() - BLOCK_BITS);
        let place = block.wrapping_mul(self.key) >> shift;
        let within = tag & ((1 << BLOCK_BITS) - 1);
        usize::try_from(place << BLOCK_BITS | u64::from(within)).expect("below the cells")
    }
}

impl OrderIndex {
    /// `key` is secret; it changes places and nothing else.
    pub(crate) fn new(key: u64) -> Self {
        Self { table: Table::new(Blocks { key: key | 1 }) }
    }

    #[inline]
    pub(crate) fn find(&self, id: OrderId, orders: &Orders) -> Option<u32> {
        self.table.find(low_half(id), |slot| orders.is_open(slot, id))
    }

    #[inline]
    pub(crate) fn insert(&mut self, id: OrderId, slot: u32) {
        self.table.insert(low_half(id), slot);
    }

    #[inline]
    pub(crate) fn remove(&mut self, id: OrderId, slot: u32) {
        self.table.remove(low_half(id), slot);
    }
}

fn low_half(id: OrderId) -> u32 {
    u32::try_from(id.0 & u64::from(u32::MAX)).expect("masked")
}
