//! The exchange server, whose venues are engines of our own behind the venues' languages; and
//! market agents: seeded, realistic prices, placed as commands through the sequencer, past keys
//! and limits, with no privilege in the engine.
//!
//! Units   prices and quantities that are sent are exact: ticks and lots. Floats live in the model
//!         of prices alone ([`demo`]'s `price.rs`) and end where a price becomes ticks.
//! Keeps   the same seed and the same views give the same decisions.

mod control;
pub mod demo;
mod language;
mod scenario;
mod suffering;
mod venue_exchange;
mod venue_listing;
mod weather;

pub use control::{SCENARIO_PATH, control};
pub use scenario::{Director, Scenario};
pub use venue_exchange::{Opening, OpeningError, VenueAccount, VenueExchange};
pub use weather::Weather;
