//! Binance spot, spoken to our exchange.
//!
//! ```text
//! REST    request ─► weight ─► parameters ─► key, window, signature ─► operation ─► answer
//! socket  frame   ─►  the same steps, with a session instead of headers ─►  the same operation
//! ```

mod auth;
mod exchange_info;
mod fanout;
mod grid;
mod limit;
mod market;
mod operation;
mod own;
mod replay;
mod request;
mod rest;
mod submit;
mod symbols;
mod ticker;

use std::sync::Arc;

use axum::Router;

pub use limit::{OrderMeter, Quotas, WeightMeter};
pub use own::signed_by;
pub use replay::Seen;

use crate::exchange::Exchange;

/// Everything of Binance's that we serve, to be merged into a server's router. The server puts the
/// peer's address into each request as `ConnectInfo<SocketAddr>`.
pub fn router(exchange: Arc<Exchange>) -> Router {
    rest::routes().with_state(exchange)
}
