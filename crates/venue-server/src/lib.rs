//! A venue's language served over HTTP and sockets, against our sequencer and read models.
//!
//! Shape   [`Exchange`] is what a server stands on; [`binance::router`] speaks one language to it.
//! Keeps   an operation is written once and served over REST and over the socket.

pub mod binance;
mod exchange;
mod keyring;
mod network;
mod reading;
mod recent;
mod tries;

pub use exchange::{Exchange, Foundation, Limits};
pub use keyring::{KeyEntry, Keyring, Scopes, Verifier};
pub use network::{Bounds, Connections, Full, Permit, network_of, site_of};
pub use reading::Reading;
pub use tries::Tries;
