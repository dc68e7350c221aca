//! How much may be asked: so many requests in a second, for each user and for each address.
//!
//! Source  the venue's documentation, "REST API Rate Limits" and "WebSocket Rate Limits".

use std::time::Duration;

/// Requests of one user in a second.
pub const PRIVATE_PER_SECOND: u32 = 30;
/// Requests of one address in a second, where nobody says who they are.
pub const PUBLIC_PER_SECOND: u32 = 10;
/// Messages of one connection in a second, without a token.
pub const MESSAGES_PER_SECOND: u32 = 8;
/// How soon after its opening a connection must ask for something.
pub const SUBSCRIBE_WITHIN: Duration = Duration::from_secs(5);
/// How often a heartbeat comes.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
/// Candles in one answer.
pub const CANDLES_MAX: usize = 350;

/// The headers that tell of it: how many in a second, how many are left, and for how many seconds.
pub const RATE_HEADERS: [&str; 3] =
    ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// What one has asked in this second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    second: u64,
    used: u32,
}

impl Rate {
    /// Counts one more, at `micros` since the epoch; tells how many are left. `None` where there
    /// were `limit` in this second already.
    pub const fn take(&mut self, limit: u32, micros: u64) -> Option<u32> {
        let second = micros / 1_000_000;
        if self.second != second {
            *self = Self { second, used: 0 };
        }
        if limit <= self.used {
            return None;
        }
        self.used += 1;
        Some(limit - self.used)
    }

    /// Whether one more would be too many.
    #[must_use]
    pub const fn is_spent(&self, limit: u32, micros: u64) -> bool {
        self.second == micros / 1_000_000 && limit <= self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_and_the_next_one_again() {
        let mut rate = Rate::default();
        assert_eq!(rate.take(2, 1_000_000), Some(1));
        assert_eq!(rate.take(2, 1_999_999), Some(0));
        assert_eq!(rate.take(2, 1_999_999), None);
        assert_eq!(rate.take(2, 2_000_000), Some(1));
    }
}
