//! Loads for a server over REST and WebSocket, and the empty servers to compare with.
//!
//! ```text
//! wire empty                                 an HTTP server that reads and answers nothing of note
//! wire echo                                  a WebSocket server that sends back what it gets
//! wire rest   ADDRESS SECONDS CONNECTIONS KEY:SECRET…          orders, one at a time a connection
//! wire socket ADDRESS SECONDS CONNECTIONS DEPTH KEY:SECRET…    orders, DEPTH at a time
//! wire fanout stalled|alike ADDRESS SECONDS SUBSCRIBERS ORDERS KEY:SECRET…
//!                                            all hear of ORDERS a second; the first may not read
//! wire logins LOGINS ADDRESS SECONDS CONNECTIONS ORDERS KEY:SECRET…
//!                                            ORDERS a second, beside so many logins under way
//! ```
//! A load prints one line: answers a second, and the 50th and 99th percentile of the time from
//! request to answer in microseconds. An answer that is an error ends the run. `fanout` tells
//! messages heard a second, how long after they were made, and whether who did not read is gone;
//! `logins` tells beside the times of orders how many signed in a second.

mod empty;
mod fanout;
mod frames;
mod logins;
mod order;
mod report;
mod rest;
mod socket;

use std::net::SocketAddr;
use std::time::Duration;

use order::Credentials;

/// The product's, so that the empty servers have no worse one.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["empty"] => threads()?.block_on(empty::http()),
        ["echo"] => threads()?.block_on(empty::echo()),
        ["rest", address, seconds, connections, keys @ ..] => {
            let load = Load::read(address, seconds, connections, "1", keys)?;
            one_thread()?.block_on(rest::run(&load))
        }
        ["socket", address, seconds, connections, depth, keys @ ..] => {
            let load = Load::read(address, seconds, connections, depth, keys)?;
            one_thread()?.block_on(socket::run(&load))
        }
        ["fanout", how, address, seconds, subscribers, orders, keys @ ..] => {
            let load = Load::read(address, seconds, subscribers, orders, keys)?;
            one_thread()?.block_on(fanout::run(&load, *how == "stalled"))
        }
        ["logins", logins, address, seconds, connections, orders, keys @ ..] => {
            let load = Load::read(address, seconds, connections, orders, keys)?;
            one_thread()?.block_on(logins::run(&load, logins.parse()?))
        }
        _ => Err("usage: see the top of this program".into()),
    }
}

/// As the product's own.
fn threads() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

fn one_thread() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// What to send where.
struct Load {
    address: SocketAddr,
    length: Duration,
    connections: usize,
    depth: usize,
    keys: Vec<Credentials>,
}

impl Load {
    fn read(
        address: &str,
        seconds: &str,
        connections: &str,
        depth: &str,
        keys: &[&str],
    ) -> Result<Self, Failure> {
        let keys: Vec<_> = keys.iter().filter_map(|key| Credentials::read(key)).collect();
        if keys.is_empty() {
            return Err("at least one KEY:SECRET".into());
        }
        Ok(Self {
            address: address.parse()?,
            length: Duration::from_secs_f64(seconds.parse()?),
            connections: connections.parse()?,
            depth: depth.parse()?,
            keys,
        })
    }
}
