//! Registration, login, and what a person does with their password.

use super::audit::Unmade;
use super::keys::noted;
use super::sessions::Opening;
use super::{Caller, GivenPassword, Identity, SignedIn};
use crate::audit::{Act, Actor, Note};
use crate::error::IdentityError;
use crate::failures::Wrong;
use crate::password;
use crate::second_factor::SecondFactor;
use crate::session::{EndReason, Origin};
use crate::slow_work::Line;
use crate::store;
use crate::user::{Email, Kyc, Role, User};

/// Whoever has been a user for so long is told of a sign-in from elsewhere, also of the first that
/// is remembered.
const SETTLED_MICROS: u64 = 24 * 3_600 * 1_000_000;

/// Somebody wants to be a user.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Their address.
    pub email: Email,
    /// The password they choose.
    pub password: GivenPassword,
    /// How far the exchange takes them to be known.
    pub kyc: Kyc,
    /// From where they come.
    pub origin: Origin,
}

/// Somebody wants to be known as a user.
#[derive(Clone, Debug)]
pub struct Login {
    /// Whose address they give.
    pub email: Email,
    /// Their password.
    pub password: GivenPassword,
    /// Where it was asked for.
    pub second_factor: Option<SecondFactor>,
    /// From where they come.
    pub origin: Origin,
}

/// How a caller proves that they are still the same person.
#[derive(Clone, Debug)]
pub enum Proof {
    /// By the password; only where no second factor is on.
    Password(GivenPassword),
    /// By the second factor.
    SecondFactor(SecondFactor),
}

/// A user, as they see themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Who.
    pub user: User,
    /// Whether a second factor is on.
    pub two_factor: bool,
}

impl Identity {
    /// Creates a user and opens a session for them.
    ///
    /// That an address is taken cannot be hidden from whoever registers it, as no mail is sent;
    /// it is found out no sooner than the password is hashed, and counts as a try.
    ///
    /// # Errors
    /// [`IdentityError::Unowned`] before there is any user, [`IdentityError::EmailTaken`], what is
    /// wrong with the password, [`IdentityError::Busy`], or the database.
    pub async fn register(&self, asked: Registration) -> Result<SignedIn, IdentityError> {
        let Registration { email, password, kyc, origin } = asked;
        self.check_registration().await?;
        let password = self.chosen_password(Line::Stranger, password, &email).await?;
        let hash = password::hash(&self.slow_work, Line::Stranger, password).await?;
        let standing = (Role::User, kyc);
        let now = self.clock.now();
        let change = self.audited().await?;
        let user = store::insert_user(&*change, &email, hash.clone(), standing, now).await?;
        let note = Note::new(Act::UserCreated, Actor::Person, user.id).from(origin.address);
        change.commit(note).await?;
        self.open_session(user, &hash, &origin, Opening::default()).await
    }

    /// Opens a session. Whether nobody has the address or the password is another: the answer and
    /// the time it takes are the same.
    ///
    /// # Errors
    /// [`IdentityError::Credentials`], [`IdentityError::Envelope`],
    /// [`IdentityError::FactorNeeded`], [`IdentityError::Code`], [`IdentityError::CodesOver`],
    /// [`IdentityError::TooManyTries`], [`IdentityError::Busy`], or the database.
    pub async fn login(&self, asked: Login) -> Result<SignedIn, IdentityError> {
        let Login { email, password, second_factor, origin } = asked;
        let found = store::password_hash(self.database.read(), &email).await?;
        let (user, hash) = found.unzip();
        let now = self.clock.now();
        let spot = self.spot(user.as_ref().map(|user| user.id), &origin).await?;
        let line = if spot.is_known() { Line::Known } else { Line::Stranger };
        let password = self.typed_password(line, password).await?;
        let attempt = self.try_login(&email, spot).await?;
        let is_right = password::verify(&self.slow_work, line, password, hash.clone()).await?;
        let (user, hash) = match (user, hash, is_right) {
            (Some(user), Some(hash), true) => (user, hash),
            (user, Some(_) | None, true | false) => {
                let user = user.map(|user| user.id);
                self.note_failure(user, &origin, Wrong::Password);
                return Err(IdentityError::Credentials);
            }
        };
        attempt.succeeded();
        let shown = self.ask_factor(user.id, second_factor.as_ref(), spot, now).await;
        if matches!(shown, Err(IdentityError::Code)) {
            self.note_failure(Some(user.id), &origin, Wrong::Code);
        }
        let factor = shown?;
        let note = Note::new(Act::LoggedIn, Actor::Person, user.id).from(origin.address);
        let note = note.detail(origin.device());
        // Sessions are forgotten after a while: who has been a user for long had some.
        let is_settled = user.created.micros() + SETTLED_MICROS < now.micros()
            || store::has_sessions(self.database.read(), user.id).await?;
        let is_elsewhere = !spot.is_known() && is_settled;
        let opening = Opening { note: Some(note), is_elsewhere, factor };
        self.open_session(user, &hash, &origin, opening).await
    }

    /// Who the caller is.
    ///
    /// # Errors
    /// The database.
    pub async fn me(&self, caller: &Caller) -> Result<Profile, IdentityError> {
        let user = store::user(self.database.read(), caller.user()).await?;
        let user = user.ok_or(IdentityError::UnknownUser)?;
        let factor = store::factor_of(self.database.read(), user.id, true).await?;
        Ok(Profile { user, two_factor: factor.is_some() })
    }

    /// Gives the caller another password, and ends all other sessions of theirs. Where a second
    /// factor is on, the password alone is not enough for that.
    ///
    /// # Errors
    /// [`IdentityError::StepUp`], [`IdentityError::Credentials`] if the current password is
    /// another, what is wrong with the new one, [`IdentityError::Busy`], or the database.
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: GivenPassword,
        new: GivenPassword,
    ) -> Result<(), IdentityError> {
        let Profile { user, two_factor } = self.me(caller).await?;
        if two_factor {
            self.require_step_up(caller)?;
        }
        let email = Email::new(&user.email).ok_or(IdentityError::UnknownUser)?;
        let current = self.typed_password(Line::Known, current).await?;
        let new = self.chosen_password(Line::Known, new, &email).await?;
        let old_hash = self.check_own_password(caller, current).await?;
        let hash = password::hash(&self.slow_work, Line::Known, new).await?;
        let _turn = self.sessions_change.lock().await;
        let change = self.audited().await?;
        let stored = store::lock_password_hash(&*change, caller.user()).await?;
        if stored != Some(old_hash) {
            return Err(IdentityError::Credentials);
        }
        store::replace_password(&*change, caller.user(), hash).await?;
        let others = (self.clock.now(), EndReason::Password);
        store::end_sessions(&*change, caller.user(), Some(caller.session()), others).await?;
        let done = change.commit(noted(Act::PasswordChanged, caller)).await;
        if Unmade::may_be_made(&done) {
            self.end_others(caller, EndReason::Password).await?;
        }
        Ok(done?)
    }

    /// Takes note that the caller is still the same person, for acts that want to know it. Where
    /// a second factor is on, the password alone does not tell.
    ///
    /// # Errors
    /// [`IdentityError::Credentials`], [`IdentityError::FactorNeeded`],
    /// [`IdentityError::FactorOff`], [`IdentityError::Code`], [`IdentityError::TooManyTries`],
    /// [`IdentityError::Busy`], or the database.
    pub async fn step_up(&self, caller: &Caller, proof: Proof) -> Result<(), IdentityError> {
        match proof {
            Proof::Password(password) => {
                if self.me(caller).await?.two_factor {
                    return Err(IdentityError::FactorNeeded);
                }
                let password = self.typed_password(Line::Known, password).await?;
                self.check_own_password(caller, password).await?;
            }
            Proof::SecondFactor(factor) => self.prove_factor(caller, &factor).await?,
        }
        caller.live().freshen(self.clock.now());
        Ok(())
    }

    /// Whether the caller proved who they are within the last five minutes.
    ///
    /// # Errors
    /// [`IdentityError::StepUp`] if not.
    pub fn require_step_up(&self, caller: &Caller) -> Result<(), IdentityError> {
        let is_fresh = caller.live().is_fresh(self.clock.now());
        if is_fresh { Ok(()) } else { Err(IdentityError::StepUp) }
    }
}
