//! A table of bounded size that forgets whoever was not seen for longest.
//!
//! Keeps   at most twice `half` entries; the `half` that were seen last are there for certain.
//!         Room is made in one step, whenever `half` others were seen, and never by looking
//!         through the table.

use std::collections::HashMap;
use std::hash::Hash;

/// Values of what was seen lately.
#[derive(Debug)]
pub struct Recent<K, V> {
    /// Seen since the last turn.
    young: HashMap<K, V>,
    /// Seen in the turn before, and not since.
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Eq + Hash, V: Default> Recent<K, V> {
    /// Nothing yet; room for `entries_max`.
    #[must_use]
    pub fn new(entries_max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: (entries_max / 2).max(1) }
    }

    /// The value of `key`, which is seen by that.
    pub fn see(&mut self, key: K) -> &mut V {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key).unwrap_or_default();
            if self.half <= self.young.len() {
                self.old = std::mem::take(&mut self.young);
            }
            return self.young.entry(key).or_insert(value);
        }
        self.young.entry(key).or_default()
    }

    /// The value of `key`, if it is remembered.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_seen_lately_is_remembered_however_many_come() {
        let mut recent: Recent<u32, u32> = Recent::new(8);
        for stranger in 1..1_000 {
            if stranger % 4 == 1 {
                *recent.see(0) += 1;
            }
            *recent.see(stranger) += 1;
            assert!(recent.young.len() + recent.old.len() <= 8, "{recent:?}");
            assert_eq!(recent.get(&stranger), Some(&1));
        }
        assert_eq!(recent.get(&0), Some(&250), "seen at every fourth");
        assert_eq!(recent.get(&1), None, "long ago");
    }
}
