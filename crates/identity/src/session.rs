//! Sessions: how long they last, what their refresh tokens are, and what an old one means.
//!
//! Shape   a refresh token names its session and has 256 random bits; the database knows a hash of
//!         the newest and of the one before it. The next one comes out of the one that is shown
//!         and a random salt, so that whoever shows it again at once gets the same next one.
//! Keeps   a token that is neither ends its session: two have it, and one of them is a thief. So
//!         does the one before the newest, except for the first [`REPEAT_MICROS`]: two tabs, or an
//!         answer that was lost. Only those who have seen a token know the number in it.
//! Source  RFC 9700, section 4.14.2 (rotation); ASVS 5.0, 7.2–7.5.

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::{constant_time, digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ipnet::IpNet;
use model::{Secret, Time, UserId};

use crate::user::words;

const SECOND_MICROS: u64 = 1_000_000;
/// A session ends so long after a person's last act, unless its operator says otherwise.
pub const SESSION_IDLE: Duration = Duration::from_secs(20 * 60);
/// A session ends so long after it began, whatever is done in it.
pub const LIFE_MICROS: u64 = 12 * 3_600 * SECOND_MICROS;
/// A proof of who one is counts so long for acts that want one.
pub const FRESH_MICROS: u64 = 5 * 60 * SECOND_MICROS;
/// For so long after it was replaced, a refresh token is answered with the one that replaced it:
/// whose answer was lost may have to wait a minute before it may ask again.
pub const REPEAT_MICROS: u64 = 3 * 60 * SECOND_MICROS;
/// Sessions that one user may have. One more ends the one that was idle longest.
pub const SESSIONS_PER_USER_MAX: usize = 20;
const DEVICE_CHARS_MAX: usize = 120;

/// Number of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u128);

words! {
    /// Why a session ended.
    EndReason {
        /// Its owner left.
        Logout = "logout",
        /// Its owner ended it from another one.
        Ended = "ended",
        /// Nobody did anything for too long.
        Idle = "idle",
        /// 12 hours had passed.
        Age = "age",
        /// An old refresh token was shown: somebody else may have it.
        Reuse = "reuse",
        /// Its owner has another password now.
        Password = "password",
        /// An operator gave its owner another password, or took the second factor away.
        Reset = "reset",
        /// Its owner switched on a second factor, without which it was opened.
        Factor = "factor",
        /// Its owner, or the exchange, had too many.
        Crowded = "crowded",
    }
}

/// From where somebody comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The address, behind proxies that are trusted.
    pub address: IpAddr,
    /// What they say they use: plain characters, and not too many.
    device: String,
    /// What their browser kept of an earlier login, as it says.
    badge: Option<Secret<String>>,
}

impl Origin {
    /// From `address`, with the header `User-Agent` as it came.
    #[must_use]
    pub fn new(address: IpAddr, user_agent: &str) -> Self {
        let plain = user_agent.chars().filter(|c| !c.is_control());
        let device = plain.take(DEVICE_CHARS_MAX).collect::<String>().trim().to_owned();
        Self { address: address.to_canonical(), device, badge: None }
    }

    /// With what their browser kept of an earlier login: see [`crate::SignedIn::badge`].
    #[must_use]
    pub fn showing(self, badge: Option<Secret<String>>) -> Self {
        Self { badge, ..self }
    }

    /// What their browser kept of an earlier login, as it says.
    pub(crate) const fn badge(&self) -> Option<&Secret<String>> {
        self.badge.as_ref()
    }

    /// What they say they use.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// The network that one customer of a provider has at most: strangers in it are counted
    /// together.
    pub(crate) fn network(&self) -> IpNet {
        first_bits(self.address, if self.address.is_ipv4() { 24 } else { 56 })
    }

    /// The place by which somebody is known.
    pub(crate) fn place(&self) -> IpNet {
        place_of(self.address)
    }
}

/// The address itself, or the network of 64 bits in which a machine changes its address every day.
pub fn place_of(address: IpAddr) -> IpNet {
    first_bits(address, if address.is_ipv4() { 32 } else { 64 })
}

fn first_bits(address: IpAddr, bits: u8) -> IpNet {
    IpNet::new(address, bits).expect("an address has that many bits").trunc()
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// What it was opened with, as that says of itself.
    pub device: String,
    /// From where it was opened.
    pub address: IpAddr,
    /// From where else it was used since the exchange began: the last two places, the last first.
    pub elsewhere: [Option<IpAddr>; 2],
    /// Since when.
    pub created: Time,
    /// When its owner last did something in it.
    pub last_activity: Time,
}

impl Session {
    /// From where else it was last used, other than where `asker` is, who looks from there: else
    /// from where it was opened.
    #[must_use]
    pub fn last_address(&self, asker: IpAddr) -> IpAddr {
        let mut elsewhere = self.elsewhere.iter().flatten();
        let is_other = |address: &&IpAddr| place_of(**address) != place_of(asker);
        elsewhere.find(is_other).copied().unwrap_or(self.address)
    }
}

/// Why a session that may be idle for so long has ended by itself `now`, if it has.
pub fn ended_by_itself(
    created: Time,
    last_activity: Time,
    idle_micros: u64,
    now: Time,
) -> Option<EndReason> {
    if created.micros() + LIFE_MICROS <= now.micros() {
        Some(EndReason::Age)
    } else if last_activity.micros() + idle_micros <= now.micros() {
        Some(EndReason::Idle)
    } else {
        None
    }
}

/// Proves a session, and is exchanged for the next one at each use.
#[derive(Clone)]
pub struct RefreshToken {
    pub session: SessionId,
    secret: Secret<[u8; 32]>,
}

impl RefreshToken {
    pub fn draw(session: SessionId) -> Self {
        let mut secret = [0; 32];
        rand::fill(&mut secret).expect("the system has randomness");
        Self { session, secret: Secret::new(secret) }
    }

    /// The token that `text` is; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 48];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (session, secret) = bytes.split_first_chunk::<16>()?;
        let secret: [u8; 32] = secret.try_into().ok()?;
        (length == bytes.len()).then(|| Self {
            session: SessionId(u128::from_be_bytes(*session)),
            secret: Secret::new(secret),
        })
    }

    pub fn text(&self) -> Secret<String> {
        let mut text = [&self.session.0.to_be_bytes()[..], self.secret.expose()].concat();
        let encoded = Secret::new(URL_SAFE_NO_PAD.encode(&text));
        zeroize::Zeroize::zeroize(&mut text);
        encoded
    }

    /// Under what it is stored. It has 256 random bits, so that a plain hash hides it.
    pub fn hash(&self) -> [u8; 32] {
        let digest = digest::digest(&digest::SHA256, self.secret.expose());
        digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// The one that replaces it.
    pub fn next(&self, salt: &[u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.expose());
        let tag = hmac::sign(&key, salt);
        let secret = tag.as_ref().try_into().expect("SHA-256 has 32 bytes");
        Self { session: self.session, secret: Secret::new(secret) }
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

/// What is known of the refresh tokens of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The hash of the newest.
    pub newest: [u8; 32],
    /// The one before, if any.
    pub previous: Option<Previous>,
}

/// A refresh token that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previous {
    /// Its hash.
    pub hash: [u8; 32],
    /// With what the newest came out of it.
    pub salt: [u8; 32],
    /// When.
    pub at: Time,
}

/// What is to be done with a refresh token that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is the newest: replace it.
    Newest,
    /// It was replaced just now, with this salt: answer the same again.
    JustReplaced([u8; 32]),
    /// It is old, or none: somebody else may have it.
    Reused,
}

impl Rotated {
    /// What showing `token` means `now`.
    pub fn shown(&self, token: &RefreshToken, now: Time) -> Shown {
        let hash = token.hash();
        let is = |other: &[u8; 32]| constant_time::verify_slices_are_equal(&hash, other).is_ok();
        match &self.previous {
            _ if is(&self.newest) => Shown::Newest,
            Some(previous)
                if is(&previous.hash) && now.micros() < previous.at.micros() + REPEAT_MICROS =>
            {
                Shown::JustReplaced(previous.salt)
            }
            Some(_) | None => Shown::Reused,
        }
    }
}

#[cfg(test)]
mod tests;
