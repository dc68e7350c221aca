//! The second factor: set up, confirmed, asked for, switched off.

use model::{Secret, Time, UserId};
use vault::{OtpKey, RecordName};

use super::audit::Unmade;
use super::credentials::{OWN_TRIES, in_session, try_soon};
use super::keys::noted;
use super::{Caller, Identity};
use crate::audit::{Act, Actor, Note};
use crate::clock::Clock;
use crate::error::IdentityError;
use crate::failures::Wrong;
use crate::second_factor::{
    FactorSetup, FactorState, RECOVERY_CODES, SETUP_MICROS, SecondFactor, draw_recovery_code,
    recovery_hash, step_of,
};
use crate::session::EndReason;
use crate::store::{self, SealedTable, StoredFactor};
use crate::throttle::{Rule, Spot, Target, Throttle, Try};
use crate::user::Email;

/// From all spots where the owner has not been. Whoever tries codes knows the password, and three
/// in a million are right.
const CODE_STRANGERS: Rule = Rule { free: 20, wait_seconds_max: 60, failures_max: Some(100) };
/// The same for recovery codes, which nobody guesses: they are heard when all else is over.
const RECOVERY_STRANGERS: Rule = Rule { failures_max: None, ..CODE_STRANGERS };

/// Slows down who guesses codes, and ends it.
pub fn code_throttle() -> Throttle {
    Throttle::new(OWN_TRIES, CODE_STRANGERS)
}

/// Slows down who guesses recovery codes.
pub fn recovery_throttle() -> Throttle {
    Throttle::new(OWN_TRIES, RECOVERY_STRANGERS)
}

impl Identity {
    /// How the caller's second factor stands.
    ///
    /// # Errors
    /// The database.
    pub async fn second_factor(&self, caller: &Caller) -> Result<FactorState, IdentityError> {
        let (read, user) = (self.database.read(), caller.user());
        let is_on = store::factor_of(read, user, true).await?.is_some();
        let recovery_codes_left = store::recovery_codes_left(read, user).await?;
        Ok(FactorState { is_on, recovery_codes_left })
    }

    /// Draws a second factor, which is on when it is confirmed within a quarter of an hour. One
    /// that was drawn before and not confirmed is forgotten.
    ///
    /// # Errors
    /// [`IdentityError::StepUp`], [`IdentityError::FactorOn`], [`IdentityError::TooManyActs`], the
    /// vault or the database.
    pub async fn set_up_second_factor(
        &self,
        caller: &Caller,
    ) -> Result<FactorSetup, IdentityError> {
        self.require_step_up(caller)?;
        self.count_act(caller)?;
        let user = self.me(caller).await?.user;
        let drawn = OtpKey::draw();
        let id = uuid::Uuid::new_v4().as_u128();
        let sealed = self.vault.seal_key(&record_name(id, user.id), &drawn)?;
        let factor = StoredFactor { id, sealed, created: self.clock.now(), last_step: None };
        let transaction = self.database.begin().await?;
        store::lock_user(&transaction, user.id).await?.ok_or(IdentityError::UnknownUser)?;
        if store::factor_of(&transaction, user.id, true).await?.is_some() {
            return Err(IdentityError::FactorOn);
        }
        store::insert_factor(&transaction, user.id, &factor).await?;
        transaction.commit().await?;
        Ok(FactorSetup::new(&drawn, &user.email))
    }

    /// Switches on the second factor that was set up, given a code of it, and ends all other
    /// sessions of the caller, which a password alone has opened. The recovery codes are shown
    /// this once.
    ///
    /// # Errors
    /// [`IdentityError::StepUp`], [`IdentityError::FactorOn`], [`IdentityError::Code`] if it is
    /// wrong or nothing was set up, [`IdentityError::TooManyTries`], the vault or the database.
    pub async fn confirm_second_factor(
        &self,
        caller: &Caller,
        code: &Secret<String>,
    ) -> Result<Vec<Secret<String>>, IdentityError> {
        self.require_step_up(caller)?;
        let (user, now) = (caller.user(), self.clock.now());
        let attempt = try_code(&self.code_tries, user, in_session(caller), &self.clock).await?;
        let (codes, hashes) = draw_recovery_codes(user);
        let _turn = self.sessions_change.lock().await;
        let change = self.audited().await?;
        store::lock_user(&*change, user).await?.ok_or(IdentityError::UnknownUser)?;
        if store::factor_of(&*change, user, true).await?.is_some() {
            return Err(IdentityError::FactorOn);
        }
        let factor = store::factor_of(&*change, user, false).await?;
        let factor = factor.filter(|it| now.micros() < it.created.micros() + SETUP_MICROS);
        let factor = factor.ok_or(IdentityError::Code)?;
        let key = self.vault.open_otp(&record_name(factor.id, user), &factor.sealed)?;
        let Some(step) = step_of(&key, code.expose(), None, now) else {
            self.note_own_failure(caller, Wrong::OwnCode);
            return Err(IdentityError::Code);
        };
        store::use_step(&*change, factor.id, step).await?;
        store::confirm_factor(&*change, factor.id, now).await?;
        store::replace_recovery_codes(&*change, user, &hashes).await?;
        let others = (now, EndReason::Factor);
        store::end_sessions(&*change, user, Some(caller.session()), others).await?;
        let done = change.commit(noted(Act::FactorOn, caller)).await;
        // The factor is on and its codes are to be shown, whatever becomes of writing that down.
        if Unmade::may_be_made(&done)
            && let Err(error) = self.end_others(caller, EndReason::Factor).await
        {
            tracing::warn!(%error, "sessions have ended and are written down later");
        }
        done?;
        attempt.succeeded();
        // What was guessed were codes of another.
        self.code_tries.forgive(&user.0);
        Ok(codes)
    }

    /// Switches the second factor off; a code of it, or a recovery code, is the proof.
    ///
    /// # Errors
    /// [`IdentityError::FactorOff`], [`IdentityError::Code`], [`IdentityError::TooManyTries`], the
    /// vault or the database.
    pub async fn remove_second_factor(
        &self,
        caller: &Caller,
        proof: &SecondFactor,
    ) -> Result<(), IdentityError> {
        self.prove_factor(caller, proof).await?;
        let change = self.audited().await?;
        store::lock_user(&*change, caller.user()).await?.ok_or(IdentityError::UnknownUser)?;
        store::delete_factors(&*change, caller.user()).await?;
        change.commit(noted(Act::FactorOff, caller)).await?;
        Ok(())
    }

    /// Draws other recovery codes, shown this once; all before them are good no more.
    ///
    /// # Errors
    /// [`IdentityError::StepUp`], [`IdentityError::FactorOff`], [`IdentityError::TooManyActs`], or
    /// the database.
    pub async fn replace_recovery_codes(
        &self,
        caller: &Caller,
    ) -> Result<Vec<Secret<String>>, IdentityError> {
        self.require_step_up(caller)?;
        self.count_act(caller)?;
        let user = caller.user();
        let (codes, hashes) = draw_recovery_codes(user);
        let change = self.audited().await?;
        store::lock_user(&*change, user).await?.ok_or(IdentityError::UnknownUser)?;
        let factor = store::factor_of(&*change, user, true).await?;
        factor.ok_or(IdentityError::FactorOff)?;
        store::replace_recovery_codes(&*change, user, &hashes).await?;
        change.commit(noted(Act::RecoveryCodesReplaced, caller)).await?;
        Ok(codes)
    }

    /// Switches a user's second factor off, for an operator, and ends all of the user's sessions:
    /// for who has lost both the app and the recovery codes.
    ///
    /// # Errors
    /// [`IdentityError::UnknownUser`], [`IdentityError::FactorOff`], or the database.
    pub async fn reset_second_factor(&self, email: &Email) -> Result<(), IdentityError> {
        let user = store::find_user(self.database.read(), email).await?;
        let user = user.ok_or(IdentityError::UnknownUser)?.id;
        let _turn = self.sessions_change.lock().await;
        let change = self.audited().await?;
        store::lock_user(&*change, user).await?.ok_or(IdentityError::UnknownUser)?;
        let factor = store::factor_of(&*change, user, true).await?;
        factor.ok_or(IdentityError::FactorOff)?;
        store::delete_factors(&*change, user).await?;
        let end = (self.clock.now(), EndReason::Reset);
        store::end_sessions(&*change, user, None, end).await?;
        let done = change.commit(Note::new(Act::FactorReset, Actor::Operator, user)).await;
        if Unmade::may_be_made(&done) {
            self.code_tries.forgive(&user.0);
            let own = self.live.of(user, self.clock.now());
            self.end_all(own, EndReason::Reset).await?;
        }
        Ok(done?)
    }

    /// The caller shows their second factor, from where their session is.
    pub(super) async fn prove_factor(
        &self,
        caller: &Caller,
        proof: &SecondFactor,
    ) -> Result<(), IdentityError> {
        let (user, now) = (caller.user(), self.clock.now());
        let factor = store::factor_of(self.database.read(), user, true).await?;
        let factor = factor.ok_or(IdentityError::FactorOff)?;
        let tries = self.tries_of(proof);
        let attempt = try_code(tries, user, in_session(caller), &self.clock).await?;
        let checked = self.check_factor(user, &factor, proof, now).await;
        if matches!(checked, Err(IdentityError::Code)) {
            self.note_own_failure(caller, Wrong::OwnCode);
        }
        checked?;
        attempt.succeeded();
        Ok(())
    }

    /// Asks somebody who knows the password for the second factor, where one is on. The number of
    /// the one that was shown.
    pub(super) async fn ask_factor(
        &self,
        user: UserId,
        given: Option<&SecondFactor>,
        spot: Spot,
        now: Time,
    ) -> Result<Option<u128>, IdentityError> {
        let read = self.database.read();
        let Some(factor) = store::factor_of(read, user, true).await? else { return Ok(None) };
        let given = given.ok_or(IdentityError::FactorNeeded)?;
        let attempt = try_code(self.tries_of(given), user, spot, &self.clock).await?;
        self.check_factor(user, &factor, given, now).await?;
        attempt.succeeded();
        if matches!(given, SecondFactor::RecoveryCode(_)) {
            // Their owner is there: codes are heard again.
            self.code_tries.forgive(&user.0);
        }
        Ok(Some(factor.id))
    }

    const fn tries_of(&self, given: &SecondFactor) -> &Throttle {
        match given {
            SecondFactor::Totp(_) => &self.code_tries,
            SecondFactor::RecoveryCode(_) => &self.recovery_tries,
        }
    }

    /// Uses up what is given, if it is right.
    async fn check_factor(
        &self,
        user: UserId,
        factor: &StoredFactor,
        given: &SecondFactor,
        now: Time,
    ) -> Result<(), IdentityError> {
        let write = self.database.write();
        let is_right = match given {
            SecondFactor::Totp(code) => {
                let key = self.vault.open_otp(&record_name(factor.id, user), &factor.sealed)?;
                match step_of(&key, code.expose(), factor.last_step, now) {
                    Some(step) => store::use_step(write, factor.id, step).await?,
                    None => false,
                }
            }
            SecondFactor::RecoveryCode(code) => match recovery_hash(user, code.expose()) {
                Some(hash) => store::use_recovery_code(write, user, hash, now).await?,
                None => false,
            },
        };
        if is_right { Ok(()) } else { Err(IdentityError::Code) }
    }
}

async fn try_code<'a>(
    tries: &'a Throttle,
    user: UserId,
    spot: Spot,
    clock: &Clock,
) -> Result<Try<'a>, IdentityError> {
    try_soon(tries, Target::new(&user.0, spot), clock).await
}

/// Codes to be written down, and under what they are stored.
fn draw_recovery_codes(user: UserId) -> (Vec<Secret<String>>, Vec<[u8; 32]>) {
    let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| draw_recovery_code()).collect();
    let hashes = codes.iter().filter_map(|code| recovery_hash(user, code.expose())).collect();
    (codes, hashes)
}

const fn record_name(id: u128, user: UserId) -> RecordName<'static> {
    SealedTable::SecondFactors.record_name(id, user.0)
}
