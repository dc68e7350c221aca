//! A signed request that changes something is good once, also where it was signed for reading.
//!
//! ```text
//! words seen for the first time ─► good for anything
//! a change again, or after a change, or after a read ─► refused
//! a cancel after a read, from where that came, within a second ─► good, once
//! ```
//!
//! Keeps   what was seen is remembered until its window is over by the machine's clock, which no
//!         scenario sets, and no longer: after that the window itself refuses it. Same request,
//!         same window, same bucket: one look suffices. One key fills [`SEEN_PER_KEY_MAX`] of a
//!         bucket's [`SEEN_MAX`] places at most. Of what was only read, [`LATELY_MAX`] in each
//!         second are remembered with their origin.
//! Fails   towards refusing: without room a request is told that the exchange is busy, and a
//!         cancel after a read that it is a duplicate. Why so: docs/decisions/0014.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::Time;
use venue::binance::{Operation, OrderProblem, Refusal};

/// One bucket for each second in which a window can end: the longest window, one second of a
/// client's clock ahead, the 150 that a scenario sets the venue's ahead, and some to spare.
const BUCKETS: usize = 256;
/// Requests remembered for one second of expiry. At 16 bytes each this bounds the memory.
const SEEN_MAX: usize = 1 << 18;
/// Of these, for one key.
const SEEN_PER_KEY_MAX: u32 = 1 << 13;
/// Reads of one second whose origin is remembered, for this second and the one before.
const LATELY_MAX: usize = 1 << 15;
/// How long after a read a cancel in the same words is taken, in microseconds.
const CANCEL_WITHIN_MICROS: u64 = 1_000_000;

/// What is asked with signed words. Method and path are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be told something: good again and again.
    Read,
    /// To end orders that rest: good once, and right after a read.
    Cancel,
    /// To change anything else: good once, as the first.
    Change,
}

impl Purpose {
    /// That of an operation.
    #[must_use]
    pub const fn of(operation: Operation) -> Self {
        if operation.cancels() {
            Self::Cancel
        } else if operation.changes() {
            Self::Change
        } else {
            Self::Read
        }
    }
}

/// How signed words were used.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// What for.
    pub purpose: Purpose,
    /// By which client's address.
    pub from: IpAddr,
    /// When, by the venue's clock.
    pub at: Time,
    /// When, by the machine's clock, which no scenario sets.
    pub told: Time,
}

/// What was seen.
#[derive(Debug)]
pub struct Seen {
    /// Two keys drawn at the start, so that nobody outside can aim at a collision.
    keys: [RandomState; 2],
    buckets: Vec<Mutex<Bucket>>,
    /// Locked after a bucket, never before.
    lately: Mutex<Lately>,
}

#[derive(Debug, Default)]
struct Bucket {
    second: u64,
    seen: HashSet<u128, BuildHasherDefault<Print>>,
    /// How many of them each key signed.
    by_key: HashMap<u128, u32, BuildHasherDefault<Print>>,
}

/// Takes what is hashed already, or was drawn at random, for its own hash.
#[derive(Debug, Default)]
struct Print(u64);

impl Hasher for Print {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[allow(clippy::cast_possible_truncation)] // Both halves count.
    fn write_u128(&mut self, print: u128) {
        self.0 = (print >> 64) as u64 ^ print as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What was read in this second and in the one before, and nothing else was done with.
#[derive(Debug, Default)]
struct Lately {
    second: u64,
    young: HashMap<u128, (IpAddr, Time)>,
    old: HashMap<u128, (IpAddr, Time)>,
}

impl Lately {
    fn turn(&mut self, second: u64) {
        // Whoever looked at the clock first may come here last.
        if self.second == second || self.second == second + 1 {
            return;
        }
        let is_next = self.second + 1 == second;
        let last = std::mem::take(&mut self.young);
        self.old = if is_next { last } else { HashMap::new() };
        self.second = second;
    }

    fn read(&mut self, print: u128, Asked { from, at, .. }: Asked) {
        self.turn(at.micros() / 1_000_000);
        if self.young.len() < LATELY_MAX {
            self.young.insert(print, (from, at));
        }
    }

    /// Whether these words were read from there a moment ago; they are spent by that.
    fn spend(&mut self, print: u128, Asked { from, at, .. }: Asked) -> bool {
        self.turn(at.micros() / 1_000_000);
        let known = self.young.get(&print).or_else(|| self.old.get(&print));
        let is_good = known.is_some_and(|(origin, read)| {
            *origin == from && at.micros().abs_diff(read.micros()) <= CANCEL_WITHIN_MICROS
        });
        if is_good {
            self.young.remove(&print);
            self.old.remove(&print);
        }
        is_good
    }
}

impl Default for Seen {
    fn default() -> Self {
        let keys = [RandomState::new(), RandomState::new()];
        let buckets = (0..BUCKETS).map(|_| Mutex::default()).collect();
        Self { keys, buckets, lately: Mutex::default() }
    }
}

impl Seen {
    /// Takes note of what `key` signed, good until `expires`, and of what it was used for.
    ///
    /// What was to expire later than anything can that is signed now was noted by a clock of the
    /// machine's that ran ahead: it makes room.
    ///
    /// # Errors
    /// [`Refusal::OrderRejected`] with a duplicate if it is good no more; [`Refusal::Busy`] without
    /// room.
    pub fn note(
        &self,
        key: u128,
        parts: &[&[u8]],
        expires: Time,
        asked: Asked,
    ) -> Result<(), Refusal> {
        let second = expires.micros() / 1_000_000;
        let print = self.print(key, parts);
        let index = usize::try_from(second % BUCKETS as u64).unwrap_or_default();
        let mut bucket = lock(&self.buckets[index]);
        let now = asked.told.micros() / 1_000_000;
        let is_over = bucket.second < now || now + (BUCKETS as u64) < bucket.second;
        if bucket.second != second && is_over {
            bucket.second = second;
            bucket.seen.clear();
            bucket.seen.shrink_to(1_024);
            bucket.by_key.clear();
            bucket.by_key.shrink_to(1_024);
        }
        if bucket.second == second && bucket.seen.contains(&print) {
            return self.repeat(print, asked);
        }
        let of_key = bucket.by_key.get(&key).copied().unwrap_or_default();
        let full = SEEN_MAX <= bucket.seen.len() || SEEN_PER_KEY_MAX <= of_key;
        if bucket.second != second || full {
            return Err(Refusal::Busy);
        }
        bucket.seen.insert(print);
        bucket.by_key.insert(key, of_key + 1);
        if asked.purpose == Purpose::Read {
            // Before another can see that these words were seen.
            lock(&self.lately).read(print, asked);
        }
        Ok(())
    }

    /// Words that were seen before.
    fn repeat(&self, print: u128, asked: Asked) -> Result<(), Refusal> {
        let is_good = match asked.purpose {
            Purpose::Read => true,
            Purpose::Cancel => lock(&self.lately).spend(print, asked),
            Purpose::Change => false,
        };
        if is_good { Ok(()) } else { Err(Refusal::OrderRejected(OrderProblem::Duplicate)) }
    }

    /// 128 bits of what was signed by whom. The parts are hashed as one text: where the cut lies
    /// is no part of what was signed.
    fn print(&self, key: u128, parts: &[&[u8]]) -> u128 {
        let [high, low] = self.keys.each_ref().map(|state| {
            let mut hasher = state.build_hasher();
            hasher.write_u128(key);
            for part in parts {
                hasher.write(part);
            }
            u128::from(hasher.finish())
        });
        high << 64 | low
    }
}

/// A panic elsewhere leaves what was noted as it is.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::Purpose::{Cancel, Change, Read};
    use super::*;

    const NOW: Time = Time(1_700_000_000_000_000);
    const EXPIRES: Time = Time(1_700_000_005_000_000);
    const HOME: &str = "192.0.2.7";
    const DUPLICATE: Result<(), Refusal> = Err(Refusal::OrderRejected(OrderProblem::Duplicate));

    /// Used from home at a moment.
    fn asked(purpose: Purpose, at: Time) -> Asked {
        Asked { purpose, from: HOME.parse().unwrap(), at, told: at }
    }

    /// Notes the same words of one key again and again: purpose, address, milliseconds after the
    /// first, and whether they are good for that.
    fn check(uses: &[(Purpose, &str, u64, bool)]) {
        let seen = Seen::default();
        for (place, &(purpose, from, millis, is_good)) in uses.iter().enumerate() {
            let at = Time(NOW.0 + millis * 1_000);
            let asked = Asked { purpose, from: from.parse().unwrap(), at, told: at };
            let want = if is_good { Ok(()) } else { DUPLICATE };
            assert_eq!(seen.note(1, &[b"a=1"], EXPIRES, asked), want, "{place} of {uses:?}");
        }
    }

    #[test]
    fn the_same_signed_request_passes_once() {
        let seen = Seen::default();
        let change = asked(Change, NOW);
        assert_eq!(seen.note(1, &[b"a=1", b"&b=2"], EXPIRES, change), Ok(()));
        assert_eq!(seen.note(1, &[b"a=1&", b"b=2"], EXPIRES, change), DUPLICATE);
        assert_eq!(seen.note(2, &[b"a=1&b=2"], EXPIRES, change), Ok(()), "another key");
        assert_eq!(seen.note(1, &[b"a=1&b=3"], EXPIRES, change), Ok(()), "another request");
    }

    #[test]
    fn one_cancel_passes_right_after_a_read_in_the_same_words() {
        check(&[(Read, HOME, 0, true), (Cancel, HOME, 0, true)]);
        check(&[(Read, HOME, 0, true), (Read, HOME, 10, true), (Cancel, HOME, 1_000, true)]);
        check(&[(Read, HOME, 900, true), (Cancel, HOME, 1_900, true)]);
    }

    #[test]
    fn a_second_cancel_is_refused_whatever_is_read_between() {
        check(&[(Cancel, HOME, 0, true), (Cancel, HOME, 0, false)]);
        check(&[(Cancel, HOME, 0, true), (Read, HOME, 0, true), (Cancel, HOME, 0, false)]);
        check(&[
            (Read, HOME, 0, true),
            (Cancel, HOME, 1, true),
            (Cancel, HOME, 1, false),
            (Read, HOME, 2, true),
            (Cancel, HOME, 3, false),
        ]);
    }

    #[test]
    fn a_cancel_after_a_read_is_refused_from_another_address() {
        let elsewhere = "192.0.2.8";
        check(&[(Read, HOME, 0, true), (Cancel, elsewhere, 0, false), (Cancel, HOME, 1, true)]);
        let (read_too, cancel_too) = ((Read, elsewhere, 0, true), (Cancel, elsewhere, 1, false));
        check(&[(Read, HOME, 0, true), read_too, cancel_too, (Cancel, HOME, 2, true)]);
    }

    #[test]
    fn a_cancel_later_than_a_second_after_a_read_is_refused() {
        for (read, cancel) in [(0, 1_001), (900, 1_901), (0, 2_000), (0, 60_000)] {
            check(&[(Read, HOME, read, true), (Cancel, HOME, cancel, false)]);
        }
        check(&[(Read, HOME, 0, true), (Read, HOME, 900, true), (Cancel, HOME, 1_500, false)]);
        check(&[(Read, HOME, 5_000, true), (Cancel, HOME, 3_999, false)]);
    }

    #[test]
    fn no_other_change_is_taken_after_a_read() {
        check(&[(Read, HOME, 0, true), (Change, HOME, 0, false), (Cancel, HOME, 1, true)]);
        check(&[(Change, HOME, 0, true), (Cancel, HOME, 0, false)]);
    }

    #[test]
    fn a_read_for_which_there_was_no_room_lets_no_cancel_follow() {
        let seen = Seen::default();
        for number in 0..=LATELY_MAX {
            let read = asked(Read, NOW);
            assert_eq!(seen.note(number as u128, &[b"a=1"], EXPIRES, read), Ok(()));
        }
        let cancel =
            |number: usize| seen.note(number as u128, &[b"a=1"], EXPIRES, asked(Cancel, NOW));
        assert_eq!(cancel(0), Ok(()));
        assert_eq!(cancel(LATELY_MAX), DUPLICATE);
    }

    #[test]
    fn what_has_expired_makes_room() {
        let seen = Seen::default();
        let at = |second: u64| Time(second * 1_000_000);
        let (first, later) = (at(100), at(100 + BUCKETS as u64));
        assert_eq!(seen.note(1, &[b"a"], first, asked(Change, first)), Ok(()));
        assert_eq!(seen.note(1, &[b"b"], later, asked(Change, later)), Ok(()));
        assert_eq!(seen.buckets[100 % BUCKETS].lock().unwrap().seen.len(), 1);
    }

    #[test]
    fn what_a_clock_that_ran_ahead_noted_does_not_stay_in_the_way() {
        let seen = Seen::default();
        let at = |second: u64| Time(second * 1_000_000);
        let hour = 3_600;
        for ahead in 0..BUCKETS as u64 {
            let change = asked(Change, at(hour));
            assert_eq!(seen.note(1, &[b"a"], at(hour + ahead), change), Ok(()));
        }
        assert_eq!(seen.note(1, &[b"b"], at(5), asked(Change, at(0))), Ok(()));
        assert_eq!(seen.note(1, &[b"b"], at(5), asked(Change, at(0))), DUPLICATE);
    }

    #[test]
    fn a_venues_clock_that_was_ahead_and_went_back_revives_nothing() {
        let seen = Seen::default();
        // By the machine's clock; the venue's is 150 seconds ahead from second 1,001 to 1,002.
        let note = |words: &[u8], expires: u64, ahead: u64, second: u64| {
            let told = Time(second * 1_000_000);
            let at = Time((second + ahead) * 1_000_000);
            let asked = Asked { told, ..asked(Change, at) };
            seen.note(1, &[words], Time(expires * 1_000_000), asked)
        };
        assert_eq!(note(b"before", 1_060, 0, 1_000), Ok(()));
        for second in 1_151..1_212 {
            // Enough to come by each second in which a window can end.
            let words = format!("ahead {second}");
            assert_eq!(note(words.as_bytes(), second, 150, 1_001), Ok(()));
        }
        assert_eq!(note(b"before", 1_060, 0, 1_002), DUPLICATE);
        assert_eq!(note(b"before", 1_060, 0, 1_059), DUPLICATE);
        assert_eq!(note(b"ahead 1151", 1_151, 0, 1_150), DUPLICATE);
        assert_eq!(note(b"ahead 1211", 1_211, 0, 1_210), DUPLICATE);
    }

    #[test]
    fn one_key_does_not_take_the_room_of_others() {
        let seen = Seen::default();
        let change = asked(Change, NOW);
        for number in 0..SEEN_PER_KEY_MAX {
            assert_eq!(seen.note(1, &[&number.to_le_bytes()], EXPIRES, change), Ok(()));
        }
        assert_eq!(seen.note(1, &[b"one more"], EXPIRES, change), Err(Refusal::Busy));
        assert_eq!(seen.note(2, &[b"one more"], EXPIRES, change), Ok(()), "another key");
    }
}
