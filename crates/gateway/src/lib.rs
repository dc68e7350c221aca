//! The server of the product: its own API and the Binance-compatible API. Decides nothing.

mod server;

pub use server::{ServerLimits, serve};
