//! From what a venue says to the price that is shown: how much of it, and how soon.
//!
//! ```text
//! prices decode FILE SECONDS    messages read a second, by us and by `serde_json::Value`; FILE has
//!                               a line each, what came after the first space
//! prices cache SECONDS          books taken a second by the price cache, on one core
//! prices visible ORDERS         from an order to the price in the cache, through a whole venue
//! ```
//! Each prints one line of JSON.

mod cache;
mod decode;
mod visible;

use std::time::{Duration, Instant};

/// The product's.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["decode", file, seconds] => decode::run(file, length(seconds)?),
        ["cache", seconds] => cache::run(length(seconds)?),
        ["visible", orders] => visible::run(orders.parse()?),
        _ => Err("usage: see the top of this program".into()),
    }
}

fn length(seconds: &str) -> Result<Duration, Failure> {
    Ok(Duration::from_secs(seconds.parse()?))
}

/// How many a second, if `round` does `count` at once, as often as it may within `length`.
fn rate(length: Duration, count: usize, mut round: impl FnMut()) -> f64 {
    // The first one warms up.
    round();
    let (began, mut rounds) = (Instant::now(), 0_u32);
    while began.elapsed() < length {
        round();
        rounds += 1;
    }
    f64::from(rounds) * count as f64 / began.elapsed().as_secs_f64()
}
