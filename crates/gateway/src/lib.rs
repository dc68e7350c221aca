//! The server of the product: its own API and the Binance-compatible API. Decides nothing
//! about money.

mod about;
mod admin;
mod admission;
mod api;
mod caller;
mod document;
mod errand;
mod handshakes;
mod hosts;
mod input;
mod market;
mod moment;
mod notices;
mod operations;
mod page;
mod patient;
mod people;
mod policy;
mod problem;
mod server;
mod stream;
mod tls;
mod trading;
mod wallet;
mod web;

pub use api::{Api, ApiSettings, Welcome, document, document_text, site};
pub use hosts::Hosts;
pub use metrics_exporter_prometheus::PrometheusHandle;
pub use operations::{MetricsReaders, Readiness, collect_metrics, operations};
pub use policy::{POLICY, Row, Scope, Who};
pub use problem::rejection_text;
pub use server::{ServerLimits, serve};
pub use tls::{Tls, TlsError};
