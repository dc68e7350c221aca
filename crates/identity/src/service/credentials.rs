//! Passwords and codes as they reach us: opened, checked, and slowed down where they are guessed.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Secret, UserId};
use vault::{DecryptingKey, RecordName};

use super::{Caller, Identity};
use crate::clock::Clock;
use crate::envelope::{EnvelopeKey, PublicKey};
use crate::error::IdentityError;
use crate::failures::Wrong;
use crate::password::{self, StoredHash};
use crate::password_rule;
use crate::session::Origin;
use crate::slow_work::Line;
use crate::store::{self, Purpose, SealedTable, ServiceKey};
use crate::throttle::{LINE_SECONDS_MAX, NotNow, Rule, Spot, Target, Throttle, Try};
use crate::user::{Email, Password, TypedPassword};

/// From one spot, for one account: five tries, then one in up to a quarter of an hour.
pub(super) const OWN_TRIES: Rule = Rule { free: 5, wait_seconds_max: 900, failures_max: None };
/// From all spots where the owner has not been: an owner who travels waits for half a minute, and
/// has one chance in as many as there are sites that wait, too.
pub(super) const PASSWORD_STRANGERS: Rule =
    Rule { free: 50, wait_seconds_max: 30, failures_max: None };

/// What a badge is signed for.
const BADGE: &[u8] = b"badge";
/// Its number and its tag.
const BADGE_BYTES: usize = 16 + 32;

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
    Throttle::new(OWN_TRIES, PASSWORD_STRANGERS)
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
            let drawn = self.slow_work.run_seldom(DecryptingKey::draw).await;
            self.add_password_key(&drawn).await?;
        }
        for id in self.envelopes.take_outlived(self.clock.now()) {
            store::delete_service_key(self.database.write(), id).await?;
        }
        Ok(())
    }

    /// Waits for passwords and keys that are being worked at, seconds at most, and begins no other:
    /// the last thing before the process ends.
    pub fn finish(&self) {
        self.slow_work.finish();
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
        line: Line,
        given: GivenPassword,
    ) -> Result<TypedPassword, IdentityError> {
        match given {
            GivenPassword::Plain(text) => {
                TypedPassword::new(text).ok_or(IdentityError::Credentials)
            }
            GivenPassword::Encrypted { key_id, ciphertext } => {
                let EnvelopeKey { id, key, .. } = self.envelopes.find(&key_id)?;
                let opened = self.slow_work.run(line, move || key.decrypt(&ciphertext)).await?;
                let letter = opened.ok_or(IdentityError::Envelope)?;
                self.envelopes.read(id, &letter, self.clock.now())
            }
        }
    }

    /// The password that the person with this address chooses.
    pub(super) async fn chosen_password(
        &self,
        line: Line,
        given: GivenPassword,
        email: &Email,
    ) -> Result<Password, IdentityError> {
        let typed = self.typed_password(line, given).await?;
        password_rule::check(&typed, email)?;
        typed.choose().ok_or(IdentityError::PasswordShort)
    }

    /// Begins a try to log in, when those that are under way have ended. The answer depends
    /// neither on whether there is such an account, nor does the time.
    pub(super) async fn try_login(
        &self,
        email: &Email,
        spot: Spot,
    ) -> Result<Try<'_>, IdentityError> {
        let target = Target::new(email.key().as_bytes(), spot);
        try_soon(&self.password_tries, target, &self.clock).await
    }

    /// From where somebody comes who wants to be that user.
    pub(super) async fn spot(
        &self,
        user: Option<UserId>,
        origin: &Origin,
    ) -> Result<Spot, IdentityError> {
        if let Some(id) = user.and_then(|user| self.badge_of(user, origin)) {
            return Ok(Spot::Badge(id));
        }
        let nobody = UserId([0; 16]);
        let place = origin.place();
        let read = self.database.read();
        let is_known = store::knows_place(read, user.unwrap_or(nobody), &place).await?;
        Ok(if is_known { Spot::Address(place) } else { Spot::Network(origin.network()) })
    }

    /// The number of the badge that somebody shows, if it is one of that user.
    fn badge_of(&self, user: UserId, origin: &Origin) -> Option<[u8; 16]> {
        let mut bytes = [0; BADGE_BYTES];
        let text = origin.badge()?.expose();
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (id, tag) = bytes.split_first_chunk::<16>()?;
        let is_ours = self.page_key.verify(&[BADGE, &user.0, id], tag);
        (length == BADGE_BYTES && is_ours).then_some(*id)
    }

    /// What the browser of that user keeps, from which they have just signed in: the one that it
    /// shows, if that is one.
    pub(super) fn badge(&self, user: UserId, origin: &Origin) -> Secret<String> {
        let id = self.badge_of(user, origin).unwrap_or_else(|| *uuid::Uuid::new_v4().as_bytes());
        let tag = self.page_key.sign(&[BADGE, &user.0, &id]);
        Secret::new(URL_SAFE_NO_PAD.encode([&id[..], &tag[..]].concat()))
    }

    /// The hash of the caller's password, if this is it.
    pub(super) async fn check_own_password(
        &self,
        caller: &Caller,
        password: TypedPassword,
    ) -> Result<StoredHash, IdentityError> {
        let user = caller.user();
        // In their session, they are at home: nobody slows them down who is not in it.
        let target = Target::new(&user.0, in_session(caller));
        let attempt = try_soon(&self.password_tries, target, &self.clock).await?;
        let hash = store::own_password_hash(self.database.read(), user).await?;
        let is_right =
            password::verify(&self.slow_work, Line::Known, password, hash.clone()).await?;
        let Some(hash) = hash.filter(|_| is_right) else {
            self.note_own_failure(caller, Wrong::OwnPassword);
            return Err(IdentityError::Credentials);
        };
        attempt.succeeded();
        Ok(hash)
    }
}

/// Where the caller tries something.
pub(super) fn in_session(caller: &Caller) -> Spot {
    Spot::Session(caller.session().0)
}

/// Begins a try, when those that are under way have ended. Strangers who have to wait for each
/// other do so here, once.
pub(super) async fn try_soon<'a>(
    throttle: &'a Throttle,
    target: Target,
    clock: &Clock,
) -> Result<Try<'a>, IdentityError> {
    let (mut place, mut in_line) = (None, None);
    loop {
        let mut ended = std::pin::pin!(throttle.ended());
        // From here on no end is missed.
        ended.as_mut().enable();
        let too_many = |seconds| IdentityError::TooManyTries { seconds };
        match throttle.try_now(target, clock.now()) {
            Ok(attempt) => return Ok(attempt),
            Err(NotNow::Over) => return Err(IdentityError::CodesOver),
            Err(NotNow::Wait(seconds)) => return Err(too_many(seconds)),
            Err(NotNow::Turn(seconds)) => {
                if in_line.is_some() || LINE_SECONDS_MAX < seconds {
                    return Err(too_many(seconds));
                }
                in_line = Some(throttle.stand_in_line(target).ok_or(too_many(seconds))?);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            Err(NotNow::UnderWay) => {
                if place.is_none() {
                    place = Some(throttle.wait_in_line().ok_or(too_many(1))?);
                }
                ended.await;
            }
        }
    }
}

const fn record_name(id: u128) -> RecordName<'static> {
    SealedTable::ServiceKeys.record_name(id, [0; 16])
}
