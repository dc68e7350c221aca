//! What time it is, injected.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use model::Time;

/// Tells the time. It may step back: the sequencer does not follow it there.
pub trait Clock: Send + 'static {
    /// The time now.
    fn now(&self) -> Time;
}

/// A step of the machine's clock further than this beyond its steady clock is not believed: what
/// is journaled once cannot be taken back, and orders would end and candles move for it.
const JUMP_MAX: Duration = Duration::from_secs(5 * 60);

/// The clock of the machine. While it stands more than five minutes ahead of where it was and the
/// time that has passed since, time goes on by the steady clock; a new start believes it anew. One
/// for the whole process: who judged by another would refuse requests, or remember them wrongly.
#[derive(Debug)]
pub struct SystemClock {
    began: Instant,
    belief: Mutex<Belief>,
}

/// The furthest that was believed, and when.
#[derive(Clone, Copy, Debug)]
struct Belief {
    time: Time,
    /// Since the clock began.
    at: Duration,
    jumped: bool,
}

impl SystemClock {
    /// Believes what the machine's clock says now.
    #[must_use]
    pub fn new() -> Self {
        let belief = Belief { time: machine_time(), at: Duration::ZERO, jumped: false };
        Self { began: Instant::now(), belief: Mutex::new(belief) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let mut held = self.belief.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *held;
        let (time, belief) = before.hear(machine_time(), self.began.elapsed());
        *held = belief;
        drop(held);
        if belief.jumped != before.jumped {
            let (steady_us, jumped) = (belief.time.0, belief.jumped);
            tracing::error!(jumped, steady_us, "the machine's clock left its course, or came back");
        }
        time
    }
}

impl Belief {
    /// The time when the machine says `wall`, so long after the beginning.
    fn hear(self, wall: Time, at: Duration) -> (Time, Self) {
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let passed = micros(at.saturating_sub(self.at));
        let steady = Time(self.time.0.saturating_add(passed));
        let jumped = micros(JUMP_MAX) < wall.0.saturating_sub(steady.0);
        // One that steps back is told as it is: the sequencer does not follow it there.
        let (time, furthest) = if jumped { (steady, steady) } else { (wall, wall.max(steady)) };
        (time, Self { time: furthest, at, jumped })
    }
}

/// What the machine's clock says, believed or not.
#[must_use]
pub fn machine_time() -> Time {
    // A clock before 1970 is as good as one that stands still: time then does not move.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

impl<F: Fn() -> Time + Send + 'static> Clock for F {
    fn now(&self) -> Time {
        self()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_US: u64 = 60_000_000;

    #[test]
    fn a_clock_that_jumps_ahead_is_not_followed_until_it_is_back() {
        let begin = 1_700_000_000_000_000;
        let mut belief = Belief { time: Time(begin), at: Duration::ZERO, jumped: false };
        // Minutes since the beginning: what passed, what the machine says, what is believed.
        for (passed, wall, want) in [
            (1, 1, 1),
            (2, 7, 7),
            (3, 3, 3),
            (4, 9, 9),
            (5, 5_000_000, 10),
            (7, 5_000_002, 12),
            (8, 8, 8),
            (9, 20, 14),
            (10, 16, 16),
            (60, 6, 6),
            (61, 61, 61),
            (62, 74, 68),
        ] {
            let wall = Time(begin + wall * MINUTE_US);
            let (time, next) = belief.hear(wall, Duration::from_secs(60 * passed));
            assert_eq!((time.0 - begin) / MINUTE_US, want, "after {passed} minutes");
            belief = next;
        }
    }

    #[test]
    fn the_machine_is_believed_at_the_start() {
        let clock = SystemClock::new();
        let (before, now) = (machine_time(), clock.now());
        assert!(before.0 <= now.0 + 1_000_000 && !clock.belief.lock().unwrap().jumped);
    }
}
