//! The Binance-compatible API over a real engine and sequencer, on a simulated disk.

mod captured;
mod guarded;
mod noise;
mod orders;
mod refusals;
mod signed;
mod socket;
mod stage;
