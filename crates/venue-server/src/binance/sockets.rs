//! How many sockets may be open, and how often an address may open one.
//!
//! Keeps   a seat is given back when it is dropped, whatever ended the connection; no more than
//!         [`ADDRESSES_MAX`] addresses are remembered, what is beyond shares one counter of
//!         attempts. An IPv6 network of 64 bits is one address.
//! Source  web-socket-streams.md, "WebSocket Limits".

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use model::Time;
use venue::binance::Refusal;

use crate::network::network_of;

/// Addresses remembered at once.
const ADDRESSES_MAX: usize = 1 << 16;
/// The interval in which attempts are counted.
const ATTEMPTS_SECONDS: u64 = 5 * 60;

/// The door through which sockets of all kinds come.
#[derive(Debug)]
pub struct SocketDoor {
    open: Arc<Mutex<Open>>,
    open_max: usize,
    open_per_address_max: usize,
    attempts_max: u32,
    attempts: Mutex<HashMap<IpAddr, Attempts>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Attempts {
    interval: u64,
    count: u32,
}

/// How many are open. Entries are as many as sockets at most.
#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Room for one connection, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    open: Arc<Mutex<Open>>,
    address: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

impl SocketDoor {
    /// Room for `open_max` sockets, of these `open_per_address_max` for one address, which may try
    /// `attempts_max` times in five minutes.
    #[must_use]
    pub fn new(open_max: usize, open_per_address_max: usize, attempts_max: u32) -> Self {
        let attempts = Mutex::default();
        Self { open: Arc::default(), open_max, open_per_address_max, attempts_max, attempts }
    }

    /// How many are open.
    #[cfg(test)]
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).all
    }

    /// Lets one in.
    ///
    /// # Errors
    /// [`Refusal::TooManyQueued`] for an address that tries too often or has too many open,
    /// [`Refusal::Busy`] where there is no room.
    pub fn enter(&self, from: IpAddr, now: Time) -> Result<Seat, Refusal> {
        let address = network_of(from);
        if !self.count(address, now) {
            return Err(Refusal::TooManyQueued);
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if self.open_max <= open.all {
            return Err(Refusal::Busy);
        }
        if self.open_per_address_max <= open.by_address.get(&address).copied().unwrap_or_default() {
            return Err(Refusal::TooManyQueued);
        }
        open.all += 1;
        *open.by_address.entry(address).or_default() += 1;
        Ok(Seat { open: Arc::clone(&self.open), address })
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
    fn seats_are_counted_and_given_back() {
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
