//! Rate limits and the window in which a signed request is good.
//!
//! Source  rest-api.md, "Timing security" and "LIMITS"; enums.md, "Rate limiters".

use serde::{Deserialize, Serialize};

/// The window of a request that names none: 5 seconds.
pub const RECV_WINDOW_DEFAULT_MICROS: u64 = 5_000_000;
/// The longest window a request may ask for: 60 seconds.
pub const RECV_WINDOW_MAX_MICROS: u64 = 60_000_000;
/// How far ahead of ours a client's clock may be: less than one second.
pub const TIMESTAMP_AHEAD_MICROS: u64 = 1_000_000;

/// A unit of time that limits are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LimitUnit {
    /// One second.
    Second,
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day.
    Day,
}

/// So many units of time. Intervals begin at whole multiples since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitInterval {
    /// Of what.
    pub unit: LimitUnit,
    /// How many.
    pub count: u32,
}

impl LimitInterval {
    /// Its length.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        let unit = match self.unit {
            LimitUnit::Second => 1,
            LimitUnit::Minute => 60,
            LimitUnit::Hour => 3_600,
            LimitUnit::Day => 86_400,
        };
        unit * self.count as u64
    }

    /// As error texts name it: `10 SECOND`.
    #[must_use]
    pub fn phrase(self) -> String {
        let unit = match self.unit {
            LimitUnit::Second => "SECOND",
            LimitUnit::Minute => "MINUTE",
            LimitUnit::Hour => "HOUR",
            LimitUnit::Day => "DAY",
        };
        format!("{} {unit}", self.count)
    }
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RateLimitKind {
    /// Weight of requests, per address.
    RequestWeight,
    /// Unfilled orders, per account.
    Orders,
    /// Requests, per address.
    RawRequests,
}

/// A limit as the wire tells it; `count` only where usage is told too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// What is counted.
    pub rate_limit_type: RateLimitKind,
    /// In which unit of time.
    pub interval: LimitUnit,
    /// In how many of them.
    pub interval_num: u32,
    /// How many at most.
    pub limit: u32,
    /// How many so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

impl RateLimit {
    /// The limit `kind` of at most `limit` in `interval`, of which `count` are used.
    #[must_use]
    pub const fn new(
        kind: RateLimitKind,
        interval: LimitInterval,
        limit: u32,
        count: Option<u32>,
    ) -> Self {
        Self {
            rate_limit_type: kind,
            interval: interval.unit,
            interval_num: interval.count,
            limit,
            count,
        }
    }
}

/// Why a signed request is not of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffTime {
    /// A second or more ahead of the server.
    Ahead,
    /// Older than its window.
    Late,
}

/// Whether a request stamped `timestamp` with window `recv_window` is good at `now`; microseconds.
///
/// # Errors
/// [`OffTime`] unless `timestamp < now + 1 s` and `now − timestamp <= recv_window`.
pub const fn in_window(timestamp: u64, recv_window: u64, now: u64) -> Result<(), OffTime> {
    if now + TIMESTAMP_AHEAD_MICROS <= timestamp {
        Err(OffTime::Ahead)
    } else if recv_window < now.saturating_sub(timestamp) {
        Err(OffTime::Late)
    } else {
        Ok(())
    }
}

/// A `timestamp`, `startTime` or `endTime` in microseconds: what was sent in milliseconds is told
/// by its size, as on the venue. `None` where it is no plain number or overflows.
#[must_use]
pub fn timestamp_micros(text: &str) -> Option<u64> {
    /// Milliseconds reach this in the year 5138; microseconds passed it in 1973.
    const MICROS_FROM: u64 = 100_000_000_000_000;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = text.parse().ok()?;
    if MICROS_FROM <= number { Some(number) } else { number.checked_mul(1_000) }
}

/// A `recvWindow` in microseconds: milliseconds with up to three digits after the point. `None`
/// where it is no such number; the maximum is the caller's to check.
#[must_use]
pub fn recv_window_micros(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, max: usize| {
        !text.is_empty() && text.len() <= max && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole, 15) || !digits(fraction, 3) {
        return None;
    }
    let scale = 10_u64.pow(3 - u32::try_from(fraction.len()).ok()?);
    Some(whole.parse::<u64>().ok()? * 1_000 + fraction.parse::<u64>().ok()? * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_good_just_inside_its_window() {
        let now = 1_700_000_000_000_000;
        for (timestamp, window, want) in [
            (now, 5_000_000, Ok(())),
            (now + 999_999, 5_000_000, Ok(())),
            (now + 1_000_000, 5_000_000, Err(OffTime::Ahead)),
            (now - 5_000_000, 5_000_000, Ok(())),
            (now - 5_000_001, 5_000_000, Err(OffTime::Late)),
            (now, 0, Ok(())),
            (u64::MAX, 5_000_000, Err(OffTime::Ahead)),
            (0, 60_000_000, Err(OffTime::Late)),
        ] {
            assert_eq!(in_window(timestamp, window, now), want, "{timestamp}");
        }
    }

    #[test]
    fn timestamps_come_in_milliseconds_or_microseconds() {
        for (text, want) in [
            ("1499827319559", Some(1_499_827_319_559_000)),
            ("1499827319559123", Some(1_499_827_319_559_123)),
            ("", None),
            ("-1", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(timestamp_micros(text), want, "{text}");
        }
    }

    #[test]
    fn windows_have_up_to_three_decimals() {
        for (text, want) in [
            ("5000", Some(5_000_000)),
            ("6000.346", Some(6_000_346)),
            ("0.5", Some(500)),
            ("60000", Some(60_000_000)),
            ("1.2345", None),
            ("1.", None),
            (".5", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(recv_window_micros(text), want, "{text}");
        }
    }
}
