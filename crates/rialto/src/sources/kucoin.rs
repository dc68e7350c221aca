//! What a KuCoin tells.

use std::sync::Arc;

use connector::{Clock, Dialer, KucoinConnector, KucoinEndpoints};
use venue::port::MarketFeed;

/// A book weighs 3 or so, of 2,000 in half a minute.
pub const BOOKS: usize = 10;

/// The one at this base URL, or else the venue itself.
pub fn feed(dialer: Dialer, base: Option<&str>, clock: Clock) -> Arc<dyn MarketFeed> {
    let endpoints = base.map_or_else(KucoinEndpoints::live, KucoinEndpoints::at);
    KucoinConnector::new(dialer, endpoints, clock).feed()
}
