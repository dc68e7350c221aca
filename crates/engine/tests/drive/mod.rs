//! Random commands that meet each other often: few accounts, few prices, small numbers.
//!
//! A command is made from a handful of bytes and from what the twin has open right now, so that a
//! cancel finds an order and a stop stands near the price. Zero bytes make the plainest command,
//! so that what proptest shrinks to can be read.

mod coverage;
mod draw;
mod orders;
mod pair;
mod settings;
mod world;

pub use coverage::Coverage;
pub use draw::Draw;
pub use orders::next_command;
pub use pair::Pair;

/// The bytes that one command is made from.
pub type Bytes = [u8; 48];
