//! From a client's name for an order to its slot, among open orders.
//!
//! Keyed with SipHash-1-3 from the genesis record, so that no client can aim at a bucket; never
//! iterated, so that the key changes nothing but places. A cell holds 32 bits of the hash and the
//! slot; the name itself is compared in the order's record.

use model::{AccountId, ClientOrderId, MarketId};

const CELLS_MIN: usize = 1 << 10;

#[derive(Debug)]
pub(crate) struct NameIndex {
    key: (u64, u64),
    /// `tag << 32 | slot + 1`; zero is empty. The place of a tag is its lowest bits.
    cells: Vec<u64>,
    used: usize,
}

impl NameIndex {
    pub(crate) fn new(key: [u8; 16]) -> Self {
        let whole = u128::from_le_bytes(key);
        let low = u64::try_from(whole & u128::from(u64::MAX)).expect("masked");
        let high = u64::try_from(whole >> 64).expect("shifted");
        Self { key: (low, high), cells: vec![0; CELLS_MIN], used: 0 }
    }

    /// The hash of a name, to be handed to the other functions.
    pub(crate) fn tag(&self, account: AccountId, market: MarketId, name: &ClientOrderId) -> u32 {
        let mut sip = Sip::new(self.key);
        sip.write(u64::from(account.0) | u64::from(market.0) << 32);
        let bytes = name.as_bytes();
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            sip.write(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        last[7] = u8::try_from(bytes.len()).expect("names are short");
        sip.write(u64::from_le_bytes(last));
        sip.finish()
    }

    /// The slot with this tag for which `is_it` holds.
    pub(crate) fn find(&self, tag: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.home(tag);
        loop {
            let cell = self.cells[at];
            if cell == 0 {
                return None;
            }
            if tag_of(cell) == tag && is_it(slot_of(cell)) {
                return Some(slot_of(cell));
            }
            at = (at + 1) & self.mask();
        }
    }

    pub(crate) fn insert(&mut self, tag: u32, slot: u32) {
        if self.cells.len() * 3 <= self.used * 4 {
            self.grow();
        }
        self.used += 1;
        let cell = u64::from(tag) << 32 | (u64::from(slot) + 1);
        let mut at = self.home(tag);
        while self.cells[at] != 0 {
            at = (at + 1) & self.mask();
        }
        self.cells[at] = cell;
    }

    /// Takes out the entry of this tag and slot and closes the gap, so that no tombs remain.
    pub(crate) fn remove(&mut self, tag: u32, slot: u32) {
        let cell = u64::from(tag) << 32 | (u64::from(slot) + 1);
        let mut gap = self.home(tag);
        while self.cells[gap] != cell {
            assert_ne!(self.cells[gap], 0, "an open order's name is in the index");
            gap = (gap + 1) & self.mask();
        }
        self.used -= 1;
        let mut at = gap;
        loop {
            at = (at + 1) & self.mask();
            let cell = self.cells[at];
            if cell == 0 {
                break;
            }
            let from_home = at.wrapping_sub(self.home(tag_of(cell))) & self.mask();
            if (at.wrapping_sub(gap) & self.mask()) <= from_home {
                self.cells[gap] = cell;
                gap = at;
            }
        }
        self.cells[gap] = 0;
    }

    fn grow(&mut self) {
        let bigger = vec![0; self.cells.len() * 2];
        let old = std::mem::replace(&mut self.cells, bigger);
        self.used = 0;
        for cell in old.into_iter().filter(|cell| *cell != 0) {
            self.insert(tag_of(cell), slot_of(cell));
        }
    }

    const fn mask(&self) -> usize {
        self.cells.len() - 1
    }

    const fn home(&self, tag: u32) -> usize {
        tag as usize & self.mask()
    }
}

fn tag_of(cell: u64) -> u32 {
    u32::try_from(cell >> 32).expect("shifted")
}

fn slot_of(cell: u64) -> u32 {
    u32::try_from(cell & u64::from(u32::MAX)).expect("masked") - 1
}

/// SipHash-1-3 over whole words.
struct Sip {
    state: [u64; 4],
    words: u64,
}

impl Sip {
    const fn new((low, high): (u64, u64)) -> Self {
        let state = [
            low ^ 0x736f_6d65_7073_6575,
            high ^ 0x646f_7261_6e64_6f6d,
            low ^ 0x6c79_6765_6e65_7261,
            high ^ 0x7465_6462_7974_6573,
        ];
        Self { state, words: 0 }
    }

    fn write(&mut self, word: u64) {
        self.state[3] ^= word;
        self.round();
        self.state[0] ^= word;
        self.words += 1;
    }

    fn finish(mut self) -> u32 {
        self.write(self.words << 59);
        self.state[2] ^= 0xff;
        for _ in 0..3 {
            self.round();
        }
        let [a, b, c, d] = self.state;
        u32::try_from((a ^ b ^ c ^ d) >> 32).expect("shifted")
    }

    const fn round(&mut self) {
        let [a, b, c, d] = &mut self.state;
        *a = a.wrapping_add(*b);
        *b = b.rotate_left(13) ^ *a;
        *a = a.rotate_left(32);
        *c = c.wrapping_add(*d);
        *d = d.rotate_left(16) ^ *c;
        *a = a.wrapping_add(*d);
        *d = d.rotate_left(21) ^ *a;
        *c = c.wrapping_add(*b);
        *b = b.rotate_left(17) ^ *c;
        *c = c.rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn names_come_and_go_without_losing_one_another() {
        let mut index = NameIndex::new([3; 16]);
        let mut open = BTreeMap::new();
        let mut state = 11_u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let slot = u32::try_from(state >> 52).unwrap();
            // Few tags, so that runs of neighbours are long.
            let tag = slot.wrapping_mul(7) % 1_500;
            if open.remove(&slot).is_some() {
                index.remove(tag, slot);
            } else {
                index.insert(tag, slot);
                open.insert(slot, tag);
            }
            assert_eq!(index.find(tag, |found| found == slot).is_some(), open.contains_key(&slot));
        }
        for (slot, tag) in &open {
            assert_eq!(index.find(*tag, |found| found == *slot), Some(*slot));
        }
        assert_eq!(index.used, open.len());
    }

    #[test]
    fn the_same_name_of_another_account_or_market_is_another() {
        let index = NameIndex::new([3; 16]);
        let name = ClientOrderId::new("mine").unwrap();
        let tag = |account, market| index.tag(AccountId(account), MarketId(market), &name);
        assert_eq!(tag(2, 0), tag(2, 0));
        assert_ne!(tag(2, 0), tag(3, 0));
        assert_ne!(tag(2, 0), tag(2, 1));
        let other = NameIndex::new([4; 16]);
        assert_ne!(tag(2, 0), other.tag(AccountId(2), MarketId(0), &name));
    }
}
