//! The keys of a venue: a few, found by looking at each.

use std::collections::VecDeque;
use std::sync::Mutex;

use model::{ClientOrderId, Secret, Time, UserId};
use venue::coinbase::{Rate, SigningKey, VerifyingKey, eddsa_secret, es256_secret};

use super::nonce::Nonces;
use crate::keyring::{Scopes, VenueKey};

/// Names remembered of each key.
const UNSETTLED_MAX: usize = 64;
/// After so many microseconds whatever was under way has arrived.
const SETTLES_WITHIN: u64 = 60_000_000;

/// A key with what was asked by it.
#[derive(Debug)]
pub struct Key {
    /// The name that travels in tokens.
    pub name: String,
    /// What its signatures are checked against.
    pub verifier: VerifyingKey,
    /// Whose it is.
    pub user: UserId,
    /// What it may do.
    pub scopes: Scopes,
    /// What was seen of it.
    pub nonces: Nonces,
    /// How much was asked by it.
    pub rate: Mutex<Rate>,
    /// Held while an order of the account is placed: a name given twice at once is one order.
    pub placing: tokio::sync::Mutex<Unsettled>,
}

/// Names of orders of which nobody knows yet whether they were placed.
#[derive(Debug, Default)]
pub struct Unsettled(VecDeque<(ClientOrderId, Time)>);

impl Unsettled {
    /// Remembers a name; the oldest is forgotten where there are too many.
    pub fn note(&mut self, name: ClientOrderId, now: Time) {
        if UNSETTLED_MAX <= self.0.len() {
            self.0.pop_front();
        }
        self.0.push_back((name, now));
    }

    /// What became of it is known.
    pub fn forget(&mut self, name: ClientOrderId) {
        self.0.retain(|(known, _)| *known != name);
    }

    /// Whether an order of that name may be under way still.
    pub fn has(&mut self, name: ClientOrderId, now: Time) -> bool {
        self.0.retain(|(_, at)| now.0 < at.0.saturating_add(SETTLES_WITHIN));
        self.0.iter().any(|(known, _)| *known == name)
    }
}

/// All keys.
#[derive(Debug)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// Those of `keys` whose secrets can be read.
    pub fn new(keys: Vec<VenueKey>) -> Self {
        let key = |key: VenueKey| {
            let signing = SigningKey::parse(key.secret.expose());
            let signing = signing.inspect_err(|error| {
                tracing::warn!(key = key.api_key, %error, "a key is passed over");
            });
            Some(Key {
                verifier: signing.ok()?.verifier(),
                name: key.api_key,
                user: key.user,
                scopes: key.scopes,
                nonces: Nonces::default(),
                rate: Mutex::default(),
                placing: tokio::sync::Mutex::default(),
            })
        };
        Self(keys.into_iter().filter_map(key).collect())
    }

    /// The key of that name.
    pub fn find(&self, name: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.name == name)
    }

    /// Whose accounts they open.
    pub fn users(&self) -> Vec<UserId> {
        let mut users: Vec<_> = self.0.iter().map(|key| key.user).collect();
        users.sort_unstable_by_key(|user| user.0);
        users.dedup();
        users
    }
}

/// A key's name and its secret: of P-256 for the first account, of Ed25519 for the others.
pub fn draw_key(
    next: &mut dyn FnMut() -> u64,
    account: usize,
) -> (String, Secret<String>, Option<Secret<String>>) {
    let (organization, name) = (draw_uuid(next), draw_uuid(next));
    let secret = loop {
        let mut number = [0; 32];
        for part in number.chunks_exact_mut(8) {
            part.copy_from_slice(&next().to_be_bytes());
        }
        let drawn = if account == 0 { es256_secret(&number) } else { eddsa_secret(&number) };
        // A number that is no key of the curve comes up once in four billion times.
        if let Some(secret) = drawn {
            break secret;
        }
    };
    (format!("organizations/{organization}/apiKeys/{name}"), secret, None)
}

fn draw_uuid(next: &mut dyn FnMut() -> u64) -> String {
    let (high, low) = (next(), next());
    let group = |number: u64, shift: u32| (number >> shift) & 0xffff;
    let (time, middle, version) = (high >> 32, group(high, 16), high & 0x0fff);
    let (variant, node) = (group(low, 48) & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{time:08x}-{middle:04x}-4{version:03x}-{variant:04x}-{node:012x}")
}

#[cfg(test)]
mod tests {
    use venue::coinbase::KeyKind;

    use super::*;

    #[test]
    fn a_name_whose_outcome_is_unknown_is_not_placed_again_for_a_minute() {
        let name = |number: usize| ClientOrderId::new(&format!("n{number}")).unwrap();
        let mut unsettled = Unsettled::default();
        unsettled.note(name(0), Time(0));
        assert!(
            unsettled.has(name(0), Time(SETTLES_WITHIN - 1)) && !unsettled.has(name(1), Time(0))
        );
        assert!(!unsettled.has(name(0), Time(SETTLES_WITHIN)));
        (0..=UNSETTLED_MAX).for_each(|number| unsettled.note(name(number), Time(0)));
        assert!(!unsettled.has(name(0), Time(0)) && unsettled.has(name(1), Time(0)));
    }

    #[test]
    fn the_first_account_signs_by_one_algorithm_and_the_second_by_the_other() {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state
        };
        for (account, kind) in [(0, KeyKind::Es256), (1, KeyKind::EdDsa)] {
            let (name, secret, passphrase) = draw_key(&mut next, account);
            assert_eq!(SigningKey::parse(secret.expose()).unwrap().kind(), kind);
            assert!(passphrase.is_none());
            let parts: Vec<_> = name.split('/').collect();
            assert_eq!((parts.len(), parts[0], parts[2]), (4, "organizations", "apiKeys"));
            for uuid in [parts[1], parts[3]] {
                let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
                assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
                assert_eq!(uuid.as_bytes()[14], b'4');
            }
        }
    }
}
