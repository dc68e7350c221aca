//! What a Binance tells.

use std::sync::Arc;

use connector::{BinanceConnector, Clock, Dialer, Endpoints};
use venue::port::MarketFeed;

use super::sockets;

/// Tickers of all markets weigh 80 and a book 5, of 6,000 in a minute.
pub const BOOKS: usize = 10;

/// The one at this base URL, or else the venue itself.
pub fn feed(dialer: Dialer, base: Option<&str>, clock: Clock) -> Arc<dyn MarketFeed> {
    let endpoints = base.map_or_else(Endpoints::live, |base| Endpoints::at(base, &sockets(base)));
    BinanceConnector::new(dialer, endpoints, clock).feed()
}
