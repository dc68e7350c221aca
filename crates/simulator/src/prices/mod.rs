//! Prices: one process for all venues, and what each venue makes of it.
//!
//! ```text
//! seed, tapes, weather ─► process ─► a path for each venue, all the same
//!                                       └─► outlook: late by the venue's lag, with its errors
//!                                              └─► agents: quotes, takes, arbitrage
//! ```

mod nature;
mod outlook;
mod path;
mod process;
pub(crate) mod random;
mod sky;
mod tape;
mod worth;

pub(crate) use nature::{NATURES, Nature};
pub use outlook::Character;
pub(crate) use outlook::Outlook;
pub use process::PriceProcess;
pub(crate) use process::STEP;
pub use tape::{Nonsense, TapeError, Tapes};
pub use worth::{Quotation, Worth};
