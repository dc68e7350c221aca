//! The first start: nobody is there, and whoever has the link becomes the owner.
//!
//! Keeps   the link is good until there is an administrator, whoever else is there: strangers take
//!         it from nobody. They do not come first either: nobody registers before the first user
//!         is there, whom the link or an operator's command makes.

use aws_lc_rs::{constant_time, rand};
use model::Secret;

use super::sessions::Opening;
use super::{GivenPassword, Identity, SignedIn};
use crate::audit::{Act, Actor, Note};
use crate::error::IdentityError;
use crate::failures::Wrong;
use crate::password;
use crate::session::Origin;
use crate::slow_work::Line;
use crate::store;
use crate::user::{Email, Kyc, Role};

/// Somebody claims an exchange that has no administrator.
#[derive(Clone, Debug)]
pub struct Claim {
    /// From the link.
    pub token: Secret<String>,
    /// Their address.
    pub email: Email,
    /// The password they choose.
    pub password: GivenPassword,
    /// From where they come.
    pub origin: Origin,
}

/// A token that nobody can guess; another one at each start.
pub fn draw_token() -> Secret<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the system has randomness");
    Secret::new(hex::encode(bytes))
}

impl Identity {
    /// The token with which the owner claims this exchange; `None` once there is an administrator.
    /// For the operator's eyes.
    ///
    /// # Errors
    /// The database.
    pub async fn claim_token(&self) -> Result<Option<Secret<String>>, IdentityError> {
        let is_owned = store::has_administrator(self.database.read()).await?;
        Ok((!is_owned).then(|| self.claim_token.clone()))
    }

    /// Makes the owner, an administrator, and opens a session for them. Good once, and only as
    /// long as there is no administrator.
    ///
    /// # Errors
    /// [`IdentityError::Claim`] for a wrong token or an exchange that has an administrator;
    /// [`IdentityError::EmailTaken`]; what is wrong with the password; [`IdentityError::Busy`], or
    /// the database.
    pub async fn claim(&self, claim: Claim) -> Result<SignedIn, IdentityError> {
        let Claim { token, email, password, origin } = claim;
        let _turn = self.claiming.lock().await;
        let want = self.claim_token().await?.ok_or(IdentityError::Claim)?;
        let (want, given) = (want.expose().as_bytes(), token.expose().as_bytes());
        if constant_time::verify_slices_are_equal(want, given).is_err() {
            self.note_failure(None, &origin, Wrong::ClaimToken);
            return Err(IdentityError::Claim);
        }
        let password = self.chosen_password(Line::Known, password, &email).await?;
        let hash = password::hash(&self.slow_work, Line::Known, password).await?;
        let change = self.audited().await?;
        if store::has_administrator(&*change).await? {
            return Err(IdentityError::Claim);
        }
        let standing = (Role::Admin, Kyc::Approved);
        let now = self.clock.now();
        let user = store::insert_user(&*change, &email, hash.clone(), standing, now).await?;
        let note = Note::new(Act::Claimed, Actor::Person, user.id).from(origin.address);
        change.commit(note).await?;
        self.open_session(user, &hash, &origin, Opening::default()).await
    }

    /// Registration is open as soon as there is any user.
    pub(super) async fn check_registration(&self) -> Result<(), IdentityError> {
        let is_empty = self.users(None, 1).await?.is_empty();
        if is_empty { Err(IdentityError::Unowned) } else { Ok(()) }
    }
}
