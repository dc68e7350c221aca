//! What all venues of one world share: a seed, tapes, the weather, and how fast time passes.
//!
//! Shape   each venue follows a [`Path`] of its own, and all paths of a process are the same path:
//!         what is drawn depends on the seed, the step and the weather of the step alone. So no
//!         venue waits for another, and none can be asked for a step that it has forgotten.
//! Keeps   weather that was told begins at the next step that no path has reached, for all paths;
//!         the wall clock decides when a step is made, never what is in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::path::Path;
use super::sky::Sky;
use super::tape::Tapes;
use super::worth::Worth;
use crate::weather::Weather;

/// How much time a step stands for.
pub const STEP: Duration = Duration::from_millis(50);
/// Whoever is behind the wall clock by more steps does not make up for it: time stood still.
pub const CATCH_UP_MAX: u64 = 600;
/// Changes of the weather that a path may be behind.
const CHANGES_MAX: usize = 4_096;

/// One process of prices, for any number of venues. Cheap to share; the same seed gives the same
/// prices at the same step, on any machine.
#[derive(Debug)]
pub struct PriceProcess {
    shared: Mutex<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Where every path begins.
    opening: Path,
    /// The furthest step that any path has reached.
    reached: u64,
    /// Where the weather is told, and how many jumps of it were made.
    weather: watch::Receiver<Weather>,
    jumps: u32,
    /// From which step on which weather was felt; oldest first.
    skies: Vec<(u64, Sky)>,
    /// When which step was due. `None` until somebody asks.
    pace: Option<(Instant, u64)>,
}

impl PriceProcess {
    /// The process that `seed` determines. What `tapes` tell stands in the place of what would be
    /// drawn; `weather` is looked at before each step.
    #[must_use]
    pub fn new(seed: u64, tapes: Tapes, weather: watch::Receiver<Weather>) -> Arc<Self> {
        let opening = Path::new(seed, tapes);
        let shared =
            Shared { opening, reached: 0, weather, jumps: 0, skies: Vec::new(), pace: None };
        Arc::new(Self { shared: Mutex::new(shared) })
    }

    /// The same without tapes, in fair weather for ever.
    #[must_use]
    pub fn of_seed(seed: u64) -> Arc<Self> {
        Self::new(seed, Tapes::default(), watch::Sender::new(Weather::default()).subscribe())
    }

    /// From which everything that is drawn follows.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.shared().opening.seed()
    }

    /// Goes on where prices were found, drawing other numbers than before: `found` are assets and
    /// their worth, `again` tells this time from others. Only before any path was opened.
    pub fn resume(&self, again: u64, found: &[(&str, Worth)]) {
        self.shared().opening.resume(again, found);
    }

    /// Lets every path that is opened from now on begin where this one is.
    pub(crate) fn begin_at(&self, path: &Path) {
        let mut shared = self.shared();
        shared.opening = path.clone();
        shared.reached = shared.reached.max(path.step());
    }

    /// A path from the beginning, however far the others are.
    pub(crate) fn open_path(&self) -> Path {
        self.shared().opening.clone()
    }

    /// The furthest step that any path has reached: whoever begins late joins the others there.
    pub(crate) fn reached(&self) -> u64 {
        self.shared().reached
    }

    /// Which step is due at `now`, for somebody who has `made` so many.
    pub(crate) fn due(&self, now: Instant, made: u64) -> u64 {
        let mut shared = self.shared();
        let (since, from) = shared.pace.unwrap_or((now, made));
        let elapsed = now.saturating_duration_since(since).as_millis() / STEP.as_millis();
        let due = from + u64::try_from(elapsed).unwrap_or(u64::MAX);
        let beyond = due.saturating_sub(made + CATCH_UP_MAX);
        let stood_still = STEP * u32::try_from(beyond).unwrap_or(u32::MAX);
        shared.pace = Some((since + stood_still, from));
        due - beyond
    }

    /// The weather of a step, and whether it begins there. The step counts as reached.
    pub(super) fn sky_of(&self, step: u64) -> (Sky, bool) {
        let mut shared = self.shared();
        if shared.reached < step {
            shared.reached = step;
            shared.look_up();
        }
        let now =
            shared.skies.iter().rev().find(|(from, _)| *from <= step).or(shared.skies.first());
        let (from, sky) = now.expect("the weather is looked at before the first step");
        (*sky, *from == step)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Notes what weather it is at the step that is reached, if it has changed.
    fn look_up(&mut self) {
        let told = self.weather.borrow_and_update();
        if !told.has_changed() && !self.skies.is_empty() {
            return;
        }
        let weather = *told;
        drop(told);
        self.skies.push((self.reached, Sky::of(&weather, self.jumps)));
        self.jumps = weather.jumps;
        let forgotten = self.skies.len().saturating_sub(CHANGES_MAX);
        self.skies.drain(..forgotten);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(process: &PriceProcess, path: &mut Path, steps: u64) -> Vec<u64> {
        let mut seen = Vec::new();
        for _ in 0..steps {
            path.advance(process);
            seen.extend(
                ["USDT", "BTC", "SHIB"].map(|code| path.worth(code).unwrap().picodollars()),
            );
        }
        seen
    }

    #[test]
    fn all_paths_of_a_process_are_the_same_whatever_the_weather() {
        let sky = watch::Sender::new(Weather::default());
        let process = PriceProcess::new(1, Tapes::default(), sky.subscribe());
        let (mut one, mut other) = (process.open_path(), process.open_path());
        let mut seen = follow(&process, &mut one, 50);
        sky.send_modify(|it| (it.jumps, it.jump) = (1, -0.2));
        seen.extend(follow(&process, &mut one, 50));
        sky.send_modify(|it| it.usdc_basis = -0.1);
        sky.send_modify(|it| it.volatility = 0.3);
        drop(sky);
        seen.extend(follow(&process, &mut one, 50));
        assert_eq!(seen, follow(&process, &mut other, 150));

        let calm = PriceProcess::of_seed(1);
        let without = follow(&calm, &mut calm.open_path(), 150);
        assert_eq!(seen[..150], without[..150]);
        assert!(seen[151] < without[151] * 9 / 10, "a jump at the next step, whenever it is made");
        let other = PriceProcess::of_seed(2);
        assert_ne!(follow(&other, &mut other.open_path(), 50), without[..150]);
    }

    #[test]
    fn a_path_that_is_opened_late_is_that_of_the_others_from_the_first_step_on() {
        let process = PriceProcess::of_seed(1);
        let mut first = process.open_path();
        let seen = follow(&process, &mut first, CATCH_UP_MAX + 10);
        let mut late = process.open_path();
        assert_eq!((late.step(), process.reached()), (0, first.step()));
        assert_eq!(follow(&process, &mut late, CATCH_UP_MAX + 10), seen);
        process.begin_at(&first);
        assert_eq!(process.open_path().step(), first.step());
    }

    #[test]
    fn steps_are_due_by_the_wall_clock_and_time_stands_still_where_somebody_cannot_follow() {
        let process = PriceProcess::of_seed(1);
        let begin = Instant::now();
        let after = |steps: u64, made| {
            let passed = STEP * u32::try_from(steps).unwrap();
            process.due(begin + passed, made)
        };
        assert_eq!(after(0, 7), 7);
        assert_eq!(after(10, 7), 17);
        assert_eq!(after(10, 17), 17, "another venue follows the same clock");
        assert_eq!(after(CATCH_UP_MAX, 7), CATCH_UP_MAX + 7);
        assert_eq!(after(CATCH_UP_MAX + 100, 7), CATCH_UP_MAX + 7, "so much can be caught up with");
        assert_eq!(after(CATCH_UP_MAX + 100, 700), CATCH_UP_MAX + 7, "and the others wait");
        assert_eq!(after(CATCH_UP_MAX + 150, 600), CATCH_UP_MAX + 57);
    }
}
