//! How often one network may begin a handshake of TLS.
//!
//! A handshake costs the server a signature at once, and who asks for one need compute nothing. It
//! comes before any request, so no weight is charged for it.
//!
//! Keeps   a network has so many in a minute, a site of IPv6 [`SITE_RATE_TIMES`] that; at most
//!         [`NETWORKS_MAX`] of each are remembered, those that came last.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;
use venue_server::{Recent, SITE_RATE_TIMES, network_of, site_of};

/// Networks remembered at once.
const NETWORKS_MAX: usize = 1 << 16;
/// The interval in which handshakes are counted, in seconds.
const INTERVAL_SECONDS: u64 = 60;

/// Counts handshakes.
#[derive(Debug)]
pub struct Handshakes {
    per_minute_max: u32,
    since: Instant,
    networks: Mutex<Recent<IpAddr, Count>>,
    sites: Mutex<Recent<Ipv6Addr, Count>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    interval: u64,
    begun: u32,
}

impl Handshakes {
    /// None yet; so many of one network in a minute.
    #[must_use]
    pub fn new(per_minute_max: u32) -> Self {
        let (networks, sites) = (Recent::new(NETWORKS_MAX), Recent::new(NETWORKS_MAX));
        let (networks, sites) = (Mutex::new(networks), Mutex::new(sites));
        Self { per_minute_max, since: Instant::now(), networks, sites }
    }

    /// Counts one that begins now. Whether it may.
    pub fn may_begin(&self, from: IpAddr) -> bool {
        self.may_begin_after(from, self.since.elapsed().as_secs())
    }

    fn may_begin_after(&self, from: IpAddr, seconds: u64) -> bool {
        // One that was never counted has no interval: the first is 1.
        let interval = seconds / INTERVAL_SECONDS + 1;
        if self.per_minute_max < count(&self.networks, network_of(from), interval) {
            return false;
        }
        let Some(site) = site_of(from) else { return true };
        let site_max = self.per_minute_max.saturating_mul(SITE_RATE_TIMES);
        count(&self.sites, site, interval) <= site_max
    }
}

/// Counts one more in this interval, and says how many that makes.
fn count<K: Eq + Hash>(counts: &Mutex<Recent<K, Count>>, key: K, interval: u64) -> u32 {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    let count = counts.see(key);
    if count.interval != interval {
        *count = Count { interval, begun: 0 };
    }
    count.begun = count.begun.saturating_add(1);
    count.begun
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_begins_so_many_in_a_minute_and_so_do_its_neighbours() {
        let handshakes = Handshakes::new(2);
        let may = |from: &str, at| handshakes.may_begin_after(from.parse().unwrap(), at);
        for (from, at, want) in [
            ("192.0.2.1", 0, true),
            ("::ffff:192.0.2.1", 1, true),
            ("192.0.2.1", 59, false),
            ("192.0.2.2", 59, true),
            ("192.0.2.1", 60, true),
            ("2001:db8::1", 60, true),
            ("2001:db8::2", 60, true),
            ("2001:db8::3", 60, false),
            ("2001:db8:0:1::1", 60, true),
        ] {
            assert_eq!(may(from, at), want, "{from} at {at}");
        }
        let of_site = (0..1_000).filter(|it| may(&format!("2001:db8:7:{it:x}::1"), 0)).count();
        assert_eq!(of_site, 2 * SITE_RATE_TIMES as usize);
    }
}
