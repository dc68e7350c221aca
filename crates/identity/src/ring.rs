//! Every key that is good, in memory, opened.
//!
//! Keeps   finding one takes a hash, a short shared lock and nothing else: no database, no
//!         decryption. Use is counted here and written down in batches by [`crate::Identity`].

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use model::Time;
use vault::HmacKey;
use venue::binance::{KeyKind, SignatureKey};

use crate::api_key::{ApiKeyId, KEY_CHARS, lookup};
use crate::clock::Clock;
use crate::key::{KeyEntry, OverLimit, Verifier};

/// Keys of all users together: some 1.5 KB each.
pub const KEYS_MAX: usize = 200_000;
const SHARDS: usize = 16;
const MINUTE_MICROS: u64 = 60 * 1_000_000;

/// The hash under which a key is found.
pub type Lookup = [u8; 32];

/// Every key that is good, in memory, opened.
pub struct KeyRing {
    shards: [RwLock<HashMap<Lookup, Slot>>; SHARDS],
    len: AtomicUsize,
    clock: Clock,
}

/// A key and what is known of it besides.
pub struct Slot {
    pub entry: Arc<KeyEntry>,
    pub credential: Arc<Credential>,
    pub expires: Option<Time>,
    pub usage: Arc<Usage>,
}

/// What was used of a key and is not written down yet.
#[derive(Debug, Default)]
pub struct Usage {
    count: AtomicU64,
    errors: AtomicU64,
    last_micros: AtomicU64,
    last_error_micros: AtomicU64,
    last_from: Mutex<Option<IpAddr>>,
    this_minute: Mutex<Minute>,
}

/// What was asked in a minute.
#[derive(Debug, Default)]
struct Minute {
    since_epoch: u64,
    requests: u32,
}

/// Uses of one key to be written down.
#[derive(Clone, Debug)]
pub struct Used {
    pub id: ApiKeyId,
    pub count: u64,
    /// Requests that were refused at the door.
    pub errors: u64,
    pub last: Time,
    pub last_error: Time,
    /// From where the last came that was not refused.
    pub from: Option<IpAddr>,
    usage: Arc<Usage>,
}

/// With what a key's signatures are checked.
pub enum Credential {
    /// Boxed: it is twenty times as large as the other.
    Secret(Box<HmacKey>),
    Public(SignatureKey),
}

/// A credential that counts.
pub struct Counted {
    pub credential: Arc<Credential>,
    pub requests_per_minute: Option<u32>,
    pub usage: Arc<Usage>,
}

impl KeyRing {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { shards: Default::default(), len: AtomicUsize::new(0), clock }
    }

    /// The key of that name, if it is good now.
    #[must_use]
    pub fn find(&self, api_key: &str) -> Option<Arc<KeyEntry>> {
        if api_key.len() != KEY_CHARS {
            return None;
        }
        let lookup = lookup(api_key);
        let shard = self.shard(&lookup).read().unwrap_or_else(PoisonError::into_inner);
        let slot = shard.get(&lookup)?;
        let is_good = slot.expires.is_none_or(|expires| self.clock.now() < expires);
        is_good.then(|| Arc::clone(&slot.entry))
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn insert(&self, lookup: Lookup, slot: Slot) {
        let mut shard = self.shard(&lookup).write().unwrap_or_else(PoisonError::into_inner);
        if shard.insert(lookup, slot).is_none() {
            self.len.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// With what the key's signatures are checked, and what is counted of it.
    pub(crate) fn parts(&self, lookup: &Lookup) -> Option<(Arc<Credential>, Arc<Usage>)> {
        let shard = self.shard(lookup).read().unwrap_or_else(PoisonError::into_inner);
        let slot = shard.get(lookup)?;
        Some((Arc::clone(&slot.credential), Arc::clone(&slot.usage)))
    }

    /// Takes a key out.
    pub(crate) fn remove(&self, lookup: &Lookup) -> Option<Slot> {
        let mut shard = self.shard(lookup).write().unwrap_or_else(PoisonError::into_inner);
        let slot = shard.remove(lookup)?;
        self.len.fetch_sub(1, Ordering::Relaxed);
        Some(slot)
    }

    /// Takes what has been counted since the last time: at most one item a key.
    pub(crate) fn take_used(&self) -> Vec<Used> {
        let mut used = Vec::new();
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            used.extend(shard.values().filter_map(Slot::take));
        }
        used
    }

    fn shard(&self, lookup: &Lookup) -> &RwLock<HashMap<Lookup, Slot>> {
        &self.shards[usize::from(lookup[0]) % SHARDS]
    }
}

impl Slot {
    /// What was done with it and is not written down yet.
    pub(crate) fn take(&self) -> Option<Used> {
        let count = self.usage.count.swap(0, Ordering::Relaxed);
        let errors = self.usage.errors.swap(0, Ordering::Relaxed);
        let last = Time(self.usage.last_micros.load(Ordering::Relaxed));
        let last_error = Time(self.usage.last_error_micros.load(Ordering::Relaxed));
        let from = *self.usage.last_from.lock().unwrap_or_else(PoisonError::into_inner);
        let (id, usage) = (ApiKeyId(self.entry.id), Arc::clone(&self.usage));
        (count + errors != 0).then_some(Used { id, count, errors, last, last_error, from, usage })
    }
}

impl Used {
    /// Counts it again: it could not be written down.
    pub fn give_back(&self) {
        self.usage.count.fetch_add(self.count, Ordering::Relaxed);
        self.usage.errors.fetch_add(self.errors, Ordering::Relaxed);
    }
}

impl Usage {
    /// Counts a request in its minute.
    fn admit(&self, limit: u32, at: Time) -> Result<(), OverLimit> {
        let mut minute = self.this_minute.lock().unwrap_or_else(PoisonError::into_inner);
        let since_epoch = at.micros() / MINUTE_MICROS;
        if minute.since_epoch < since_epoch {
            *minute = Minute { since_epoch, requests: 0 };
        }
        if limit <= minute.requests {
            let retry_at = Time((minute.since_epoch + 1) * MINUTE_MICROS);
            return Err(OverLimit { limit, retry_at });
        }
        minute.requests += 1;
        Ok(())
    }
}

impl Verifier for Counted {
    fn kind(&self) -> KeyKind {
        match &*self.credential {
            Credential::Secret(_) => KeyKind::Hmac,
            Credential::Public(key) => key.kind(),
        }
    }

    fn verify(&self, parts: &[&[u8]], signature: &str) -> bool {
        match &*self.credential {
            Credential::Secret(key) => {
                let mut claimed = [0; 32];
                hex::decode_to_slice(signature, &mut claimed).is_ok() && key.verify(parts, &claimed)
            }
            Credential::Public(key) => key.verify(parts, signature),
        }
    }

    fn used(&self, from: IpAddr, at: Time) {
        let usage = &self.usage;
        usage.count.fetch_add(1, Ordering::Relaxed);
        usage.last_micros.fetch_max(at.micros(), Ordering::Relaxed);
        *usage.last_from.lock().unwrap_or_else(PoisonError::into_inner) = Some(from.to_canonical());
    }

    fn refused(&self, at: Time) {
        self.usage.errors.fetch_add(1, Ordering::Relaxed);
        self.usage.last_error_micros.fetch_max(at.micros(), Ordering::Relaxed);
    }

    fn admit(&self, at: Time) -> Result<(), OverLimit> {
        self.requests_per_minute.map_or(Ok(()), |limit| self.usage.admit(limit, at))
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use model::UserId;

    use super::*;
    use crate::key::Scopes;

    fn slot(id: u128, expires: Option<Time>) -> Slot {
        let usage = Arc::new(Usage::default());
        let credential = Arc::new(Credential::Secret(Box::new(HmacKey::new(b"secret"))));
        let verifier = Box::new(Counted {
            credential: Arc::clone(&credential),
            requests_per_minute: Some(3),
            usage: Arc::clone(&usage),
        });
        let entry = KeyEntry {
            id,
            user: UserId([7; 16]),
            scopes: Scopes::default(),
            allow_ips: Vec::new(),
            created: Time(0),
            verifier,
        };
        Slot { entry: Arc::new(entry), credential, expires, usage }
    }

    fn name(digit: char) -> String {
        digit.to_string().repeat(KEY_CHARS)
    }

    #[test]
    fn a_key_is_found_until_it_expires_or_is_taken_out() {
        let now = Arc::new(AtomicU64::new(0));
        let ring = KeyRing::new(Clock::new({
            let now = Arc::clone(&now);
            move || Time(now.load(Ordering::Relaxed))
        }));
        ring.insert(lookup(&name('a')), slot(1, None));
        ring.insert(lookup(&name('b')), slot(2, Some(Time(100))));
        let found = |name: &str| ring.find(name).map(|entry| entry.id);
        assert_eq!(
            (found(&name('a')), found(&name('b')), found(&name('c'))),
            (Some(1), Some(2), None)
        );
        now.store(99, Ordering::Relaxed);
        assert_eq!(found(&name('b')), Some(2));
        now.store(100, Ordering::Relaxed);
        assert_eq!((found(&name('a')), found(&name('b'))), (Some(1), None));
        for other in ["", "a", &name('a')[1..], &format!("{}a", name('a'))] {
            assert_eq!(found(other), None, "{other:?}");
        }
        assert_eq!(ring.len(), 2);
        assert!(ring.remove(&lookup(&name('a'))).unwrap().take().is_none(), "never used");
        assert_eq!((found(&name('a')), ring.len()), (None, 1));
    }

    #[test]
    fn every_use_is_counted_once() {
        let ring = KeyRing::new(Clock::new(|| Time(0)));
        ring.insert(lookup(&name('a')), slot(1, None));
        let entry = ring.find(&name('a')).unwrap();
        let from = "::1".parse().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let entry = &entry;
                scope.spawn(move || {
                    (0..100).for_each(|at| entry.verifier.used(from, Time(1_000 * thread + at)));
                });
            }
        });
        let used = ring.take_used();
        assert_eq!((used.len(), used[0].count, used[0].last), (1, 400, Time(3_099)));
        assert!(ring.take_used().is_empty());
        used[0].give_back();
        assert_eq!(ring.remove(&lookup(&name('a'))).unwrap().take().unwrap().count, 400);
    }

    #[test]
    fn a_key_with_a_limit_is_refused_beyond_it_until_the_minute_is_over() {
        let ring = KeyRing::new(Clock::new(|| Time(0)));
        ring.insert(lookup(&name('a')), slot(1, None));
        let admits = |at: u64| ring.find(&name('a')).unwrap().verifier.admit(Time(at)).is_ok();
        let turns = [0, 1, MINUTE_MICROS - 1, MINUTE_MICROS - 1, MINUTE_MICROS, 5];
        assert_eq!(turns.map(admits), [true, true, true, false, true, true]);
        assert_eq!([5, 6].map(admits), [true, false], "a clock that steps back frees nothing");
        let refused = ring.find(&name('a')).unwrap().verifier.admit(Time(MINUTE_MICROS));
        assert_eq!(refused, Err(OverLimit { limit: 3, retry_at: Time(2 * MINUTE_MICROS) }));
    }

    #[test]
    fn what_is_refused_is_counted_apart_and_the_last_address_is_known() {
        let ring = KeyRing::new(Clock::new(|| Time(0)));
        ring.insert(lookup(&name('a')), slot(1, None));
        let entry = ring.find(&name('a')).unwrap();
        entry.verifier.used("::ffff:192.0.2.1".parse().unwrap(), Time(5));
        entry.verifier.refused(Time(6));
        let used = ring.take_used().remove(0);
        assert_eq!((used.count, used.errors), (1, 1));
        assert_eq!((used.last, used.last_error), (Time(5), Time(6)));
        assert_eq!(used.from, Some("192.0.2.1".parse().unwrap()));
        assert!(ring.take_used().is_empty());
        used.give_back();
        let used = ring.take_used().remove(0);
        assert_eq!((used.count, used.errors), (1, 1));
    }

    #[test]
    fn a_secret_is_checked_in_hexadecimal_of_either_case_over_all_parts() {
        let counted = Counted {
            credential: Arc::new(Credential::Secret(Box::new(HmacKey::new(b"Jefe")))),
            requests_per_minute: None,
            usage: Arc::default(),
        };
        // RFC 4231, test case 2.
        let good = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        for (signature, is_good) in [
            (good, true),
            (&good.to_uppercase(), true),
            (&good[..62], false),
            (&good.replace('5', "6"), false),
            ("", false),
            ("not hexadecimal", false),
        ] {
            assert_eq!(counted.verify(&parts, signature), is_good, "{signature}");
        }
        assert!(!counted.verify(&parts[..1], good));
    }
}
