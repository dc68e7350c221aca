//! The demo's exchange: what is listed, who trades there, and how.
//!
//! ```text
//! outlook ─► fair price ─► makers: quotes around it, moved where they are off
//!                      └─► takers: orders at random, and against quotes left behind, by what is
//!                          believed here or by what is true everywhere
//! ```

mod agents;
mod fair;
mod founding;
mod listing;
mod maker;
mod taker;

pub(crate) use agents::{Agents, run_with};
pub use agents::{rehearse, resume, run};
pub use founding::{FoundingError, found};
pub(crate) use founding::{found_listing, open_account};
pub(crate) use listing::{FIRST_TAKER, KEEPER_TIER};
pub use listing::{Listing, Participant, assets, listing, markets, participants};
