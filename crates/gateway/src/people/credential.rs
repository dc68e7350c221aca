//! Passwords and codes as requests carry them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use identity::{Email, GivenPassword, SecondFactor};
use model::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// A password that the page encrypted before it sent it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EncryptedPassword {
    /// The `keyId` of `GET /api/v1/auth/public-key`.
    key_id: String,
    /// Base64 of RSA-OAEP-256 over `{"password":…,"challenge":…}`.
    ciphertext: String,
}

impl EncryptedPassword {
    /// For identity.
    ///
    /// # Errors
    /// [`Problem::wrong`] for what is not base64.
    pub fn given(self, field: &str) -> Result<GivenPassword, Problem> {
        let ciphertext = STANDARD.decode(&self.ciphertext);
        let wrong = |_| Problem::wrong(format!("{field}.ciphertext"), "not base64");
        Ok(GivenPassword::Encrypted { key_id: self.key_id, ciphertext: ciphertext.map_err(wrong)? })
    }
}

/// The one password that a request carries.
///
/// # Errors
/// [`Problem::wrong`] for none or two, or one in the clear where that is not taken.
pub fn password(
    encrypted: Option<EncryptedPassword>,
    plain: Option<String>,
    takes_plain: bool,
) -> Result<GivenPassword, Problem> {
    match (encrypted, plain.map(Secret::new)) {
        (Some(encrypted), None) => encrypted.given("passwordEncrypted"),
        (None, Some(plain)) if takes_plain => Ok(GivenPassword::Plain(plain)),
        (None, Some(_)) => Err(Problem::wrong("password", "only passwordEncrypted is taken here")),
        (None, None) => Err(Problem::wrong("passwordEncrypted", "is needed")),
        (Some(_), Some(_)) => Err(Problem::wrong("password", "either this or passwordEncrypted")),
    }
}

/// The one code that a request carries, if any.
///
/// # Errors
/// [`Problem::wrong`] for two.
pub fn second_factor(
    totp: Option<String>,
    recovery_code: Option<String>,
) -> Result<Option<SecondFactor>, Problem> {
    match (totp.map(Secret::new), recovery_code.map(Secret::new)) {
        (Some(_), Some(_)) => Err(Problem::wrong("recoveryCode", "either this or totp")),
        (Some(code), None) => Ok(Some(SecondFactor::Totp(code))),
        (None, Some(code)) => Ok(Some(SecondFactor::RecoveryCode(code))),
        (None, None) => Ok(None),
    }
}

/// An address.
///
/// # Errors
/// [`Problem::wrong`].
pub fn email(text: &str) -> Result<Email, Problem> {
    Email::new(text).ok_or_else(|| Problem::wrong("email", "not an email address"))
}
