//! Kraken spot, from the venue's end: REST, and sockets of version 2.
//!
//! ```text
//! /0/public/…  /0/private/…   requests
//! /v2                         sockets, of markets and of accounts
//! ```
//!
//! Keeps   whatever is answered or told comes from the engine; money is held and moved there alone.
//! Source  docs.kraken.com.

mod account;
mod auth;
mod book_topic;
mod deadline;
mod funding;
mod hub;
mod limit;
mod market;
mod number;
mod order;
mod order_report;
mod order_request;
mod params;
mod relative;
mod rest;
mod revision;
#[cfg(test)]
mod revision_tests;
mod session;
mod socket;
mod telling;
#[cfg(test)]
mod tests;
mod token;
mod told;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use model::Secret;
use tokio::sync::watch;
use venue::kraken::Refusal;

use self::auth::Keys;
use self::hub::Hub;
use self::limit::OrderMeter;
use self::token::Tokens;
use crate::dead_man::DeadMan;
use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::keyring::VenueKey;
use crate::tries::Tries;

/// Length of a key's name, in characters: base64 of 42 bytes.
const NAME_CHARS: usize = 56;
/// Length of a secret without what only fills it up, in characters: base64 of 64 bytes.
const SECRET_CHARS: usize = 86;

/// An address may ask so often without a key, or with one that is none,
const STRANGERS_MAX: u32 = 300;
/// in so many seconds.
const STRANGERS_SECONDS: u64 = 10;

/// What stands behind all connections and requests.
pub struct Door {
    desk: Desk,
    keys: Keys,
    tokens: Tokens,
    orders: OrderMeter,
    dead_man: DeadMan,
    hub: Hub,
    /// Who asks without a key, or with one that is none.
    strangers: Tries,
    stop: watch::Sender<bool>,
}

impl Door {
    fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }
}

/// Until the door is stopped, or nobody could stop it any more.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|is_stopped| *is_stopped).await.is_ok();
}

/// Opens the venue to these keys.
#[must_use]
pub fn open(exchange: Arc<Exchange>, keys: Vec<VenueKey>) -> Arc<Door> {
    let door = Door {
        desk: Desk::new(exchange),
        keys: Keys::new(keys),
        tokens: Tokens::default(),
        orders: OrderMeter::default(),
        dead_man: DeadMan::default(),
        hub: Hub::default(),
        strangers: Tries::new(STRANGERS_MAX, STRANGERS_SECONDS),
        stop: watch::Sender::new(false),
    };
    for user in door.keys.users() {
        door.hub.remember(user, &door.desk.balances(&user));
    }
    Arc::new(door)
}

/// Its REST and sockets. The peer's address is to be in each request.
pub fn router(door: Arc<Door>) -> Router {
    rest::routes().merge(socket::routes()).with_state(door)
}

/// Tells whoever listens what happens, and ends orders whose switch says so, until it is stopped.
/// To be spawned once.
pub fn feed(door: Arc<Door>) -> impl Future<Output = ()> + Send + use<> {
    // Before it is polled first: what happens from now on is told.
    let telling = hub::feed(Arc::clone(&door));
    async move {
        tokio::select! {
            () = telling => {}
            () = door.dead_man.watch(&door.desk) => {}
        }
    }
}

/// Ends all sockets, and the feed.
pub fn stop(door: &Door) {
    door.stop.send_replace(true);
}

/// A key's name and its secret, as the venue writes them.
pub fn draw_key(next: &mut dyn FnMut() -> u64) -> (String, Secret<String>) {
    let mut draw = |chars: usize| -> String {
        let letter = |_| token::letter(u8::try_from(next() >> 58).unwrap_or_default());
        (0..chars).map(letter).collect()
    };
    let name = draw(NAME_CHARS);
    let mut secret = draw(SECRET_CHARS - 1);
    // Of the last letter only two bits count.
    secret.push(token::letter(draw(1).as_bytes()[0] & 0b11 << 4));
    (name, Secret::new(secret + "=="))
}

/// What is said to who asks too much, by the guard before the venue.
#[must_use]
pub fn too_many() -> Response {
    let mut response = rest::refused(Refusal::TooManyRequests);
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response
}

/// What is said where the venue is away; nothing was done.
#[must_use]
pub fn unavailable() -> Response {
    let mut response = rest::refused(Refusal::Busy);
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// What is said where nobody knows whether it was done.
#[must_use]
pub fn unanswered() -> Response {
    let mut response = rest::refused(Refusal::Unavailable);
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// Whether a request places or cancels.
#[must_use]
pub fn changes(method: &Method, path: &str) -> bool {
    let operation = path.strip_prefix("/0/private/").unwrap_or_default();
    let changing = ["Add", "Cancel", "Edit", "Amend"];
    *method == Method::POST && changing.iter().any(|word| operation.starts_with(word))
}
