//! How often one network may try a password or a code.
//!
//! Keeps   a network is counted as everywhere else; at most [`NETWORKS_MAX`] are remembered, what
//!         is beyond shares one counter, which refuses sooner rather than later.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use model::Time;
use venue_server::network_of;

use crate::problem::Problem;

/// The interval in which tries are counted, in seconds.
const INTERVAL_SECONDS: u64 = 15 * 60;
/// Networks remembered at once.
const NETWORKS_MAX: usize = 1 << 16;
/// Stands for all networks for which there is no room.
const STRANGERS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Counts tries.
#[derive(Debug)]
pub struct CredentialLimit {
    max: u32,
    counts: Mutex<HashMap<IpAddr, Count>>,
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
    /// `max` tries of one network in 15 minutes.
    #[must_use]
    pub fn new(max: u32) -> Self {
        Self { max, counts: Mutex::default() }
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
        let who = network_of(from);
        if NETWORKS_MAX <= counts.len() && !counts.contains_key(&who) {
            counts.retain(|_, count| count.interval == interval);
        }
        let is_crowded = NETWORKS_MAX <= counts.len() && !counts.contains_key(&who);
        let count = counts.entry(if is_crowded { STRANGERS } else { who }).or_default();
        if count.interval != interval {
            *count = Count { interval, tries: 0 };
        }
        count.tries = count.tries.saturating_add(1);
        if self.max < count.tries {
            let detail = "too many tries from this network: wait";
            return Err(Problem::rate_limited(detail, reset_seconds));
        }
        Ok(Passed { limit: self.max, remaining: self.max - count.tries, reset_seconds })
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
}
