//! Binance spot, spoken to our exchange.
//!
//! ```text
//! REST    request ─► weight ─► parameters ─► key, window, signature ─► operation ─► answer
//! socket  frame   ─►  the same steps, with a session instead of headers ─►  the same operation
//! ```

mod account;
mod auth;
mod exchange_info;
mod fanout;
mod grid;
mod limit;
mod list;
mod listen_key;
mod market;
mod operation;
mod order;
mod order_report;
mod order_request;
mod own;
mod rejection;
mod replace;
mod replay;
mod request;
mod rest;
mod startup;
mod submit;
mod symbols;
mod ticker;
mod words;

use std::sync::Arc;

use axum::Router;

pub use limit::{OrderMeter, Quotas, WeightMeter};
pub use listen_key::ListenKeys;
pub use own::signed_by;
pub use replay::Seen;

use crate::exchange::Exchange;

/// Everything of Binance's that we serve, to be merged into a server's router. The server puts the
/// peer's address into each request as `ConnectInfo<SocketAddr>`.
pub fn router(exchange: Arc<Exchange>) -> Router {
    rest::routes().with_state(exchange)
}
