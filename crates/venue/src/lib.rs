//! The languages of venues, without IO, for both ends of the wire; what is asked of any of them.
//!
//! Units   prices and quantities are exact decimals as text; they become ticks and lots elsewhere.
//! Keeps   what one end writes the other reads: one type for both.

pub mod binance;
mod book;
mod local_book;
mod number;
pub mod port;
mod sense;

pub use book::{Book, Level, SIDE_LEVELS_MAX};
pub use local_book::{
    Begun, BookDifference, BookRow, BookSnapshot, Heard, LocalBook, WAITING_MAX,
};
pub use number::DecimalText;
pub use sense::Malformed;
