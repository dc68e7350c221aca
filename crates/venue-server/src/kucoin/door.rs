//! What a KuCoin stands on.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Secret, Time, UserId};
use tokio::sync::watch;
use venue::kucoin::SigningKey;

use super::hub::Hub;
use super::limit::Meter;
use super::token::Tokens;
use crate::dead_man::DeadMan;
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::keyring::{Scopes, VenueKey};

/// An open KuCoin: its desk, its keys, what was asked of it, and who listens.
pub struct Door {
    /// What is served.
    pub(super) desk: Desk,
    /// Keys by their names.
    pub(super) keys: HashMap<String, Key>,
    /// Whose keys they are, each once.
    pub(super) users: Vec<UserId>,
    pub(super) meter: Meter,
    pub(super) tokens: Tokens,
    /// Switches that end orders.
    pub(super) dead_man: DeadMan,
    pub(super) hub: Hub,
    pub(super) stop: watch::Sender<bool>,
}

/// A key, ready to be asked.
pub struct Key {
    pub user: UserId,
    pub api_key: String,
    pub signing: SigningKey,
    pub passphrase: Secret<String>,
    pub scopes: Scopes,
    /// Since when it is good.
    pub created: Time,
}

/// Opens a KuCoin on `exchange`, for these keys. One without a passphrase has an empty one, which
/// no client sends.
///
/// # Panics
/// If the system gives no randomness.
#[must_use]
pub fn open(exchange: Arc<Exchange>, keys: Vec<VenueKey>) -> Arc<Door> {
    let created = exchange.started_at;
    let mut users = Vec::new();
    let key = |key: VenueKey| {
        if !users.contains(&key.user) {
            users.push(key.user);
        }
        let VenueKey { user, api_key, secret, passphrase, scopes } = key;
        let passphrase = passphrase.unwrap_or_else(|| Secret::new(String::new()));
        let signing = SigningKey::new(secret.expose().as_bytes());
        (api_key.clone(), Key { user, api_key, signing, passphrase, scopes, created })
    };
    let keys = keys.into_iter().map(key).collect();
    Arc::new(Door {
        desk: Desk::new(exchange),
        keys,
        users,
        meter: Meter::default(),
        tokens: Tokens::new(),
        dead_man: DeadMan::default(),
        hub: Hub::default(),
        stop: watch::Sender::new(false),
    })
}

/// Ends its sockets and its feed.
pub fn stop(door: &Door) {
    door.stop.send_replace(true);
}

impl Door {
    /// What stands behind the desk.
    pub(super) fn exchange(&self) -> &Exchange {
        self.desk.exchange()
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("users", &self.users.len()).finish_non_exhaustive()
    }
}
