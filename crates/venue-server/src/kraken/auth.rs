//! Who asks, whether they may, and whether they ask too often.
//!
//! Keeps   a nonce counts only once, whatever the request comes to; what is signed wrongly uses up
//!         no nonce of the key's owner.
//! Source  docs.kraken.com, "Spot REST authentication", "Spot REST rate limits".

use std::sync::{Mutex, PoisonError};

use model::{Time, UserId};
use venue::kraken::{Counter, Refusal, SigningKey, Tier, nonce_of};

use crate::keyring::{Scopes, VenueKey};

/// How far all accounts here have been verified.
pub const TIER: Tier = Tier::Pro;

/// A key, and what was asked by it.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub user: UserId,
    /// What it may do.
    pub scopes: Scopes,
    signing: SigningKey,
    asked: Mutex<Asked>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    nonce: u64,
    counter: Counter,
}

/// All keys of a venue: a few, found by looking at each.
#[derive(Debug)]
pub struct Keys(Vec<Key>);

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// With its query.
    pub path: &'a str,
    /// As it came.
    pub body: &'a str,
    /// The name of its key.
    pub key: Option<&'a str>,
    /// Its signature.
    pub signature: Option<&'a str>,
}

impl Keys {
    /// These keys, none of them used yet.
    ///
    /// # Panics
    /// If a secret is not base64: they are drawn here.
    #[must_use]
    pub fn new(keys: Vec<VenueKey>) -> Self {
        let key = |key: VenueKey| Key {
            signing: SigningKey::new(key.secret.expose()).expect("a secret of ours"),
            name: key.api_key,
            user: key.user,
            scopes: key.scopes,
            asked: Mutex::default(),
        };
        Self(keys.into_iter().map(key).collect())
    }

    /// Everybody who has one.
    pub fn users(&self) -> Vec<UserId> {
        self.0.iter().map(|key| key.user).collect()
    }

    /// The first key of somebody.
    #[cfg(test)]
    pub fn of(&self, user: &UserId) -> Option<&Key> {
        self.0.iter().find(|key| key.user == *user)
    }

    /// Counts what somebody asks by a token of theirs, at all their keys.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`].
    pub fn charge(&self, user: &UserId, points: u32, now: Time) -> Result<(), Refusal> {
        self.0.iter().filter(|key| key.user == *user).try_for_each(|key| key.charge(points, now))
    }

    /// Whose request this is.
    ///
    /// # Errors
    /// [`Refusal::InvalidKey`], [`Refusal::InvalidSignature`], [`Refusal::InvalidNonce`].
    pub fn identify(&self, signed: &Signed<'_>) -> Result<&Key, Refusal> {
        let key = self.0.iter().find(|key| Some(key.name.as_str()) == signed.key);
        let key = key.ok_or(Refusal::InvalidKey)?;
        let Signed { path, body, signature, .. } = *signed;
        let (text, nonce) = nonce_of(body).ok_or(Refusal::InvalidNonce)?;
        let signature = signature.ok_or(Refusal::InvalidSignature)?;
        if !key.signing.verify(path, text, body.as_bytes(), signature) {
            return Err(Refusal::InvalidSignature);
        }
        let mut asked = key.lock();
        if nonce <= asked.nonce {
            return Err(Refusal::InvalidNonce);
        }
        asked.nonce = nonce;
        drop(asked);
        Ok(key)
    }
}

impl Key {
    /// Counts what is asked.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`].
    pub fn charge(&self, points: u32, now: Time) -> Result<(), Refusal> {
        let added =
            self.lock().counter.add(points, TIER.requests_max(), TIER.requests_decay(), now);
        added.map_err(|_| Refusal::TooManyRequests)
    }

    /// The last nonce.
    pub fn nonce(&self) -> u64 {
        self.lock().nonce
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    const SECRET: &str = "c2VjcmV0";

    fn keys() -> Keys {
        Keys::new(vec![VenueKey {
            user: UserId([1; 16]),
            api_key: "mine".to_owned(),
            secret: Secret::new(SECRET.to_owned()),
            passphrase: None,
            scopes: Scopes { read: true, trade: true, transfer: false, admin: false },
        }])
    }

    fn ask(keys: &Keys, key: &str, nonce: u64, secret: &str) -> Result<UserId, Refusal> {
        let (path, body) = ("/0/private/Balance", format!("nonce={nonce}"));
        let signing = SigningKey::new(secret).unwrap();
        let signature = signing.sign(path, &nonce.to_string(), body.as_bytes());
        let signature = Some(signature.as_str());
        let signed = Signed { path, body: &body, key: Some(key), signature };
        keys.identify(&signed).map(|key| key.user)
    }

    #[test]
    fn a_nonce_is_greater_than_all_before_and_one_that_was_signed_wrongly_does_not_count() {
        let keys = keys();
        for (key, nonce, secret, want) in [
            ("mine", 5, SECRET, Ok(UserId([1; 16]))),
            ("mine", 5, SECRET, Err(Refusal::InvalidNonce)),
            ("mine", 4, SECRET, Err(Refusal::InvalidNonce)),
            ("mine", 99, "Z3Vlc3NlZA==", Err(Refusal::InvalidSignature)),
            ("yours", 6, SECRET, Err(Refusal::InvalidKey)),
            ("mine", 6, SECRET, Ok(UserId([1; 16]))),
        ] {
            assert_eq!(ask(&keys, key, nonce, secret), want, "{nonce}");
        }
    }

    #[test]
    fn what_is_not_signed_at_all_is_refused() {
        let keys = keys();
        for (key, signature, body, want) in [
            (None, None, "nonce=1", Refusal::InvalidKey),
            (Some("mine"), None, "nonce=1", Refusal::InvalidSignature),
            (Some("mine"), Some("x"), "", Refusal::InvalidNonce),
        ] {
            let signed = Signed { path: "/", body, key, signature };
            assert_eq!(keys.identify(&signed).map(|_| ()), Err(want));
        }
    }

    #[test]
    fn a_key_that_asks_too_often_is_told_so_and_may_ask_again_later() {
        let keys = keys();
        let now = Time(1_000_000_000);
        let key = &keys.0[0];
        assert!((0..20).all(|_| key.charge(1, now).is_ok()));
        assert_eq!(key.charge(1, now), Err(Refusal::TooManyRequests));
        assert_eq!(key.charge(1, Time(now.0 + 1_000_000)), Ok(()));
    }
}
