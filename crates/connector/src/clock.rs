//! What time it is here, and there.
//!
//! Keeps   no two requests of a process have the same stamp: a venue takes the second for the
//!         first, sent again. A venue's clock that was set back by more than venues tolerate
//!         begins anew, or nothing would be taken until it is where it was: what was stamped there
//!         was refused. So a stamp is no nonce, where that may never fall.
//! Fails   a venue whose time is further from ours than [`APART_MAX`], or took longer than
//!         [`WAY_MAX`] to be told, is not believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use model::Time;
use venue::port::VenueError;

use crate::tries::Tries;

/// Venues take no stamp that is further ahead of them, in microseconds.
const AHEAD_MAX: u64 = 1_000_000;
/// How far a venue's clock may be from ours: whoever tells it chooses for when we sign.
pub const APART_MAX: Duration = Duration::from_secs(5 * 60);

/// How often the clock is asked for, of which the shortest way is believed: the first may have had
/// to wait for its connection.
pub const MEASURES: u32 = 2;

/// Tells our time, and goes evenly: ages are measured by it.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// A clock that goes on from `now`, whatever becomes of the machine's own.
#[must_use]
pub fn steady_clock(now: Time) -> Clock {
    let began = Instant::now();
    Arc::new(move || {
        let passed = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        Time(now.0.saturating_add(passed))
    })
}

/// The longest that an answer may take by which the clock is measured.
const WAY_MAX: Duration = Duration::from_secs(2);
/// By how much their clock may be wrong at most, once it was measured.
pub const DOUBT_MAX: Duration = Duration::from_secs(WAY_MAX.as_secs() / 2);

/// The venue's clock and ours are so far apart that one of them is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clocks are more than {APART_MAX:?} apart")]
pub struct ClocksApart;

/// The clock of a venue, as far as it was measured.
pub struct VenueClock {
    ours: Clock,
    /// How far theirs is ahead of ours, in microseconds.
    ahead: AtomicI64,
    /// By how much that may be wrong, in microseconds.
    doubt: AtomicU64,
    stamped: AtomicU64,
}

impl VenueClock {
    /// A clock that is taken for ours until it is measured.
    #[must_use]
    pub const fn new(ours: Clock) -> Self {
        let (ahead, doubt, stamped) = (AtomicI64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self { ours, ahead, doubt, stamped }
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

    /// By how much their time may be another than [`Self::theirs`] says: it was told somewhere on
    /// the way there and back.
    #[must_use]
    pub fn doubt(&self) -> Duration {
        Duration::from_micros(self.doubt.load(Ordering::Relaxed))
    }

    /// They said that it is `theirs`, between two moments of ours: in the middle of them, most
    /// likely.
    ///
    /// # Errors
    /// [`ClocksApart`]; then nothing was done.
    pub fn measured(&self, asked: Time, theirs: Time, answered: Time) -> Result<(), ClocksApart> {
        let half_the_way = answered.0.saturating_sub(asked.0) / 2;
        let middle = asked.0.saturating_add(half_the_way);
        if APART_MAX.as_micros() < theirs.0.abs_diff(middle).into() {
            return Err(ClocksApart);
        }
        let ahead = i64::try_from(i128::from(theirs.0) - i128::from(middle)).unwrap_or(0);
        self.ahead.store(ahead, Ordering::Relaxed);
        self.doubt.store(half_the_way, Ordering::Relaxed);
        let now = self.theirs().0;
        let begin_anew = |stamped: u64| (now.saturating_add(AHEAD_MAX) < stamped).then_some(now);
        // Where another has begun anew at once, that is as good.
        let _ = self.stamped.fetch_update(Ordering::Relaxed, Ordering::Relaxed, begin_anew);
        Ok(())
    }

    /// Measures it by asking the venue, with `ask`, what time it is there.
    ///
    /// # Errors
    /// [`VenueError`]; [`VenueError::TryLater`] where the venue's time is absurd, or was told too
    /// long after it was asked for.
    pub async fn measure<F>(&self, ask: impl Fn() -> F) -> Result<(), VenueError>
    where
        F: Future<Output = Result<Time, VenueError>>,
    {
        let mut shortest: Option<(u64, Time, Time, Time)> = None;
        'measures: for _ in 0..MEASURES {
            let mut tries = Tries::default();
            let (asked, theirs) = loop {
                // Each try by itself: what was waited for before it is no part of its way.
                let asked = self.ours();
                match ask().await {
                    Ok(theirs) => break (asked, theirs),
                    // Once is enough where the venue does not want to be asked twice.
                    Err(_) if shortest.is_some() => break 'measures,
                    Err(error) => tries.pause(error).await?,
                }
            };
            let answered = self.ours();
            let way = answered.0.saturating_sub(asked.0);
            if shortest.is_none_or(|(shortest, ..)| way < shortest) {
                shortest = Some((way, asked, theirs, answered));
            }
        }
        let (way, asked, theirs, answered) =
            shortest.expect("it was asked for, or there was an error");
        if WAY_MAX.as_micros() < way.into() {
            return Err(VenueError::later("its time was long on its way"));
        }
        let measured = self.measured(asked, theirs, answered);
        measured.map_err(|apart| VenueError::later(apart.to_string()))
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

    fn clock() -> VenueClock {
        VenueClock::new(Arc::new(|| Time(1_000)))
    }

    fn measure(clock: &VenueClock, theirs: u64) -> Result<(), ClocksApart> {
        clock.measured(Time(900), Time(theirs), Time(1_000))
    }

    #[test]
    fn their_time_is_that_of_the_middle_and_no_stamp_is_given_twice() {
        let clock = clock();
        assert_eq!((clock.stamp(), clock.stamp()), (1_000, 1_001));
        measure(&clock, 5_000).unwrap();
        assert_eq!(clock.theirs(), Time(5_050));
        assert_eq!((clock.stamp(), clock.stamp()), (5_050, 5_051));
        measure(&clock, 100).unwrap();
        assert_eq!(clock.theirs(), Time(150));
        assert_eq!(clock.stamp(), 5_052, "a clock that steps back a little repeats nothing");
    }

    #[test]
    fn a_stamp_that_would_be_refused_for_long_is_taken_back() {
        let clock = clock();
        measure(&clock, 240_000_000).unwrap();
        assert_eq!(clock.stamp(), 240_000_050);
        measure(&clock, 5_000).unwrap();
        assert_eq!(clock.stamp(), 5_051);
    }

    #[tokio::test]
    async fn a_time_that_was_long_on_its_way_is_not_believed() {
        let way_max = u64::try_from(WAY_MAX.as_micros()).unwrap();
        for (way, is_believed) in [(way_max, true), (way_max + 1, false)] {
            let now = Arc::new(AtomicU64::new(1_000));
            let ours = Arc::clone(&now);
            let clock = VenueClock::new(Arc::new(move || Time(ours.load(Ordering::Relaxed))));
            let ask = || {
                let told = Time(now.fetch_add(way, Ordering::Relaxed) + 7_000_000);
                std::future::ready(Ok(told))
            };
            assert_eq!(clock.measure(ask).await.is_ok(), is_believed, "{way}");
            let ahead = clock.theirs().0 - clock.ours().0;
            assert_eq!(ahead, if is_believed { 7_000_000 - way / 2 } else { 0 });
            assert!(clock.doubt() <= DOUBT_MAX);
        }
    }

    #[test]
    fn a_time_that_is_absurd_is_not_believed() {
        let clock = clock();
        measure(&clock, 5_000).unwrap();
        for absurd in [u64::MAX, 9_224_318_015_999_999_000, 300_001_000] {
            assert_eq!(measure(&clock, absurd), Err(ClocksApart), "{absurd}");
        }
        assert_eq!((clock.theirs(), clock.stamp()), (Time(5_050), 5_050));
    }
}
