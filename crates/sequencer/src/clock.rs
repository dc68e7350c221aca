//! What time it is, injected.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Time;

/// Tells the time. It may step back: the sequencer does not follow it there.
pub trait Clock: Send + 'static {
    /// The time now.
    fn now(&self) -> Time;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        // A clock before 1970 is as good as one that stands still: time then does not move.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }
}

impl<F: Fn() -> Time + Send + 'static> Clock for F {
    fn now(&self) -> Time {
        self()
    }
}
