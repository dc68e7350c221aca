//! The server of the product: its own API and the Binance-compatible API. Decides nothing.

mod admin;
mod hosts;
mod operations;
mod patient;
mod problem;
mod server;

pub use admin::admin;
pub use hosts::Hosts;
pub use operations::{MetricsReaders, Readiness, collect_metrics, operations};
pub use server::{ServerLimits, serve};
