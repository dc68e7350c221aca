//! Prints how fast the engine takes flows A, B and C: median of several runs, and single commands.
//!
//! `engine-flow [FLOW] [RUNS]`, for instance `engine-flow A 5`.

use engine_flow::{Flow, MIX_A, MIX_B, MIX_C, USERS, latency, throughput};

fn main() {
    let mut args = std::env::args().skip(1);
    let only = args.next().unwrap_or_default();
    let runs = args.next().and_then(|runs| runs.parse().ok()).unwrap_or(5_usize).max(1);
    for mix in [MIX_A, MIX_B, MIX_C] {
        if !only.is_empty() && !only.contains(mix.name) {
            continue;
        }
        let flow = Flow::new(mix);
        let users = u32::try_from(USERS).expect("few");
        let mut rates: Vec<f64> = (0..runs)
            .map(|_| flow.steps.len() as f64 / throughput(&flow, users, 1).as_secs_f64() / 1e6)
            .collect();
        rates.sort_by(f64::total_cmp);
        let single = latency(&flow, users);
        println!(
            "flow {}: {:.2} M commands/s (of {runs}: {:.2} to {:.2}), p50 {} ns, p99 {} ns, \
             p99.9 {} ns; {} fills, {} crossing, {} live",
            mix.name,
            rates[runs / 2],
            rates[0],
            rates[runs - 1],
            single.p50,
            single.p99,
            single.p999,
            flow.fills,
            flow.crossing,
            flow.live,
        );
    }
}
