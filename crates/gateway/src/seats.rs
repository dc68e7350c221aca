//! How many connections one network has open, so that none can take all there are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use venue_server::network_of;

/// Connections open, by network. Entries are as many as connections at most.
#[derive(Clone, Debug, Default)]
pub struct Seats(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's seat; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Seats,
    network: IpAddr,
}

impl Seats {
    /// A seat for a connection from `address`, unless its network has `max` already.
    pub fn take(&self, address: IpAddr, max: usize) -> Option<Seat> {
        let network = network_of(address);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if max <= *count {
            return None;
        }
        *count += 1;
        Some(Seat { seats: self.clone(), network })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_so_many_seats_and_gets_them_back() {
        let seats = Seats::default();
        let take = |address: &str| seats.take(address.parse().unwrap(), 2);
        let (first, _second) = (take("2001:db8::1").unwrap(), take("2001:db8::2").unwrap());
        assert!(take("2001:db8::3").is_none());
        assert!(take("2001:db8:0:1::1").is_some());
        assert!(take("192.0.2.1").is_some());
        drop(first);
        assert!(take("2001:db8::3").is_some());
        drop(_second);
        assert!(seats.0.lock().unwrap().is_empty());
    }
}
