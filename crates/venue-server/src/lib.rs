//! A venue's language served over HTTP and sockets, against our sequencer and read models.
//!
//! Shape   [`Exchange`] is what a server stands on; [`binance::router`] and its like speak one
//!         language each to it.
//! Keeps   an operation is written once and served over REST and over the socket.

pub mod binance;
pub mod coinbase;
mod dead_man;
mod desk;
mod exchange;
mod keyring;
pub mod kraken;
pub mod kucoin;
mod network;
mod reading;
mod recent;
mod submit;
mod tries;
mod trouble;

pub use desk::{
    Desk, DeskCandle, DeskCause, DeskChange, DeskChanges, DeskDepth, DeskError, DeskFeed, DeskFill,
    DeskFilter, DeskLasting, DeskName, DeskOrder, DeskOrderView, DeskRevision, DeskSize, DeskStop,
    DeskSuccessor, DeskTerms, DeskTicker, DeskTrade, DeskTransfer, MarketFacts, TradeOrders,
};
pub use exchange::{Exchange, Foundation, Limits};
pub use keyring::{KeyEntry, Keyring, Scopes, VenueKey, VenueKeys, Verifier};
pub use network::{Bounds, Connections, Full, OverTls, Permit, network_of, site_of};
pub use reading::Reading;
pub use submit::NotDone;
pub use tries::Tries;
pub use trouble::{Fate, Line, Ordeal, RequestOrdeal, Trouble};
