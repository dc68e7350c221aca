//! How many sockets may be open, and how often an address may open one.
//!
//! Source  web-socket-streams.md, "WebSocket Limits".

use std::net::IpAddr;

use model::Time;
use venue::binance::Refusal;

use crate::network::{Bounds, Connections, Full, Permit};
use crate::tries::Tries;

/// The interval in which attempts are counted.
const ATTEMPTS_SECONDS: u64 = 5 * 60;

/// The door through which sockets come.
#[derive(Debug)]
pub struct SocketDoor {
    open: Connections,
    bounds: Bounds,
    attempts: Tries,
}

impl SocketDoor {
    /// Room for so many sockets; one network may try `attempts_max` times in five minutes.
    #[must_use]
    pub fn new(bounds: Bounds, attempts_max: u32) -> Self {
        let attempts = Tries::new(attempts_max, ATTEMPTS_SECONDS);
        Self { open: Connections::default(), bounds, attempts }
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
        let attempt = self.attempts.take(from, now.micros() / 1_000_000);
        attempt.ok_or(Refusal::TooManyQueued)?;
        self.open.permit(from, self.bounds).map_err(|full| match full {
            Full::All => Refusal::Busy,
            Full::Network => Refusal::TooManyQueued,
        })
    }
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
}
