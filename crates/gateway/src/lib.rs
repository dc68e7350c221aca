//! The server of the product: its own API and the Binance-compatible API. Decides nothing.

mod operations;
mod server;

pub use operations::{Readiness, collect_metrics, operations};
pub use server::{ServerLimits, serve};
