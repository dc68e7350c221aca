//! The languages of venues, without IO, for both ends of the wire.
//!
//! Units   prices and quantities are exact decimals as text; they become ticks and lots elsewhere.
//! Keeps   what one end writes the other reads: one type for both.

pub mod binance;
