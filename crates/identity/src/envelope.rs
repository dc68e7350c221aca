//! Passwords that reach us encrypted, beside what the connection does.
//!
//! Shape   a page asks for our public key and a challenge, and encrypts (RSA-OAEP-256) the JSON
//!         `{"password":…,"challenge":…}`. A challenge is 32 bytes that nobody can foresee: when it
//!         ends, a number, and a tag over both and the key's name. To hand one out costs nothing,
//!         so nobody can push out another's; only those that came back are remembered.
//! Keeps   a challenge is good once, for two minutes, for one key, and until the next start.
//! Fails   [`IdentityError::Envelope`], whatever is wrong: ask for another challenge.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Secret, Time};
use serde::Deserialize;
use uuid::Uuid;
use vault::{DecryptingKey, HmacKey};

use crate::error::IdentityError;
use crate::user::TypedPassword;

/// How long a challenge is good.
const CHALLENGE_MICROS: u64 = 120 * 1_000_000;
/// Challenges that came back and are remembered. More within two minutes are refused.
const SPENT_MAX: usize = 50_000;
/// A key is replaced when it is so old.
const KEY_MICROS: u64 = 30 * 24 * 3_600 * 1_000_000;
/// A key that was replaced opens so long after: for pages that were open.
const REPLACED_MICROS: u64 = 3_600 * 1_000_000;
const TAG_BYTES: usize = 16;

type Challenge = [u8; 32];

/// With what a page encrypts one password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Names the key.
    pub key_id: String,
    /// The key, as SubjectPublicKeyInfo in DER.
    pub spki: Vec<u8>,
    /// Goes along with the password, in base64 as it stands.
    pub challenge: String,
    /// Until when both are good.
    pub expires: Time,
}

/// One of our keys.
#[derive(Clone)]
pub struct EnvelopeKey {
    pub id: u128,
    pub created: Time,
    pub key: Arc<DecryptingKey>,
}

/// Opens what pages encrypt.
pub struct Envelopes {
    /// Newest first.
    keys: RwLock<Vec<EnvelopeKey>>,
    tags: HmacKey,
    spent: Mutex<Spent>,
}

#[derive(Default)]
struct Spent {
    known: HashMap<Challenge, Time>,
    by_end: VecDeque<Challenge>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Letter {
    password: String,
    challenge: String,
}

impl Envelopes {
    pub fn new() -> Self {
        let mut secret = [0; 32];
        rand::fill(&mut secret).expect("the system has randomness");
        let tags = HmacKey::new(&secret);
        Self { keys: RwLock::default(), tags, spent: Mutex::default() }
    }

    /// Adds a key; the newest is the one that pages are given.
    pub fn add(&self, key: EnvelopeKey) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.push(key);
        keys.sort_by_key(|key| std::cmp::Reverse((key.created, key.id)));
    }

    /// Whether there is none, or the newest is old.
    pub fn wants_key(&self, now: Time) -> bool {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.first().is_none_or(|key| key.created.micros() + KEY_MICROS <= now.micros())
    }

    /// Takes out the keys that were replaced long enough ago.
    pub fn take_outlived(&self, now: Time) -> Vec<u128> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let is_over = keys
            .first()
            .is_some_and(|newest| newest.created.micros() + REPLACED_MICROS <= now.micros());
        if is_over { keys.drain(1..).map(|key| key.id).collect() } else { Vec::new() }
    }

    /// A key and a challenge; `None` as long as there is no key.
    pub fn public_key(&self, now: Time) -> Option<PublicKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let newest = keys.first()?;
        let expires = Time(now.micros() + CHALLENGE_MICROS);
        Some(PublicKey {
            key_id: Uuid::from_u128(newest.id).to_string(),
            spki: newest.key.spki().to_vec(),
            challenge: STANDARD.encode(self.challenge(newest.id, expires)),
            expires,
        })
    }

    /// The key of that name.
    pub fn find(&self, key_id: &str) -> Result<EnvelopeKey, IdentityError> {
        let id = Uuid::parse_str(key_id).map_err(|_| IdentityError::Envelope)?.as_u128();
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| key.id == id).cloned().ok_or(IdentityError::Envelope)
    }

    /// The password in a letter that was encrypted for the key `id`; its challenge is spent.
    pub fn read(
        &self,
        id: u128,
        letter: &Secret<Vec<u8>>,
        now: Time,
    ) -> Result<TypedPassword, IdentityError> {
        let letter: Letter =
            serde_json::from_slice(letter.expose()).map_err(|_| IdentityError::Envelope)?;
        let password = Secret::new(letter.password);
        self.spend(id, &letter.challenge, now)?;
        TypedPassword::new(password).ok_or(IdentityError::Credentials)
    }

    fn spend(&self, id: u128, challenge: &str, now: Time) -> Result<(), IdentityError> {
        let challenge = STANDARD.decode(challenge).map_err(|_| IdentityError::Envelope)?;
        let challenge = Challenge::try_from(challenge).map_err(|_| IdentityError::Envelope)?;
        let (told, tag) = challenge.split_at(challenge.len() - TAG_BYTES);
        let is_ours = self.is_tag(id, told, tag);
        let micros = u64::from_be_bytes(told[..8].try_into().expect("eight bytes"));
        if !is_ours || micros <= now.micros() {
            return Err(IdentityError::Envelope);
        }
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).add(challenge, Time(micros), now)
    }

    fn challenge(&self, id: u128, expires: Time) -> Challenge {
        let mut challenge = [0; 32];
        challenge[..8].copy_from_slice(&expires.micros().to_be_bytes());
        rand::fill(&mut challenge[8..16]).expect("the system has randomness");
        let tag = self.tags.sign(&[&id.to_be_bytes(), &challenge[..16]]);
        challenge[16..].copy_from_slice(&tag[..TAG_BYTES]);
        challenge
    }

    fn is_tag(&self, id: u128, told: &[u8], tag: &[u8]) -> bool {
        let want = self.tags.sign(&[&id.to_be_bytes(), told]);
        aws_lc_rs::constant_time::verify_slices_are_equal(&want[..TAG_BYTES], tag).is_ok()
    }
}

impl Spent {
    /// Remembers a challenge until it would have ended.
    fn add(&mut self, challenge: Challenge, end: Time, now: Time) -> Result<(), IdentityError> {
        // Near enough in the order in which they end: all last equally long.
        while let Some(oldest) = self.by_end.front() {
            if self.known.get(oldest).is_some_and(|end| now < *end) {
                break;
            }
            self.known.remove(oldest);
            self.by_end.pop_front();
        }
        if SPENT_MAX <= self.known.len() {
            return Err(IdentityError::Busy);
        }
        if self.known.insert(challenge, end).is_some() {
            return Err(IdentityError::Envelope);
        }
        self.by_end.push_back(challenge);
        Ok(())
    }
}

impl std::fmt::Debug for Envelopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Envelopes(…)")
    }
}

#[cfg(test)]
pub(crate) mod tests;
