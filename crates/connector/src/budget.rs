//! How much may be asked of a venue by one address or one key: all its users share one budget.
//!
//! Units   weight, counted in windows of the venue's clock, as the venue counts it.
//! Keeps   a part of the limit stays free, for others behind the same address; the less something
//!         matters, the more it leaves to the rest, and orders are ended whatever else was asked;
//!         what the venue says is used is believed over our own count; while it says to stay away,
//!         nobody asks.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Time;

/// A venue that says it allows less than this in a window is not believed.
const LIMIT_MIN: u32 = 100;
/// A venue that says to stay away for longer is not believed.
pub const CLOSED_MAX: Duration = Duration::from_secs(60 * 60);

/// For what something is asked. What matters less leaves room for what matters more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To know a little better what streams tell as well.
    Refresh,
    /// To know something.
    Look,
    /// To know what became of an order.
    Settle,
    /// To place an order, or to change it.
    Place,
    /// To end orders.
    Cancel,
}

impl Purpose {
    /// Whether something is another after it: who asked it again might do it twice.
    #[must_use]
    pub const fn changes(self) -> bool {
        match self {
            Self::Refresh | Self::Look | Self::Settle => false,
            Self::Place | Self::Cancel => true,
        }
    }

    /// Of a hundred parts of the limit, so many may be used after it; `None` for all that the
    /// venue grants.
    const fn percent(self) -> Option<u64> {
        match self {
            Self::Refresh => Some(60),
            Self::Look => Some(80),
            Self::Settle | Self::Place => Some(90),
            Self::Cancel => None,
        }
    }
}

/// What is left to ask.
#[derive(Debug)]
pub struct Budget {
    window_us: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: u32,
    window: u64,
    used: u32,
    closed_until: Time,
    /// Until when nothing is asked but for the end of orders.
    spared_until: Time,
}

impl Budget {
    /// So much weight in each window of that length, until the venue says another.
    #[must_use]
    pub fn new(limit: u32, window: Duration) -> Self {
        let window_us = u64::try_from(window.as_micros()).unwrap_or(u64::MAX).max(1);
        let (closed_until, spared_until) = (Time(0), Time(0));
        let state = State { limit, window: 0, used: 0, closed_until, spared_until };
        Self { window_us, state: Mutex::new(state) }
    }

    /// Takes `weight` out of it.
    ///
    /// # Errors
    /// How long to wait, where there is not so much left; then nothing is taken.
    pub fn take(&self, weight: u32, purpose: Purpose, now: Time) -> Result<(), Duration> {
        let mut state = self.lock();
        let until = match purpose {
            Purpose::Cancel => state.closed_until,
            Purpose::Refresh | Purpose::Look | Purpose::Settle | Purpose::Place => {
                state.closed_until.max(state.spared_until)
            }
        };
        if now < until {
            return Err(Duration::from_micros(until.0 - now.0));
        }
        state.turn(self.window(now));
        let used = state.used.saturating_add(weight);
        // In u64, since nobody says how large a limit a venue may name.
        let ours = purpose.percent().map(|percent| u64::from(state.limit) * percent / 100);
        if ours.is_some_and(|ours| ours < u64::from(used)) {
            return Err(Duration::from_micros(self.window_us - now.0 % self.window_us));
        }
        state.used = used;
        Ok(())
    }

    /// The venue said, in its answer to what was sent then, how much is used. Answers overtake each
    /// other: the most that was said of this window counts, and what was sent in another may tell
    /// of that one.
    pub fn used(&self, weight: u32, sent: Time, now: Time) {
        if self.window(sent) == self.window(now) {
            let mut state = self.lock();
            state.turn(self.window(now));
            state.used = state.used.max(weight);
        }
    }

    /// The venue said to stay away for so long.
    pub fn close(&self, time: Duration, now: Time) {
        let mut state = self.lock();
        state.closed_until = state.closed_until.max(behind(now, time));
    }

    /// The venue said that it is too much, and not for how long: so long nothing is asked but for
    /// the end of orders.
    pub fn spare(&self, time: Duration, now: Time) {
        let mut state = self.lock();
        state.spared_until = state.spared_until.max(behind(now, time));
    }

    /// The venue said how much a window has.
    pub fn limit(&self, weight: u32) {
        self.lock().limit = weight.max(LIMIT_MIN);
    }

    /// How much is used in this window, as far as we know.
    #[must_use]
    pub fn spent(&self, now: Time) -> u32 {
        let mut state = self.lock();
        state.turn(self.window(now));
        state.used
    }

    const fn window(&self, time: Time) -> u64 {
        time.0 / self.window_us
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of a time that begins now, as far as it is believed.
fn behind(now: Time, time: Duration) -> Time {
    let micros = u64::try_from(time.min(CLOSED_MAX).as_micros()).unwrap_or(u64::MAX);
    Time(now.0.saturating_add(micros))
}

impl State {
    /// Who is a little late does not turn it back; a clock that was set back by more does.
    const fn turn(&mut self, window: u64) {
        if self.window < window || window + 1 < self.window {
            (self.window, self.used) = (window, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn budget() -> Budget {
        Budget::new(100, Duration::from_secs(60))
    }

    #[test]
    fn a_part_of_each_minute_is_left_to_others() {
        let budget = budget();
        let place = |weight, now| budget.take(weight, Purpose::Place, Time(now));
        assert_eq!(place(80, 0), Ok(()));
        assert_eq!(place(11, SECOND), Err(Duration::from_secs(59)));
        assert_eq!(place(10, SECOND), Ok(()));
        assert_eq!(place(90, 60 * SECOND), Ok(()));
    }

    #[test]
    fn what_matters_less_leaves_room_and_an_order_can_always_be_ended() {
        for (purpose, room) in [
            (Purpose::Refresh, 60),
            (Purpose::Look, 80),
            (Purpose::Settle, 90),
            (Purpose::Place, 90),
            (Purpose::Cancel, 1_000),
        ] {
            let budget = budget();
            assert_eq!(budget.take(room, purpose, Time(0)), Ok(()), "{purpose:?}");
            let next = budget.take(1, purpose, Time(0));
            assert_eq!(next.is_ok(), purpose == Purpose::Cancel, "{purpose:?}");
        }
    }

    #[test]
    fn what_the_venue_says_is_used_is_believed() {
        let budget = budget();
        budget.used(85, Time(0), Time(0));
        budget.used(20, Time(0), Time(0));
        assert!(budget.take(6, Purpose::Place, Time(0)).is_err());
        assert_eq!(budget.take(5, Purpose::Place, Time(0)), Ok(()));
    }

    #[test]
    fn who_is_late_at_the_turn_of_a_window_does_not_begin_it_again() {
        let budget = budget();
        let place = |weight, second| budget.take(weight, Purpose::Place, Time(second * SECOND));
        assert_eq!(place(80, 60), Ok(()));
        assert!(place(20, 59).is_err(), "the minute of 60 has begun");
        assert!(place(20, 61).is_err());
        budget.take(90, Purpose::Place, Time(1_000 * SECOND)).unwrap();
        assert_eq!(place(90, 60), Ok(()), "the clock was set back");
    }

    #[test]
    fn what_was_used_of_the_minute_before_is_not_used_of_this_one() {
        let budget = budget();
        budget.used(90, Time(59 * SECOND), Time(61 * SECOND));
        assert_eq!(budget.take(10, Purpose::Place, Time(61 * SECOND)), Ok(()));
        assert_eq!(budget.spent(Time(61 * SECOND)), 10);
    }

    #[test]
    fn nobody_asks_while_the_venue_says_to_stay_away() {
        let budget = budget();
        budget.close(Duration::from_secs(90), Time(0));
        budget.close(Duration::from_secs(1), Time(0));
        let cancel = |now| budget.take(1, Purpose::Cancel, Time(now));
        assert_eq!(cancel(60 * SECOND), Err(Duration::from_secs(30)));
        assert_eq!(cancel(90 * SECOND), Ok(()));
    }

    #[test]
    fn one_absurd_answer_keeps_nobody_away_for_good() {
        let budget = budget();
        budget.limit(0);
        assert_eq!(budget.take(60, Purpose::Refresh, Time(0)), Ok(()), "a limit of nothing");
        budget.close(Duration::from_secs(u32::MAX.into()), Time(0));
        let hour = CLOSED_MAX.as_secs() * SECOND;
        assert_eq!(budget.take(1, Purpose::Place, Time(hour)), Ok(()), "136 years");
    }
}
