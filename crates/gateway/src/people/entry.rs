//! Coming and going: claim, registration, login, refresh, logout; who is there, and that they are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use identity::{Claim, Login, Origin, Registration, SignedIn};
use model::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use venue_server::binance::account_of;

use super::cookie::{Reached, is_from_here};
use super::credential::{EncryptedPassword, email, password, second_factor};
use super::user_view::{TokensView, UserView, tokens};
use crate::api::Api;
use crate::caller::{From, Person};
use crate::input::{MaybeSaid, Said};
use crate::problem::{Problem, ProblemShape};

/// Carries the mark that only our page knows.
const CSRF_HEADER: &str = "x-csrf-token";

/// The owner of an exchange that has no administrator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Claim)]
pub struct ClaimAsked {
    /// Of the link in the log.
    token: String,
    email: String,
    password_encrypted: Option<EncryptedPassword>,
    /// For scripts, where the operator takes it.
    password: Option<String>,
    /// `false` has the refresh token in the body, and no cookie.
    #[serde(default = "wanted")]
    cookie: bool,
}

/// Makes the owner of an exchange that has no administrator, with the token of the link in its
/// log.
#[utoipa::path(post, path = "/api/v1/auth/claim", tag = "auth", request_body = ClaimAsked,
    responses((status = 201, body = TokensView), (status = 400, body = ProblemShape),
        (status = 403, body = ProblemShape, description = "A wrong token, or it has an owner."),
        (status = 429, body = ProblemShape)))]
pub async fn claim(
    State(api): State<Arc<Api>>,
    From(from): From,
    head: Parts,
    Said(asked): Said<ClaimAsked>,
) -> Result<Response, Problem> {
    let takes_plain = api.settings.plain_passwords;
    let signed_in = api.identity.claim(Claim {
        token: Secret::new(asked.token),
        email: email(&asked.email)?,
        password: password(asked.password_encrypted, asked.password, takes_plain)?,
        origin: origin(from, &head),
    });
    let signed_in = signed_in.await?;
    let cookie = asked.cookie.then(|| Reached::of(&head));
    let view = UserView::of(&signed_in.user, false);
    Ok(entered(StatusCode::CREATED, &signed_in, view, cookie))
}

/// Somebody new.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Register)]
pub struct RegisterAsked {
    email: String,
    password_encrypted: Option<EncryptedPassword>,
    /// For scripts, where the operator takes it.
    password: Option<String>,
    /// `false` has the refresh token in the body, and no cookie.
    #[serde(default = "wanted")]
    cookie: bool,
}

/// Makes a user and signs them in. Open as soon as the exchange has any user: its owner comes
/// first.
#[utoipa::path(post, path = "/api/v1/auth/register", tag = "auth", request_body = RegisterAsked,
    responses((status = 201, body = TokensView), (status = 400, body = ProblemShape),
        (status = 403, body = ProblemShape, description = "`unowned`: nobody claimed it yet."),
        (status = 409, body = ProblemShape, description = "The address is taken."),
        (status = 429, body = ProblemShape)))]
pub async fn register(
    State(api): State<Arc<Api>>,
    From(from): From,
    head: Parts,
    Said(asked): Said<RegisterAsked>,
) -> Result<Response, Problem> {
    let takes_plain = api.settings.plain_passwords;
    let signed_in = api.identity.register(Registration {
        email: email(&asked.email)?,
        password: password(asked.password_encrypted, asked.password, takes_plain)?,
        kyc: api.settings.newcomers_kyc,
        origin: origin(from, &head),
    });
    let signed_in = signed_in.await?;
    let user = signed_in.user.id;
    // If this fails, the account is opened with the user's first request.
    if account_of(&api.exchange, user).await.is_ok()
        && let Some(welcome) = &api.settings.welcome
    {
        welcome(user).await;
    }
    let cookie = asked.cookie.then(|| Reached::of(&head));
    let view = UserView::of(&signed_in.user, false);
    Ok(entered(StatusCode::CREATED, &signed_in, view, cookie))
}

/// Somebody known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Login)]
pub struct LoginAsked {
    email: String,
    password_encrypted: Option<EncryptedPassword>,
    /// For scripts, where the operator takes it.
    password: Option<String>,
    /// Where a second factor is on.
    totp: Option<String>,
    /// Instead of `totp`.
    recovery_code: Option<String>,
    /// `false` has the refresh token in the body, and no cookie.
    #[serde(default = "wanted")]
    cookie: bool,
}

/// Signs somebody in. The answer to a wrong password and to an unknown address is the same.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = LoginAsked,
    responses((status = 200, body = TokensView), (status = 400, body = ProblemShape),
        (status = 401, body = ProblemShape,
            description = "`invalidCredentials`; `twoFactorRequired` after a right password."),
        (status = 429, body = ProblemShape)))]
pub async fn login(
    State(api): State<Arc<Api>>,
    From(from): From,
    head: Parts,
    Said(asked): Said<LoginAsked>,
) -> Result<Response, Problem> {
    let takes_plain = api.settings.plain_passwords;
    let signed_in = api.identity.login(Login {
        email: email(&asked.email)?,
        password: password(asked.password_encrypted, asked.password, takes_plain)?,
        second_factor: second_factor(asked.totp, asked.recovery_code)?,
        origin: origin(from, &head),
    });
    let signed_in = signed_in.await?;
    let caller = api.identity.authenticate(signed_in.tokens.access.expose(), from)?;
    let profile = api.identity.me(&caller).await?;
    let cookie = asked.cookie.then(|| Reached::of(&head));
    Ok(entered(StatusCode::OK, &signed_in, profile.into(), cookie))
}

/// A refresh token, where it is in no cookie.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Refresh)]
pub struct RefreshAsked {
    refresh_token: Option<String>,
}

/// Exchanges a refresh token for the next. One in a cookie needs `X-CSRF-Token`.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "auth", request_body = RefreshAsked,
    params(("X-CSRF-Token" = Option<String>, Header)),
    responses((status = 200, body = TokensView), (status = 401, body = ProblemShape),
        (status = 403, body = ProblemShape)))]
pub async fn refresh(
    State(api): State<Arc<Api>>,
    From(from): From,
    head: Parts,
    MaybeSaid(asked): MaybeSaid<RefreshAsked>,
) -> Result<Response, Problem> {
    let nobody = || Problem::unauthorized("there is no refresh token: sign in");
    if let Some(token) = asked.refresh_token.map(Secret::new) {
        let next = api.identity.refresh(&token, from).await?;
        return Ok(tokens(StatusCode::OK, &next, None, None));
    }
    let reached = Reached::of(&head);
    let token = reached.token(&head.headers).ok_or_else(nobody)?;
    let mark = head.headers.get(CSRF_HEADER).and_then(|mark| mark.to_str().ok());
    let is_ours = mark.is_some_and(|mark| api.identity.is_page_mark(&token, mark));
    if !is_ours || !is_from_here(&head.headers) {
        return Err(Problem::forbidden("this needs the X-CSRF-Token of this session"));
    }
    match api.identity.refresh(&token, from).await {
        Ok(next) => Ok(tokens(StatusCode::OK, &next, None, Some(reached))),
        Err(error) => {
            let problem = Problem::from(error);
            let has_ended = problem.status == StatusCode::UNAUTHORIZED;
            let mut response = problem.into_response();
            if has_ended {
                response.headers_mut().insert(header::SET_COOKIE, reached.forget());
            }
            Ok(response)
        }
    }
}

/// The mark that goes along with what a browser's cookie is used for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CsrfView {
    csrf_token: String,
}

/// The mark of the session whose refresh token the browser has in its cookie.
#[utoipa::path(get, path = "/api/v1/auth/csrf", tag = "auth",
    responses((status = 200, body = CsrfView), (status = 401, body = ProblemShape)))]
pub async fn csrf(State(api): State<Arc<Api>>, head: Parts) -> Result<Json<CsrfView>, Problem> {
    if !is_from_here(&head.headers) {
        return Err(Problem::forbidden("this is for our own page"));
    }
    let token = Reached::of(&head).token(&head.headers);
    let mark = token.and_then(|token| api.identity.page_mark(&token));
    let nobody = || Problem::unauthorized("there is no session here: sign in");
    mark.map(|csrf_token| Json(CsrfView { csrf_token })).ok_or_else(nobody)
}

/// How far to go.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Logout)]
pub struct LogoutAsked {
    /// Ends all sessions, not this one alone.
    #[serde(default)]
    everywhere: bool,
}

/// Ends this session, or all.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", request_body = LogoutAsked,
    responses((status = 204), (status = 401, body = ProblemShape)))]
pub async fn logout(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    head: Parts,
    MaybeSaid(asked): MaybeSaid<LogoutAsked>,
) -> Result<Response, Problem> {
    api.identity.logout(&person, asked.everywhere).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let reached = Reached::of(&head);
    let token = reached.token(&head.headers);
    // Somebody else may have signed in with this browser since: then it is their cookie.
    if !token.is_some_and(|token| api.identity.is_of_another(&token, &person)) {
        response.headers_mut().insert(header::SET_COOKIE, reached.forget());
    }
    Ok(response)
}

/// Who calls.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "auth",
    responses((status = 200, body = UserView), (status = 401, body = ProblemShape)))]
pub async fn me(
    State(api): State<Arc<Api>>,
    Person(person): Person,
) -> Result<Json<UserView>, Problem> {
    Ok(Json(api.identity.me(&person).await?.into()))
}

/// Says that a person is there: the session ends 20 minutes after the last time.
#[utoipa::path(post, path = "/api/v1/auth/activity", tag = "auth",
    responses((status = 204), (status = 401, body = ProblemShape)))]
pub async fn activity(State(api): State<Arc<Api>>, Person(person): Person) -> StatusCode {
    api.identity.touch(&person);
    StatusCode::NO_CONTENT
}

const fn wanted() -> bool {
    true
}

fn origin(from: std::net::IpAddr, head: &Parts) -> Origin {
    let agent = head.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let badge = Reached::of(head).badge(&head.headers);
    Origin::new(from, agent.unwrap_or_default()).showing(badge)
}

/// The answer to somebody who has just signed in. A browser keeps its badge, too.
fn entered(
    status: StatusCode,
    signed_in: &SignedIn,
    user: UserView,
    cookie: Option<Reached>,
) -> Response {
    let mut response = tokens(status, &signed_in.tokens, Some(user), cookie);
    if let Some(reached) = cookie {
        let badge = reached.keep_badge(&signed_in.badge);
        response.headers_mut().append(header::SET_COOKIE, badge);
    }
    response
}
