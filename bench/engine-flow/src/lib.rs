//! Order flows that every engine can be given: the same commands, so that fills can be compared.
//!
//! Shape   a flow is a prefill, which is not measured, and a million steps. Orders are numbered
//!         from 1 in the order of placing, IOC orders too. Buyers have even numbers and sellers
//!         odd ones, so that no account meets itself and prevention changes no fill.

mod book;
mod cpu;
mod flow;
mod run;

pub use cpu::cpu_time;
pub use flow::{Flow, MIX_A, MIX_B, MIX_C, Mix, Step, USERS};
pub use run::{BATCH, Exchange, FIRST, Fills, Latency, MAP_KEY, latency, setup, throughput};
