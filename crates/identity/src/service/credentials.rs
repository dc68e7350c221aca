//! Passwords and codes as they reach us: opened, checked, and slowed down where they are guessed.

use std::sync::Arc;

use model::{Secret, Time, UserId};
use vault::{DecryptingKey, RecordName};

use super::{Caller, Identity};
use crate::envelope::{EnvelopeKey, PublicKey};
use crate::error::IdentityError;
use crate::password::StoredHash;
use crate::password_rule;
use crate::session::Origin;
use crate::store::{self, Purpose, SealedTable, ServiceKey};
use crate::throttle::{Rule, Target, Throttle, Try, Wait};
use crate::user::{Email, Password, TypedPassword};

/// Tries under way at once for one account: a script that logs in many times is no guesser.
const AT_ONCE: u32 = 64;
/// From a network, for one account: five tries, then one in up to a quarter of an hour.
const OWN_TRIES: Rule = Rule { free: 5, wait_seconds_max: 900, at_once: AT_ONCE };
/// From all networks where the owner has not been: an owner who travels waits for half a minute.
pub(super) const STRANGERS_TRIES: Rule = Rule { free: 50, wait_seconds_max: 30, at_once: AT_ONCE };

/// A password as it reaches us.
#[derive(Clone, Debug)]
pub enum GivenPassword {
    /// As it was typed.
    Plain(Secret<String>),
    /// Encrypted by the page into which it was typed, together with a challenge of ours.
    Encrypted {
        /// For which of our keys.
        key_id: String,
        /// RSA-OAEP-256 of `{"password":…,"challenge":…}`.
        ciphertext: Vec<u8>,
    },
}

/// Slows down who guesses passwords.
pub fn password_throttle() -> Throttle {
    Throttle::new(OWN_TRIES, STRANGERS_TRIES)
}

impl Identity {
    /// With what a page encrypts one password: a key, and a challenge that is good once and for
    /// two minutes. Waits for the key where the very first one is still being made.
    ///
    /// # Errors
    /// [`IdentityError::Busy`] where the key cannot be made.
    pub async fn public_key(&self) -> Result<PublicKey, IdentityError> {
        let mut is_there = self.key_is_there.subscribe();
        is_there.wait_for(|is_there| *is_there).await.map_err(|_| IdentityError::Busy)?;
        self.envelopes.public_key(self.clock.now()).ok_or(IdentityError::Busy)
    }

    /// Makes the key for which pages encrypt, where there is none or it is a month old; the one
    /// before opens for another hour. Takes seconds, off the threads that serve. To be called at
    /// the start and every hour or so.
    ///
    /// # Errors
    /// The vault or the database.
    pub async fn keep_password_key(&self) -> Result<(), IdentityError> {
        if self.envelopes.wants_key(self.clock.now()) {
            let drawn = self.hasher.run_seldom(DecryptingKey::draw).await;
            self.add_password_key(&drawn).await?;
        }
        for id in self.envelopes.take_outlived(self.clock.now()) {
            store::delete_service_key(self.database.write(), id).await?;
        }
        Ok(())
    }

    pub(super) async fn add_password_key(
        &self,
        drawn: &Secret<Vec<u8>>,
    ) -> Result<(), IdentityError> {
        let (id, created) = (uuid::Uuid::new_v4().as_u128(), self.clock.now());
        let sealed = self.vault.seal_key(&record_name(id), drawn)?;
        let key = self.vault.open_decrypting(&record_name(id), &sealed)?;
        let stored = ServiceKey { id, sealed, created };
        store::insert_service_key(self.database.write(), Purpose::Password, &stored).await?;
        self.envelopes.add(EnvelopeKey { id, created, key: Arc::new(key) });
        self.key_is_there.send_replace(true);
        Ok(())
    }

    /// Loads the keys for which pages encrypt. One that does not open is not missed: pages ask for
    /// another.
    pub(super) async fn load_password_keys(&self) -> Result<(), IdentityError> {
        for stored in store::service_keys(self.database.read(), Purpose::Password).await? {
            let ServiceKey { id, sealed, created } = stored;
            match self.vault.open_decrypting(&record_name(id), &sealed) {
                Ok(key) => {
                    self.envelopes.add(EnvelopeKey { id, created, key: Arc::new(key) });
                    self.key_is_there.send_replace(true);
                }
                Err(error) => {
                    tracing::error!(%error, "a key of passwords does not open: another is made");
                    store::delete_service_key(self.database.write(), id).await?;
                }
            }
        }
        Ok(())
    }

    /// The password that somebody typed.
    pub(super) async fn typed_password(
        &self,
        given: GivenPassword,
    ) -> Result<TypedPassword, IdentityError> {
        match given {
            GivenPassword::Plain(text) => {
                TypedPassword::new(text).ok_or(IdentityError::Credentials)
            }
            GivenPassword::Encrypted { key_id, ciphertext } => {
                let EnvelopeKey { id, key, .. } = self.envelopes.find(&key_id)?;
                let opened = self.hasher.run(move || key.decrypt(&ciphertext)).await?;
                let letter = opened.ok_or(IdentityError::Envelope)?;
                self.envelopes.read(id, &letter, self.clock.now())
            }
        }
    }

    /// The password that the person with this address chooses.
    pub(super) async fn chosen_password(
        &self,
        given: GivenPassword,
        email: &Email,
    ) -> Result<Password, IdentityError> {
        let typed = self.typed_password(given).await?;
        password_rule::check(&typed, email)?;
        typed.choose().ok_or(IdentityError::PasswordShort)
    }

    /// Begins a try to log in. The answer depends neither on whether there is such an account, nor
    /// does the time.
    pub(super) async fn try_login(
        &self,
        email: &Email,
        user: Option<UserId>,
        origin: &Origin,
        now: Time,
    ) -> Result<Try<'_>, IdentityError> {
        let network = origin.network();
        let nobody = UserId([0; 16]);
        let read = self.database.read();
        let is_known = store::knows_network(read, user.unwrap_or(nobody), &network).await?;
        let target = Target::new(email.key().as_bytes(), network, is_known);
        Ok(self.password_tries.try_now(target, now)?)
    }

    /// The hash of the caller's password, if this is it.
    pub(super) async fn check_own_password(
        &self,
        caller: &Caller,
        password: TypedPassword,
    ) -> Result<StoredHash, IdentityError> {
        let (user, now) = (caller.user(), self.clock.now());
        let network = Origin::new(caller.live().address, "").network();
        // From their session, they are at home: strangers do not slow them down.
        let attempt = self.password_tries.try_now(Target::new(&user.0, network, true), now)?;
        let hash = store::own_password_hash(self.database.read(), user).await?;
        let is_right = self.hasher.verify(password, hash.clone()).await?;
        let hash = hash.filter(|_| is_right).ok_or(IdentityError::Credentials)?;
        attempt.succeeded();
        Ok(hash)
    }
}

impl From<Wait> for IdentityError {
    fn from(Wait(seconds): Wait) -> Self {
        Self::TooManyTries { seconds }
    }
}

const fn record_name(id: u128) -> RecordName<'static> {
    SealedTable::ServiceKeys.record_name(id, [0; 16])
}
