//! What time it is here, and there.
//!
//! Keeps   no two requests of a process have the same stamp: a venue takes the second for the
//!         first, sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use model::Time;

/// Tells our time.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// The clock of a venue, as far as it was measured.
pub struct VenueClock {
    ours: Clock,
    /// How far theirs is ahead of ours, in microseconds.
    ahead: AtomicI64,
    stamped: AtomicU64,
}

impl VenueClock {
    /// A clock that is taken for ours until it is measured.
    #[must_use]
    pub const fn new(ours: Clock) -> Self {
        Self { ours, ahead: AtomicI64::new(0), stamped: AtomicU64::new(0) }
    }

    /// Our time.
    #[must_use]
    pub fn ours(&self) -> Time {
        (self.ours)()
    }

    /// Their time.
    #[must_use]
    pub fn theirs(&self) -> Time {
        Time(self.ours().0.saturating_add_signed(self.ahead.load(Ordering::Relaxed)))
    }

    /// They said that it is `theirs`, between two moments of ours: in the middle of them, most
    /// likely.
    pub fn measured(&self, asked: Time, theirs: Time, answered: Time) {
        let middle = asked.0 + answered.0.saturating_sub(asked.0) / 2;
        let ahead = i64::try_from(i128::from(theirs.0) - i128::from(middle)).unwrap_or(0);
        self.ahead.store(ahead, Ordering::Relaxed);
    }

    /// A stamp for a request, in microseconds of their time, later than any before.
    #[must_use]
    pub fn stamp(&self) -> u64 {
        let now = self.theirs().0;
        let later = |before: u64| now.max(before + 1);
        let update = |before| Some(later(before));
        let before = self.stamped.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update);
        later(before.unwrap_or_else(|before| before))
    }
}

impl std::fmt::Debug for VenueClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VenueClock").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn their_time_is_that_of_the_middle_and_no_stamp_is_given_twice() {
        let clock = VenueClock::new(Arc::new(|| Time(1_000)));
        assert_eq!((clock.stamp(), clock.stamp()), (1_000, 1_001));
        clock.measured(Time(900), Time(5_000), Time(1_000));
        assert_eq!(clock.theirs(), Time(5_050));
        assert_eq!((clock.stamp(), clock.stamp()), (5_050, 5_051));
        clock.measured(Time(900), Time(100), Time(1_000));
        assert_eq!(clock.theirs(), Time(150));
        assert_eq!(clock.stamp(), 5_052, "a clock that steps back repeats nothing");
    }
}
