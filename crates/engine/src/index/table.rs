//! A hash table of slots in buckets of seven: no allocation but to grow, no tombs, never iterated.
//!
//! Of each entry a bucket has one byte of its hash in a word that is compared at once, and apart
//! from that its slot. So a search for what is not there reads one word, and the words of a large
//! table fit a cache that its slots do not.

/// Entries of a bucket.
const ENTRIES: u32 = 7;
/// Fewest buckets, a power of two.
const BUCKETS_MIN: usize = 1 << 7;
/// The table grows when it has more than half as many entries as room.
const ROOM_FOR_ONE: usize = 2;

/// Slots by a tag of 32 bits, which is a hash. What a slot stands for is compared by who asks.
#[derive(Debug)]
pub(crate) struct Table {
    words: Vec<Word>,
    /// By bucket; the last of each is unused, so that a bucket lies within a line of the cache.
    slots: Vec<[u32; ENTRIES as usize + 1]>,
    used: usize,
    /// Of a tag all but the bits that tell the bucket.
    shift: u32,
}

/// A bucket's entries by a byte of their tags, zero where there is none. The highest byte counts
/// the entries that found the bucket full and went on to one behind it; 255 is that or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word(u64);

const LOW_BITS: u64 = 0x0001_0101_0101_0101;
const LOW_SEVENS: u64 = 0x007f_7f7f_7f7f_7f7f;
const HIGH_BITS: u64 = 0x0080_8080_8080_8080;
const PASSED_BITS: u32 = 8 * ENTRIES;

impl Word {
    /// The places with a byte, as the highest bits of their bytes.
    #[inline]
    fn places_of(self, byte: u64) -> u64 {
        let others = self.0 ^ (byte * LOW_BITS);
        !(((others & LOW_SEVENS) + LOW_SEVENS) | others) & HIGH_BITS
    }

    #[inline]
    const fn passed(self) -> u64 {
        self.0 >> PASSED_BITS
    }

    #[inline]
    fn set(&mut self, place: usize, byte: u64) {
        self.0 |= byte << (8 * place);
    }

    #[inline]
    fn clear(&mut self, place: usize) {
        self.0 &= !(0xff << (8 * place));
    }

    fn pass(&mut self) {
        if self.passed() < 0xff {
            self.0 += 1 << PASSED_BITS;
        }
    }

    fn unpass(&mut self) {
        if self.passed() < 0xff {
            self.0 -= 1 << PASSED_BITS;
        }
    }
}

/// The first of some places.
#[inline]
fn first(places: u64) -> usize {
    (places.trailing_zeros() / 8) as usize
}

impl Table {
    pub(crate) fn new() -> Self {
        Self::with_buckets(BUCKETS_MIN)
    }

    fn with_buckets(buckets: usize) -> Self {
        Self {
            words: vec![Word(0); buckets],
            slots: vec![[0; ENTRIES as usize + 1]; buckets],
            used: 0,
            shift: u32::BITS - buckets.trailing_zeros(),
        }
    }

    #[cfg(test)]
    pub(crate) const fn len(&self) -> usize {
        self.used
    }

    /// The slot with this tag for which `is_it` holds.
    #[inline]
    pub(crate) fn find(&self, tag: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let word = self.words[self.home(tag)];
        if word.places_of(byte_of(tag)) == 0 && word.passed() == 0 {
            return None;
        }
        self.search(tag, is_it)
    }

    #[inline(never)]
    fn search(&self, tag: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut bucket = self.home(tag);
        for _ in 0..self.words.len() {
            let word = self.words[bucket];
            let mut places = word.places_of(byte_of(tag));
            while places != 0 {
                let slot = self.slots[bucket][first(places)];
                if is_it(slot) {
                    return Some(slot);
                }
                places &= places - 1;
            }
            if word.passed() == 0 {
                return None;
            }
            bucket = self.after(bucket);
        }
        None
    }

    /// Reads where a search with this tag begins.
    #[inline]
    pub(crate) fn ahead(&self, tag: u32) -> u64 {
        self.words[self.home(tag)].0
    }

    /// `tag_of` tells the tags of the slots that are in the table.
    #[inline]
    pub(crate) fn insert(&mut self, tag: u32, slot: u32, tag_of: impl Fn(u32) -> u32) {
        if self.words.len() * ENTRIES as usize <= self.used * ROOM_FOR_ONE {
            self.grow(tag_of);
        }
        self.put(tag, slot);
    }

    #[inline]
    fn put(&mut self, tag: u32, slot: u32) {
        self.used += 1;
        let bucket = self.home(tag);
        let word = &mut self.words[bucket];
        let vacant = word.places_of(0);
        if vacant == 0 {
            return self.put_further(tag, slot);
        }
        word.set(first(vacant), byte_of(tag));
        self.slots[bucket][first(vacant)] = slot;
    }

    #[cold]
    #[inline(never)]
    fn put_further(&mut self, tag: u32, slot: u32) {
        let mut bucket = self.home(tag);
        while self.words[bucket].places_of(0) == 0 {
            self.words[bucket].pass();
            bucket = self.after(bucket);
        }
        let word = &mut self.words[bucket];
        let vacant = first(word.places_of(0));
        word.set(vacant, byte_of(tag));
        self.slots[bucket][vacant] = slot;
    }

    /// Takes out the entry of this tag and slot.
    ///
    /// # Panics
    /// If there is none: a bug of the caller.
    #[inline]
    pub(crate) fn remove(&mut self, tag: u32, slot: u32) {
        self.used -= 1;
        let bucket = self.home(tag);
        let word = &mut self.words[bucket];
        let places = word.places_of(byte_of(tag));
        // Where nobody went on and one entry fits, it is this one: its slot need not be read.
        if word.passed() != 0 || !places.is_power_of_two() {
            return self.remove_further(tag, slot);
        }
        word.clear(first(places));
    }

    #[inline(never)]
    fn remove_further(&mut self, tag: u32, slot: u32) {
        let mut bucket = self.home(tag);
        for _ in 0..self.words.len() {
            let word = &mut self.words[bucket];
            let mut places = word.places_of(byte_of(tag));
            while places != 0 {
                if self.slots[bucket][first(places)] == slot {
                    return word.clear(first(places));
                }
                places &= places - 1;
            }
            assert_ne!(word.passed(), 0, "an open order is in the index");
            word.unpass();
            bucket = self.after(bucket);
        }
        unreachable!("an open order is in the index");
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, tag_of: impl Fn(u32) -> u32) {
        let old = std::mem::replace(self, Self::with_buckets(self.words.len() * 2));
        for (word, slots) in old.words.into_iter().zip(old.slots) {
            let vacant = word.places_of(0);
            let mut places = HIGH_BITS & !vacant;
            while places != 0 {
                let slot = slots[first(places)];
                self.put(tag_of(slot), slot);
                places &= places - 1;
            }
        }
    }

    #[inline]
    fn home(&self, tag: u32) -> usize {
        (tag >> self.shift) as usize
    }

    #[inline]
    fn after(&self, bucket: usize) -> usize {
        (bucket + 1) & (self.words.len() - 1)
    }
}

/// The byte that stands for a tag in its bucket: never zero.
#[inline]
fn byte_of(tag: u32) -> u64 {
    u64::from(tag & 0xff | 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn entries_come_and_go_without_losing_one_another() {
        let mut table = Table::new();
        let mut open = BTreeMap::new();
        let mut state = 11_u64;
        // Few tags, in few buckets, so that many entries go past their own.
        let tag_of = |slot: u32| ((slot.wrapping_mul(7) % 60) << 26) | (slot % 300);
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let slot = u32::try_from(state >> 52).unwrap();
            let tag = tag_of(slot);
            if open.remove(&slot).is_some() {
                table.remove(tag, slot);
            } else {
                table.insert(tag, slot, tag_of);
                open.insert(slot, tag);
            }
            assert_eq!(table.find(tag, |found| found == slot).is_some(), open.contains_key(&slot));
        }
        for (slot, tag) in &open {
            assert_eq!(table.find(*tag, |found| found == *slot), Some(*slot));
        }
        assert_eq!(table.len(), open.len());
        open.iter().for_each(|(slot, tag)| table.remove(*tag, *slot));
        let is_empty = |word: &Word| *word == Word(0) || word.passed() == 0xff;
        assert!(table.words.iter().all(is_empty), "nobody is said to have gone past");
    }
}
