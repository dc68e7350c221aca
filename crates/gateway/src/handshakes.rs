//! How often one network may begin a handshake of TLS.
//!
//! A handshake costs the server a signature at once, and who asks for one need compute nothing. It
//! comes before any request, so no weight is charged for it.

use std::net::IpAddr;

use tokio::time::Instant;
use venue_server::Tries;

/// The interval in which handshakes are counted, in seconds.
const INTERVAL_SECONDS: u64 = 60;

/// Counts handshakes.
#[derive(Debug)]
pub struct Handshakes {
    since: Instant,
    begun: Tries,
}

impl Handshakes {
    /// None yet; so many of one network in a minute.
    #[must_use]
    pub fn new(per_minute_max: u32) -> Self {
        Self { since: Instant::now(), begun: Tries::new(per_minute_max, INTERVAL_SECONDS) }
    }

    /// Counts one that begins now. Whether it may.
    pub fn may_begin(&self, from: IpAddr) -> bool {
        self.begun.take(from, self.since.elapsed().as_secs()).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_begins_so_many() {
        let handshakes = Handshakes::new(2);
        let may = |from: &str| handshakes.may_begin(from.parse().unwrap());
        assert!(may("192.0.2.1") && may("192.0.2.1") && !may("192.0.2.1") && may("192.0.2.2"));
    }
}
