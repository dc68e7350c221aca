//! The door of the own API: what a request costs, whether its route is open to who calls.
//!
//! Keeps   a body is read here, once, bounded in size and time; a handler that needs a caller finds
//!         one only where the policy's row asked for one.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use venue_server::binance::{account_of, names_a_key, signed_by};

use crate::api::Api;
use crate::caller::{Caller, From, Means};
use crate::errand::{Errand, Kind};
use crate::input::{is_wholly_read, names_itself, unsigned};
use crate::people::{Standing, is_from_here};
use crate::policy::{Row, Who, has_path, row_of};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::trading::{Begun, IDEMPOTENCY_KEY, REPLAYED, Underway};

/// The longest body, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1_024;
/// How long a body may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// The longest answer that is told again, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Lets a request in, or says why not; and how its address stands to its limit.
pub async fn admit(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let from = api.exchange.address_of(&head);
    let (mut response, tries) = match admitted(&api, head, body, from).await {
        Ok(Admitted { request, course, tries }) => {
            let response = match course {
                Course::Again(status, body) => told_again(status, body),
                Course::Once(errand, underway) => {
                    errand.carry_out(once(request, next, underway)).await
                }
                Course::ToTheEnd(errand) => errand.carry_out(next.run(request)).await,
                Course::Plain => next.run(request).await,
            };
            (response, tries)
        }
        Err(problem) => (problem.into_response(), None),
    };
    let standing = tries.unwrap_or_else(|| Standing::of(api.exchange.weight_left(from)));
    standing.tell(&mut response);
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}

/// A request that is let in.
struct Admitted {
    request: Request,
    course: Course,
    /// Where it tries a password or a code, what is left of that.
    tries: Option<Standing>,
}

/// How a request is carried out.
enum Course {
    /// It was before: this was the answer.
    Again(StatusCode, Bytes),
    /// To its end, also if the client hangs up, and its answer is kept.
    Once(Errand, Underway),
    /// To its end, also if the client hangs up.
    ToTheEnd(Errand),
    /// As long as somebody waits for it.
    Plain,
}

async fn admitted(
    api: &Api,
    mut head: Parts,
    body: Body,
    from: IpAddr,
) -> Result<Admitted, Problem> {
    let path = head.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    let row = path.and_then(|path| row_of(&head.method, path));
    api.exchange.charge_request(from, row.map_or(1, |row| row.weight))?;
    let row = row.ok_or_else(|| nobody(path))?;
    let tries = if row.credential {
        if !is_from_here(&head.headers) {
            return Err(Problem::forbidden("this is not for pages of other sites"));
        }
        Some(api.credential_limit.charge(from, api.exchange.now())?)
    } else {
        None
    };
    let body = read_body(body).await?;
    head.extensions.insert(From(from));
    let mut caller = None;
    if row.who != Who::Anyone {
        let known = identify(api, row, &head, &body, from).await?;
        known.means.check(row.who)?;
        caller = Some(known);
    }
    let kind = match &caller {
        // An order that is named is looked for, in the database at last.
        Some(caller) if row.trades() && row.owned => Kind::LookingUp(caller.user),
        _ if row.trades() => Kind::Trading,
        Some(caller) if row.ends => Kind::Ending(caller.user, row.path),
        Some(caller) => Kind::Of(caller.user),
        None => Kind::Stranger(from),
    };
    let key = head.headers.get(IDEMPOTENCY_KEY).filter(|_| row.is_repeatable());
    let course = match (key, &caller) {
        // Not before it is known who asks: strangers hold no place by a header.
        (Some(key), Some(caller)) => {
            let errand = api.errands.room(kind).await?;
            match begin(api, key, &head, &body, caller)? {
                Begun::Told(status, body) => Course::Again(status, body),
                Begun::New(underway) => Course::Once(errand, underway),
            }
        }
        _ if row.outlives_client() => Course::ToTheEnd(api.errands.room(kind).await?),
        _ => Course::Plain,
    };
    if let Some(caller) = caller {
        head.extensions.insert(caller);
    }
    let request = Request::from_parts(head, Body::from(body));
    Ok(Admitted { request, course, tries })
}

/// Looks whether this was asked before under that key.
fn begin(
    api: &Api,
    key: &HeaderValue,
    head: &Parts,
    body: &[u8],
    caller: &Caller,
) -> Result<Begun, Problem> {
    let mut digest = blake3::Hasher::new();
    // Without the time and the signature of each try.
    let query = unsigned(head.uri.query().unwrap_or_default());
    let asked = [head.method.as_str(), head.uri.path(), &query].map(str::as_bytes);
    for part in asked.into_iter().chain([body]) {
        digest.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    let digest = *digest.finalize().as_bytes();
    let now = api.exchange.now();
    api.repeats.begin(caller.account, key.as_bytes(), digest, now)
}

/// Carries a request out and keeps its answer.
async fn once(request: Request, next: Next, underway: Underway) -> Response {
    let is_change = request.method() == Method::PATCH;
    let response = next.run(request).await;
    let (head, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await else {
        return Problem::internal().into_response();
    };
    match head.status {
        // Nothing was done.
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::BAD_REQUEST
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND => underway.not_done(),
        // Nobody knows.
        StatusCode::GATEWAY_TIMEOUT | StatusCode::INTERNAL_SERVER_ERROR => drop(underway),
        // Half of a change may have been done where the other was refused.
        status if status.is_success() || is_change => underway.told(status, &body),
        _ => underway.not_done(),
    }
    Response::from_parts(head, Body::from(body))
}

fn told_again(status: StatusCode, body: Bytes) -> Response {
    let kind = if status.is_success() { "application/json" } else { PROBLEM_JSON };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// There is no row: no such method, or somebody forgot it.
fn nobody(path: Option<&str>) -> Problem {
    if path.is_some_and(has_path) {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Problem::new(status, "methodNotAllowed", "this path has no such method");
    }
    Problem::forbidden("nobody may call this")
}

async fn read_body(body: Body) -> Result<Bytes, Problem> {
    let body = Limited::new(body, BODY_BYTES_MAX).collect();
    let Ok(body) = tokio::time::timeout(BODY_WITHIN, body).await else {
        let status = StatusCode::REQUEST_TIMEOUT;
        return Err(Problem::new(status, "timeout", "the body did not come in time"));
    };
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let detail = format!("a body has {BODY_BYTES_MAX} bytes at most");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "tooLarge", detail))
        }
        Err(_) => Err(Problem::wrong("body", "not readable")),
    }
}

/// Says that a person's act caused a request, not the page by itself.
const ACTIVITY: HeaderName = HeaderName::from_static("x-activity");

/// Who calls.
async fn identify(
    api: &Api,
    row: &Row,
    head: &Parts,
    body: &[u8],
    from: IpAddr,
) -> Result<Caller, Problem> {
    if let Some(said) = head.headers.get(header::AUTHORIZATION) {
        let token = said.to_str().ok().and_then(|said| said.strip_prefix("Bearer "));
        let token = token.ok_or_else(|| Problem::unauthorized("Authorization is no Bearer"))?;
        let person = api.identity.authenticate(token, from)?;
        if head.headers.get(ACTIVITY).is_some_and(|value| value == "person") {
            api.identity.touch(&person);
        }
        let account = account_of(&api.exchange, person.user()).await?;
        let user = person.user();
        return Ok(Caller { user, account, means: Means::Session(person), from });
    }
    if !names_a_key(head) {
        return Err(Problem::unauthorized("sign in, or sign the request with an API key"));
    }
    if !is_wholly_read(body, row.body) {
        let want = if row.body { "must be a JSON object" } else { "must be empty" };
        return Err(Problem::wrong("body", format!("{want} where a request is signed")));
    }
    let changes = !matches!(head.method, Method::GET | Method::HEAD);
    let is_named = names_itself(&head.method, &head.uri)?;
    if changes && api.settings.named_requests && !is_named {
        let detail = "sign what is asked, too: request=METHOD PATH";
        return Err(Problem::unauthorized(detail));
    }
    let key = signed_by(&api.exchange, head, body, changes)?;
    let account = account_of(&api.exchange, key.user).await?;
    let means = Means::Key { id: key.id, scopes: key.scopes };
    Ok(Caller { user: key.user, account, means, from })
}
