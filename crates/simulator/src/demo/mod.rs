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

pub use agents::{rehearse, run};
pub(crate) use founding::open_account;
pub use founding::{FoundingError, found};
pub use listing::{Participant, assets, markets, participants};
