//! `Idempotency-Key`: what was asked and answered, so that asking again does nothing twice.
//!
//! Keeps   an answer is told again for [`KEPT_FOR`]; at most [`KEYS_MAX`] keys, and
//!         [`KEYS_PER_ACCOUNT_MAX`] of one account, of which none is forgotten early: beyond that a
//!         new one is refused. An answer of more than [`ANSWER_BYTES_MAX`] is not kept: who asks
//!         again is told to look. It is memory, and does not survive a restart.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use model::{AccountId, Time};

use crate::problem::Problem;

/// How long an answer is kept.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);
/// The most keys kept.
const KEYS_MAX: usize = 100_000;
/// Of these, of one account.
const KEYS_PER_ACCOUNT_MAX: usize = 2_000;
/// The longest answer that is kept, in bytes.
const ANSWER_BYTES_MAX: usize = 4 * 1_024;
/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 128;

/// A key of one account, hashed.
type Name = (AccountId, [u8; 32]);

/// What was asked under which key.
#[derive(Clone, Debug, Default)]
pub struct Repeats(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    asked: HashMap<Name, Asked>,
    by_account: HashMap<AccountId, usize>,
    /// Oldest first.
    ages: VecDeque<(Time, Name)>,
}

#[derive(Debug)]
struct Asked {
    digest: [u8; 32],
    at: Time,
    outcome: Outcome,
}

#[derive(Clone, Debug)]
enum Outcome {
    Underway,
    Unknown,
    Told(StatusCode, Bytes),
}

/// What to do with a request that carries a key.
#[derive(Debug)]
pub enum Begun {
    /// Carry it out.
    New(Underway),
    /// It was, with this answer.
    Told(StatusCode, Bytes),
}

/// A request that is being carried out. Dropped without an answer, its outcome is unknown.
#[derive(Debug)]
pub struct Underway {
    repeats: Repeats,
    name: Name,
    is_told: bool,
}

impl Repeats {
    /// Begins what `account` asks under `key`; `digest` is that of all that is asked.
    ///
    /// # Errors
    /// 400 for what is no key, 409 for another request under the same key and while the first is
    /// under way or its outcome unknown, 429 without room.
    pub fn begin(
        &self,
        account: AccountId,
        key: &[u8],
        digest: [u8; 32],
        now: Time,
    ) -> Result<Begun, Problem> {
        if key.is_empty() || KEY_BYTES_MAX < key.len() {
            let message = format!("must have 1 to {KEY_BYTES_MAX} characters");
            return Err(Problem::wrong("Idempotency-Key", message));
        }
        let name = (account, *blake3::hash(key).as_bytes());
        let mut kept = self.lock();
        kept.forget(now);
        let crowded = KEYS_MAX <= kept.asked.len()
            || kept.by_account.get(&account).is_some_and(|keys| KEYS_PER_ACCOUNT_MAX <= *keys);
        match kept.asked.entry(name) {
            Entry::Occupied(entry) => {
                let asked = entry.get();
                if asked.digest != digest {
                    return Err(Problem::conflict(
                        "this Idempotency-Key was used for another request",
                    ));
                }
                match &asked.outcome {
                    Outcome::Told(status, body) => Ok(Begun::Told(*status, body.clone())),
                    Outcome::Underway => {
                        Err(Problem::conflict("this request is being carried out: ask again"))
                    }
                    Outcome::Unknown => Err(Problem::conflict(
                        "whether this request was carried out is not known: look at the orders",
                    )),
                }
            }
            Entry::Vacant(_) if crowded => {
                let detail = "too many Idempotency-Keys are remembered: ask without one";
                Err(Problem::rate_limited(detail, 60))
            }
            Entry::Vacant(entry) => {
                entry.insert(Asked { digest, at: now, outcome: Outcome::Underway });
                kept.ages.push_back((now, name));
                *kept.by_account.entry(account).or_default() += 1;
                Ok(Begun::New(Underway { repeats: self.clone(), name, is_told: false }))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget(&mut self, now: Time) {
        let kept_for = u64::try_from(KEPT_FOR.as_micros()).unwrap_or(u64::MAX);
        while let Some((at, name)) = self.ages.front().copied() {
            if now.micros() < at.micros().saturating_add(kept_for) {
                return;
            }
            self.ages.pop_front();
            // A key that was given up and used again is younger than this mark.
            if self.asked.get(&name).is_some_and(|asked| asked.at == at) {
                self.remove(&name);
            }
        }
    }

    fn remove(&mut self, name: &Name) {
        self.asked.remove(name);
        if let Entry::Occupied(mut keys) = self.by_account.entry(name.0) {
            *keys.get_mut() -= 1;
            if *keys.get() == 0 {
                keys.remove();
            }
        }
    }
}

impl Underway {
    /// It was carried out, with this answer.
    pub fn told(mut self, status: StatusCode, body: Bytes) {
        self.is_told = true;
        if let Some(asked) = self.repeats.lock().asked.get_mut(&self.name) {
            asked.outcome = if body.len() <= ANSWER_BYTES_MAX {
                // A copy: what it is part of may be larger.
                Outcome::Told(status, Bytes::copy_from_slice(&body))
            } else {
                Outcome::Unknown
            };
        }
    }

    /// Nothing was done: the key may be used again.
    pub fn not_done(mut self) {
        self.is_told = true;
        self.repeats.lock().remove(&self.name);
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if self.is_told {
            return;
        }
        if let Some(asked) = self.repeats.lock().asked.get_mut(&self.name) {
            asked.outcome = Outcome::Unknown;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: AccountId = AccountId(7);
    const HOUR: u64 = 3_600_000_000;

    fn begin(repeats: &Repeats, key: &str, digest: u8, hours: u64) -> Result<Begun, u16> {
        let begun = repeats.begin(WHO, key.as_bytes(), [digest; 32], Time(hours * HOUR));
        begun.map_err(|problem| problem.status.as_u16())
    }

    fn done(begun: Result<Begun, u16>) -> Underway {
        match begun {
            Ok(Begun::New(underway)) => underway,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_request_gets_the_same_answer_for_a_day() {
        let repeats = Repeats::default();
        let underway = done(begin(&repeats, "k", 1, 0));
        assert_eq!(begin(&repeats, "k", 1, 0).unwrap_err(), 409, "while it is carried out");
        underway.told(StatusCode::CREATED, Bytes::from_static(b"it"));
        for hours in [0, 23] {
            match begin(&repeats, "k", 1, hours) {
                Ok(Begun::Told(status, body)) => {
                    assert_eq!((status.as_u16(), &body[..]), (201, &b"it"[..]));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(begin(&repeats, "k", 2, 23).unwrap_err(), 409, "another body");
        let other = repeats.begin(AccountId(8), b"k", [2; 32], Time(0));
        assert!(matches!(other, Ok(Begun::New(_))), "a key is its account's");
        assert!(matches!(begin(&repeats, "k", 2, 24), Ok(Begun::New(_))), "forgotten");
    }

    #[test]
    fn what_was_not_done_may_be_asked_again_and_what_is_unknown_may_not() {
        let repeats = Repeats::default();
        done(begin(&repeats, "k", 1, 0)).not_done();
        drop(done(begin(&repeats, "k", 2, 1)));
        assert_eq!(begin(&repeats, "k", 2, 2).unwrap_err(), 409);
        assert_eq!(begin(&repeats, "k", 2, 24).unwrap_err(), 409, "as long as any other");
        drop(done(begin(&repeats, "k", 2, 25)));
        for wrong in ["", &"k".repeat(129)] {
            assert_eq!(begin(&repeats, wrong, 1, 0).unwrap_err(), 400);
        }
    }

    #[test]
    fn a_long_answer_is_not_kept_and_its_request_not_done_again() {
        let repeats = Repeats::default();
        let long = Bytes::from(vec![b'x'; ANSWER_BYTES_MAX + 1]);
        done(begin(&repeats, "a", 1, 0)).told(StatusCode::OK, long);
        assert!(matches!(begin(&repeats, "a", 1, 0), Err(409)));
        let short = Bytes::from(vec![b'x'; ANSWER_BYTES_MAX]);
        done(begin(&repeats, "b", 1, 0)).told(StatusCode::OK, short);
        assert!(matches!(begin(&repeats, "b", 1, 0), Ok(Begun::Told(..))));
    }

    #[test]
    fn keys_are_bounded_by_account() {
        let repeats = Repeats::default();
        for number in 0..KEYS_PER_ACCOUNT_MAX {
            let underway = done(begin(&repeats, &number.to_string(), 1, 0));
            underway.told(StatusCode::CREATED, Bytes::new());
        }
        assert_eq!(begin(&repeats, "more", 1, 1).unwrap_err(), 429);
        assert!(matches!(begin(&repeats, "5", 1, 1), Ok(Begun::Told(..))), "none is lost");
        assert!(matches!(begin(&repeats, "more", 1, 24), Ok(Begun::New(_))));
    }
}
