//! Order flows that every engine can be given: the same commands, so that fills can be compared.
//!
//! Shape   a flow is a prefill, which is not measured, and a million steps. Orders are numbered
//!         from 1 in the order of placing, IOC orders too. Buyers have even numbers and sellers
//!         odd ones, so that no account meets itself and prevention changes no fill.

mod book;
mod flow;
mod run;

pub use flow::{Flow, MIX_A, MIX_B, MIX_C, Mix, Step, USERS};
pub use run::{Exchange, Fills, Latency, latency, throughput};
