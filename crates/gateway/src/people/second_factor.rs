//! `/api/v1/security`: the second factor.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use identity::FactorState;
use model::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credential::second_factor;
use crate::api::Api;
use crate::caller::Person;
use crate::input::Said;
use crate::problem::{Problem, ProblemShape};

/// How the second factor stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TwoFactor)]
pub struct FactorView {
    enabled: bool,
    recovery_codes_left: u64,
}

/// A second factor that is to be confirmed. Shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TwoFactorSetup)]
pub struct SetupView {
    /// The key in base32.
    secret: String,
    /// The same for a picture.
    otpauth_uri: String,
}

/// A code from the app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TwoFactorCode)]
pub struct CodeAsked {
    code: String,
}

/// A code from the app, or one that was written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TwoFactorProof)]
pub struct ProofAsked {
    code: Option<String>,
    recovery_code: Option<String>,
}

/// Codes to be written down. Shown this once; each is good once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecoveryCodes)]
pub struct RecoveryCodesView {
    recovery_codes: Vec<String>,
}

impl RecoveryCodesView {
    fn of(codes: &[Secret<String>]) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.expose().clone()).collect() }
    }
}

/// How one's second factor stands.
#[utoipa::path(get, path = "/api/v1/security/2fa", tag = "security",
    responses((status = 200, body = FactorView), (status = 401, body = ProblemShape)))]
pub async fn factor(
    State(api): State<Arc<Api>>,
    Person(person): Person,
) -> Result<Json<FactorView>, Problem> {
    let FactorState { is_on, recovery_codes_left } = api.identity.second_factor(&person).await?;
    Ok(Json(FactorView { enabled: is_on, recovery_codes_left }))
}

/// Begins to set a second factor up. Needs a step-up.
#[utoipa::path(post, path = "/api/v1/security/2fa/setup", tag = "security",
    responses((status = 200, body = SetupView), (status = 401, body = ProblemShape),
        (status = 403, body = ProblemShape), (status = 409, body = ProblemShape)))]
pub async fn set_up_factor(
    State(api): State<Arc<Api>>,
    Person(person): Person,
) -> Result<Json<SetupView>, Problem> {
    let setup = api.identity.set_up_second_factor(&person).await?;
    let (secret, otpauth_uri) = (setup.secret.expose(), setup.otpauth_uri.expose());
    Ok(Json(SetupView { secret: secret.clone(), otpauth_uri: otpauth_uri.clone() }))
}

/// Switches the second factor on, given a code of it. Needs a step-up.
#[utoipa::path(post, path = "/api/v1/security/2fa/verify", tag = "security",
    request_body = CodeAsked,
    responses((status = 200, body = RecoveryCodesView), (status = 401, body = ProblemShape),
        (status = 403, body = ProblemShape), (status = 409, body = ProblemShape),
        (status = 429, body = ProblemShape)))]
pub async fn confirm_factor(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Said(asked): Said<CodeAsked>,
) -> Result<Json<RecoveryCodesView>, Problem> {
    let code = Secret::new(asked.code);
    let codes = api.identity.confirm_second_factor(&person, &code).await?;
    Ok(Json(RecoveryCodesView::of(&codes)))
}

/// Draws new recovery codes; the old ones are good no more. Needs a step-up.
#[utoipa::path(post, path = "/api/v1/security/2fa/recovery-codes", tag = "security",
    responses((status = 200, body = RecoveryCodesView), (status = 401, body = ProblemShape),
        (status = 403, body = ProblemShape), (status = 409, body = ProblemShape)))]
pub async fn replace_recovery_codes(
    State(api): State<Arc<Api>>,
    Person(person): Person,
) -> Result<Json<RecoveryCodesView>, Problem> {
    let codes = api.identity.replace_recovery_codes(&person).await?;
    Ok(Json(RecoveryCodesView::of(&codes)))
}

/// Switches the second factor off: the code is the proof.
#[utoipa::path(post, path = "/api/v1/security/2fa/disable", tag = "security",
    request_body = ProofAsked,
    responses((status = 204), (status = 400, body = ProblemShape),
        (status = 401, body = ProblemShape), (status = 409, body = ProblemShape),
        (status = 429, body = ProblemShape)))]
pub async fn remove_factor(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Said(asked): Said<ProofAsked>,
) -> Result<StatusCode, Problem> {
    let proof = second_factor(asked.code, asked.recovery_code)?;
    let proof = proof.ok_or_else(|| Problem::wrong("code", "is needed"))?;
    api.identity.remove_second_factor(&person, &proof).await?;
    Ok(StatusCode::NO_CONTENT)
}
