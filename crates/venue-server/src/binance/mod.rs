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
mod ordeal;
mod order;
mod order_report;
mod order_request;
mod own;
mod readers;
mod rejection;
mod replace;
mod replay;
mod request;
mod rest;
mod sockets;
mod startup;
mod stream_book;
mod stream_feed;
mod stream_session;
mod stream_shape;
mod stream_socket;
mod submit;
mod symbols;
mod ticker;
mod transfer;
mod unserved;
mod user_event;
mod user_hub;
mod words;
mod ws_api;
mod ws_session;

#[cfg(test)]
mod fanout_tests;
#[cfg(test)]
mod market_tests;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod stream_tests;

use std::sync::Arc;

use axum::Router;

pub use auth::account_of;
pub use fanout::{OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX, OutboxRoom};
pub use limit::{OrderMeter, Quotas, WeightMeter};
pub use listen_key::ListenKeys;
pub use ordeal::{draw_key, too_many, unanswered, unavailable};
pub use order_request::fresh_client_id;
pub use own::{names_a_key, signed_by};
pub(crate) use readers::Readers;
pub use replay::Seen;
pub use rest::unserved;
pub(crate) use sockets::SocketDoor;
pub use stream_socket::StreamRules;
pub(crate) use stream_socket::Streams;
pub use submit::{submit, submit_noted};
pub(crate) use user_hub::UserHub;

use crate::exchange::Exchange;

/// Tells the listeners of markets and of accounts what happens, until the streams are stopped or
/// the exchange stops. To be spawned once for each exchange.
pub fn feed_streams(exchange: Arc<Exchange>) -> impl Future<Output = ()> + Send {
    let users = user_hub::feed_users(Arc::clone(&exchange));
    async move {
        tokio::join!(stream_socket::feed_streams(exchange), users);
    }
}

/// Everything of Binance's that we serve, to be merged into a server's router; also the answer to
/// whatever nobody serves, which counts like any request. The server puts the peer's address into
/// each request as `ConnectInfo<SocketAddr>`.
pub fn router(exchange: Arc<Exchange>) -> Router {
    rest::routes()
        .merge(stream_socket::routes())
        .merge(ws_api::routes())
        .method_not_allowed_fallback(rest::not_allowed)
        .fallback(rest::not_found)
        .with_state(exchange)
}
