//! Users and API keys: who may do what.
//!
//! Shape   [`Identity`] is the service: it asks the rules, then the store. [`KeyRing`] answers the
//!         request path from memory: no database, no decryption, no waiting.
//! Keeps   a change is in the ring before whoever asked for it has the answer. Passwords are
//!         hashed off the threads that serve, a bounded number at once. Secrets are shown once,
//!         when they are made, and are in no `Debug`, log or error.
//! Fails   [`IdentityError`]; nothing changed then.

mod api_key;
mod clock;
mod key;
mod password;
mod ring;
mod rotation;
mod service;
mod store;
mod user;

pub use api_key::{ALLOW_IPS_MAX, ApiKey, ApiKeyId, CreatedApiKey, NewApiKey, parse_networks};
pub use clock::Clock;
pub use key::{KeyEntry, Scopes, Verifier};
pub use ring::KeyRing;
pub use rotation::Rotation;
pub use service::{Identity, IdentityError, MasterKeySource};
pub use user::{Email, Kyc, NewUser, Password, Role, User, WordError};
