//! A hash table of slots with open addressing: no allocation but to grow, no tombs, never iterated.

const CELLS_MIN: usize = 1 << 10;

/// Where the cell of a tag is looked for first.
pub(crate) trait Home: std::fmt::Debug {
    /// A place below `cells`, which is a power of two.
    fn home(&self, tag: u32, cells: usize) -> usize;
}

/// Slots by a tag of 32 bits. What a slot stands for is compared by who asks.
#[derive(Debug)]
pub(crate) struct Table<H> {
    homes: H,
    /// `tag << 32 | slot + 1`; zero is empty.
    cells: Vec<u64>,
    used: usize,
}

impl<H: Home> Table<H> {
    pub(crate) fn new(homes: H) -> Self {
        Self { homes, cells: vec![0; CELLS_MIN], used: 0 }
    }

    #[cfg(test)]
    pub(crate) const fn len(&self) -> usize {
        self.used
    }

    /// The slot with this tag for which `is_it` holds.
    #[inline]
    pub(crate) fn find(&self, tag: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.search(tag, is_it).ok()
    }

    /// As [`Self::find`]; where there is none, the cell where it would be.
    #[inline]
    pub(crate) fn search(&self, tag: u32, is_it: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let (cells, mask) = (&self.cells[..], self.mask());
        let mut at = self.home(tag);
        loop {
            let cell = cells[at & mask];
            if cell == 0 {
                return Err(at & mask);
            }
            if tag_of(cell) == tag && is_it(slot_of(cell)) {
                return Ok(slot_of(cell));
            }
            at += 1;
        }
    }

    /// Reads where a search with this tag begins.
    #[inline]
    pub(crate) fn ahead(&self, tag: u32) -> u64 {
        self.cells[self.home(tag)]
    }

    #[inline]
    pub(crate) fn insert(&mut self, tag: u32, slot: u32) {
        let vacant = self.search(tag, |_| false).unwrap_err();
        self.fill(vacant, tag, slot);
    }

    /// Inserts into the cell that [`Self::search`] gave, if nothing has changed since.
    #[inline]
    pub(crate) fn fill(&mut self, vacant: usize, tag: u32, slot: u32) {
        self.cells[vacant] = cell_of(tag, slot);
        self.used += 1;
        if self.cells.len() < self.used * 2 {
            self.grow();
        }
    }

    /// Takes out the entry of this tag and slot and closes the gap.
    ///
    /// # Panics
    /// If there is none: a bug of the caller.
    #[inline]
    pub(crate) fn remove(&mut self, tag: u32, slot: u32) {
        let mask = self.mask();
        let wanted = cell_of(tag, slot);
        let mut gap = self.home(tag);
        while self.cells[gap & mask] != wanted {
            assert_ne!(self.cells[gap & mask], 0, "an open order is in the index");
            gap += 1;
        }
        self.used -= 1;
        let mut at = gap + 1;
        while self.cells[at & mask] != 0 {
            let cell = self.cells[at & mask];
            let from_home = at.wrapping_sub(self.home(tag_of(cell))) & mask;
            if at - gap <= from_home {
                self.cells[gap & mask] = cell;
                gap = at;
            }
            at += 1;
        }
        self.cells[gap & mask] = 0;
    }

    #[cold]
    fn grow(&mut self) {
        let bigger = vec![0; self.cells.len() * 2];
        let old = std::mem::replace(&mut self.cells, bigger);
        self.used = 0;
        for cell in old.into_iter().filter(|cell| *cell != 0) {
            self.insert(tag_of(cell), slot_of(cell));
        }
    }

    fn mask(&self) -> usize {
        self.cells.len() - 1
    }

    fn home(&self, tag: u32) -> usize {
        self.homes.home(tag, self.cells.len()) & self.mask()
    }
}

fn cell_of(tag: u32, slot: u32) -> u64 {
    u64::from(tag) << 32 | (u64::from(slot) + 1)
}

fn tag_of(cell: u64) -> u32 {
    u32::try_from(cell >> 32).expect("shifted")
}

fn slot_of(cell: u64) -> u32 {
    u32::try_from(cell & u64::from(u32::MAX)).expect("masked") - 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug)]
    struct Direct;

    impl Home for Direct {
        fn home(&self, tag: u32, cells: usize) -> usize {
            tag as usize & (cells - 1)
        }
    }

    #[test]
    fn entries_come_and_go_without_losing_one_another() {
        let mut table = Table::new(Direct);
        let mut open = BTreeMap::new();
        let mut state = 11_u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let slot = u32::try_from(state >> 52).unwrap();
            // Few tags, so that runs of neighbours are long.
            let tag = slot.wrapping_mul(7) % 1_500;
            if open.remove(&slot).is_some() {
                table.remove(tag, slot);
            } else {
                table.insert(tag, slot);
                open.insert(slot, tag);
            }
            assert_eq!(table.find(tag, |found| found == slot).is_some(), open.contains_key(&slot));
        }
        for (slot, tag) in &open {
            assert_eq!(table.find(*tag, |found| found == *slot), Some(*slot));
        }
        assert_eq!(table.len(), open.len());
    }
}
