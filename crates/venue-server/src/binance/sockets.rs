//! How many sockets may be open, and how often an address may open one.
//!
//! Keeps   no more than [`ADDRESSES_MAX`] addresses are remembered; who did not try for longest is
//!         forgotten first. An IPv6 network of 64 bits is one address; a site of 48 bits may have
//!         four times as much and try 64 times as often.
//! Source  web-socket-streams.md, "WebSocket Limits".

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use model::Time;
use venue::binance::Refusal;

use crate::network::{Bounds, Connections, Full, Permit, SITE_RATE_TIMES, network_of, site_of};
use crate::recent::Recent;

/// Addresses remembered at once.
const ADDRESSES_MAX: usize = 1 << 16;
/// The interval in which attempts are counted.
const ATTEMPTS_SECONDS: u64 = 5 * 60;

/// The door through which sockets come.
#[derive(Debug)]
pub struct SocketDoor {
    open: Connections,
    bounds: Bounds,
    attempts_max: u32,
    by_network: Mutex<Recent<IpAddr, Attempts>>,
    by_site: Mutex<Recent<Ipv6Addr, Attempts>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Attempts {
    interval: u64,
    count: u32,
}

impl SocketDoor {
    /// Room for so many sockets; one network may try `attempts_max` times in five minutes.
    #[must_use]
    pub fn new(bounds: Bounds, attempts_max: u32) -> Self {
        Self {
            open: Connections::default(),
            bounds,
            attempts_max,
            by_network: Mutex::new(Recent::new(ADDRESSES_MAX)),
            by_site: Mutex::new(Recent::new(ADDRESSES_MAX)),
        }
    }

    /// How many are open.
    #[cfg(test)]
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.open()
    }

    /// Lets one in.
    ///
    /// # Errors
    /// [`Refusal::TooManyQueued`] for an address that tries too often or has too many open,
    /// [`Refusal::Busy`] where there is no room.
    pub fn enter(&self, from: IpAddr, now: Time) -> Result<Permit, Refusal> {
        if !self.may_try(from, now) {
            return Err(Refusal::TooManyQueued);
        }
        self.open.permit(from, self.bounds).map_err(|full| match full {
            Full::All => Refusal::Busy,
            Full::Network => Refusal::TooManyQueued,
        })
    }

    fn may_try(&self, from: IpAddr, now: Time) -> bool {
        let interval = now.micros() / 1_000_000 / ATTEMPTS_SECONDS;
        let attempts = count(&self.by_network, network_of(from), interval);
        if self.attempts_max < attempts {
            return false;
        }
        let Some(site) = site_of(from) else { return true };
        let attempts_max = self.attempts_max.saturating_mul(SITE_RATE_TIMES);
        count(&self.by_site, site, interval) <= attempts_max
    }
}

/// Counts one attempt; tells how many there were in this interval.
fn count<K: Eq + Hash>(attempts: &Mutex<Recent<K, Attempts>>, from: K, interval: u64) -> u32 {
    let mut attempts = attempts.lock().unwrap_or_else(PoisonError::into_inner);
    let known = attempts.see(from);
    if known.interval != interval {
        *known = Attempts { interval, count: 0 };
    }
    known.count = known.count.saturating_add(1);
    known.count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_counted_and_given_back() {
        let door = SocketDoor::new(Bounds::new(2, 2), 100);
        let from = "10.0.0.1".parse().unwrap();
        let enter = || door.enter(from, Time(0));
        let (first, second) = (enter().unwrap(), enter().unwrap());
        assert_eq!(enter().unwrap_err(), Refusal::Busy);
        drop(first);
        assert_eq!(door.open(), 1);
        drop((enter().unwrap(), second));
        assert_eq!(door.open(), 0);
    }

    #[test]
    fn a_network_has_so_many_and_leaves_the_rest_to_others() {
        let door = SocketDoor::new(Bounds { all: 3, network: 1, site: 2 }, 100);
        let enter = |from: &str| door.enter(from.parse().unwrap(), Time(0));
        let first = enter("2001:db8::1").unwrap();
        assert_eq!(enter("2001:db8::2").unwrap_err(), Refusal::TooManyQueued);
        let other = enter("2001:db8:0:1::1").unwrap();
        drop(first);
        drop((enter("2001:db8::2").unwrap(), other));
        assert_eq!(door.open(), 0);
    }

    #[test]
    fn an_address_that_tries_too_often_waits_for_the_next_five_minutes() {
        let door = SocketDoor::new(Bounds::new(100, 100), 2);
        let (one, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let at = |second: u64| Time(second * 1_000_000);
        for (from, second, ok) in [
            (one, 0, true),
            (one, 1, true),
            (one, 299, false),
            (other, 299, true),
            (one, 300, true),
        ] {
            assert_eq!(door.enter(from, at(second)).is_ok(), ok, "{from} at {second}");
        }
    }

    #[test]
    fn a_site_tries_so_many_times_as_often_as_a_network_and_no_more() {
        let door = SocketDoor::new(Bounds::new(10_000, 1_000), 2);
        let enter = |from: String| door.enter(from.parse().unwrap(), Time(0));
        let tries = |site: u32| {
            (0..1_000)
                .filter(move |network| enter(format!("2001:db8:{site:x}:{network:x}::1")).is_ok())
        };
        let want = 2 * SITE_RATE_TIMES as usize;
        assert_eq!(tries(0).count(), want);
        assert_eq!(tries(1).count(), want, "another site");
        assert!(enter("192.0.2.1".into()).is_ok());
    }
}
