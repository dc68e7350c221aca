//! The call by which somebody on this machine lets a scenario happen.
//!
//! ```text
//! GET  /rialto/scenario     the name of what happens now
//! POST /rialto/scenario     the body is the name of what shall happen
//! ```
//!
//! Keeps   heard from this machine alone, under a name of this machine, so that no page in a
//!         browser can be made to ask; and with the token, in `Authorization: Bearer`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{Method, StatusCode, request};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use model::Secret;

use crate::scenario::{Director, NAME_BYTES_MAX, Scenario};

/// The path of the call.
pub const SCENARIO_PATH: &str = "/rialto/scenario";

struct Control {
    director: Arc<Director>,
    token: Secret<String>,
}

/// The call, to be merged into a venue's router.
pub fn control(director: Arc<Director>, token: Secret<String>) -> Router {
    let control = Arc::new(Control { director, token });
    Router::new().route(SCENARIO_PATH, any(answer)).with_state(control)
}

async fn answer(State(control): State<Arc<Control>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if !is_from_here(&head) {
        return (StatusCode::FORBIDDEN, "for this machine alone\n").into_response();
    }
    if !is_authorized(&head, control.token.expose()) {
        return (StatusCode::UNAUTHORIZED, "the token is missing or wrong\n").into_response();
    }
    let director = &control.director;
    if head.method == Method::GET {
        return format!("{}\n", director.playing().name).into_response();
    }
    if head.method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let body: Bytes = to_bytes(body, NAME_BYTES_MAX).await.unwrap_or_default();
    let name = std::str::from_utf8(&body).unwrap_or_default().trim();
    match Scenario::named(name) {
        Some(scenario) => {
            director.play(scenario);
            format!("{name}\n").into_response()
        }
        None => {
            let known = Scenario::NAMES.join(", ");
            let text = format!("the body is one of {known}; :VENUE may follow\n");
            (StatusCode::BAD_REQUEST, text).into_response()
        }
    }
}

/// Whether it comes from this machine and calls it so.
fn is_from_here(head: &request::Parts) -> bool {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    // HTTP/2 has it in the address.
    let host = host.or_else(|| head.uri.authority().map(axum::http::uri::Authority::as_str));
    peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
        && host.is_some_and(names_this_machine)
}

fn names_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(name, _)| name),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
}

/// Compared whole, so that the time it takes tells nothing of where they differ.
fn is_authorized(head: &request::Parts, token: &str) -> bool {
    let sent = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(sent) = sent.and_then(|value| value.strip_prefix("Bearer ")) else { return false };
    let differ = sent.bytes().zip(token.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    sent.len() == token.len() && differ == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(peer: &str, host: &str, authorization: &str) -> request::Parts {
        let request = axum::http::Request::builder()
            .header(HOST, host)
            .header(AUTHORIZATION, authorization)
            .extension(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_this_machine_by_its_own_name_and_with_the_token_is_heard() {
        let good = "Bearer token";
        for (peer, host, authorization, is_heard) in [
            ("127.0.0.1:9", "127.0.0.1:9101", good, true),
            ("127.0.0.1:9", "localhost", good, true),
            ("[::1]:9", "[::1]:9101", good, true),
            ("[::ffff:127.0.0.1]:9", "LOCALHOST:1", good, true),
            ("192.0.2.1:9", "127.0.0.1:9101", good, false),
            ("127.0.0.1:9", "rebound.example:9101", good, false),
            ("127.0.0.1:9", "127.0.0.1.example", good, false),
            ("127.0.0.1:9", "", good, false),
            ("127.0.0.1:9", "127.0.0.1", "Bearer toke", false),
            ("127.0.0.1:9", "127.0.0.1", "Bearer token2", false),
            ("127.0.0.1:9", "127.0.0.1", "Bearer Token", false),
            ("127.0.0.1:9", "127.0.0.1", "token", false),
        ] {
            let head = head(peer, host, authorization);
            let heard = is_from_here(&head) && is_authorized(&head, "token");
            assert_eq!(heard, is_heard, "{peer} {host} {authorization}");
        }
    }
}
