//! How much may be asked, and the window in which a signed request is good.
//!
//! Units   weight, counted in windows of 30 seconds, for each pool by itself.
//! Source  the venue's documentation, "Rate Limit" and "Authentication"; the pools and weights of
//!         its specification.

/// How long a window of the limits is, in milliseconds.
pub const WINDOW_MILLIS: u64 = 30_000;
/// How far the stamp of a request may be from the venue's time, in milliseconds, either way.
pub const TIMESTAMP_WINDOW_MILLIS: u64 = 5_000;

/// What a request is counted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pool {
    /// What everybody may ask, by address.
    Public,
    /// Orders and markets, by account.
    Spot,
    /// Balances and transfers, by account.
    Management,
}

impl Pool {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Public, Self::Spot, Self::Management];

    /// The weight that one who has no rank may use in a window.
    #[must_use]
    pub const fn weight_max(self) -> u32 {
        match self {
            Self::Public | Self::Management => 2_000,
            Self::Spot => 4_000,
        }
    }

    /// Whether it is counted by address, and not by account.
    #[must_use]
    pub const fn is_by_address(self) -> bool {
        match self {
            Self::Public => true,
            Self::Spot | Self::Management => false,
        }
    }
}

/// Whether a request stamped `stamp` is good at `now`; milliseconds.
#[must_use]
pub const fn in_window(stamp: u64, now: u64) -> bool {
    stamp.abs_diff(now) <= TIMESTAMP_WINDOW_MILLIS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_good_for_five_seconds_before_and_after_its_stamp() {
        let now = 1_795_220_030_126;
        for (stamp, want) in [
            (now, true),
            (now - 5_000, true),
            (now - 5_001, false),
            (now + 5_000, true),
            (now + 5_001, false),
            (0, false),
            (u64::MAX, false),
        ] {
            assert_eq!(in_window(stamp, now), want, "{stamp}");
        }
    }
}
