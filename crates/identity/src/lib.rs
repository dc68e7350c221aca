//! Users, sessions and API keys: who may do what.
//!
//! Shape   [`Identity`] is the service: it asks the rules, then the store. [`KeyRing`] answers the
//!         request path from memory, and so does [`Identity::authenticate`]: no database, no
//!         decryption, no waiting.
//! Keeps   a change is in memory before whoever asked for it has the answer: a key that is revoked
//!         and a session that is ended refuse the very next request. Passwords are hashed off the
//!         threads that serve, a bounded number at once. Secrets are shown once, when they are
//!         made, and are in no `Debug`, log or error.
//! Fails   [`IdentityError`]; nothing changed then.

mod acts;
mod api_key;
mod audit;
mod clock;
mod envelope;
mod error;
mod failures;
mod key;
mod live;
mod notice;
mod password;
mod password_rule;
mod ring;
mod rotation;
mod second_factor;
mod service;
mod session;
mod slow_work;
mod store;
mod taken;
mod throttle;
mod token;
mod user;

pub use api_key::{
    ApiKey, ApiKeyChange, ApiKeyDay, ApiKeyId, ApiKeyUsage, CreatedApiKey, NewApiKey,
    parse_networks,
};
pub use audit::{Act, Actor, AuditEntry, AuditHead};
pub use clock::Clock;
pub use envelope::PublicKey;
pub use error::IdentityError;
pub use key::{KeyEntry, OverLimit, Scopes, Verifier};
pub use notice::{NOTICES_MAX, NewNotice, Notice, NoticeBoard, NoticeKind, Posted, Subject};
pub use ring::KeyRing;
pub use rotation::Rotation;
pub use second_factor::{FactorSetup, FactorState, SecondFactor};
pub use service::{
    Caller, Claim, GivenPassword, Identity, Login, MasterKeySource, Profile, Proof, Registration,
    SessionEnd, SignedIn, Tokens,
};
pub use session::{EndReason, Origin, SESSION_IDLE, Session, SessionId};
pub use user::{Email, Kyc, NewUser, Password, Role, TypedPassword, User, WordError};
