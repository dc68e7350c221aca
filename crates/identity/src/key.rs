//! Keys as a server needs them.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{Time, UserId};
use venue::binance::{KeyKind, SignatureKey};

use crate::user::Kyc;

/// Checks signatures and takes note of use. Whoever implements it keeps the secret to itself.
pub trait Verifier: Send + Sync {
    /// With which algorithm.
    fn kind(&self) -> KeyKind;

    /// Whether `signature`, as text without percent-encoding, is good for `parts` joined.
    fn verify(&self, parts: &[&[u8]], signature: &str) -> bool;

    /// Takes note of a request that passed, from where and when.
    fn used(&self, from: IpAddr, at: Time) {
        let _ = (from, at);
    }

    /// Takes note of a request that named the key and was refused.
    fn refused(&self, at: Time) {
        let _ = at;
    }

    /// Counts a request against the limit that the key's owner set.
    ///
    /// # Errors
    /// [`OverLimit`]; then it does not count.
    fn admit(&self, at: Time) -> Result<(), OverLimit> {
        let _ = at;
        Ok(())
    }
}

impl Verifier for SignatureKey {
    fn kind(&self) -> KeyKind {
        Self::kind(self)
    }

    fn verify(&self, parts: &[&[u8]], signature: &str) -> bool {
        Self::verify(self, parts, signature)
    }
}

/// A key has made as many requests as its owner allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverLimit {
    /// So many in a minute.
    pub limit: u32,
    /// When the next minute begins.
    pub retry_at: Time,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// See the account.
    pub read: bool,
    /// Place and cancel orders.
    pub trade: bool,
    /// Move money out.
    pub transfer: bool,
    /// Operate the exchange.
    pub admin: bool,
}

impl Scopes {
    /// How far the exchange must know whoever gives a key these.
    #[must_use]
    pub const fn kyc_needed(self) -> Kyc {
        if self.transfer { Kyc::Approved } else { Kyc::None }
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            read: self.read && other.read,
            trade: self.trade && other.trade,
            transfer: self.transfer && other.transfer,
            admin: self.admin && other.admin,
        }
    }

    /// What is left of them for somebody who is known so far.
    #[must_use]
    pub fn within(self, kyc: Kyc) -> Self {
        if kyc.suffices(self.kyc_needed()) { self } else { Self { transfer: false, ..self } }
    }

    /// The scopes named in `words`: `read`, `trade`, `transfer`, `admin`. `None` at any other.
    #[must_use]
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        words.into_iter().try_fold(Self::default(), |scopes, word| match word {
            "read" => Some(Self { read: true, ..scopes }),
            "trade" => Some(Self { trade: true, ..scopes }),
            "transfer" => Some(Self { transfer: true, ..scopes }),
            "admin" => Some(Self { admin: true, ..scopes }),
            _ => None,
        })
    }

    /// Their names.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let Self { read, trade, transfer, admin } = self;
        [(read, "read"), (trade, "trade"), (transfer, "transfer"), (admin, "admin")]
            .into_iter()
            .filter_map(|(is_granted, name)| is_granted.then_some(name))
            .collect()
    }
}

/// A key.
pub struct KeyEntry {
    /// Its number outside: not the name that travels in requests.
    pub id: u128,
    /// Whose it is.
    pub user: UserId,
    /// What it may do.
    pub scopes: Scopes,
    /// From where it may be used; empty for anywhere.
    pub allow_ips: Vec<IpNet>,
    /// Since when it exists.
    pub created: Time,
    /// Checks its signatures.
    pub verifier: Box<dyn Verifier>,
}

impl KeyEntry {
    /// Whether it may be used from there. An IPv4 address that comes in IPv6 clothes is the same.
    #[must_use]
    pub fn allows(&self, from: IpAddr) -> bool {
        let from = from.to_canonical();
        self.allow_ips.is_empty() || self.allow_ips.iter().any(|net| net.contains(&from))
    }
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyEntry").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_survive_their_names() {
        for words in ["", "read", "read,trade", "read,trade,transfer,admin", "admin"] {
            let scopes = Scopes::parse(words.split(',').filter(|word| !word.is_empty())).unwrap();
            assert_eq!(scopes.names().join(","), words);
        }
        for words in ["", "Read", "write", " read"] {
            assert_eq!(Scopes::parse([words]), None, "{words:?}");
        }
    }

    #[test]
    fn a_key_is_good_from_its_networks_alone() {
        let check = |networks: &[&str], from: &str| {
            let entry = KeyEntry {
                id: 1,
                user: UserId([0; 16]),
                scopes: Scopes::default(),
                allow_ips: networks.iter().map(|network| network.parse().unwrap()).collect(),
                created: Time(0),
                verifier: Box::new(SignatureKey::hmac(b"secret")),
            };
            entry.allows(from.parse().unwrap())
        };
        for (networks, from, is_allowed) in [
            (&[][..], "1.2.3.4", true),
            (&["1.2.3.4/32"], "1.2.3.4", true),
            (&["1.2.3.4/32"], "1.2.3.5", false),
            (&["1.2.3.4/32"], "::ffff:1.2.3.4", true),
            (&["1.2.3.4/32"], "::ffff:1.2.3.5", false),
            (&["10.0.0.0/8", "2001:db8::/32"], "10.255.0.1", true),
            (&["10.0.0.0/8", "2001:db8::/32"], "2001:db8:1::1", true),
            (&["10.0.0.0/8", "2001:db8::/32"], "11.0.0.1", false),
            (&["0.0.0.0/0"], "::1", false),
        ] {
            assert_eq!(check(networks, from), is_allowed, "{networks:?} {from}");
        }
    }
}
