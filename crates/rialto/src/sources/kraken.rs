//! What a Kraken tells.

use std::sync::Arc;

use connector::{Clock, Dialer, KrakenConnector, KrakenEndpoints};
use venue::port::MarketFeed;

use super::sockets;

/// Of sixty questions in a minute 36 are left to what only refreshes.
pub const BOOKS: usize = 3;

/// The one at this base URL, or else the venue itself.
pub fn feed(dialer: Dialer, base: Option<&str>, clock: Clock) -> Arc<dyn MarketFeed> {
    let endpoints =
        base.map_or_else(KrakenEndpoints::live, |base| KrakenEndpoints::at(base, &sockets(base)));
    KrakenConnector::new(dialer, endpoints, clock).feed()
}
