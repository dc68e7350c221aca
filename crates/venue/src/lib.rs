//! The languages of venues, without IO, for both ends of the wire; what is asked of any of them.
//!
//! Units   prices and quantities are exact decimals as text; they become ticks and lots elsewhere.
//! Keeps   what one end writes the other reads: one type for both.

pub mod binance;
mod book;
pub mod coinbase;
pub mod instant;
pub mod kraken;
pub mod kucoin;
mod local_book;
mod number;
mod parts;
pub mod port;
mod sense;

pub use book::{Book, Level};
pub use local_book::{
    Begun, BookDifference, BookRow, BookSnapshot, Heard, LocalBook, Reach, WAITING_LEVELS_MAX,
    WAITING_MAX,
};
pub use number::DecimalText;
pub use parts::each;
pub use sense::{Malformed, plain_text, traded};
