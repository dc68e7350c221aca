//! Keys as a server needs them; who keeps them is elsewhere.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use model::{Time, UserId};
use venue::binance::{KeyKind, SignatureKey};

/// Finds keys.
pub trait Keyring: Send + Sync {
    /// The key of that name, if it exists, is enabled, and has not expired. Called for every
    /// signed request: it must not wait.
    fn find(&self, api_key: &str) -> Option<Arc<KeyEntry>>;
}

/// Checks signatures and takes note of use. Whoever implements it keeps the secret to itself.
pub trait Verifier: Send + Sync {
    /// With which algorithm.
    fn kind(&self) -> KeyKind;

    /// Whether `signature`, as text without percent-encoding, is good for `parts` joined.
    fn verify(&self, parts: &[&[u8]], signature: &str) -> bool;

    /// Takes note of a request that passed, from where and when.
    fn used(&self, from: IpAddr, at: Time) {
        let _ = (from, at);
    }
}

impl Verifier for SignatureKey {
    fn kind(&self) -> KeyKind {
        Self::kind(self)
    }

    fn verify(&self, parts: &[&[u8]], signature: &str) -> bool {
        Self::verify(self, parts, signature)
    }
}

/// What a key may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// See the account.
    pub read: bool,
    /// Place and cancel orders.
    pub trade: bool,
    /// Move money out.
    pub transfer: bool,
    /// Operate the exchange.
    pub admin: bool,
}

/// A key.
pub struct KeyEntry {
    /// Its number outside: not the name that travels in requests.
    pub id: u128,
    /// Whose it is.
    pub user: UserId,
    /// What it may do.
    pub scopes: Scopes,
    /// From where it may be used; empty for anywhere.
    pub allow_ips: Vec<IpNet>,
    /// Since when it exists.
    pub created: Time,
    /// Checks its signatures.
    pub verifier: Box<dyn Verifier>,
}

impl KeyEntry {
    /// Whether it may be used from there.
    #[must_use]
    pub fn allows(&self, from: IpAddr) -> bool {
        self.allow_ips.is_empty() || self.allow_ips.iter().any(|net| net.contains(&from))
    }
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyEntry").field("id", &self.id).finish_non_exhaustive()
    }
}
