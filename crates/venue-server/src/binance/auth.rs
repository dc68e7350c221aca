//! Who asks: from where, with which key, signed when.
//!
//! Keeps   the signature is checked over the bytes as received; nothing secret is logged or told.
//! Fails   -2014 without a key, -2015 for an unknown key, a foreign address or a missing right,
//!         -1102 without timestamp or signature, -1022 for a wrong signature, -1021 off its time.
//! Source  rest-api.md, "Request Security".

use std::net::IpAddr;
use std::sync::Arc;

use engine::{Command, Event};
use identity::OverLimit;
use model::{AccountId, Time, UserId};
use venue::binance::{
    LimitInterval, LimitUnit, OffTime, RECV_WINDOW_DEFAULT_MICROS, RECV_WINDOW_MAX_MICROS, Refusal,
    Security, in_window, recv_window_micros, timestamp_micros,
};

use super::replay::{Asked, Purpose};
use super::request::Params;
use super::submit::submit;
use crate::exchange::Exchange;
use crate::keyring::KeyEntry;

/// The header that carries the key's name.
pub const KEY_HEADER: &str = "x-mbx-apikey";

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// By which key.
    pub key: Arc<KeyEntry>,
    /// For which account.
    pub account: AccountId,
    /// By which it can be asked again whether they still may.
    pub warrant: Warrant,
}

/// A key's name and where it was used from: what goes on for long asks again whether it may.
#[derive(Clone)]
pub struct Warrant {
    api_key: Arc<str>,
    from: IpAddr,
}

impl Warrant {
    /// Of a key that was found by this name.
    #[must_use]
    pub fn new(api_key: &str, from: IpAddr) -> Self {
        Self { api_key: api_key.into(), from }
    }

    /// The same key, used from another place.
    #[must_use]
    pub fn at(&self, from: IpAddr) -> Self {
        Self { api_key: Arc::clone(&self.api_key), from }
    }

    /// Whether the key is there still, has not expired, and may be used from there to read.
    #[must_use]
    pub fn is_good(&self, exchange: &Exchange) -> bool {
        find_key(exchange, Some(&self.api_key), self.from, Security::UserData).is_ok()
    }
}

impl std::fmt::Debug for Warrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Warrant").field("from", &self.from).finish_non_exhaustive()
    }
}

/// The window that a signed request named for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it was signed, in microseconds.
    pub timestamp: u64,
    /// For how long it is good, in microseconds.
    pub recv_window: u64,
}

impl Window {
    /// Reads `timestamp` and `recvWindow`.
    ///
    /// # Errors
    /// [`Refusal::Mandatory`], [`Refusal::TooLarge`].
    pub fn read(params: &Params<'_>) -> Result<Self, Refusal> {
        let timestamp = params
            .raw("timestamp")
            .and_then(timestamp_micros)
            .ok_or(Refusal::Mandatory("timestamp"))?;
        Ok(Self { timestamp, recv_window: Self::read_length(params)? })
    }

    /// Reads `recvWindow` alone.
    ///
    /// # Errors
    /// [`Refusal::Mandatory`], [`Refusal::TooLarge`].
    pub fn read_length(params: &Params<'_>) -> Result<u64, Refusal> {
        let Some(text) = params.raw("recvWindow") else { return Ok(RECV_WINDOW_DEFAULT_MICROS) };
        match recv_window_micros(text) {
            None => Err(Refusal::Mandatory("recvWindow")),
            Some(window) if RECV_WINDOW_MAX_MICROS < window => {
                Err(Refusal::TooLarge { parameter: "recvWindow", max: 60_000 })
            }
            Some(window) => Ok(window),
        }
    }

    /// Checks it against the clock and against the start of this server.
    ///
    /// # Errors
    /// [`Refusal::AheadOfServer`], [`Refusal::OutsideRecvWindow`]; what was stamped before the
    /// start may have been carried out before it, and nobody remembers.
    pub fn check(self, now: Time, started_at: Time) -> Result<(), Refusal> {
        if self.timestamp < started_at.micros() {
            return Err(Refusal::OutsideRecvWindow);
        }
        in_window(self.timestamp, self.recv_window, now.micros()).map_err(|off| match off {
            OffTime::Ahead => Refusal::AheadOfServer,
            OffTime::Late => Refusal::OutsideRecvWindow,
        })
    }

    /// When it ceases to be good.
    #[must_use]
    pub const fn expires(self) -> Time {
        Time(self.timestamp.saturating_add(self.recv_window))
    }
}

/// Finds the key `api_key` and checks that it may be used from `from` for what `security` asks.
///
/// # Errors
/// [`Refusal::KeyFormat`], [`Refusal::KeyRefused`].
pub fn find_key(
    exchange: &Exchange,
    api_key: Option<&str>,
    from: IpAddr,
    security: Security,
) -> Result<Arc<KeyEntry>, Refusal> {
    let api_key = api_key.filter(|key| is_key(key)).ok_or(Refusal::KeyFormat)?;
    let key = exchange.keys.find(api_key).ok_or(Refusal::KeyRefused)?;
    if key.allows(from) && may(&key, security) { Ok(key) } else { Err(Refusal::KeyRefused) }
}

/// Whether the key has the right that is asked.
#[must_use]
pub const fn may(key: &KeyEntry, security: Security) -> bool {
    match security {
        Security::None => true,
        Security::UserData | Security::ListenKey => key.scopes.read,
        Security::Trade => key.scopes.trade,
    }
}

/// The form that a key's name has: printable, without spaces, of bounded length.
fn is_key(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Checks one signed request completely: window, signature, the limit of its key, and, as far as
/// its `purpose` asks for that, that nothing was asked with it, here or anywhere else. The key
/// takes note.
///
/// # Errors
/// The refusals named at the top, and [`Refusal::TooMuchWeight`].
pub fn check_signed(
    exchange: &Exchange,
    key: &KeyEntry,
    purpose: Purpose,
    params: &Params<'_>,
    signed: (&[&[u8]], Option<&str>),
    (from, now): (IpAddr, Time),
) -> Result<(), Refusal> {
    let checked = check_unnoted(exchange, key, purpose, params, signed, (from, now));
    match checked {
        Ok(()) => key.verifier.used(from, now),
        Err(_) => key.verifier.refused(now),
    }
    checked
}

/// Counts a request that nobody signed, because its connection or its listen key proves who asks:
/// `checked` is what is wrong with it otherwise. The key takes note, as of any other.
///
/// # Errors
/// What is wrong, or [`Refusal::TooMuchWeight`] beyond the limit of the key.
pub fn count_unsigned(
    key: &KeyEntry,
    checked: Result<(), Refusal>,
    (from, now): (IpAddr, Time),
) -> Result<(), Refusal> {
    let admit = || key.verifier.admit(now).map_err(|over| over_limit(over, now));
    let counted = checked.and_then(|()| admit());
    match counted {
        Ok(()) => key.verifier.used(from, now),
        Err(_) => key.verifier.refused(now),
    }
    counted
}

fn check_unnoted(
    exchange: &Exchange,
    key: &KeyEntry,
    purpose: Purpose,
    params: &Params<'_>,
    signed: (&[&[u8]], Option<&str>),
    (from, now): (IpAddr, Time),
) -> Result<(), Refusal> {
    let window = Window::read(params)?;
    let (parts, signature) = signed;
    // Read so that it counts: the text itself comes without its encoding.
    let _ = params.raw("signature");
    let signature = signature.filter(|text| !text.is_empty());
    let signature = signature.ok_or(Refusal::Mandatory("signature"))?;
    if !key.verifier.verify(parts, signature) {
        return Err(Refusal::BadSignature);
    }
    window.check(now, exchange.started_at)?;
    key.verifier.admit(now).map_err(|over| over_limit(over, now))?;
    // Method and path are not signed: what was signed to read something must not change it.
    let told = exchange.steady_now();
    let asked = Asked { purpose, from, at: exchange.now(), told };
    exchange.seen.note(key.id, parts, window.expires(), asked)
}

const fn over_limit(OverLimit { limit, retry_at }: OverLimit, now: Time) -> Refusal {
    const MICROS: u64 = 1_000_000;
    Refusal::TooMuchWeight {
        limit,
        interval: LimitInterval { unit: LimitUnit::Minute, count: 1 },
        retry_at_millis: retry_at.millis(),
        retry_after_seconds: retry_at.micros().saturating_sub(now.micros()).div_ceil(MICROS),
    }
}

/// The caller behind a key.
///
/// # Errors
/// As [`account_of`].
pub async fn caller(
    exchange: &Exchange,
    key: Arc<KeyEntry>,
    warrant: Warrant,
) -> Result<Caller, Refusal> {
    let account = account_of(exchange, key.user).await?;
    Ok(Caller { key, account, warrant })
}

/// The account of a user; of one who has none yet it is opened.
///
/// # Errors
/// As [`submit`].
pub async fn account_of(exchange: &Exchange, user: UserId) -> Result<AccountId, Refusal> {
    if let Some(account) = exchange.views.account_of(&user) {
        return Ok(account);
    }
    let answer = submit(exchange, Command::OpenAccount { user }).await?;
    let opened = answer.events.iter().find_map(|event| match event {
        Event::AccountOpened { account, .. } => Some(*account),
        _ => None,
    });
    opened.ok_or(Refusal::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_within_its_bounds_and_after_the_start() {
        let window = Window { timestamp: 10_000_000, recv_window: 5_000_000 };
        for (now, started, want) in [
            (10_000_000, 0, Ok(())),
            (15_000_000, 0, Ok(())),
            (15_000_001, 0, Err(Refusal::OutsideRecvWindow)),
            (9_000_001, 0, Ok(())),
            (9_000_000, 0, Err(Refusal::AheadOfServer)),
            (10_000_000, 10_000_001, Err(Refusal::OutsideRecvWindow)),
        ] {
            assert_eq!(window.check(Time(now), Time(started)), want, "{now} {started}");
        }
    }
}
