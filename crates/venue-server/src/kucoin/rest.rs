//! Requests over HTTP.
//!
//! Keeps   a request that is too large is refused before it is read; every answer tells how the
//!         window of its pool stands; an error is an envelope with its own code.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, request};
use axum::response::Response;
use axum::routing::{any, get};
use venue::kucoin::{BEYOND_SPOT, Operation, Pool, REST_ROUTES, Refusal, Right, headers};

use super::auth;
use super::door::{Door, Key};
use super::limit::Standing;
use super::perform::{Call, Query, perform};
use super::socket;
use crate::body::{self, Unread};

/// The longest path with its query, in bytes.
const URL_BYTES_MAX: usize = 8 * 1_024;
/// The longest body, in bytes: twenty orders have room in it.
const BODY_BYTES_MAX: usize = 32 * 1_024;
/// What a request costs of which nobody knows what it asks, or by whom.
const UNKNOWN: (Pool, u32) = (Pool::Public, 1);
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The operations of one path, by method.
type Methods = Arc<[(Method, Operation)]>;

/// REST and sockets; the server puts the peer's address into each request.
pub fn router(door: Arc<Door>) -> Router {
    let mut paths: Vec<(&str, Vec<(Method, Operation)>)> = Vec::new();
    for (method, path, operation, ..) in REST_ROUTES {
        let method = Method::from_bytes(method.as_bytes()).expect("a method of ours");
        match paths.iter_mut().find(|(known, _)| known == path) {
            Some((_, methods)) => methods.push((method, *operation)),
            None => paths.push((path, vec![(method, *operation)])),
        }
    }
    let routed = paths.into_iter().fold(Router::new(), |router, (path, methods)| {
        let methods: Methods = methods.into();
        let serve = move |State(door): State<Arc<Door>>, request: Request| {
            let methods = Arc::clone(&methods);
            async move { serve(&door, &methods, request).await }
        };
        // What one path names may be a fixed word of another: the router knows it by its place.
        router.route(&one_name(path), any(serve))
    });
    routed
        .route(socket::PATH, get(socket::connect))
        .fallback(async |State(door): State<Arc<Door>>, request: Request| {
            serve(&door, &[], request).await
        })
        .with_state(door)
}

/// Whatever a path names, the router calls it by one name.
fn one_name(path: &str) -> String {
    path.split_once('{').map_or_else(|| path.to_owned(), |(before, _)| format!("{before}{{name}}"))
}

async fn serve(door: &Door, methods: &[(Method, Operation)], request: Request) -> Response {
    let (head, body) = request.into_parts();
    let from = door.exchange().address_of(&head);
    let operation = methods.iter().find(|(method, _)| *method == head.method);
    let (outcome, standing) = match operation {
        Some((_, operation)) => answer(door, *operation, &head, body, from).await,
        None => {
            let refusal = refuse_unserved(door, &head, body).await;
            charged(door, from, None, UNKNOWN, Err(refusal))
        }
    };
    let response = match outcome {
        Ok(json) => respond(StatusCode::OK, json),
        Err(refusal) => refused(&refusal),
    };
    tell(response, standing)
}

/// Why nothing is done under a path that is not served. What comes with it is read all the same:
/// a connection whose request nobody reads to its end would end, too.
async fn refuse_unserved(door: &Door, head: &request::Parts, body: Body) -> Refusal {
    let body = match read_body(body).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let path = head.uri.path();
    if !BEYOND_SPOT.iter().any(|beginning| path.starts_with(beginning)) {
        return Refusal::UnknownPath;
    }
    if let Err(refusal) = auth::caller(door, head, &body, Right::General, door.desk.now()) {
        return refusal;
    }
    if path.starts_with("/api/v3/oco/") {
        return Refusal::Parameter("oco is not supported");
    }
    if head.method == Method::GET && path.ends_with("/deposit-addresses") {
        return Refusal::NoAddress;
    }
    Refusal::Permission
}

type Outcome = (Result<String, Refusal>, Standing);

async fn answer(
    door: &Door,
    operation: Operation,
    head: &request::Parts,
    body: Body,
    from: IpAddr,
) -> Outcome {
    let url_bytes = head.uri.path_and_query().map_or(0, |path| path.as_str().len());
    if URL_BYTES_MAX < url_bytes {
        return charged(door, from, None, UNKNOWN, Err(Refusal::Parameter("url is too long")));
    }
    let body = match read_body(body).await {
        Ok(body) => body,
        Err(refusal) => return charged(door, from, None, UNKNOWN, Err(refusal)),
    };
    let now = door.desk.now();
    let key = match operation.right() {
        Right::None => None,
        right @ (Right::General | Right::Spot) => {
            match auth::caller(door, head, &body, right, now) {
                Ok(key) => Some(key),
                Err(refusal) => return charged(door, from, None, UNKNOWN, Err(refusal)),
            }
        }
    };
    let charged = charged(door, from, key, operation.cost(), Ok(String::new()));
    let (Ok(_), standing) = charged else { return charged };
    let query = Query(head.uri.query().unwrap_or_default());
    let call = Call { door, key, query, head, body: &body, from, now };
    (perform(operation, &call).await, standing)
}

/// `outcome`, unless that was too much.
fn charged(
    door: &Door,
    from: IpAddr,
    key: Option<&Key>,
    cost: (Pool, u32),
    outcome: Result<String, Refusal>,
) -> Outcome {
    match door.meter.charge(from, key.map(|key| key.user), cost, door.desk.now()) {
        Ok(standing) => (outcome, standing),
        Err(standing) => (Err(Refusal::TooMany), standing),
    }
}

async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    body::read(body, BODY_BYTES_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge | Unread::Broken => Refusal::Body,
        Unread::Late => Refusal::Timeout,
    })
}

fn respond(status: StatusCode, json: String) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// An error as the venue tells it.
///
/// # Panics
/// Never: a code and a text are JSON, and statuses of ours are statuses.
pub fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).expect("a status of ours");
    respond(status, serde_json::to_string(&refusal.body()).expect("two texts"))
}

/// `response`, which says how the window stands.
pub fn tell(mut response: Response, standing: Standing) -> Response {
    let Standing { limit, remaining, reset_millis } = standing;
    for (name, number) in [
        (headers::LIMIT, u64::from(limit)),
        (headers::REMAINING, u64::from(remaining)),
        (headers::RESET, reset_millis),
    ] {
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
    }
    response
}
