//! `/api/v1/api-keys`: one's own keys, for programs.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use identity::{ApiKey, ApiKeyChange, ApiKeyId, Caller, Kyc, NewApiKey, Scopes};
use model::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use venue::binance::KeyKind;

use crate::api::Api;
use crate::caller::{Person, check_kyc};
use crate::input::Said;
use crate::moment;
use crate::page::Listed;
use crate::problem::{Problem, ProblemShape};

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub struct ApiKeyView {
    id: String,
    name: String,
    /// How it begins: enough to tell it from others.
    api_key: String,
    /// `hmac`, `ed25519` or `rsa`.
    kind: &'static str,
    scopes: Vec<&'static str>,
    /// From where it may be used; anywhere if empty.
    allow_ips: Vec<String>,
    expires_at: Option<String>,
    created_at: String,
    last_used_at: Option<String>,
    /// From where it was last used.
    last_address: Option<String>,
    /// Requests that it may make in a minute; `null` for as many as everybody.
    requests_per_minute: Option<u32>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            api_key: format!("{}…", key.hint),
            kind: match key.kind {
                KeyKind::Hmac => "hmac",
                KeyKind::Ed25519 => "ed25519",
                KeyKind::Rsa => "rsa",
            },
            scopes: key.scopes.names(),
            allow_ips: key.allow_ips.iter().map(ToString::to_string).collect(),
            expires_at: key.expires.map(moment::text),
            created_at: moment::text(key.created),
            last_used_at: key.last_used.map(moment::text),
            last_address: key.last_address.map(|address| address.to_string()),
            requests_per_minute: key.requests_per_minute,
        }
    }
}

/// One's own keys that are not deleted, oldest first.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "api-keys",
    responses((status = 200, body = Listed<ApiKeyView>), (status = 401, body = ProblemShape)))]
pub async fn list_keys(
    State(api): State<Arc<Api>>,
    Person(person): Person,
) -> Result<Json<Listed<ApiKeyView>>, Problem> {
    let keys = api.identity.api_keys(person.user()).await?;
    Ok(Listed::whole(keys.into_iter().map(ApiKeyView::from).collect()))
}

/// A key to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub struct KeyAsked {
    name: String,
    /// `read`, `trade`, `transfer`; for operators `admin`.
    scopes: Vec<String>,
    /// Addresses or networks in CIDR form, 32 at most.
    #[serde(default)]
    allow_ips: Vec<String>,
    /// RFC 3339.
    expires_at: Option<String>,
    /// Ed25519 or RSA in PEM; then no secret is made.
    public_key: Option<String>,
    /// Requests that it may make in a minute; as many as everybody where nothing is said.
    requests_per_minute: Option<u32>,
}

/// A key that was made. Its secret is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MadeApiKey)]
pub struct MadeKeyView {
    id: String,
    api_key: String,
    /// Not for a key whose private half its owner keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<String>,
}

/// Scopes by their names.
///
/// # Errors
/// 400.
pub fn scopes(names: &[String]) -> Result<Scopes, Problem> {
    let scopes = Scopes::parse(names.iter().map(String::as_str));
    scopes.ok_or_else(|| Problem::wrong("scopes", "the scopes are read, trade, transfer, admin"))
}

fn expiry(text: &str) -> Result<Time, Problem> {
    let wrong = || Problem::wrong("expiresAt", "not a time like 2027-01-31T12:00:00Z");
    moment::parse(text).ok_or_else(wrong)
}

/// Makes a key. Needs a step-up; the scope `transfer` is for those whose verification is
/// `approved` (`kycRequired`).
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "api-keys", request_body = KeyAsked,
    responses((status = 201, body = MadeKeyView), (status = 400, body = ProblemShape),
        (status = 401, body = ProblemShape), (status = 403, body = ProblemShape),
        (status = 409, body = ProblemShape)))]
pub async fn make_key(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Said(asked): Said<KeyAsked>,
) -> Result<(StatusCode, Json<MadeKeyView>), Problem> {
    let new = NewApiKey {
        name: asked.name,
        scopes: scopes(&asked.scopes)?,
        allow_ips: identity::parse_networks(asked.allow_ips)?,
        expires: asked.expires_at.as_deref().map(expiry).transpose()?,
        public_key: asked.public_key,
        requests_per_minute: asked.requests_per_minute,
    };
    check_scopes(&api, &person, new.scopes).await?;
    let made = api.identity.create_own_api_key(&person, new).await?;
    let view = MadeKeyView {
        id: made.id.to_string(),
        api_key: made.api_key.expose().clone(),
        secret_key: made.secret_key.map(|secret| secret.expose().clone()),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Whether the exchange knows a person as far as these scopes want; refused with `kycRequired`.
/// The newcomers of a demo are approved, so that nothing there is refused for it.
async fn check_scopes(api: &Api, person: &Caller, scopes: Scopes) -> Result<(), Problem> {
    match scopes.kyc_needed() {
        Kyc::None => Ok(()),
        needed @ (Kyc::Pending | Kyc::Approved | Kyc::Rejected) => {
            check_kyc(&api.identity, person.user(), needed).await
        }
    }
}

/// The key that a path names.
///
/// # Errors
/// 404 for what is no number.
pub fn key_id(text: &str) -> Result<ApiKeyId, Problem> {
    let id = uuid::Uuid::parse_str(text).map_err(|_| no_key())?;
    Ok(ApiKeyId(id.as_u128()))
}

/// 404, also for a key of somebody else.
fn no_key() -> Problem {
    Problem::not_found("there is no such key")
}

/// What is to be another about a key; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ApiKeyChange)]
pub struct KeyChangeAsked {
    name: Option<String>,
    scopes: Option<Vec<String>>,
    allow_ips: Option<Vec<String>>,
    /// `null` for ever.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    expires_at: Option<Option<String>>,
    /// `null` for as many as everybody.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<u32>)]
    requests_per_minute: Option<Option<u32>>,
}

/// Tells what is said to be nothing from what is not said.
fn said<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    said: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(said).map(Some)
}

/// Changes a key: it is another at once. Needs a step-up; the scope `transfer` is for those whose
/// verification is `approved` (`kycRequired`).
#[utoipa::path(patch, path = "/api/v1/api-keys/{id}", tag = "api-keys",
    params(("id" = String, Path)), request_body = KeyChangeAsked,
    responses((status = 200, body = ApiKeyView), (status = 400, body = ProblemShape),
        (status = 401, body = ProblemShape), (status = 403, body = ProblemShape),
        (status = 404, body = ProblemShape)))]
pub async fn change_key(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Path(id): Path<String>,
    Said(asked): Said<KeyChangeAsked>,
) -> Result<Json<ApiKeyView>, Problem> {
    let expires = asked.expires_at.map(|text| text.as_deref().map(expiry).transpose());
    let change = ApiKeyChange {
        name: asked.name,
        scopes: asked.scopes.as_deref().map(scopes).transpose()?,
        allow_ips: asked.allow_ips.map(identity::parse_networks).transpose()?,
        expires: expires.transpose()?,
        requests_per_minute: asked.requests_per_minute,
    };
    if let Some(scopes) = change.scopes {
        check_scopes(&api, &person, scopes).await?;
    }
    let changed = api.identity.change_own_api_key(&person, key_id(&id)?, change).await?;
    Ok(Json(changed.into()))
}

/// How a key was used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyUsage)]
pub struct UsageView {
    /// Days on which it was, oldest first, 90 at most.
    days: Vec<UsedDay>,
    last_used_at: Option<String>,
    last_address: Option<String>,
}

/// How a key was used on one day, in UTC.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsedDay {
    #[schema(examples("2026-11-21"))]
    day: String,
    /// Those that passed.
    requests: u64,
    /// Those that were refused.
    errors: u64,
}

/// How one of one's own keys was used.
#[utoipa::path(get, path = "/api/v1/api-keys/{id}/usage", tag = "api-keys",
    params(("id" = String, Path)),
    responses((status = 200, body = UsageView), (status = 401, body = ProblemShape),
        (status = 404, body = ProblemShape)))]
pub async fn key_usage(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Path(id): Path<String>,
) -> Result<Json<UsageView>, Problem> {
    let usage = api.identity.api_key_usage(person.user(), key_id(&id)?).await?;
    let days = usage.days.into_iter().map(|it| UsedDay {
        day: moment::day(it.day),
        requests: it.requests,
        errors: it.errors,
    });
    Ok(Json(UsageView {
        days: days.collect(),
        last_used_at: usage.last_used.map(moment::text),
        last_address: usage.last_address.map(|address| address.to_string()),
    }))
}

/// Deletes a key: it is refused from now on.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "api-keys",
    params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = ProblemShape),
        (status = 404, body = ProblemShape)))]
pub async fn delete_key(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let was_there = api.identity.revoke_own_api_key(&person, key_id(&id)?).await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(no_key()) }
}
