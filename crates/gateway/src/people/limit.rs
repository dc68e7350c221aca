//! How often one network may try a password or a code, and how clients are told of limits.

use std::net::IpAddr;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use model::Time;
use venue_server::Tries;

use crate::problem::Problem;

/// The interval in which tries are counted, in seconds.
const INTERVAL_SECONDS: u64 = 15 * 60;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Counts tries.
#[derive(Debug)]
pub struct CredentialLimit {
    max: u32,
    tries: Tries,
}

/// How a client stands to the limit that concerns it most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it may in the interval.
    pub limit: u32,
    /// What is left of that.
    pub remaining: u32,
    /// For how many seconds the interval goes on.
    pub reset_seconds: u64,
}

impl Standing {
    /// To the limit of this weight, of which that is left for so many seconds.
    #[must_use]
    pub const fn of((limit, remaining, reset_seconds): (u32, u32, u64)) -> Self {
        Self { limit, remaining, reset_seconds }
    }

    /// Tells the client, in the answer to what it asked: who has to wait has nothing left.
    pub fn tell(mut self, response: &mut Response) {
        let is_over = response.status() == StatusCode::TOO_MANY_REQUESTS;
        let headers = response.headers_mut();
        let wait = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        if let Some(wait) = wait.and_then(|wait| wait.parse().ok())
            && is_over
        {
            (self.remaining, self.reset_seconds) = (0, wait);
        }
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset_seconds));
    }
}

impl CredentialLimit {
    /// `max` tries of one network in 15 minutes.
    #[must_use]
    pub fn new(max: u32) -> Self {
        Self { max, tries: Tries::new(max, INTERVAL_SECONDS) }
    }

    /// Counts a try.
    ///
    /// # Errors
    /// 429 beyond the limit.
    pub fn charge(&self, from: IpAddr, now: Time) -> Result<Standing, Problem> {
        let second = now.micros() / 1_000_000;
        let reset_seconds = INTERVAL_SECONDS - second % INTERVAL_SECONDS;
        let remaining = self.tries.take(from, second).ok_or_else(|| {
            Problem::rate_limited("too many tries from this network: wait", reset_seconds)
        })?;
        Ok(Standing { limit: self.max, remaining, reset_seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_so_many_tries_in_a_quarter_of_an_hour() {
        let limit = CredentialLimit::new(2);
        let at = |second: u64| Time((900_000_000 + second) * 1_000_000);
        let charge = |from: &str, second| limit.charge(from.parse().unwrap(), at(second));
        let left = Standing { limit: 2, remaining: 1, reset_seconds: 900 };
        assert_eq!(charge("2001:db8::1", 0), Ok(left));
        assert!(charge("2001:db8::2", 1).is_ok());
        let refused = charge("2001:db8::3", 100).unwrap_err();
        let want = (429, Some(800));
        assert_eq!((refused.status.as_u16(), refused.retry_after_seconds), want);
        assert!(charge("192.0.2.1", 100).is_ok(), "another network");
        assert!(charge("2001:db8::3", 900).is_ok(), "another quarter");
    }
}
