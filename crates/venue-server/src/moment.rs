//! How long to remember what is good once.
//!
//! Keeps   a scenario that sets the venue's clock ahead and back again revives nothing: what a
//!         moment is measured by is set by no scenario, and one of its clocks never steps back.

use std::time::Duration;

use model::Time;

/// A moment, by two clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What the exchange's own clock tells, however far ahead the venue's is.
    pub told: Time,
    /// Since the exchange opened. Never less than before.
    pub lived: Duration,
}

/// When something may be forgotten.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    told: Time,
    lived: Duration,
}

impl Moment {
    /// When to forget what is good until `expires`, which is as long from now as it looks to be
    /// to who does not know that the venue's clock is ahead.
    pub const fn until(self, expires: Time) -> Until {
        let left = Duration::from_micros(expires.0.saturating_sub(self.told.0));
        Until { told: expires, lived: self.lived.saturating_add(left) }
    }

    /// Whether both clocks say so.
    pub fn is_past(self, until: Until) -> bool {
        until.told <= self.told && until.lived <= self.lived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn moment(told: u64, lived: u64) -> Moment {
        Moment { told: Time(told * SECOND), lived: Duration::from_secs(lived) }
    }

    #[test]
    fn nothing_is_forgotten_before_both_clocks_say_so() {
        let until = moment(1_000, 10).until(Time(1_005 * SECOND));
        for (told, lived, want, why) in [
            (1_000, 10, false, "at once"),
            (1_005, 15, true, "when it expires"),
            (9_000, 12, false, "when the clock jumped ahead"),
            (1_003, 90, false, "when the clock stepped back"),
        ] {
            assert_eq!(moment(told, lived).is_past(until), want, "{why}");
        }
    }
}
