//! Requests over HTTP.
//!
//! Keeps   a request that is too large is refused before it is read; every answer tells the weight
//!         used; an error is the documented JSON with the documented status.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, request};
use axum::response::Response;
use axum::routing::any;
use model::Time;
use venue::binance::{ErrorBody, Operation, Payload, REST_ROUTES, Refusal, Security, TimeUnit};

use super::auth::{self, Caller, KEY_HEADER, Warrant};
use super::market::weight_of;
use super::operation::{Answer, Call, perform};
use super::replay::Purpose;
use super::request::Params;
use crate::body::{self, Unread};
use crate::exchange::Exchange;

/// The longest path with its query, in bytes.
const URL_BYTES_MAX: usize = 8 * 1_024;
/// The longest body, in bytes.
const BODY_BYTES_MAX: usize = 16 * 1_024;

const USED_WEIGHT: HeaderName = HeaderName::from_static("x-mbx-used-weight");
const USED_WEIGHT_1M: HeaderName = HeaderName::from_static("x-mbx-used-weight-1m");
const ORDER_COUNT_10S: HeaderName = HeaderName::from_static("x-mbx-order-count-10s");
const ORDER_COUNT_1D: HeaderName = HeaderName::from_static("x-mbx-order-count-1d");
const TIME_UNIT: HeaderName = HeaderName::from_static("x-mbx-time-unit");
const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

/// What the answer to an order has of these.
const HEADERS_OF_AN_ORDER: usize = 5;

/// The operations of one path, by method.
type Methods = Arc<[(Method, Operation)]>;

/// One route for each path of [`REST_ROUTES`].
pub fn routes() -> Router<Arc<Exchange>> {
    let mut paths: Vec<(&str, Vec<(Method, Operation)>)> = Vec::new();
    for (method, path, operation) in REST_ROUTES {
        let method = Method::from_bytes(method.as_bytes()).expect("a method of ours");
        match paths.iter_mut().find(|(known, _)| known == path) {
            Some((_, methods)) => methods.push((method, *operation)),
            None => paths.push((path, vec![(method, *operation)])),
        }
    }
    paths.into_iter().fold(Router::new(), |router, (path, methods)| {
        let methods: Methods = methods.into();
        let serve = move |State(exchange): State<Arc<Exchange>>, request: Request| {
            let methods = Arc::clone(&methods);
            async move { serve(&exchange, &methods, request).await }
        };
        router.route(path, any(serve))
    })
}

async fn serve(exchange: &Exchange, methods: &Methods, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let from = exchange.address_of(&parts);
    let now = exchange.now();
    let operation = methods.iter().find(|(method, _)| *method == parts.method);
    let outcome = match operation {
        Some((_, operation)) => answer(exchange, *operation, &parts, body, (from, now)).await,
        None => Err(Fault::Status(StatusCode::METHOD_NOT_ALLOWED)),
    };
    // Everything that is asked costs something, even what nobody could answer.
    let (outcome, weight) = match outcome {
        Ok((answer, weight)) => (Ok(answer), weight),
        Err(Fault::Refused(refusal, weight)) => (Err(refusal), weight),
        Err(Fault::Status(status)) => return unread(status, exchange, (from, now)),
    };
    let mut response = match outcome {
        Ok(answer) => succeeded(answer),
        Err(refusal) => refused(refusal),
    };
    tell_weight(response.headers_mut(), weight);
    response
}

/// Why there is no answer.
enum Fault {
    /// With the weight used so far.
    Refused(Refusal, u32),
    /// What HTTP says by itself.
    Status(StatusCode),
}

async fn answer(
    exchange: &Exchange,
    operation: Operation,
    head: &request::Parts,
    body: Body,
    (from, now): (IpAddr, Time),
) -> Result<(Answer, u32), Fault> {
    let url_bytes = head.uri.path_and_query().map_or(0, |path| path.as_str().len());
    if URL_BYTES_MAX < url_bytes {
        return Err(Fault::Status(StatusCode::URI_TOO_LONG));
    }
    let body = read_body(body).await?;
    // A body may take its time; a request is as old as its last byte.
    let now = exchange.now().max(now);
    let query = head.uri.query().unwrap_or_default();
    let form = if head.method == Method::GET { &[][..] } else { &body[..] };
    let params = Params::from_form(query, form);
    let weight = params.as_ref().map_or(1, |params| weight_of(operation, params));
    let used = exchange.weights.charge(from, weight, now);
    let used = used.map_err(|(refusal, used)| Fault::Refused(refusal, used))?;
    let outcome = async {
        let params = params?;
        let time_unit = time_unit(&head.headers)?;
        // A question is its query: a body that nobody reads is no part of what was signed.
        let signed = (query, form);
        let caller = identify(exchange, operation, &params, &head.headers, signed, (from, now));
        let caller = caller.await?;
        let caller = caller.as_ref();
        let call = Call { exchange, params: &params, caller, from, now, time_unit };
        perform(operation, &call).await
    };
    match outcome.await {
        Ok(answer) => Ok((answer, used)),
        Err(refusal) => Err(Fault::Refused(refusal, used)),
    }
}

async fn read_body(body: Body) -> Result<Bytes, Fault> {
    body::read(body, BODY_BYTES_MAX).await.map_err(|unread| {
        Fault::Status(match unread {
            Unread::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Unread::Late => StatusCode::REQUEST_TIMEOUT,
            Unread::Broken => StatusCode::BAD_REQUEST,
        })
    })
}

/// Who asks, where the operation needs to know.
async fn identify(
    exchange: &Exchange,
    operation: Operation,
    params: &Params<'_>,
    headers: &HeaderMap,
    (query, body): (&str, &[u8]),
    (from, now): (IpAddr, Time),
) -> Result<Option<Caller>, Refusal> {
    let security = operation.security();
    if security == Security::None {
        return Ok(None);
    }
    let api_key = headers.get(KEY_HEADER).and_then(|value| value.to_str().ok());
    let key = auth::find_key(exchange, api_key, from, security)?;
    if security == Security::ListenKey {
        auth::count_unsigned(&key, Ok(()), (from, now))?;
    } else {
        let body = std::str::from_utf8(body).map_err(|_| Refusal::IllegalText)?;
        let payload = Payload::new(query, body)?;
        let signature = payload.signature_text();
        let signed = (&payload.parts[..], signature.as_deref());
        let purpose = Purpose::of(operation);
        auth::check_signed(exchange, &key, purpose, params, signed, (from, now))?;
    }
    let warrant = Warrant::new(api_key.unwrap_or_default(), from);
    auth::caller(exchange, key, warrant).await.map(Some)
}

fn time_unit(headers: &HeaderMap) -> Result<TimeUnit, Refusal> {
    match headers.get(TIME_UNIT) {
        None => Ok(TimeUnit::default()),
        Some(value) => value.to_str().ok().and_then(TimeUnit::parse).ok_or(Refusal::BadTimeUnit),
    }
}

fn succeeded(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.json));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.reserve(HEADERS_OF_AN_ORDER);
    headers.insert(CONTENT_TYPE, JSON);
    if let Some(count) = answer.orders {
        headers.insert(ORDER_COUNT_10S, HeaderValue::from(count.short));
        headers.insert(ORDER_COUNT_1D, HeaderValue::from(count.long));
    }
    response
}

/// The answer to what is refused.
pub fn refused(refusal: Refusal) -> Response {
    let mut response = error_body(&refusal.body());
    *response.status_mut() =
        StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    if let Some(seconds) = refusal.retry_after_seconds() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if is_ban(&refusal) {
        // Asking again over the same connection would be cheaper for them than for us.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether who asks is banned, and nothing more is to be heard from them.
pub const fn is_ban(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Banned { .. })
}

/// What is asked by a path that nobody serves.
pub async fn not_found(State(exchange): State<Arc<Exchange>>, request: Request) -> Response {
    unserved(StatusCode::NOT_FOUND, &exchange, &request.into_parts().0)
}

/// What is asked of a path in a way that it does not know.
pub async fn not_allowed(State(exchange): State<Arc<Exchange>>, request: Request) -> Response {
    unserved(StatusCode::METHOD_NOT_ALLOWED, &exchange, &request.into_parts().0)
}

/// The answer to what leads nowhere. It counts like any other request.
pub fn unserved(status: StatusCode, exchange: &Exchange, head: &request::Parts) -> Response {
    unread(status, exchange, (exchange.address_of(head), exchange.now()))
}

/// As [`refused`], with the weight used.
pub fn refused_at(refusal: Refusal, used: u32) -> Response {
    let mut response = refused(refusal);
    tell_weight(response.headers_mut(), used);
    response
}

/// The answer to what was not even read. It counts like any other request.
fn unread(status: StatusCode, exchange: &Exchange, (from, now): (IpAddr, Time)) -> Response {
    let used = match exchange.weights.charge(from, 1, now) {
        Ok(used) => used,
        Err((refusal, used)) => return refused_at(refusal, used),
    };
    let refusal = Refusal::Unsupported;
    let msg = status.canonical_reason().unwrap_or_default().into();
    let mut response = error_body(&ErrorBody { code: refusal.code(), msg });
    *response.status_mut() = status;
    tell_weight(response.headers_mut(), used);
    response
}

fn error_body(body: &ErrorBody<'_>) -> Response {
    let json = serde_json::to_vec(body).expect("a number and a text are JSON");
    let mut response = Response::new(Body::from(json));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

fn tell_weight(headers: &mut HeaderMap, used: u32) {
    headers.insert(USED_WEIGHT, HeaderValue::from(used));
    headers.insert(USED_WEIGHT_1M, HeaderValue::from(used));
}
