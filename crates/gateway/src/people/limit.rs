//! How often one network may try a password or a code.
//!
//! Keeps   a network is counted as everywhere else, and so is a site of IPv6, which has as many
//!         networks as it likes; at most [`NETWORKS_MAX`] of each are remembered, those that came
//!         last.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use model::Time;
use venue_server::{Recent, SITE_RATE_TIMES, network_of, site_of};

use crate::problem::Problem;

/// The interval in which tries are counted, in seconds.
const INTERVAL_SECONDS: u64 = 15 * 60;
/// Networks remembered at once.
const NETWORKS_MAX: usize = 1 << 16;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Counts tries.
#[derive(Debug)]
pub struct CredentialLimit {
    max: u32,
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

/// A try that is admitted, and what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    limit: u32,
    remaining: u32,
    reset_seconds: u64,
}

impl Passed {
    /// Tells a client what is left.
    pub fn tell(self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset_seconds));
    }
}

impl CredentialLimit {
    /// `max` tries of one network in 15 minutes, and of one site [`SITE_RATE_TIMES`] that.
    #[must_use]
    pub fn new(max: u32) -> Self {
        let (networks, sites) = (Recent::new(NETWORKS_MAX), Recent::new(NETWORKS_MAX));
        Self { max, counts: Mutex::new(Counts { networks, sites }) }
    }

    /// Counts a try.
    ///
    /// # Errors
    /// 429 beyond the limit.
    pub fn charge(&self, from: IpAddr, now: Time) -> Result<Passed, Problem> {
        let second = now.micros() / 1_000_000;
        let interval = second / INTERVAL_SECONDS;
        let reset_seconds = INTERVAL_SECONDS - second % INTERVAL_SECONDS;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = || {
            let detail = "too many tries from this network: wait";
            Problem::rate_limited(detail, reset_seconds)
        };
        let tries = counts.networks.see(network_of(from)).count(interval);
        let remaining = self.max.checked_sub(tries).ok_or_else(refused)?;
        if let Some(site) = site_of(from) {
            let tries = counts.sites.see(site).count(interval);
            let max = self.max.saturating_mul(SITE_RATE_TIMES);
            max.checked_sub(tries).ok_or_else(refused)?;
        }
        Ok(Passed { limit: self.max, remaining, reset_seconds })
    }
}

impl Count {
    /// Counts one more in this interval, and says how many that makes.
    const fn count(&mut self, interval: u64) -> u32 {
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
    fn a_network_has_so_many_tries_in_a_quarter_of_an_hour() {
        let limit = CredentialLimit::new(2);
        let at = |second: u64| Time((900_000_000 + second) * 1_000_000);
        let charge = |from: &str, second| limit.charge(from.parse().unwrap(), at(second));
        let left = Passed { limit: 2, remaining: 1, reset_seconds: 900 };
        assert_eq!(charge("2001:db8::1", 0), Ok(left));
        assert!(charge("2001:db8::2", 1).is_ok());
        let refused = charge("2001:db8::3", 100).unwrap_err();
        let want = (429, Some(800));
        assert_eq!((refused.status.as_u16(), refused.retry_after_seconds), want);
        assert!(charge("192.0.2.1", 100).is_ok(), "another network");
        assert!(charge("2001:db8::3", 900).is_ok(), "another quarter");
    }
    #[test]
    fn a_site_of_many_networks_has_so_many_times_what_one_has() {
        let limit = CredentialLimit::new(2);
        let at = Time(900_000_000_000_000);
        let charge = |from: &str| limit.charge(from.parse().unwrap(), at).is_ok();
        let admitted =
            (0..1_000).filter(|network| charge(&format!("2001:db8:0:{network:x}::1"))).count();
        assert_eq!(admitted, 2 * SITE_RATE_TIMES as usize);
        assert!(charge("2001:db8:1::1") && charge("192.0.2.1"), "others");
    }

    #[test]
    fn however_many_networks_come_a_new_one_has_its_tries() {
        let limit = CredentialLimit::new(2);
        let at = Time(900_000_000_000_000);
        for number in 0..2 * NETWORKS_MAX {
            let from = IpAddr::V4(u32::try_from(number).unwrap().into());
            assert!(limit.charge(from, at).is_ok(), "{from}");
        }
    }
}
