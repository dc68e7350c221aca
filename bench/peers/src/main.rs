//! The order flows on other crates that match orders, fills checked against the reference book.
//!
//! ```text
//! peers FLOW NAME [latency]
//! ```
//! `NAME` is a crate's, or `rialto` for the whole engine with holds, ledger, fees, client names,
//! prevention and events, where the others match and no more. Prints one line: commands a second
//! of processor time, what was traded, and with `latency` the 50th and 99th percentile of single
//! commands in nanoseconds, from a second pass, two readings of the clock included. A peer whose
//! fills differ from the reference ends the run.

mod bourse;
mod lobster_book;
mod orderbook_rs_book;
mod rust_order;

use std::time::Instant;

use engine_flow::{Flow, MIX_A, MIX_B, MIX_C, Step, USERS, cpu_time, latency, throughput};

/// What a peer traded so far.
#[derive(Clone, Copy, Debug)]
struct Traded {
    /// Matches; `None` where the crate does not tell them.
    fills: Option<u64>,
    /// Lots.
    filled: u64,
}

/// A book of another crate.
trait Peer {
    fn new() -> Self;
    /// Takes one step; `number` counts orders from 1, cancels excepted.
    fn step(&mut self, number: u64, step: &Step);
    fn traded(&self) -> Traded;
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (flow, name, single) = match words[..] {
        [flow, name] => (flow, name, false),
        [flow, name, "latency"] => (flow, name, true),
        _ => panic!("peers FLOW NAME [latency]"),
    };
    let mixes = [MIX_A, MIX_B, MIX_C];
    let mix = mixes.into_iter().find(|mix| mix.name == flow).expect("a flow is A, B or C");
    let flow = Flow::new(mix);
    match name {
        "rialto" => ours(&flow, single),
        "bourse-book" => run::<bourse::Book>(&flow, single),
        "lobster" => run::<lobster_book::Book>(&flow, single),
        "orderbook-rs" => run::<orderbook_rs_book::Book>(&flow, single),
        "rust-order-book" => run::<rust_order::Book>(&flow, single),
        _ => panic!("no peer is named {name}"),
    }
}

fn ours(flow: &Flow, single: bool) {
    let users = u32::try_from(USERS).expect("few");
    let rate = flow.steps.len() as f64 / throughput(flow, users, 1).as_secs_f64();
    let times = single.then(|| {
        let latency = latency(flow, users);
        (latency.p50, latency.p99)
    });
    print(flow, rate, Some(flow.fills), times);
}

fn run<P: Peer>(flow: &Flow, single: bool) {
    let (mut peer, mut number, before) = begin::<P>(flow);
    let start = cpu_time();
    for step in &flow.steps {
        number += u64::from(!matches!(step, Step::Cancel { .. }));
        peer.step(number, step);
    }
    let rate = flow.steps.len() as f64 / (cpu_time() - start).as_secs_f64();
    let fills = check(flow, before, peer.traded());
    print(flow, rate, fills, single.then(|| percentiles::<P>(flow)));
}

/// A peer with the prefill, how many orders that were, and what they traded.
fn begin<P: Peer>(flow: &Flow) -> (P, u64, Traded) {
    let (mut peer, mut number) = (P::new(), 0);
    for step in &flow.prefill {
        number += 1;
        peer.step(number, step);
    }
    let before = peer.traded();
    (peer, number, before)
}

fn percentiles<P: Peer>(flow: &Flow) -> (u64, u64) {
    let (mut peer, mut number, before) = begin::<P>(flow);
    let mut nanos = Vec::with_capacity(flow.steps.len());
    for step in &flow.steps {
        number += u64::from(!matches!(step, Step::Cancel { .. }));
        let start = Instant::now();
        peer.step(number, step);
        nanos.push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    check(flow, before, peer.traded());
    nanos.sort_unstable();
    let at = |per_cent: usize| nanos[(nanos.len() - 1) * per_cent / 100];
    (at(50), at(99))
}

/// The matches, where the peer tells them.
fn check(flow: &Flow, before: Traded, after: Traded) -> Option<u64> {
    let fills = after.fills.zip(before.fills).map(|(after, before)| after - before);
    assert!(fills.is_none_or(|fills| fills == flow.fills), "{fills:?} fills, not {}", flow.fills);
    assert_eq!(after.filled - before.filled, flow.filled, "lots traded");
    fills
}

fn print(flow: &Flow, rate: f64, fills: Option<u64>, times: Option<(u64, u64)>) {
    let number = |value: Option<u64>| value.map_or("null".to_owned(), |value| value.to_string());
    println!(
        "{{\"perSecond\":{rate:.0},\"fills\":{},\"filled\":{},\"p50Ns\":{},\"p99Ns\":{}}}",
        number(fills),
        flow.filled,
        number(times.map(|times| times.0)),
        number(times.map(|times| times.1)),
    );
}
