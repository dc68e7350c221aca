//! What somebody who is signed in does with their password.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use identity::{GivenPassword, Proof};
use model::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credential::{EncryptedPassword, password, second_factor};
use crate::api::Api;
use crate::caller::Person;
use crate::input::Said;
use crate::moment;
use crate::problem::{Problem, ProblemShape};

/// How long somebody waits for a key that is still being made.
const KEY_WITHIN: Duration = Duration::from_secs(10);

/// With what a page encrypts a password.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PublicKey)]
pub struct PublicKeyView {
    key_id: String,
    /// `RSA-OAEP-256`.
    algorithm: &'static str,
    /// SubjectPublicKeyInfo, in base64.
    spki: String,
    /// Goes into what is encrypted, beside the password: good once.
    challenge: String,
    expires_at: String,
}

/// A key, and a challenge that is good once: encrypt `{"password":…,"challenge":…}` with them.
#[utoipa::path(get, path = "/api/v1/auth/public-key", tag = "auth",
    responses((status = 200, body = PublicKeyView), (status = 503, body = ProblemShape)))]
pub async fn public_key(State(api): State<Arc<Api>>) -> Result<Json<PublicKeyView>, Problem> {
    let key = tokio::time::timeout(KEY_WITHIN, api.identity.public_key()).await;
    let key = key.map_err(|_| Problem::unavailable("the key is still being made: try again"))??;
    Ok(Json(PublicKeyView {
        key_id: key.key_id,
        algorithm: "RSA-OAEP-256",
        spki: STANDARD.encode(&key.spki),
        challenge: key.challenge,
        expires_at: moment::text(key.expires),
    }))
}

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PasswordChange)]
pub struct PasswordAsked {
    current_password_encrypted: Option<EncryptedPassword>,
    new_password_encrypted: Option<EncryptedPassword>,
    /// For scripts, where the operator takes it.
    current_password: Option<String>,
    /// For scripts, where the operator takes it.
    new_password: Option<String>,
}

/// Changes one's password and ends all other sessions. Where a second factor is on, after a fresh
/// proof by it.
#[utoipa::path(post, path = "/api/v1/auth/password", tag = "auth", request_body = PasswordAsked,
    responses((status = 204), (status = 400, body = ProblemShape),
        (status = 401, body = ProblemShape),
        (status = 403, body = ProblemShape, description = "`stepUpRequired`."),
        (status = 429, body = ProblemShape)))]
pub async fn change_password(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Said(asked): Said<PasswordAsked>,
) -> Result<StatusCode, Problem> {
    let takes_plain = api.settings.plain_passwords;
    let read = |encrypted: Option<EncryptedPassword>,
                plain: Option<String>,
                field: &str|
     -> Result<GivenPassword, Problem> {
        match (encrypted, plain) {
            (Some(encrypted), None) => encrypted.given(field),
            (None, Some(plain)) if takes_plain => Ok(GivenPassword::Plain(Secret::new(plain))),
            _ => Err(Problem::wrong(field, "is needed, and only once")),
        }
    };
    let current = "currentPasswordEncrypted";
    let current = read(asked.current_password_encrypted, asked.current_password, current)?;
    let new = read(asked.new_password_encrypted, asked.new_password, "newPasswordEncrypted")?;
    api.identity.change_password(&person, current, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A proof that it is still the same person: the code where a second factor is on, else the
/// password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = StepUp)]
pub struct StepUpAsked {
    password_encrypted: Option<EncryptedPassword>,
    /// For scripts, where the operator takes it.
    password: Option<String>,
    /// From the app.
    code: Option<String>,
    /// Instead of `code`.
    recovery_code: Option<String>,
}

/// Proves once more who one is: for five minutes, acts that want to know it are open.
#[utoipa::path(post, path = "/api/v1/auth/step-up", tag = "auth", request_body = StepUpAsked,
    responses((status = 204), (status = 400, body = ProblemShape),
        (status = 401, body = ProblemShape), (status = 429, body = ProblemShape)))]
pub async fn step_up(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Said(asked): Said<StepUpAsked>,
) -> Result<StatusCode, Problem> {
    let proof = match second_factor(asked.code, asked.recovery_code)? {
        Some(factor) => Proof::SecondFactor(factor),
        None => {
            let takes_plain = api.settings.plain_passwords;
            Proof::Password(password(asked.password_encrypted, asked.password, takes_plain)?)
        }
    };
    api.identity.step_up(&person, proof).await?;
    Ok(StatusCode::NO_CONTENT)
}
