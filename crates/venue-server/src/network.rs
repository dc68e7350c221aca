//! What counts as one client by its address: the same for limits, bans, connections and sockets.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// What one household or server is given: an IPv4 address, or 64 bits of an IPv6 one.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
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
