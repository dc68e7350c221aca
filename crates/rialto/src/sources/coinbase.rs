//! What a Coinbase tells.

use std::sync::Arc;

use connector::{Clock, CoinbaseConnector, CoinbaseEndpoints, Dialer};
use venue::port::MarketFeed;

use super::sockets;

/// Of ten questions in a second six are left to what only refreshes.
pub const BOOKS: usize = 5;

/// The one at this base URL, or else the venue itself.
pub fn feed(dialer: Dialer, base: Option<&str>, clock: Clock) -> Arc<dyn MarketFeed> {
    let endpoints = base
        .map_or_else(CoinbaseEndpoints::live, |base| CoinbaseEndpoints::at(base, &sockets(base)));
    CoinbaseConnector::new(dialer, endpoints, clock).feed()
}
