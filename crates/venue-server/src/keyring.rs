//! Keys as a server needs them; who keeps them is elsewhere.

use std::sync::Arc;

pub use identity::{KeyEntry, Scopes, Verifier};
use model::{Secret, Time, UserId};
use venue::binance::SignatureKey;

/// Finds keys.
pub trait Keyring: Send + Sync {
    /// The key of that name, if it exists, is enabled, and has not expired. Called for every
    /// signed request: it must not wait.
    fn find(&self, api_key: &str) -> Option<Arc<KeyEntry>>;
}

impl Keyring for identity::KeyRing {
    fn find(&self, api_key: &str) -> Option<Arc<KeyEntry>> {
        Self::find(self, api_key)
    }
}

/// A key of an account at a venue, as a venue's server is given it.
#[derive(Clone, Debug)]
pub struct VenueKey {
    /// Whose it is.
    pub user: UserId,
    /// The name that travels in requests.
    pub api_key: String,
    /// What requests are signed with, as the venue spells it.
    pub secret: Secret<String>,
    /// Its third part, at venues where keys have one.
    pub passphrase: Option<Secret<String>>,
    /// What it may do.
    pub scopes: Scopes,
}

/// The keys of a venue that signs as Binance does: a few, found by looking at each.
pub struct VenueKeys(Vec<(String, Arc<KeyEntry>)>);

impl VenueKeys {
    /// These keys, good from everywhere and always.
    #[must_use]
    pub fn new(keys: &[VenueKey]) -> Self {
        let entry = |(number, key): (u128, &VenueKey)| {
            let entry = KeyEntry {
                id: number,
                user: key.user,
                scopes: key.scopes,
                allow_ips: Vec::new(),
                created: Time(0),
                verifier: Box::new(SignatureKey::hmac(key.secret.expose().as_bytes())),
            };
            (key.api_key.clone(), Arc::new(entry))
        };
        Self((0..).zip(keys).map(entry).collect())
    }
}

impl Keyring for VenueKeys {
    fn find(&self, api_key: &str) -> Option<Arc<KeyEntry>> {
        let found = self.0.iter().find(|(known, _)| known == api_key);
        found.map(|(_, entry)| Arc::clone(entry))
    }
}
