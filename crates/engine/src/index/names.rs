//! From a client's name for an order to its slot, among open orders.
//!
//! The hash is multilinear: the sum of the name's words, each times a secret number of its own
//! that comes from the genesis record. For whoever does not know those, any two names collide with
//! a probability of 2⁻³² (Lemire and Kaser, "Strongly universal string hashing is fast").

use model::{AccountId, ClientOrderId, MarketId};

use super::table::Table;
use crate::book::Orders;

/// Words of a name, and one each for account and market, and one added to all.
const WORDS: usize = ClientOrderId::LEN_MAX / 4;
const KEYS: usize = WORDS + 3;

#[derive(Debug)]
pub(crate) struct NameIndex {
    keys: [u64; KEYS],
    table: Table,
}

/// Secret numbers for the indices, drawn from the key of the genesis record.
pub(crate) fn secrets<const N: usize>(key: &[u8; 16], purpose: &str) -> [u64; N] {
    let mut stream = blake3::Hasher::new_derive_key(purpose).update(key).finalize_xof();
    std::array::from_fn(|_| {
        let mut bytes = [0; 8];
        stream.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    })
}

impl NameIndex {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        Self { keys: secrets(key, "rialto engine: names of orders"), table: Table::new() }
    }

    /// The hash of a name, to be handed to the other functions.
    #[inline]
    pub(crate) fn tag(&self, account: AccountId, market: MarketId, name: &ClientOrderId) -> u32 {
        let (words, _) = name.padded().as_chunks::<4>();
        let [first, second, third, keys @ ..] = &self.keys;
        let mut sum = first
            .wrapping_add(second.wrapping_mul(u64::from(account.0)))
            .wrapping_add(third.wrapping_mul(u64::from(market.0)));
        for (word, key) in words.iter().zip(keys) {
            sum = sum.wrapping_add(key.wrapping_mul(u64::from(u32::from_le_bytes(*word))));
        }
        u32::try_from(sum >> 32).expect("shifted")
    }

    /// The slot with this tag for which `is_it` holds.
    #[inline]
    pub(crate) fn find(&self, tag: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.table.find(tag, is_it)
    }

    /// Reads where a search with this tag begins.
    #[inline]
    pub(crate) fn ahead(&self, tag: u32) -> u64 {
        self.table.ahead(tag)
    }

    #[inline]
    pub(crate) fn insert(&mut self, tag: u32, slot: u32, orders: &Orders) {
        self.table.insert(tag, slot, |slot| orders.get(slot).name_tag);
    }

    #[inline]
    pub(crate) fn remove(&mut self, tag: u32, slot: u32) {
        self.table.remove(tag, slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_of_another_account_or_market_or_key_is_another() {
        let index = NameIndex::new(&[3; 16]);
        let name = ClientOrderId::new("mine").unwrap();
        let tag = |account, market| index.tag(AccountId(account), MarketId(market), &name);
        assert_eq!(tag(2, 0), tag(2, 0));
        assert_ne!(tag(2, 0), tag(3, 0));
        assert_ne!(tag(2, 0), tag(2, 1));
        let other = NameIndex::new(&[4; 16]);
        assert_ne!(tag(2, 0), other.tag(AccountId(2), MarketId(0), &name));
    }

    #[test]
    fn every_letter_of_a_name_counts() {
        let index = NameIndex::new(&[3; 16]);
        let longest = "a".repeat(ClientOrderId::LEN_MAX);
        let mut tags = std::collections::BTreeSet::new();
        for at in 0..longest.len() {
            let mut name = longest.clone();
            name.replace_range(at..=at, "b");
            let name = ClientOrderId::new(&name).unwrap();
            tags.insert(index.tag(AccountId(2), MarketId(0), &name));
        }
        assert_eq!(tags.len(), ClientOrderId::LEN_MAX);
    }
}
