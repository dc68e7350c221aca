//! How often one network may try something, whatever it is.
//!
//! Keeps   a network has so many tries in an interval, a site of IPv6 [`SITE_RATE_TIMES`] that; at
//!         most [`NETWORKS_MAX`] of each are remembered, those that came last.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use crate::network::{SITE_RATE_TIMES, network_of, site_of};
use crate::recent::Recent;

/// Networks remembered at once.
const NETWORKS_MAX: usize = 1 << 16;

/// Counts tries.
#[derive(Debug)]
pub struct Tries {
    max: u32,
    interval_seconds: u64,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    networks: Recent<IpAddr, Count>,
    sites: Recent<Ipv6Addr, Count>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    interval: u64,
    tries: u32,
}

impl Tries {
    /// `max` tries of one network in each interval, and of one site [`SITE_RATE_TIMES`] that.
    #[must_use]
    pub fn new(max: u32, interval_seconds: u64) -> Self {
        let (networks, sites) = (Recent::new(NETWORKS_MAX), Recent::new(NETWORKS_MAX));
        Self { max, interval_seconds, counts: Mutex::new(Counts { networks, sites }) }
    }

    /// Counts a try at `second` of a clock that is always the same. How many the network has left,
    /// `None` where this is one too many.
    pub fn take(&self, from: IpAddr, second: u64) -> Option<u32> {
        let interval = second / self.interval_seconds;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = counts.networks.see(network_of(from)).add(interval);
        let remaining = self.max.checked_sub(tries)?;
        if let Some(site) = site_of(from) {
            let tries = counts.sites.see(site).add(interval);
            self.max.saturating_mul(SITE_RATE_TIMES).checked_sub(tries)?;
        }
        Some(remaining)
    }
}

impl Count {
    /// Counts one more in this interval, and says how many that makes.
    const fn add(&mut self, interval: u64) -> u32 {
        if self.interval != interval {
            *self = Self { interval, tries: 0 };
        }
        self.tries = self.tries.saturating_add(1);
        self.tries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_so_many_in_an_interval_and_so_do_its_neighbours() {
        let tries = Tries::new(2, 60);
        for (from, second, want) in [
            ("192.0.2.1", 0, Some(1)),
            ("::ffff:192.0.2.1", 1, Some(0)),
            ("192.0.2.1", 59, None),
            ("192.0.2.2", 59, Some(1)),
            ("192.0.2.1", 60, Some(1)),
            ("2001:db8::1", 60, Some(1)),
            ("2001:db8::2", 60, Some(0)),
            ("2001:db8::3", 60, None),
            ("2001:db8:0:1::1", 60, Some(1)),
        ] {
            assert_eq!(tries.take(from.parse().unwrap(), second), want, "{from} at {second}");
        }
    }

    #[test]
    fn a_site_of_many_networks_has_so_many_times_what_one_has() {
        let tries = Tries::new(2, 60);
        let take = |from: String| tries.take(from.parse().unwrap(), 0).is_some();
        let of_site = |site: u32| {
            (0..1_000).filter(move |it| take(format!("2001:db8:{site:x}:{it:x}::1"))).count()
        };
        let want = 2 * SITE_RATE_TIMES as usize;
        assert_eq!(of_site(0), want);
        assert_eq!(of_site(1), want, "another site");
        assert!(tries.take("192.0.2.1".parse().unwrap(), 0).is_some());
    }

    #[test]
    fn however_many_networks_come_a_new_one_has_its_tries() {
        let tries = Tries::new(2, 60);
        for number in 0..2 * NETWORKS_MAX {
            let from = IpAddr::V4(u32::try_from(number).unwrap().into());
            assert_eq!(tries.take(from, 0), Some(1), "{from}");
        }
    }
}
