//! Coinbase Advanced Trade, spoken to our exchange.
//!
//! ```text
//! REST    request ─► token or address ─► rate ─► operation ─► answer
//! socket  message ─► rate ─► token, where the channel is private ─► snapshot, then what changes
//! ```
//!
//! Keeps   every answer comes from the desk; a token is good once for requests. A price, a size or
//!         an amount is never rounded, but where a ratio is told that has no end.

mod account;
mod auth;
mod history;
mod hub;
mod ids;
mod keys;
mod market;
mod meter;
mod names;
mod nonce;
mod order;
mod params;
mod portfolio;
mod rest;
mod revision;
mod session;
mod shape;
mod socket;
mod wallet;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use venue::coinbase::Refusal;

pub use keys::draw_key;
pub use rest::changes;

use crate::desk::Desk;
use crate::exchange::Exchange;
use crate::keyring::VenueKey;
use hub::Hub;
use keys::Keys;
use meter::AddressMeter;
use names::Names;

/// A Coinbase that stands on an exchange of ours.
#[derive(Debug)]
pub struct Door {
    desk: Desk,
    keys: Keys,
    names: Names,
    addresses: AddressMeter,
    /// What came from where without a good token.
    guesses: AddressMeter,
    hub: Hub,
}

/// A Coinbase with these keys, open from now on.
#[must_use]
pub fn open(exchange: Arc<Exchange>, keys: Vec<VenueKey>) -> Arc<Door> {
    Arc::new(Door {
        desk: Desk::new(exchange),
        keys: Keys::new(keys),
        names: Names::default(),
        addresses: AddressMeter::default(),
        guesses: AddressMeter::default(),
        hub: Hub::default(),
    })
}

/// Everything of Coinbase's that we serve. The server puts the peer's address into each request as
/// `ConnectInfo<SocketAddr>`.
pub fn router(door: Arc<Door>) -> Router {
    rest::routes().merge(socket::routes()).fallback(rest::not_found).with_state(door)
}

/// Tells the sockets what happens, until they are stopped or the exchange stops. To be spawned
/// once.
pub fn feed(door: Arc<Door>) -> impl Future<Output = ()> + Send + use<> {
    hub::feed(door)
}

/// Ends the sockets and what tells them.
pub fn stop(door: &Door) {
    door.desk.exchange().stop_streams();
}

/// Too much was asked. The venue bans nobody for going on.
#[must_use]
pub fn too_many() -> Response {
    rest::refused(Refusal::RateLimit, false)
}

/// The venue is away; nothing was done.
#[must_use]
pub fn unavailable() -> Response {
    rest::refused(Refusal::Unavailable, false)
}

/// Whether it was done is not known.
#[must_use]
pub fn unanswered() -> Response {
    rest::refused(Refusal::Timeout, false)
}
