//! `Idempotency-Key`: what was asked and answered, so that asking again does nothing twice.
//!
//! Keeps   an answer is told again for [`KEPT_FOR`], as long as all keys fit into [`ROOM_BYTES`].
//!         Where one more does not fit, the oldest of the account that has most goes: whoever has
//!         little loses nothing by those who take much, and is never refused. What was refused
//!         leaves nothing. An answer of more than [`ANSWER_BYTES_MAX`] is not kept: who asks again
//!         is told to look. It is memory, and does not survive a restart; that an order was placed
//!         under a key does, for its name is [`name_of`] the key.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, StatusCode};
use model::{AccountId, ClientOrderId, Time};

use crate::problem::Problem;

/// The header that makes it safe to ask again.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How long an answer is kept.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);
/// What all keys may take: some 50,000 orders.
const ROOM_BYTES: usize = 64 * 1_024 * 1_024;
/// What a key takes beside its answer.
const KEY_COST_BYTES: usize = 512;
/// The longest answer that is kept, in bytes.
const ANSWER_BYTES_MAX: usize = 4 * 1_024;
/// What a request takes while it is carried out.
const UNDERWAY_BYTES: usize = KEY_COST_BYTES + ANSWER_BYTES_MAX;
/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 128;

/// The name of an order that is placed under a key and has none of its own.
///
/// # Panics
/// Never: `key-` and 32 digits are a name.
#[must_use]
pub fn name_of(key: &[u8]) -> ClientOrderId {
    let hash = blake3::hash(key).to_hex();
    ClientOrderId::new(&format!("key-{}", &hash[..32])).expect("36 letters and digits are a name")
}

/// Whether a key that was used then still stands for what it was used for.
#[must_use]
pub fn is_kept(at: Time, now: Time) -> bool {
    u128::from(now.micros().saturating_sub(at.micros())) < KEPT_FOR.as_micros()
}

/// A key, hashed.
type Key = [u8; 32];
/// A key of one account.
type Name = (AccountId, Key);

/// What was asked under which key.
#[derive(Clone, Debug, Default)]
pub struct Repeats(Arc<Mutex<Room>>);

#[derive(Debug)]
struct Room {
    bytes_max: usize,
    asked: HashMap<Name, Asked>,
    bytes: usize,
    accounts: HashMap<AccountId, Account>,
    /// The greediest last.
    sizes: BTreeSet<(usize, AccountId)>,
    /// Oldest first.
    ages: BTreeSet<(Time, Name)>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            bytes_max: ROOM_BYTES,
            asked: HashMap::new(),
            bytes: 0,
            accounts: HashMap::new(),
            sizes: BTreeSet::new(),
            ages: BTreeSet::new(),
        }
    }
}

/// What one account has. Without keys, it has no entry.
#[derive(Debug, Default)]
struct Account {
    bytes: usize,
    /// Oldest first.
    ages: BTreeSet<(Time, Key)>,
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
        let mut room = self.lock();
        room.forget_old(now);
        if let Some(asked) = room.asked.get(&name) {
            return asked.told(&digest);
        }
        if !room.make_room() {
            let detail = "too many Idempotency-Keys are remembered: ask without one";
            return Err(Problem::rate_limited(detail, 60));
        }
        room.insert(name, Asked { digest, at: now, outcome: Outcome::Underway });
        Ok(Begun::New(Underway { repeats: self.clone(), name, is_told: false }))
    }

    fn lock(&self) -> MutexGuard<'_, Room> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    /// What somebody hears who asks this again.
    fn told(&self, digest: &[u8; 32]) -> Result<Begun, Problem> {
        if self.digest != *digest {
            return Err(Problem::conflict("this Idempotency-Key was used for another request"));
        }
        match &self.outcome {
            Outcome::Told(status, body) => Ok(Begun::Told(*status, body.clone())),
            Outcome::Underway => {
                Err(Problem::conflict("this request is being carried out: ask again"))
            }
            Outcome::Unknown => {
                let detail =
                    "whether this request was carried out is not known: look at the orders";
                Err(Problem::new(StatusCode::CONFLICT, "outcomeUnknown", detail))
            }
        }
    }

    const fn bytes(&self) -> usize {
        match &self.outcome {
            Outcome::Underway => UNDERWAY_BYTES,
            Outcome::Unknown => KEY_COST_BYTES,
            Outcome::Told(_, body) => KEY_COST_BYTES + body.len(),
        }
    }

    const fn is_underway(&self) -> bool {
        matches!(self.outcome, Outcome::Underway)
    }
}

impl Room {
    /// Forgets what was asked long ago.
    fn forget_old(&mut self, now: Time) {
        let kept_for = u64::try_from(KEPT_FOR.as_micros()).unwrap_or(u64::MAX);
        while let Some((at, name)) = self.ages.first().copied() {
            if now.micros() < at.micros().saturating_add(kept_for) {
                return;
            }
            self.remove(&name);
        }
    }

    /// Makes room for one more at the cost of who has most. Whether there is room.
    fn make_room(&mut self) -> bool {
        while self.bytes_max < self.bytes + UNDERWAY_BYTES {
            let mut greedy = self.sizes.iter().rev();
            let oldest = greedy.find_map(|(_, account)| self.oldest_settled(*account));
            let Some(oldest) = oldest else { return false };
            self.remove(&oldest);
        }
        true
    }

    /// The oldest key of an account, but for those that are under way.
    fn oldest_settled(&self, account: AccountId) -> Option<Name> {
        let own = self.accounts.get(&account)?.ages.iter();
        let mut names = own.map(|(_, key)| (account, *key));
        names.find(|name| self.asked.get(name).is_some_and(|asked| !asked.is_underway()))
    }

    fn insert(&mut self, name: Name, asked: Asked) {
        let (account, key) = name;
        self.accounts.entry(account).or_default().ages.insert((asked.at, key));
        self.ages.insert((asked.at, name));
        self.resize(account, 0, asked.bytes());
        self.asked.insert(name, asked);
    }

    fn remove(&mut self, name: &Name) {
        let (account, key) = *name;
        let Some(asked) = self.asked.remove(name) else { return };
        self.ages.remove(&(asked.at, *name));
        if let Some(own) = self.accounts.get_mut(&account) {
            own.ages.remove(&(asked.at, key));
        }
        self.resize(account, asked.bytes(), 0);
    }

    /// How a request that is carried out ended.
    fn settle(&mut self, name: &Name, outcome: Outcome) {
        let Some(asked) = self.asked.get_mut(name) else { return };
        let before = asked.bytes();
        asked.outcome = outcome;
        let after = asked.bytes();
        self.resize(name.0, before, after);
    }

    /// One key of an account takes so much instead of that.
    fn resize(&mut self, account: AccountId, before: usize, after: usize) {
        self.bytes = self.bytes - before + after;
        let Some(own) = self.accounts.get_mut(&account) else { return };
        self.sizes.remove(&(own.bytes, account));
        own.bytes = own.bytes - before + after;
        if own.ages.is_empty() {
            self.accounts.remove(&account);
        } else {
            self.sizes.insert((own.bytes, account));
        }
    }
}

impl Underway {
    /// It was carried out, with this answer.
    pub fn told(mut self, status: StatusCode, body: &Bytes) {
        self.is_told = true;
        let outcome = if body.len() <= ANSWER_BYTES_MAX {
            // A copy: what it is part of may be larger.
            Outcome::Told(status, Bytes::copy_from_slice(body))
        } else {
            Outcome::Unknown
        };
        self.repeats.lock().settle(&self.name, outcome);
    }

    /// Nothing was done: the key may be used again.
    pub fn not_done(mut self) {
        self.is_told = true;
        self.repeats.lock().remove(&self.name);
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if !self.is_told {
            self.repeats.lock().settle(&self.name, Outcome::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: AccountId = AccountId(7);
    const HOUR: u64 = 3_600_000_000;
    const SMALL: usize = 2 * 1_024 * 1_024;

    /// With room for some 1,700 orders.
    fn small() -> Repeats {
        Repeats(Arc::new(Mutex::new(Room { bytes_max: SMALL, ..Room::default() })))
    }

    fn begin(repeats: &Repeats, key: &str, digest: u8, hours: u64) -> Result<Begun, u16> {
        ask(repeats, WHO, key, digest, hours)
    }

    fn ask(
        repeats: &Repeats,
        who: AccountId,
        key: &str,
        digest: u8,
        hours: u64,
    ) -> Result<Begun, u16> {
        let begun = repeats.begin(who, key.as_bytes(), [digest; 32], Time(hours * HOUR));
        begun.map_err(|problem| problem.status.as_u16())
    }

    fn done(begun: Result<Begun, u16>) -> Underway {
        match begun {
            Ok(Begun::New(underway)) => underway,
            other => panic!("{other:?}"),
        }
    }

    /// Places so many orders with keys, and says how many of them are known still.
    fn place(repeats: &Repeats, who: u32, orders: usize) -> usize {
        const ANSWER: &[u8] = &[b'x'; 700];
        for number in 0..orders {
            let (key, at) = (number.to_string(), Time(number as u64));
            let begun = repeats.begin(AccountId(who), key.as_bytes(), [1; 32], at);
            let underway = done(begun.map_err(|problem| problem.status.as_u16()));
            underway.told(StatusCode::CREATED, &Bytes::from_static(ANSWER));
        }
        let room = repeats.lock();
        room.accounts.get(&AccountId(who)).map_or(0, |own| own.ages.len())
    }

    #[test]
    fn the_same_request_gets_the_same_answer_for_a_day() {
        let repeats = Repeats::default();
        let underway = done(begin(&repeats, "k", 1, 0));
        assert_eq!(begin(&repeats, "k", 1, 0).unwrap_err(), 409, "while it is carried out");
        underway.told(StatusCode::CREATED, &Bytes::from_static(b"it"));
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
        done(begin(&repeats, "a", 1, 0)).told(StatusCode::OK, &long);
        assert!(matches!(begin(&repeats, "a", 1, 0), Err(409)));
        let short = Bytes::from(vec![b'x'; ANSWER_BYTES_MAX]);
        done(begin(&repeats, "b", 1, 0)).told(StatusCode::OK, &short);
        assert!(matches!(begin(&repeats, "b", 1, 0), Ok(Begun::Told(..))));
    }

    #[test]
    fn who_takes_much_takes_it_from_nobody_who_takes_little() {
        let repeats = small();
        assert_eq!(place(&repeats, 7, 20), 20, "a day of somebody who trades by hand");
        for greedy in 100..150 {
            place(&repeats, greedy, 100);
        }
        assert!(repeats.lock().bytes <= SMALL);
        assert_eq!(place(&repeats, 8, 20), 20, "of somebody who comes later");
        for who in [7, 8] {
            for key in 0..20 {
                let again = ask(&repeats, AccountId(who), &key.to_string(), 1, 23);
                assert!(matches!(again, Ok(Begun::Told(..))), "{who} {key}");
            }
        }
        assert!(matches!(ask(&repeats, AccountId(149), "0", 1, 1), Ok(Begun::New(_))));
        assert!(matches!(ask(&repeats, AccountId(149), "99", 1, 1), Ok(Begun::Told(..))));
        let kept = place(&small(), 7, 3_000);
        assert!((1_600..1_800).contains(&kept), "{kept}");
    }

    #[test]
    fn what_is_under_way_is_never_forgotten() {
        let repeats = small();
        let first = done(ask(&repeats, AccountId(100), "first", 1, 0));
        place(&repeats, 100, 3_000);
        assert_eq!(ask(&repeats, AccountId(100), "first", 1, 0).unwrap_err(), 409);
        first.not_done();
        let open: Vec<_> = (0..SMALL / UNDERWAY_BYTES)
            .map(|number| done(ask(&repeats, WHO, &format!("open {number}"), 1, 0)))
            .collect();
        assert_eq!(begin(&repeats, "more", 1, 0).unwrap_err(), 429, "nothing can go");
        drop(open);
        assert!(matches!(begin(&repeats, "more", 1, 0), Ok(Begun::New(_))));
    }

    #[test]
    fn what_is_given_up_or_over_leaves_nothing() {
        let repeats = Repeats::default();
        for number in 0..10_000 {
            done(begin(&repeats, &number.to_string(), 1, 0)).not_done();
        }
        place(&repeats, 8, 100);
        drop(done(ask(&repeats, AccountId(9), "k", 1, 23)));
        done(ask(&repeats, AccountId(9), "k", 1, 48)).not_done();
        let room = repeats.lock();
        let left = (room.asked.len(), room.ages.len(), room.accounts.len(), room.sizes.len());
        assert_eq!((left, room.bytes), ((0, 0, 0, 0), 0));
    }
}
