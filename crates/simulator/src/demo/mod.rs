//! The demo's exchange: what is listed, who trades there, and how.
//!
//! ```text
//! price process ─► fair price ─► makers: quotes around it, moved where they are off
//!                            └─► takers: orders at random, and against quotes left behind
//! ```

mod agents;
mod founding;
mod listing;
mod maker;
mod price;
pub(crate) mod random;
mod taker;

pub(crate) use agents::run_with;
pub use agents::{rehearse, run};
pub use founding::{FoundingError, found};
pub(crate) use founding::{found_listing, open_account};
pub(crate) use listing::{FIRST_TAKER, KEEPER_TIER};
pub use listing::{Listing, Participant, assets, listing, markets, participants};
