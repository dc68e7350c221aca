//! One's own notices: listed, and read.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use identity::{NOTICES_MAX, Notice, Subject};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::caller::{Caller, Person};
use crate::input::{Asked, Said};
use crate::moment;
use crate::page::{cursor, rows_of};
use crate::problem::{Problem, ProblemShape};

/// Notices of a page where the request does not say.
const LIMIT_DEFAULT: usize = 50;

/// Something that a person must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Notification)]
pub struct NoticeView {
    /// Grows with time.
    #[schema(examples("1700000000000000"))]
    id: String,
    /// `orderFilled`, `orderPartiallyFilled`, `orderCanceled`, `orderExpired`, `ordersCanceled`,
    /// `stopTriggered`, `ordersMany`, `newSignIn`, `passwordChanged`, `passwordReset`,
    /// `twoFactorOn`, `twoFactorOff`, `recoveryCodesReplaced`, `codeFailed`, `tokenReused`,
    /// `apiKeyCreated`, `apiKeyChanged`, `apiKeyExpiring`, `kycChanged`; others may come.
    kind: &'static str,
    title: String,
    detail: String,
    at: String,
    read: bool,
    /// What it is about, where there is a place to look.
    subject: Option<SubjectView>,
}

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationSubject)]
pub struct SubjectView {
    /// `order`, `apiKey` or `session`.
    r#type: &'static str,
    id: String,
    /// Of an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<String>,
}

impl NoticeView {
    /// A notice.
    #[must_use]
    pub fn of(notice: &Notice) -> Self {
        let uuid = |id: u128| uuid::Uuid::from_u128(id).to_string();
        let subject = notice.subject.as_ref().map(|subject| match subject {
            Subject::Order { id, symbol } => {
                SubjectView { r#type: "order", id: id.to_string(), symbol: Some(symbol.clone()) }
            }
            Subject::ApiKey(id) => SubjectView { r#type: "apiKey", id: uuid(*id), symbol: None },
            Subject::Session(id) => SubjectView { r#type: "session", id: uuid(*id), symbol: None },
        });
        Self {
            id: notice.id.to_string(),
            kind: notice.kind.as_str(),
            title: notice.title.clone(),
            detail: notice.detail.clone(),
            at: moment::text(notice.at),
            read: notice.is_read,
            subject,
        }
    }
}

/// Which notices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NoticesAsked {
    /// 1 to 200; 50 where it is not said.
    limit: Option<usize>,
    /// From the page before.
    cursor: Option<String>,
}

/// Notices, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Notifications)]
pub struct NoticesView {
    items: Vec<NoticeView>,
    /// What to ask for the next page with; `null` on the last.
    next_cursor: Option<String>,
    /// How many of all that are kept are not read.
    unread: u64,
}

/// What a person must know of their account, newest first; the last 210 are kept.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "notifications",
    params(NoticesAsked),
    responses((status = 200, body = NoticesView), (status = 400, body = ProblemShape),
        (status = 401, body = ProblemShape)))]
pub async fn list_notices(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Asked(asked): Asked<NoticesAsked>,
) -> Result<Json<NoticesView>, Problem> {
    let limit = rows_of(asked.limit, LIMIT_DEFAULT, NOTICES_MAX)?;
    let before = cursor(asked.cursor.as_deref())?;
    let (notices, unread) = api.identity.notices(caller.user, before, limit).await?;
    let is_full = notices.len() == limit;
    let next_cursor = notices.last().filter(|_| is_full).map(|last| last.id.to_string());
    let items = notices.iter().map(NoticeView::of).collect();
    Ok(Json(NoticesView { items, next_cursor, unread }))
}

/// Up to which notice somebody has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NotificationsRead)]
pub struct ReadAsked {
    /// The number of the newest that was seen.
    through_id: String,
}

/// How many notices are not read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationsUnread)]
pub struct UnreadView {
    unread: u64,
}

/// Takes note that a notice and all before it were read, on whatever device.
#[utoipa::path(post, path = "/api/v1/notifications/read", tag = "notifications",
    request_body = ReadAsked,
    responses((status = 200, body = UnreadView), (status = 400, body = ProblemShape),
        (status = 401, body = ProblemShape)))]
pub async fn read_notices(
    State(api): State<Arc<Api>>,
    Person(person): Person,
    Said(asked): Said<ReadAsked>,
) -> Result<Json<UnreadView>, Problem> {
    // The database counts up to there.
    let through = asked.through_id.parse::<u64>().ok().filter(|id| i64::try_from(*id).is_ok());
    let through =
        through.ok_or_else(|| Problem::wrong("throughId", "no notice has that number"))?;
    let unread = api.identity.read_notices(person.user(), through).await?;
    Ok(Json(UnreadView { unread }))
}
