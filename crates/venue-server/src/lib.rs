//! A venue's language served over HTTP and sockets, against our sequencer and read models.
//!
//! Shape   [`Exchange`] is what a server stands on; [`binance::router`] and its like speak one
//!         language each to it.
//! Keeps   an operation is written once and served over REST and over the socket.

mod address;
pub mod binance;
mod body;
pub mod coinbase;
mod dead_man;
mod desk;
mod exchange;
mod form;
mod keyring;
pub mod kraken;
pub mod kucoin;
mod moment;
mod network;
mod outbox;
mod reading;
mod recent;
mod submit;
mod tries;
mod trouble;

pub use address::client_address;
pub use exchange::{Exchange, Foundation, Limits};
pub use keyring::{KeyEntry, Keyring, Scopes, VenueKey, VenueKeys, Verifier};
pub use network::{Bounds, Connections, Full, OverTls, Permit};
pub use reading::Reading;
pub use tries::Tries;
pub use trouble::{Ordeal, RequestOrdeal};
