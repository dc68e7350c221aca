//! What counts as one client by its address: the same for limits, bans, connections and sockets.
//!
//! Keeps   a [`Permit`] is given back when it is dropped, whatever ended the connection; networks
//!         are as many as connections at most.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What one household or server is given: an IPv4 address, or 64 bits of an IPv6 one.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// How many connections may be open.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From everywhere.
    pub all: usize,
    /// Of these, from one network.
    pub network: usize,
}

/// Which of the [`Bounds`] is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// No room for anyone.
    All,
    /// No room for this network, so that none can take all there is.
    Network,
}

/// Connections open, in all and by network.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// Room for one connection, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    connections: Connections,
    network: IpAddr,
}

impl Connections {
    /// Room for a connection from `address`.
    ///
    /// # Errors
    /// [`Full`] where as many are open as `bounds` allow.
    pub fn permit(&self, address: IpAddr, bounds: Bounds) -> Result<Permit, Full> {
        let network = network_of(address);
        let mut open = self.lock();
        if bounds.all <= open.all {
            return Err(Full::All);
        }
        if bounds.network <= open.by_network.get(&network).copied().unwrap_or_default() {
            return Err(Full::Network);
        }
        open.all += 1;
        *open.by_network.entry(network).or_default() += 1;
        Ok(Permit { connections: self.clone(), network })
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
        if let Some(count) = open.by_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.by_network.remove(&self.network);
            }
        }
    }
}

/// An address as proxies write it: by itself, in brackets, or with a port.
#[must_use]
pub fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Some(socket.ip().to_canonical());
    }
    let bare = text.strip_prefix('[')?.strip_suffix(']')?;
    bare.parse::<Ipv6Addr>().ok().map(|address| IpAddr::V6(address).to_canonical())
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
        let bounds = Bounds { all: 4, network: 2 };
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
    fn a_hop_may_have_a_port() {
        for (text, want) in [
            ("203.0.113.9", Some("203.0.113.9")),
            (" 203.0.113.9:1234 ", Some("203.0.113.9")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("[::ffff:10.0.0.1]:443", Some("10.0.0.1")),
            ("unknown", None),
            ("_hidden", None),
            ("203.0.113.9:", None),
            ("", None),
        ] {
            assert_eq!(parse_hop(text), want.map(|it| it.parse().unwrap()), "{text:?}");
        }
    }
}
