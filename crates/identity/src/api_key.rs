//! API keys: what may be asked for, and how they are drawn.

use std::net::IpAddr;

use aws_lc_rs::{digest, rand};
use ipnet::IpNet;
use model::{Secret, Time, UserId};
use venue::binance::{KeyKind, SignatureKey};

use crate::error::IdentityError;
use crate::key::Scopes;
use crate::user::{Role, User};

/// Networks that one key may name.
const ALLOW_IPS_MAX: usize = 32;
/// Keys that one user may have, as Binance allows.
pub const KEYS_PER_USER_MAX: u64 = 30;
const NAME_CHARS_MAX: usize = 64;
const PUBLIC_KEY_BYTES_MAX: usize = 4_096;
/// Length of an API key and of a secret, in characters; as Binance's.
pub const KEY_CHARS: usize = 64;
const HINT_CHARS: usize = 6;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Number of a key: not the name that travels in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyId(pub u128);

impl std::fmt::Display for ApiKeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        uuid::Uuid::from_u128(self.0).fmt(f)
    }
}

/// A key to be.
#[derive(Clone, Debug, Default)]
pub struct NewApiKey {
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// From where it may be used; anywhere if empty.
    pub allow_ips: Vec<IpNet>,
    /// Until when; for ever if absent.
    pub expires: Option<Time>,
    /// An Ed25519 or RSA public key in PEM; without one, a secret is drawn.
    pub public_key: Option<String>,
    /// Requests that it may make in a minute; as many as everybody if absent.
    pub requests_per_minute: Option<u32>,
}

/// What is to be another about a key; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyChange {
    /// What its owner calls it.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: Option<Scopes>,
    /// From where it may be used; anywhere if empty.
    pub allow_ips: Option<Vec<IpNet>>,
    /// Until when; `Some(None)` for ever.
    pub expires: Option<Option<Time>>,
    /// Requests that it may make in a minute; `Some(None)` as many as everybody.
    pub requests_per_minute: Option<Option<u32>>,
}

/// How a key was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyUsage {
    /// Days on which it was, oldest first, 90 of them at most.
    pub days: Vec<ApiKeyDay>,
    /// When it was last used.
    pub last_used: Option<Time>,
    /// From where it was last used.
    pub last_address: Option<IpAddr>,
}

/// How a key was used on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiKeyDay {
    /// When the day began, in UTC.
    pub day: Time,
    /// Requests that passed.
    pub requests: u64,
    /// Requests that were refused: a wrong signature, too late, beyond the limit.
    pub errors: u64,
}

/// What is shown of a key, this once.
pub struct CreatedApiKey {
    /// Its number.
    pub id: ApiKeyId,
    /// The name that travels in requests.
    pub api_key: Secret<String>,
    /// What it signs with, unless its owner keeps a private key.
    pub secret_key: Option<Secret<String>>,
}

/// A key as its owner sees it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number.
    pub id: ApiKeyId,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// How the name that travels in requests begins.
    pub hint: String,
    /// With which algorithm it signs.
    pub kind: KeyKind,
    /// What it may do.
    pub scopes: Scopes,
    /// From where it may be used; anywhere if empty.
    pub allow_ips: Vec<IpNet>,
    /// Since when it exists.
    pub created: Time,
    /// Until when it is good.
    pub expires: Option<Time>,
    /// When it was last used, as far as it has been written down.
    pub last_used: Option<Time>,
    /// From where it was last used, as far as it has been written down.
    pub last_address: Option<IpAddr>,
    /// How often it was used, as far as it has been written down.
    pub uses: u64,
    /// Requests that it may make in a minute; as many as everybody if absent.
    pub requests_per_minute: Option<u32>,
}

impl ApiKey {
    /// From where it may be used, in words.
    pub(crate) fn places(&self) -> String {
        match self.allow_ips.as_slice() {
            [] => "anywhere".to_owned(),
            places => spaced(places),
        }
    }

    /// As this one, but good only for what the other is good for, too: for where nobody knows which
    /// of the two it is.
    pub(crate) fn lesser(&self, other: &Self) -> Self {
        let allow_ips = common(&self.allow_ips, &other.allow_ips);
        // A list without a network would be of all.
        let is_nowhere =
            allow_ips.is_empty() && !(self.allow_ips.is_empty() && other.allow_ips.is_empty());
        let expires = [self.expires, other.expires].into_iter().flatten().min();
        let limits = [self.requests_per_minute, other.requests_per_minute];
        Self {
            scopes: self.scopes.and(other.scopes),
            allow_ips,
            expires: if is_nowhere { Some(Time(0)) } else { expires },
            requests_per_minute: limits.into_iter().flatten().min(),
            ..self.clone()
        }
    }
}

/// What is in both lists, of which one without a network is of all.
fn common(ones: &[IpNet], others: &[IpNet]) -> Vec<IpNet> {
    let is_in = |net: &IpNet, list: &[IpNet]| {
        list.is_empty() || list.iter().any(|wider| wider.contains(net))
    };
    let ones_in = ones.iter().filter(|net| is_in(net, others));
    ones_in.chain(others.iter().filter(|net| is_in(net, ones))).copied().collect()
}

/// Networks, one after the other.
pub(crate) fn spaced(places: &[IpNet]) -> String {
    places.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Reads networks; a bare address is a network of one.
///
/// # Errors
/// [`IdentityError::AllowIps`] at the first that is none, or where there are too many.
pub fn parse_networks(
    texts: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<Vec<IpNet>, IdentityError> {
    let parse = |text: &str| {
        let network = text.parse::<IpNet>().ok();
        network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    };
    let texts = texts.into_iter().take(ALLOW_IPS_MAX + 1);
    let networks: Option<Vec<_>> = texts.map(|text| parse(text.as_ref())).collect();
    networks.filter(|networks| networks.len() <= ALLOW_IPS_MAX).ok_or(IdentityError::AllowIps)
}

/// Whether `owner` may have this key.
pub fn check(owner: &User, new: &NewApiKey, now: Time) -> Result<(), IdentityError> {
    if new.scopes == Scopes::default() || (new.scopes.admin && owner.role != Role::Admin) {
        return Err(IdentityError::Scopes);
    }
    if new.requests_per_minute == Some(0) {
        return Err(IdentityError::RequestsPerMinute);
    }
    if NAME_CHARS_MAX < new.name.chars().count() || new.name.chars().any(char::is_control) {
        return Err(IdentityError::KeyName);
    }
    if ALLOW_IPS_MAX < new.allow_ips.len() {
        return Err(IdentityError::AllowIps);
    }
    if new.expires.is_some_and(|expires| expires <= now) {
        return Err(IdentityError::Expires);
    }
    match &new.public_key {
        Some(pem) => read_public_key(pem).map(drop),
        None => Ok(()),
    }
}

impl ApiKeyChange {
    /// What the key would have to be made of, to be like this.
    pub(crate) fn of(self, key: &ApiKey) -> NewApiKey {
        NewApiKey {
            name: self.name.unwrap_or_else(|| key.name.clone()),
            scopes: self.scopes.unwrap_or(key.scopes),
            allow_ips: self.allow_ips.unwrap_or_else(|| key.allow_ips.clone()),
            expires: self.expires.unwrap_or(key.expires),
            public_key: None,
            requests_per_minute: self.requests_per_minute.unwrap_or(key.requests_per_minute),
        }
    }
}

/// Reads a public key in PEM.
pub fn read_public_key(pem: &str) -> Result<SignatureKey, IdentityError> {
    if PUBLIC_KEY_BYTES_MAX < pem.len() {
        return Err(IdentityError::PublicKey);
    }
    SignatureKey::public(pem).map_err(|_| IdentityError::PublicKey)
}

/// 64 letters and digits, each as likely as the other.
pub fn draw() -> Secret<String> {
    // The largest multiple of 62 that a byte reaches: what lies above would favour some.
    const FAIR: u8 = 248;
    let mut text = String::with_capacity(KEY_CHARS);
    while text.len() < KEY_CHARS {
        let mut byte = [0];
        rand::fill(&mut byte).expect("the system has randomness");
        if byte[0] < FAIR {
            text.push(char::from(ALPHABET[usize::from(byte[0] % 62)]));
        }
    }
    Secret::new(text)
}

/// Under what a key is looked up. A key has 380 random bits, so that a plain hash hides it.
pub fn lookup(api_key: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, api_key.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// How it begins, so that its owner knows it again.
pub fn hint(api_key: &str) -> String {
    api_key.chars().take(HINT_CHARS).collect()
}

impl std::fmt::Debug for CreatedApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedApiKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::Kyc;

    #[test]
    fn drawn_keys_are_64_letters_and_digits_and_never_the_same() {
        let keys: std::collections::BTreeSet<_> =
            (0..200).map(|_| draw().expose().clone()).collect();
        assert_eq!(keys.len(), 200);
        let mut seen = std::collections::BTreeSet::new();
        for key in &keys {
            assert_eq!(key.len(), KEY_CHARS);
            assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{key}");
            seen.extend(key.bytes());
        }
        assert_eq!(seen.len(), ALPHABET.len(), "every letter comes up");
    }

    #[test]
    fn networks_are_addresses_or_cidr() {
        let read = |texts: &[&str]| {
            parse_networks(texts.iter().copied())
                .map(|networks| {
                    networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
                })
                .ok()
        };
        for (texts, want) in [
            (&[][..], Some("")),
            (&["1.2.3.4"], Some("1.2.3.4/32")),
            (&["10.0.0.0/8", "::1"], Some("10.0.0.0/8 ::1/128")),
            (&["10.0.0.0/33"], None),
            (&["example.com"], None),
            (&[""], None),
            (&["1.2.3.4"; ALLOW_IPS_MAX + 1], None),
        ] {
            assert_eq!(read(texts).as_deref(), want, "{texts:?}");
        }
    }

    #[test]
    fn what_two_keys_may_do_is_what_both_may() {
        let key = |words: &str, networks: &str, expires, requests_per_minute| ApiKey {
            id: ApiKeyId(1),
            user: UserId([1; 16]),
            name: "bot".into(),
            hint: String::new(),
            kind: KeyKind::Hmac,
            scopes: Scopes::parse(words.split_whitespace()).unwrap(),
            allow_ips: parse_networks(networks.split_whitespace()).unwrap(),
            created: Time(1),
            expires,
            last_used: None,
            last_address: None,
            uses: 0,
            requests_per_minute,
        };
        let (early, late) = (Some(Time(5)), Some(Time(6)));
        for (one, other, want) in [
            (
                key("read trade", "10.0.0.0/8 1.2.3.4", None, Some(7)),
                key("trade transfer", "10.1.0.0/16 10.2.0.0/16 ::1", late, None),
                key("trade", "10.1.0.0/16 10.2.0.0/16", late, Some(7)),
            ),
            (
                key("read", "", early, Some(7)),
                key("read", "10.1.0.0/16", late, Some(8)),
                key("read", "10.1.0.0/16", early, Some(7)),
            ),
            (key("read", "", None, None), key("read", "", None, None), key("read", "", None, None)),
            (
                key("read", "1.2.3.4", None, None),
                key("read", "1.2.3.5", None, None),
                key("read", "", Some(Time(0)), None),
            ),
        ] {
            assert_eq!(one.lesser(&other), want);
            assert_eq!(other.lesser(&one), want);
        }
    }

    #[test]
    fn a_key_is_refused_for_each_of_its_faults() {
        let user = |role| User {
            id: UserId([1; 16]),
            email: "a@b".into(),
            role,
            kyc: Kyc::None,
            created: Time(0),
        };
        let good = || NewApiKey {
            name: "bot".into(),
            scopes: Scopes { read: true, ..Scopes::default() },
            ..NewApiKey::default()
        };
        let admin = Scopes { admin: true, ..Scopes::default() };
        let some_net = "1.2.3.4/32".parse().unwrap();
        let cases = [
            (Role::User, good(), "fine"),
            (Role::Admin, NewApiKey { scopes: admin, ..good() }, "fine"),
            (Role::User, NewApiKey { scopes: admin, ..good() }, "Scopes"),
            (Role::User, NewApiKey { scopes: Scopes::default(), ..good() }, "Scopes"),
            (Role::User, NewApiKey { requests_per_minute: Some(1), ..good() }, "fine"),
            (Role::User, NewApiKey { requests_per_minute: Some(0), ..good() }, "RequestsPerMinute"),
            (Role::User, NewApiKey { name: "x".repeat(65), ..good() }, "KeyName"),
            (Role::User, NewApiKey { name: "a\nb".into(), ..good() }, "KeyName"),
            (Role::User, NewApiKey { allow_ips: vec![some_net; 33], ..good() }, "AllowIps"),
            (Role::User, NewApiKey { expires: Some(Time(10)), ..good() }, "Expires"),
            (Role::User, NewApiKey { expires: Some(Time(11)), ..good() }, "fine"),
            (Role::User, NewApiKey { public_key: Some("PEM?".into()), ..good() }, "PublicKey"),
            (Role::User, NewApiKey { public_key: Some("A".repeat(5_000)), ..good() }, "PublicKey"),
        ];
        for (role, new, want) in cases {
            let got = match check(&user(role), &new, Time(10)) {
                Ok(()) => "fine".to_owned(),
                Err(error) => format!("{error:?}"),
            };
            assert_eq!(got, want, "{new:?}");
        }
    }
}
