//! Every key that is good, in memory, opened.
//!
//! Keeps   finding one takes a hash, a short shared lock and nothing else: no database, no
//!         decryption. Use is counted here and written down in batches by [`crate::Identity`].

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use model::Time;
use vault::HmacKey;
use venue::binance::{KeyKind, SignatureKey};

use crate::api_key::{ApiKeyId, KEY_CHARS, lookup};
use crate::clock::Clock;
use crate::key::{KeyEntry, Verifier};

/// Keys of all users together: some 1.5 KB each.
pub const KEYS_MAX: usize = 200_000;
const SHARDS: usize = 16;

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
    pub expires: Option<Time>,
    pub usage: Arc<Usage>,
}

/// What was used of a key and is not written down yet.
#[derive(Debug, Default)]
pub struct Usage {
    count: AtomicU64,
    last_micros: AtomicU64,
}

/// Uses of one key to be written down.
#[derive(Clone, Debug)]
pub struct Used {
    pub id: ApiKeyId,
    pub count: u64,
    pub last: Time,
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
    pub credential: Credential,
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

    /// Takes a key out. What it did and is not written down yet is returned.
    pub(crate) fn remove(&self, lookup: &Lookup) -> Option<Used> {
        let mut shard = self.shard(lookup).write().unwrap_or_else(PoisonError::into_inner);
        let slot = shard.remove(lookup)?;
        self.len.fetch_sub(1, Ordering::Relaxed);
        slot.take()
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
    fn take(&self) -> Option<Used> {
        let count = self.usage.count.swap(0, Ordering::Relaxed);
        let last = Time(self.usage.last_micros.load(Ordering::Relaxed));
        let usage = Arc::clone(&self.usage);
        (count != 0).then_some(Used { id: ApiKeyId(self.entry.id), count, last, usage })
    }
}

impl Used {
    /// Counts it again: it could not be written down.
    pub fn give_back(&self) {
        self.usage.count.fetch_add(self.count, Ordering::Relaxed);
    }
}

impl Verifier for Counted {
    fn kind(&self) -> KeyKind {
        match &self.credential {
            Credential::Secret(_) => KeyKind::Hmac,
            Credential::Public(key) => key.kind(),
        }
    }

    fn verify(&self, parts: &[&[u8]], signature: &str) -> bool {
        match &self.credential {
            Credential::Secret(key) => {
                let mut claimed = [0; 32];
                hex::decode_to_slice(signature, &mut claimed).is_ok() && key.verify(parts, &claimed)
            }
            Credential::Public(key) => key.verify(parts, signature),
        }
    }

    fn used(&self, _from: IpAddr, at: Time) {
        self.usage.count.fetch_add(1, Ordering::Relaxed);
        self.usage.last_micros.fetch_max(at.micros(), Ordering::Relaxed);
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
        let credential = Credential::Secret(Box::new(HmacKey::new(b"secret")));
        let verifier = Box::new(Counted { credential, usage: Arc::clone(&usage) });
        let entry = KeyEntry {
            id,
            user: UserId([7; 16]),
            scopes: Scopes::default(),
            allow_ips: Vec::new(),
            created: Time(0),
            verifier,
        };
        Slot { entry: Arc::new(entry), expires, usage }
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
        assert!(ring.remove(&lookup(&name('a'))).is_none(), "never used");
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
        assert_eq!(ring.remove(&lookup(&name('a'))).unwrap().count, 400);
    }

    #[test]
    fn a_secret_is_checked_in_hexadecimal_of_either_case_over_all_parts() {
        let counted = Counted {
            credential: Credential::Secret(Box::new(HmacKey::new(b"Jefe"))),
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
