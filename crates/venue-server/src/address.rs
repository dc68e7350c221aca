//! Where a request comes from.
//!
//! Keeps   what a client says of itself counts nothing: an address that was forwarded is believed
//!         of trusted proxies alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, request};
use ipnet::IpNet;

use crate::exchange::Exchange;

impl Exchange {
    /// Where a request comes from, trusted proxies considered. Without a peer it matches no list
    /// of addresses.
    #[must_use]
    pub fn address_of(&self, head: &request::Parts) -> IpAddr {
        let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        client_address(peer, &head.headers, &self.limits.trusted_proxies)
    }
}

/// Where a request comes from: the peer, or, where that is a trusted proxy, the last address in
/// `X-Forwarded-For` that is not.
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    if trusted.is_empty() || !is_trusted(peer) {
        return peer;
    }
    let mut client = peer;
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    let hops = lines.iter().rev().filter_map(|line| line.to_str().ok());
    for hop in hops.flat_map(|line| line.rsplit(',')) {
        let Some(address) = parse_hop(hop) else { break };
        client = address;
        if !is_trusted(client) {
            break;
        }
    }
    client
}

/// An address as proxies write it: by itself, in brackets, or with a port.
#[must_use]
fn parse_hop(text: &str) -> Option<IpAddr> {
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
    fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        for (peer, forwarded, want) in [
            ("192.0.2.1", Some("203.0.113.9"), "192.0.2.1"),
            ("10.0.0.1", Some("203.0.113.9"), "203.0.113.9"),
            ("10.0.0.1", Some("198.51.100.1, 203.0.113.9, 10.0.0.2"), "203.0.113.9"),
            ("10.0.0.1", Some("198.51.100.1, 203.0.113.9:5000"), "203.0.113.9"),
            ("10.0.0.1", Some("[2001:db8::9]:443, 10.0.0.2:80"), "2001:db8::9"),
            ("10.0.0.1", Some("junk"), "10.0.0.1"),
            ("10.0.0.1", None, "10.0.0.1"),
            ("::ffff:10.0.0.1", Some("203.0.113.9"), "203.0.113.9"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(forwarded) = forwarded {
                headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            }
            let found = client_address(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found, want.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
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
