//! The exchange server, whose venues are engines of our own behind the venues' languages; and
//! market agents: seeded, realistic prices, placed as commands through the sequencer, past keys
//! and limits, with no privilege in the engine.
//!
//! Units   integers throughout: prices are ticks, quantities lots, and what the model of prices
//!         draws is exact as well, so that every machine draws the same.
//! Keeps   the same seed gives the same prices at the same step of simulated time, and, where
//!         nobody else trades, the same trades in every market.

mod control;
pub mod demo;
mod key_stream;
mod language;
mod prices;
mod scenario;
mod suffering;
mod venue_exchange;
mod venue_listing;
mod weather;
mod wide_listing;

pub use control::{SCENARIO_PATH, control};
pub use prices::{Character, Nonsense, PriceProcess, Quotation, TapeError, Tapes, Worth};
pub use scenario::{Director, Scenario};
pub use venue_exchange::{Liveliness, Opening, OpeningError, Traders, VenueAccount, VenueExchange};
pub use weather::Weather;
