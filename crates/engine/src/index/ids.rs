//! From order number to slot. Numbers are handed out in sequence, so a page of an array is found
//! by shifting; pages whose orders have ended are dropped, and the few orders that outlive their
//! page move to a sorted map. Memory follows the open orders, not the numbers ever used.

use std::collections::{BTreeMap, VecDeque};

use model::OrderId;

use crate::book::NONE;

const PAGE_BITS: u32 = 9;
const PAGE: usize = 1 << PAGE_BITS;
/// A full page with no more open orders than this is given up.
const FEW: u32 = 24;

#[derive(Debug)]
struct Page {
    slots: [u32; PAGE],
    open: u32,
}

#[derive(Debug)]
pub(crate) struct OrderIndex {
    /// The number of the first page in `pages`.
    first: u64,
    pages: VecDeque<Option<Box<Page>>>,
    old: BTreeMap<u64, u32>,
}

impl OrderIndex {
    pub(crate) const fn new() -> Self {
        Self { first: 0, pages: VecDeque::new(), old: BTreeMap::new() }
    }

    pub(crate) fn find(&self, id: OrderId) -> Option<u32> {
        match self.page(id.0) {
            Some(page) => Some(page.slots[place(id.0)]).filter(|slot| *slot != NONE),
            None => self.old.get(&id.0).copied(),
        }
    }

    /// Numbers come in rising order, except where a snapshot is read.
    pub(crate) fn insert(&mut self, id: OrderId, slot: u32) {
        let number = id.0 >> PAGE_BITS;
        if self.pages.is_empty() {
            self.first = number;
        }
        if number < self.first {
            self.old.insert(id.0, slot);
            return;
        }
        self.reach(number);
        let at = usize::try_from(number - self.first).expect("pages are in memory");
        match &mut self.pages[at] {
            Some(page) => {
                page.slots[place(id.0)] = slot;
                page.open += 1;
            }
            // Given up already: only a page that is not the last can be.
            None => _ = self.old.insert(id.0, slot),
        }
    }

    pub(crate) fn remove(&mut self, id: OrderId) {
        let number = id.0 >> PAGE_BITS;
        let at = usize::try_from(number.wrapping_sub(self.first)).unwrap_or(usize::MAX);
        let Some(Some(page)) = self.pages.get_mut(at) else {
            self.old.remove(&id.0);
            return;
        };
        page.slots[place(id.0)] = NONE;
        page.open -= 1;
        if page.open <= FEW && at + 1 < self.pages.len() {
            self.give_up(at);
        }
    }

    fn page(&self, id: u64) -> Option<&Page> {
        let at = usize::try_from((id >> PAGE_BITS).wrapping_sub(self.first)).ok()?;
        self.pages.get(at)?.as_deref()
    }

    /// Makes pages up to `number`; what was the last page may be nearly empty by now.
    fn reach(&mut self, number: u64) {
        while self.first + self.pages.len() as u64 <= number {
            if number - self.first > self.pages.len() as u64 {
                // Numbers were skipped, as orders that never rested do.
                self.pages.push_back(None);
            } else {
                self.pages.push_back(Some(Box::new(Page { slots: [NONE; PAGE], open: 0 })));
            }
            if let Some(before) = self.pages.len().checked_sub(2)
                && self.pages[before].as_ref().is_some_and(|page| page.open <= FEW)
            {
                self.give_up(before);
            }
            self.forget_front();
        }
    }

    fn give_up(&mut self, at: usize) {
        let first_id = (self.first + at as u64) << PAGE_BITS;
        if let Some(page) = self.pages[at].take() {
            let open = (first_id..).zip(page.slots).filter(|(_, slot)| *slot != NONE);
            self.old.extend(open);
        }
        self.forget_front();
    }

    fn forget_front(&mut self) {
        while 1 < self.pages.len() && self.pages[0].is_none() {
            self.pages.pop_front();
            self.first += 1;
        }
    }
}

fn place(id: u64) -> usize {
    usize::try_from(id % PAGE as u64).expect("below a page's length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_open_order_is_found_and_pages_of_ended_ones_go() {
        let (mut index, mut open) = (OrderIndex::new(), BTreeMap::new());
        let mut state = 7_u64;
        for id in 1..200_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if state >> 61 != 0 {
                let slot = u32::try_from(id).unwrap() ^ 1;
                index.insert(OrderId(id), slot);
                open.insert(id, slot);
            }
            while open.len() > 300 {
                let nth = usize::try_from(state >> 40).unwrap() % open.len();
                let victim = *open.keys().nth(nth).unwrap();
                open.remove(&victim);
                index.remove(OrderId(victim));
                assert_eq!(index.find(OrderId(victim)), None);
            }
            let probe = 1 + (state >> 20) % (id + 10);
            assert_eq!(index.find(OrderId(probe)), open.get(&probe).copied());
        }
        let pages = index.pages.iter().flatten().count();
        assert!(pages <= 300 / FEW as usize + 1, "{pages} pages for 300 open orders");
        assert!(index.pages.len() <= 400, "the directory of pages is {} long", index.pages.len());
    }
}
