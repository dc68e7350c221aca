//! KuCoin spot, served: REST and sockets against the desk.
//!
//! Shape   [`open`] makes a [`Door`], [`router`] serves it, [`feed`] tells its sockets what happens
//!         until [`stop`].
//! Keeps   what is answered comes from the engine; a key signs with its passphrase, within five
//!         seconds; what is asked is counted in pools of thirty seconds.
//! Source  as `venue::kucoin`.

mod account;
mod alter;
mod auth;
mod classic;
mod door;
mod feed;
mod hub;
mod ledger;
mod limit;
mod market;
mod names;
mod ordeal;
mod order;
mod order_row;
mod perform;
mod rest;
mod socket;
mod statistics;
mod stop;
mod tell;
mod token;

#[cfg(test)]
mod tests;

pub use door::{Door, open, stop};
pub use feed::feed;
pub use ordeal::{draw_key, too_many, unanswered, unavailable};
pub use rest::router;
