//! One's own sessions.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use identity::{Session, SessionId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::caller::{From, Person};
use crate::moment;
use crate::page::Listed;
use crate::problem::{Problem, ProblemShape};

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub struct SessionView {
    id: String,
    /// What it was opened with, as that says of itself.
    device: String,
    /// From where it was opened.
    address: String,
    /// From where else it was last used since the exchange began, but where you are; else the same.
    last_address: String,
    created_at: String,
    last_activity_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

impl SessionView {
    fn of(session: Session, current: SessionId, asker: IpAddr) -> Self {
        let last_address = session.last_address(asker).to_string();
        Self {
            id: uuid::Uuid::from_u128(session.id.0).to_string(),
            device: session.device,
            address: session.address.to_string(),
            last_address,
            created_at: moment::text(session.created),
            last_activity_at: moment::text(session.last_activity),
            current: session.id == current,
        }
    }
}

/// One's own sessions, oldest first.
#[utoipa::path(get, path = "/api/v1/auth/sessions", tag = "auth",
    responses((status = 200, body = Listed<SessionView>), (status = 401, body = ProblemShape)))]
pub async fn list_sessions(
    State(api): State<Arc<Api>>,
    From(from): From,
    Person(person): Person,
) -> Json<Listed<SessionView>> {
    let sessions = api.identity.sessions(person.user()).into_iter();
    Listed::whole(sessions.map(|it| SessionView::of(it, person.session(), from)).collect())
}

/// Ends one of one's own sessions at once.
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{id}", tag = "auth",
    params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = ProblemShape),
        (status = 404, body = ProblemShape)))]
pub async fn end_session(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let none = || Problem::not_found("there is no such session");
    let id = uuid::Uuid::parse_str(&id).map_err(|_| none())?;
    let id = SessionId(id.as_u128());
    let was_there = api.identity.end_session(&person, id).await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}

/// Ends all sessions but the one that asks.
#[utoipa::path(delete, path = "/api/v1/auth/sessions", tag = "auth",
    responses((status = 204), (status = 401, body = ProblemShape)))]
pub async fn end_others(
    State(api): State<Arc<Api>>,
    Person(person): Person,
) -> Result<StatusCode, Problem> {
    api.identity.end_other_sessions(&person).await?;
    Ok(StatusCode::NO_CONTENT)
}
