//! A user as they see themselves, and an answer to who has signed in.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use identity::{Profile, Tokens, User};
use serde::Serialize;
use utoipa::ToSchema;

use super::cookie::Reached;
use crate::moment;

/// A user.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub struct UserView {
    id: String,
    email: String,
    /// `user` or `admin`.
    role: &'static str,
    /// Whether a second factor is on.
    two_factor: bool,
    /// `none`, `pending`, `approved` or `rejected`.
    kyc: &'static str,
    created_at: String,
}

impl UserView {
    /// A user.
    #[must_use]
    pub fn of(user: &User, two_factor: bool) -> Self {
        Self {
            id: uuid::Uuid::from_bytes(user.id.0).to_string(),
            email: user.email.clone(),
            role: user.role.as_str(),
            two_factor,
            kyc: user.kyc.as_str(),
            created_at: moment::text(user.created),
        }
    }
}

impl From<Profile> for UserView {
    fn from(profile: Profile) -> Self {
        Self::of(&profile.user, profile.two_factor)
    }
}

/// What a session is used with. Browsers have the refresh token in a cookie.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tokens)]
pub struct TokensView {
    /// Goes along as `Authorization: Bearer`.
    access_token: String,
    /// Only where no cookie was wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// For how many seconds the access token is good.
    expires_in: u64,
    /// When the session ends, whatever is done in it.
    session_ends_at: String,
    /// For how many seconds nobody may do anything in it.
    idle_seconds: u64,
    /// In how many seconds it ends if nobody does anything: the same for all pages and tabs.
    idle_ends_in: u64,
    /// Whose session it is.
    user_id: String,
    /// Not after a refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserView>,
}

/// The answer with `tokens`: the refresh token in a cookie where there is somebody to keep it.
#[must_use]
pub fn tokens(
    status: StatusCode,
    tokens: &Tokens,
    user: Option<UserView>,
    cookie: Option<Reached>,
) -> Response {
    let refresh_token = cookie.is_none().then(|| tokens.refresh.expose().clone());
    let view = TokensView {
        access_token: tokens.access.expose().clone(),
        refresh_token,
        expires_in: tokens.expires_in,
        session_ends_at: moment::text(tokens.session_ends),
        idle_seconds: tokens.idle_seconds,
        idle_ends_in: tokens.idle_ends_in,
        user_id: uuid::Uuid::from_bytes(tokens.user.0).to_string(),
        user,
    };
    let mut response = (status, Json(view)).into_response();
    if let Some(reached) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, reached.keep(&tokens.refresh));
    }
    response
}
