//! Outbound HTTP and sockets that fill the venue ports: real venues and simulated ones alike.
//!
//! Shape   [`BinanceConnector`] and its like are each one venue at one address; feeds and accounts
//!         made of it share its budgets of requests and what it knows of the venue's clock.
//! Keeps   only what the venue has not begun is asked again; plain HTTP goes to this machine alone;
//!         a book that may be wrong is lost, never told.
//! Fails   `venue::port::VenueError`; the error of a socket costs that socket, never the process.

mod alarm;
mod backoff;
mod binance;
mod books;
mod budget;
mod clock;
mod coinbase;
#[cfg(test)]
mod deaf;
mod dial;
mod known;
mod kraken;
mod kucoin;
mod meters;
mod rest;
#[cfg(test)]
mod scripted;
mod session;
mod socket;
#[cfg(test)]
mod standing;
mod tries;
mod unsettled;

pub use binance::{BinanceConnector, Credentials, Endpoints};
pub use clock::{Clock, steady_clock};
pub use coinbase::{CoinbaseConnector, CoinbaseCredentials, CoinbaseEndpoints};
pub use dial::Dialer;
pub use kraken::{KrakenConnector, KrakenCredentials, KrakenEndpoints};
pub use kucoin::{KucoinConnector, KucoinCredentials, KucoinEndpoints};
