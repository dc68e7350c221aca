//! A signed request that changes something is good once, also where it was signed for reading.
//!
//! Keeps   what was seen is remembered until its window is over, and no longer: after that the
//!         window itself refuses it. Same request, same window, same bucket: one look suffices.
//!         One key fills [`SEEN_PER_KEY_MAX`] of a bucket's [`SEEN_MAX`] places at most.
//! Fails   towards refusing: without room a request is told that the exchange is busy.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use model::Time;
use venue::binance::{OrderProblem, Refusal};

/// One bucket for each second in which a window can end: the longest window, one second of a
/// clock ahead, and one to spare.
const BUCKETS: usize = 64;
/// Requests remembered for one second of expiry. At 16 bytes each this bounds the memory.
const SEEN_MAX: usize = 1 << 18;
/// Of these, for one key.
const SEEN_PER_KEY_MAX: u32 = 1 << 13;

/// What was seen.
#[derive(Debug)]
pub struct Seen {
    /// Two keys drawn at the start, so that nobody outside can aim at a collision.
    keys: [RandomState; 2],
    buckets: Vec<Mutex<Bucket>>,
}

#[derive(Debug, Default)]
struct Bucket {
    second: u64,
    seen: HashSet<u128>,
    /// How many of them each key signed.
    by_key: HashMap<u128, u32>,
}

impl Default for Seen {
    fn default() -> Self {
        let keys = [RandomState::new(), RandomState::new()];
        Self { keys, buckets: (0..BUCKETS).map(|_| Mutex::default()).collect() }
    }
}

impl Seen {
    /// Takes note of what `key` signed, good until `expires`, whatever was asked with it.
    ///
    /// What was to expire later than anything can that is signed `now` was noted by a clock that
    /// ran ahead: it makes room.
    ///
    /// # Errors
    /// [`Refusal::OrderRejected`] with a duplicate if it was seen; [`Refusal::Busy`] without room.
    pub fn note(
        &self,
        key: u128,
        parts: &[&[u8]],
        expires: Time,
        now: Time,
    ) -> Result<(), Refusal> {
        let second = expires.micros() / 1_000_000;
        let print = self.print(key, parts);
        let index = usize::try_from(second % BUCKETS as u64).unwrap_or_default();
        let mut bucket = self.buckets[index].lock().unwrap_or_else(PoisonError::into_inner);
        let latest = now.micros() / 1_000_000 + BUCKETS as u64;
        if bucket.second < second || latest < bucket.second {
            bucket.second = second;
            bucket.seen.clear();
            bucket.seen.shrink_to(1_024);
            bucket.by_key.clear();
            bucket.by_key.shrink_to(1_024);
        }
        if bucket.second == second && bucket.seen.contains(&print) {
            return Err(Refusal::OrderRejected(OrderProblem::Duplicate));
        }
        let of_key = bucket.by_key.get(&key).copied().unwrap_or_default();
        let full = SEEN_MAX <= bucket.seen.len() || SEEN_PER_KEY_MAX <= of_key;
        if bucket.second != second || full {
            return Err(Refusal::Busy);
        }
        bucket.seen.insert(print);
        bucket.by_key.insert(key, of_key + 1);
        Ok(())
    }

    /// 128 bits of what was signed by whom. The parts are hashed as one text: where the cut lies
    /// is no part of what was signed.
    fn print(&self, key: u128, parts: &[&[u8]]) -> u128 {
        let [high, low] = self.keys.each_ref().map(|state| {
            let mut hasher = state.build_hasher();
            std::hash::Hasher::write_u128(&mut hasher, key);
            for part in parts {
                std::hash::Hasher::write(&mut hasher, part);
            }
            u128::from(std::hash::Hasher::finish(&hasher))
        });
        high << 64 | low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_signed_request_passes_once() {
        let seen = Seen::default();
        let expires = Time(1_700_000_005_000_000);
        let now = Time(1_700_000_000_000_000);
        let duplicate = Err(Refusal::OrderRejected(OrderProblem::Duplicate));
        assert_eq!(seen.note(1, &[b"a=1", b"&b=2"], expires, now), Ok(()));
        assert_eq!(seen.note(1, &[b"a=1&", b"b=2"], expires, now), duplicate);
        assert_eq!(seen.note(2, &[b"a=1&b=2"], expires, now), Ok(()), "another key");
        assert_eq!(seen.note(1, &[b"a=1&b=3"], expires, now), Ok(()), "another request");
    }

    #[test]
    fn what_has_expired_makes_room() {
        let seen = Seen::default();
        let at = |second: u64| Time(second * 1_000_000);
        assert_eq!(seen.note(1, &[b"a"], at(100), at(100)), Ok(()));
        assert_eq!(
            seen.note(1, &[b"b"], at(100 + BUCKETS as u64), at(100 + BUCKETS as u64)),
            Ok(())
        );
        assert_eq!(seen.buckets[100 % BUCKETS].lock().unwrap().seen.len(), 1);
    }

    #[test]
    fn what_a_clock_that_ran_ahead_noted_does_not_stay_in_the_way() {
        let seen = Seen::default();
        let at = |second: u64| Time(second * 1_000_000);
        let hour = 3_600;
        for ahead in 0..BUCKETS as u64 {
            assert_eq!(seen.note(1, &[b"a"], at(hour + ahead), at(hour)), Ok(()));
        }
        assert_eq!(seen.note(1, &[b"b"], at(5), at(0)), Ok(()));
        let duplicate = Err(Refusal::OrderRejected(OrderProblem::Duplicate));
        assert_eq!(seen.note(1, &[b"b"], at(5), at(0)), duplicate);
    }

    #[test]
    fn one_key_does_not_take_the_room_of_others() {
        let seen = Seen::default();
        let expires = Time(1_700_000_005_000_000);
        let now = Time(1_700_000_000_000_000);
        for number in 0..SEEN_PER_KEY_MAX {
            assert_eq!(seen.note(1, &[&number.to_le_bytes()], expires, now), Ok(()));
        }
        assert_eq!(seen.note(1, &[b"one more"], expires, now), Err(Refusal::Busy));
        assert_eq!(seen.note(2, &[b"one more"], expires, now), Ok(()), "another key");
    }
}
