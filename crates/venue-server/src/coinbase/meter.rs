//! How much was asked by whom: in each second so much by one key, and by one address without.
//!
//! Keeps   no more than [`ADDRESSES_MAX`] addresses are remembered; who did not ask for longest is
//!         forgotten first.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::Time;
use venue::coinbase::{PRIVATE_PER_SECOND, PUBLIC_PER_SECOND, Rate};

use crate::network::network_of;
use crate::recent::Recent;

/// Addresses remembered at once.
const ADDRESSES_MAX: usize = 1 << 14;

/// What is left of a rate, as the headers tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Of so many in a second.
    pub limit: u32,
    /// So many are left; `None` where it was too many.
    pub remaining: Option<u32>,
}

/// Counts by address.
#[derive(Debug)]
pub struct AddressMeter(Mutex<Recent<IpAddr, Rate>>);

impl Default for AddressMeter {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(ADDRESSES_MAX)))
    }
}

impl AddressMeter {
    /// Counts a request of an address.
    pub fn take(&self, from: IpAddr, now: Time) -> Left {
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = PUBLIC_PER_SECOND;
        Left { limit, remaining: rates.see(network_of(from)).take(limit, now.0) }
    }
}

impl AddressMeter {
    /// Whether an address has nothing left; counts nothing.
    pub fn is_spent(&self, from: IpAddr, now: Time) -> bool {
        let rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = rates.get(&network_of(from));
        rate.is_some_and(|rate| rate.is_spent(PUBLIC_PER_SECOND, now.0))
    }
}

/// Counts a request of a key.
pub fn take(rate: &Mutex<Rate>, now: Time) -> Left {
    let limit = PRIVATE_PER_SECOND;
    let mut rate = rate.lock().unwrap_or_else(PoisonError::into_inner);
    Left { limit, remaining: rate.take(limit, now.0) }
}
