//! Keys as a server needs them; who keeps them is elsewhere.

use std::sync::Arc;

pub use identity::{KeyEntry, Scopes, Verifier};

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
