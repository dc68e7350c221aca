//! How the engine grows: memory for each resting order, and what ten times the resting orders,
//! users or markets make of the cost of a command. Prints one line.

use engine_flow::{Exchange, Flow, MIX_A, Mix, Step, throughput};
use model::Side;

/// Orders that rest when memory is measured.
const RESTING: u64 = 1_000_000;
const PAGE_BYTES: u64 = 4_096;
/// Passes of each kind, in turn; the median counts.
const PASSES: usize = 5;
/// Few steps, so that the book stays about as deep as it was.
const FEW: Mix = Mix { name: "few", prefill: 20_000, steps: 100_000, ..MIX_A };
const MANY: Mix = Mix { name: "many", prefill: 200_000, ..FEW };

fn main() {
    let bytes = bytes_per_order();
    let (few, many) = (Flow::new(FEW), Flow::new(MANY));
    let cases = [(&few, 1_000, 5), (&many, 1_000, 5), (&few, 10_000, 5), (&few, 1_000, 50)];
    let mut nanos: [Vec<f64>; 4] = Default::default();
    for _ in 0..PASSES {
        for (nanos, (flow, users, markets)) in nanos.iter_mut().zip(cases) {
            let time = throughput(flow, users, markets);
            nanos.push(time.as_nanos() as f64 / flow.steps.len() as f64);
        }
    }
    let [base, orders, users, markets] = nanos.map(|mut nanos| {
        nanos.sort_by(f64::total_cmp);
        nanos[PASSES / 2]
    });
    println!(
        "{{\"bytesPerOrder\":{bytes:.1},\"nanos\":{base:.1},\"orders\":{:.3},\"users\":{:.3},\
         \"markets\":{:.3}}}",
        orders / base,
        users / base,
        markets / base
    );
}

/// By the pages of this process, before anything else was taken and given back.
fn bytes_per_order() -> f64 {
    let mut exchange = Exchange::new(1_000, 1);
    let before = resident();
    for number in 0..RESTING {
        let side = if number.is_multiple_of(2) { Side::Buy } else { Side::Sell };
        let distance = 1 + number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 2_000;
        let price = match side {
            Side::Buy => 1_000_000 - distance,
            Side::Sell => 1_000_000 + distance,
        };
        let user = u32::try_from(number % 1_000).expect("small");
        let input = exchange.command(&Step::Add { user, side, price, qty: 10 });
        exchange.apply(input);
    }
    (resident() - before) as f64 / RESTING as f64
}

fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("a system with /proc");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.expect("the second number of statm") * PAGE_BYTES
}
