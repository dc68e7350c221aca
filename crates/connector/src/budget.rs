//! How much may be asked of a venue by one address: all its users share one budget.
//!
//! Units   weight, counted in minutes of the venue's clock, as the venue counts it.
//! Keeps   a part of the limit stays free, for others behind the same address; what the venue says
//!         is used is believed over our own count; while it says to stay away, nobody asks.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Time;

/// The weight of a minute, until the venue says another.
const WEIGHT_MAX: u32 = 6_000;
/// Of ten parts of the limit, so many are ours.
const OUR_TENTHS: u32 = 9;
const MINUTE_US: u64 = 60_000_000;

/// What is left to ask.
#[derive(Debug)]
pub struct Budget(Mutex<State>);

#[derive(Debug)]
struct State {
    limit: u32,
    minute: u64,
    used: u32,
    closed_until: Time,
}

impl Default for Budget {
    fn default() -> Self {
        let closed_until = Time(0);
        Self(Mutex::new(State { limit: WEIGHT_MAX, minute: 0, used: 0, closed_until }))
    }
}

impl Budget {
    /// Takes `weight` out of it.
    ///
    /// # Errors
    /// How long to wait, where there is not so much left; then nothing is taken.
    pub fn take(&self, weight: u32, now: Time) -> Result<(), Duration> {
        let mut state = self.lock();
        if now < state.closed_until {
            return Err(Duration::from_micros(state.closed_until.0 - now.0));
        }
        state.turn(now);
        // In u64, since nobody says how large a limit a venue may name.
        let ours = u64::from(state.limit) * u64::from(OUR_TENTHS) / 10;
        let used = u64::from(state.used) + u64::from(weight);
        if ours < used {
            return Err(Duration::from_micros(MINUTE_US - now.0 % MINUTE_US));
        }
        state.used = state.used.saturating_add(weight);
        Ok(())
    }

    /// The venue said how much is used in this minute. Answers overtake each other: the most that
    /// was said counts.
    pub fn used(&self, weight: u32, now: Time) {
        let mut state = self.lock();
        state.turn(now);
        state.used = state.used.max(weight);
    }

    /// The venue said to stay away for so long.
    pub fn close(&self, time: Duration, now: Time) {
        let mut state = self.lock();
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        state.closed_until = state.closed_until.max(Time(now.0.saturating_add(micros)));
    }

    /// The venue said how much a minute has.
    pub fn limit(&self, weight: u32) {
        self.lock().limit = weight;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn turn(&mut self, now: Time) {
        let minute = now.0 / MINUTE_US;
        if self.minute != minute {
            (self.minute, self.used) = (minute, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_part_of_each_minute_is_left_to_others() {
        let budget = Budget::default();
        budget.limit(100);
        assert_eq!(budget.take(80, Time(0)), Ok(()));
        assert_eq!(budget.take(11, Time(SECOND)), Err(Duration::from_secs(59)));
        assert_eq!(budget.take(10, Time(SECOND)), Ok(()));
        assert_eq!(budget.take(90, Time(60 * SECOND)), Ok(()));
    }

    #[test]
    fn what_the_venue_says_is_used_is_believed() {
        let budget = Budget::default();
        budget.limit(100);
        budget.used(85, Time(0));
        budget.used(20, Time(0));
        assert!(budget.take(6, Time(0)).is_err());
        assert_eq!(budget.take(5, Time(0)), Ok(()));
    }

    #[test]
    fn nobody_asks_while_the_venue_says_to_stay_away() {
        let budget = Budget::default();
        budget.close(Duration::from_secs(90), Time(0));
        budget.close(Duration::from_secs(1), Time(0));
        assert_eq!(budget.take(1, Time(60 * SECOND)), Err(Duration::from_secs(30)));
        assert_eq!(budget.take(1, Time(90 * SECOND)), Ok(()));
    }
}
