//! What counts as one client by its address: the same for limits, bans, connections and sockets.
//!
//! Keeps   a [`Permit`] is given back when it is dropped, whatever ended the connection; networks
//!         and sites are as many as connections at most. One who has many networks of IPv6, as
//!         any site has, is bounded by [`site_of`] them.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Says of a request that it came over TLS.
#[derive(Clone, Copy, Debug)]
pub struct OverTls;

/// What one household or server is given: an IPv4 address, or 64 bits of an IPv6 one.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// What one organisation is given where it asks for more than a network: 48 bits of an IPv6
/// address. An IPv4 address has no site.
#[must_use]
pub fn site_of(address: IpAddr) -> Option<Ipv6Addr> {
    match address.to_canonical() {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80)),
    }
}

/// A site may have so many times open what a network may.
const SITE_TIMES: u8 = 4;

/// A site may ask and try so many times what a network may: the networks of one site may be those
/// of a hoster's many customers, and a few of them shall not use up what all have. Beyond it are
/// those who change their networks for no other reason than to be counted anew.
pub const SITE_RATE_TIMES: u32 = 64;

/// How many connections may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From everywhere.
    pub all: usize,
    /// Of these, from one network.
    pub network: usize,
    /// Of these, from one site of IPv6.
    pub site: usize,
}

impl Bounds {
    /// Room for `all`, of these for `network` from one network. A site has [`SITE_TIMES`] that, a
    /// quarter of all at most, and never less than a network.
    #[must_use]
    pub fn new(all: usize, network: usize) -> Self {
        let site = network.saturating_mul(SITE_TIMES.into()).min(all / 4).max(network);
        Self { all, network, site }
    }
}

/// Which of the [`Bounds`] is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// No room for anyone.
    All,
    /// No room for this network or its site, so that none can take all there is.
    Network,
}

/// Connections open, in all, by network and by site.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
    by_site: HashMap<Ipv6Addr, usize>,
}

/// Room for one connection, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    connections: Connections,
    network: IpAddr,
    site: Option<Ipv6Addr>,
}

impl Connections {
    /// Room for a connection from `address`.
    ///
    /// # Errors
    /// [`Full`] where as many are open as `bounds` allow.
    pub fn permit(&self, address: IpAddr, bounds: Bounds) -> Result<Permit, Full> {
        let (network, site) = (network_of(address), site_of(address));
        let mut open = self.lock();
        if bounds.all <= open.all {
            return Err(Full::All);
        }
        if bounds.network <= open.by_network.get(&network).copied().unwrap_or_default() {
            return Err(Full::Network);
        }
        let of_site = site.and_then(|site| open.by_site.get(&site).copied());
        if bounds.site <= of_site.unwrap_or_default() {
            return Err(Full::Network);
        }
        open.all += 1;
        *open.by_network.entry(network).or_default() += 1;
        if let Some(site) = site {
            *open.by_site.entry(site).or_default() += 1;
        }
        Ok(Permit { connections: self.clone(), network, site })
    }

    /// How many are open.
    #[cfg(test)]
    pub(crate) fn open(&self) -> usize {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.all -= 1;
        give_back(&mut open.by_network, &self.network);
        if let Some(site) = &self.site {
            give_back(&mut open.by_site, site);
        }
    }
}

fn give_back<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_ipv4_address_or_64_bits() {
        for (address, network) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::"),
            ("2001:db8:0:0:ffff::1", "2001:db8::"),
            ("2001:db8:0:1::1", "2001:db8:0:1::"),
        ] {
            let found = network_of(address.parse().unwrap());
            assert_eq!(found, network.parse::<IpAddr>().unwrap(), "{address}");
        }
    }

    #[test]
    fn a_network_has_so_many_connections_and_gets_them_back() {
        let connections = Connections::default();
        let bounds = Bounds { all: 4, network: 2, site: 4 };
        let permit = |address: &str| connections.permit(address.parse().unwrap(), bounds);
        let (first, second) = (permit("2001:db8::1").unwrap(), permit("2001:db8::2").unwrap());
        assert_eq!(permit("2001:db8::3").unwrap_err(), Full::Network);
        let others = (permit("2001:db8:0:1::1").unwrap(), permit("192.0.2.1").unwrap());
        assert_eq!(permit("192.0.2.2").unwrap_err(), Full::All);
        assert_eq!(permit("2001:db8::3").unwrap_err(), Full::All);
        drop(first);
        let third = permit("2001:db8::3").unwrap();
        drop((second, third, others));
        let open = connections.lock();
        assert!(open.all == 0 && open.by_network.is_empty(), "{open:?}");
    }

    #[test]
    fn a_site_of_many_networks_leaves_room_to_others() {
        assert_eq!(Bounds::new(10_000, 1_000).site, 2_500);
        assert_eq!(Bounds::new(10_000, 100).site, 400);
        assert_eq!(Bounds::new(10, 5).site, 5);
        let connections = Connections::default();
        let bounds = Bounds::new(100, 2);
        let permit = |address: &str| connections.permit(address.parse().unwrap(), bounds);
        let from = |network: u32| format!("2001:db8:0:{network:x}::1");
        let held: Vec<_> = (0..8).map(|network| permit(&from(network)).unwrap()).collect();
        assert_eq!(permit(&from(8)).unwrap_err(), Full::Network);
        let others = (permit("2001:db8:1::1").unwrap(), permit("192.0.2.1").unwrap());
        drop(held);
        drop((permit(&from(8)).unwrap(), others));
        assert!(connections.lock().by_site.is_empty());
    }
}
