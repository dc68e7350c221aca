//! `/api/v1/notifications`: what a person must know of their account.
//!
//! ```text
//! projection ──► what happened to orders ──┐
//! identity   ──► what happened to the door ─┴► kept in the database ─► list, stream, read mark
//! ```

mod board;
mod orders;

pub use board::{NoticeView, list_notices, read_notices};
pub use orders::feed;

// What the macro of a route puts beside its handler.
pub use board::{__path_list_notices, __path_read_notices};
