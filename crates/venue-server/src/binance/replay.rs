//! A signed request that places orders is good once.
//!
//! Keeps   what was seen is remembered until its window is over, and no longer: after that the
//!         window itself refuses it. Same request, same window, same bucket: one look suffices.
//! Fails   towards refusing: without room a request is told that the exchange is busy.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use model::Time;
use venue::binance::{OrderProblem, Refusal};

/// One bucket for each second in which a window can end: the longest window, one second of a
/// clock ahead, and one to spare.
const BUCKETS: usize = 64;
/// Requests remembered for one second of expiry. At 16 bytes each this bounds the memory.
const SEEN_MAX: usize = 1 << 18;

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
}

impl Default for Seen {
    fn default() -> Self {
        let keys = [RandomState::new(), RandomState::new()];
        Self { keys, buckets: (0..BUCKETS).map(|_| Mutex::default()).collect() }
    }
}

impl Seen {
    /// Takes note of the request that `key` signed, good until `expires`.
    ///
    /// # Errors
    /// [`Refusal::OrderRejected`] with a duplicate if it was seen; [`Refusal::Busy`] without room.
    pub fn first_time(&self, key: u128, parts: &[&[u8]], expires: Time) -> Result<(), Refusal> {
        let second = expires.micros() / 1_000_000;
        let print = self.print(key, parts);
        let index = usize::try_from(second % BUCKETS as u64).unwrap_or_default();
        let mut bucket = self.buckets[index].lock().unwrap_or_else(PoisonError::into_inner);
        if bucket.second < second {
            bucket.second = second;
            bucket.seen.clear();
            bucket.seen.shrink_to(1_024);
        }
        if bucket.second != second || SEEN_MAX <= bucket.seen.len() {
            return Err(Refusal::Busy);
        }
        if bucket.seen.insert(print) {
            Ok(())
        } else {
            Err(Refusal::OrderRejected(OrderProblem::Duplicate))
        }
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
        let duplicate = Err(Refusal::OrderRejected(OrderProblem::Duplicate));
        assert_eq!(seen.first_time(1, &[b"a=1", b"&b=2"], expires), Ok(()));
        assert_eq!(seen.first_time(1, &[b"a=1&", b"b=2"], expires), duplicate);
        assert_eq!(seen.first_time(2, &[b"a=1&b=2"], expires), Ok(()), "another key");
        assert_eq!(seen.first_time(1, &[b"a=1&b=3"], expires), Ok(()), "another request");
    }

    #[test]
    fn what_has_expired_makes_room() {
        let seen = Seen::default();
        let at = |second: u64| Time(second * 1_000_000);
        assert_eq!(seen.first_time(1, &[b"a"], at(100)), Ok(()));
        assert_eq!(seen.first_time(1, &[b"b"], at(100 + BUCKETS as u64)), Ok(()));
        assert_eq!(seen.buckets[100 % BUCKETS].lock().unwrap().seen.len(), 1);
    }
}
