//! How many sockets may be open, and how often an address may open one.
//!
//! Keeps   no more than [`ADDRESSES_MAX`] addresses are remembered, what is beyond shares one
//!         counter of attempts. An IPv6 network of 64 bits is one address.
//! Source  web-socket-streams.md, "WebSocket Limits".

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};

use model::Time;
use venue::binance::Refusal;

use crate::network::{Bounds, Connections, Full, Permit, network_of};

/// Addresses remembered at once.
const ADDRESSES_MAX: usize = 1 << 16;
/// The interval in which attempts are counted.
const ATTEMPTS_SECONDS: u64 = 5 * 60;

/// The door through which sockets of all kinds come.
#[derive(Debug)]
pub struct SocketDoor {
    open: Connections,
    bounds: Bounds,
    attempts_max: u32,
    attempts: Mutex<HashMap<IpAddr, Attempts>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Attempts {
    interval: u64,
    count: u32,
}

impl SocketDoor {
    /// Room for `open_max` sockets, of these `open_per_address_max` for one address, which may try
    /// `attempts_max` times in five minutes.
    #[must_use]
    pub fn new(open_max: usize, open_per_address_max: usize, attempts_max: u32) -> Self {
        let bounds = Bounds { all: open_max, network: open_per_address_max };
        Self { open: Connections::default(), bounds, attempts_max, attempts: Mutex::default() }
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
        if !self.count(network_of(from), now) {
            return Err(Refusal::TooManyQueued);
        }
        self.open.permit(from, self.bounds).map_err(|full| match full {
            Full::All => Refusal::Busy,
            Full::Network => Refusal::TooManyQueued,
        })
    }

    fn count(&self, from: IpAddr, now: Time) -> bool {
        let interval = now.micros() / 1_000_000 / ATTEMPTS_SECONDS;
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if ADDRESSES_MAX <= attempts.len() && !attempts.contains_key(&from) {
            attempts.retain(|_, known| known.interval == interval);
        }
        let crowded = ADDRESSES_MAX <= attempts.len() && !attempts.contains_key(&from);
        let from = if crowded { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { from };
        let known = attempts.entry(from).or_default();
        if known.interval != interval {
            *known = Attempts { interval, count: 0 };
        }
        known.count = known.count.saturating_add(1);
        known.count <= self.attempts_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_counted_and_given_back() {
        let door = SocketDoor::new(2, 2, 100);
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
        let door = SocketDoor::new(3, 1, 100);
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
        let door = SocketDoor::new(100, 100, 2);
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
}
