//! What one venue makes of the common prices: it hears of them late, and errs by itself.
//!
//! Keeps   errors die away, so that what drives two venues apart ends by itself; the same process
//!         and character give the same outlook at the same step.

use std::collections::VecDeque;
use std::sync::Arc;

use venue::port::Venue;

use super::nature::{KNOWN, NATURES, place};
use super::path::{Path, Sheet};
use super::process::{PriceProcess, STEP};
use super::random::{DEVIATION, Random, WHOLE};
use super::worth::Worth;

/// The furthest that a venue can be behind, in steps: 31 seconds.
const LATE_STEPS_MAX: usize = 620;
/// Half of an error is gone after so many steps: five seconds.
const ERROR_HALF_LIFE: i64 = 100;
/// What is left of an error after a step, where half of it is left after so many.
const LEFT: i64 = WHOLE - WHOLE / 1_000_000 * 693_147 / ERROR_HALF_LIFE;
/// The deviation of an error's moves, as a part of its own, in hundredths: the root of 1 − LEFT².
const MOVES_PERCENT: i64 = 12;
/// How far a venue drifts off all at once, in millionths: from this to three times this.
const DRIFT_PPM: u64 = 2_000;
const STEPS_A_SECOND: u64 = 20;
const STEP_MS: u32 = 50;
const _: () = assert!(STEP.as_millis() == STEP_MS as u128, "twenty steps in a second");
/// However lively the world is, errors are at most so many times as large.
const ERROR_LIVELINESS_MAX: i64 = 300;

/// How the prices of a venue differ from the others'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Character {
    /// Whose weather it has; `None` for our own exchange.
    pub venue: Option<Venue>,
    /// How far it is behind the common prices, in milliseconds.
    pub lag_ms: u32,
    /// One deviation of its errors, in millionths.
    pub error_ppm: u32,
    /// Each coin drifts off by itself once in so many seconds, on average; 0 for never.
    pub drifts_every_s: u32,
    /// How wide makers quote: 100 is as usual.
    pub spread_percent: u32,
    /// How much they quote: 100 is as usual.
    pub depth_percent: u32,
    /// How often in a second agents look at each market: 1, 2, 4, 5, 10 or 20.
    pub looks_a_second: u32,
    /// How often a look that moves no quote gives one another size, in percent.
    pub restless_percent: u64,
}

impl Character {
    /// The same, looked at so often, with something changed in every book at each look.
    #[must_use]
    pub const fn looked_at(self, looks_a_second: u32) -> Self {
        Self { looks_a_second, restless_percent: 100, ..self }
    }

    /// Our own exchange, when it plays.
    #[must_use]
    pub const fn house() -> Self {
        Self {
            venue: None,
            lag_ms: 100,
            error_ppm: 40,
            drifts_every_s: 0,
            spread_percent: 100,
            depth_percent: 100,
            looks_a_second: 2,
            restless_percent: 60,
        }
    }

    /// The venue as it is known: who leads, who follows, whose market is deep.
    #[must_use]
    pub const fn of(venue: Venue) -> Self {
        let (lag_ms, error_ppm, spread_percent, depth_percent) = match venue {
            Venue::Binance => (0, 50, 80, 200),
            Venue::Coinbase => (100, 80, 110, 120),
            Venue::Kraken => (250, 120, 140, 70),
            Venue::Kucoin => (150, 130, 120, 80),
        };
        Self {
            venue: Some(venue),
            lag_ms,
            error_ppm,
            drifts_every_s: 240,
            spread_percent,
            depth_percent,
            looks_a_second: 2,
            restless_percent: 60,
        }
    }
}

/// What one venue's agents see.
#[derive(Debug)]
pub struct Outlook {
    process: Arc<PriceProcess>,
    character: Character,
    path: Path,
    /// The latest sheets, newest last.
    sheets: VecDeque<Sheet>,
    /// By how much the venue errs, as parts of [`WHOLE`].
    errors: [i64; KNOWN],
    random: Random,
}

impl Outlook {
    pub fn new(process: Arc<PriceProcess>, character: Character) -> Self {
        let path = process.open_path();
        let who = character.venue.map_or(0, |venue| venue as u64 + 1);
        let random = Random::on(path.seed(), &[0x0065_7272, who]);
        let sheets = VecDeque::from([*path.sheet()]);
        Self { process, character, path, sheets, errors: [0; KNOWN], random }
    }

    pub fn character(&self) -> &Character {
        &self.character
    }

    pub fn process(&self) -> &Arc<PriceProcess> {
        &self.process
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a step.
    pub fn step(&mut self) {
        self.leap(1);
    }

    /// Makes so many steps in one.
    pub fn leap(&mut self, steps: u64) {
        self.path.leap(&self.process, steps);
        if LATE_STEPS_MAX < self.sheets.len() {
            self.sheets.pop_front();
        }
        self.sheets.push_back(*self.path.sheet());
        let lively = self.path.liveliness_percent().min(ERROR_LIVELINESS_MAX);
        let seconds = u64::from(self.character.drifts_every_s);
        let deviation = ppm(self.character.error_ppm.into()) * MOVES_PERCENT / 100;
        for (error, nature) in self.errors.iter_mut().zip(&NATURES) {
            if nature.is_dollar() {
                continue;
            }
            let left = i128::from(*error) * i128::from(LEFT) / i128::from(WHOLE);
            *error = i64::try_from(left).expect("less than it was");
            *error += deviation * self.random.bell() / DEVIATION * lively / 100;
            let drifts = 0 < seconds && self.random.once_in(seconds * STEPS_A_SECOND);
            if drifts && 0 < lively {
                let far = ppm(DRIFT_PPM + self.random.below(2 * DRIFT_PPM));
                *error += if self.random.once_in(2) { far } else { -far };
            }
        }
    }

    /// What one of an asset is worth here, as this venue's makers believe.
    pub fn worth(&self, code: &str) -> Option<Worth> {
        let at = place(code)?;
        Some(self.late_sheet()[at].moved(self.errors[at]))
    }

    /// What it is worth everywhere, as somebody knows who trades at several venues.
    pub fn common_worth(&self, code: &str) -> Option<Worth> {
        self.path.worth(code)
    }

    /// How much makers quote here now: 100 is as usual.
    pub fn depth_percent(&self) -> u32 {
        let shown = self.path.sky().map_or(100, |sky| sky.depth_percent);
        self.character.depth_percent * shown / 100
    }

    /// How lively the world is; around 100.
    pub fn liveliness_percent(&self) -> i64 {
        self.path.liveliness_percent()
    }

    fn late_sheet(&self) -> &Sheet {
        let sky = self.path.sky().zip(self.character.venue);
        let more = sky.map_or(0, |(sky, venue)| sky.late_steps[venue as usize]);
        let late = (self.character.lag_ms / STEP_MS) as usize + more;
        &self.sheets[(self.sheets.len() - 1).saturating_sub(late)]
    }
}

fn ppm(count: u64) -> i64 {
    i64::try_from(count).expect("a few millionths") * (WHOLE / 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::watch;

    use super::*;
    use crate::prices::Tapes;
    use crate::weather::Weather;

    /// How far apart two are, in millionths of the first.
    fn apart(one: Worth, other: Worth) -> i64 {
        one.to(other) / (WHOLE / 1_000_000)
    }

    #[test]
    fn a_venue_hears_of_prices_late_and_later_where_the_weather_says_so() {
        let weather = watch::Sender::new(Weather::default());
        let process = PriceProcess::new(1, Tapes::default(), weather.subscribe());
        let exact = Character { error_ppm: 0, drifts_every_s: 0, ..Character::of(Venue::Kraken) };
        let mut late = Outlook::new(Arc::clone(&process), exact);
        let mut seen = vec![late.common_worth("BTC")];
        let mut check = |lag: usize, late: &mut Outlook| {
            late.step();
            seen.push(late.common_worth("BTC"));
            assert_eq!(late.worth("BTC"), seen[seen.len() - 1 - lag]);
        };
        for made in 1..100 {
            check(made.min(5), &mut late);
        }
        weather.send_modify(|it| it.lags[Venue::Kraken as usize] = Duration::from_secs(3));
        (0..100).for_each(|_| check(65, &mut late));
        weather.send_modify(|it| {
            it.lags = [Duration::ZERO; 4];
            it.lags[Venue::Binance as usize] = Duration::from_secs(3);
        });
        (0..100).for_each(|_| check(5, &mut late));
    }

    #[test]
    fn venues_drift_apart_and_together_again() {
        let process = PriceProcess::of_seed(1);
        let mut venues = Venue::ALL.map(|it| Outlook::new(Arc::clone(&process), Character::of(it)));
        // Five minutes. So many steps in a row one coin was far from the others somewhere.
        let (mut row, mut longest, mut count) = (0, 0, 0);
        for _ in 0..6_000 {
            venues.iter_mut().for_each(Outlook::step);
            let worths = venues.each_ref().map(|it| it.worth("ETH").unwrap());
            let (low, high) = (worths.iter().min().unwrap(), worths.iter().max().unwrap());
            let is_far = 1_500 < apart(*low, *high);
            count += u32::from(is_far && row == 0);
            row = if is_far { row + 1 } else { 0 };
            longest = longest.max(row);
            assert!(apart(*low, *high) < 12_000);
        }
        assert!(2 <= count, "{count} times");
        assert!((20..600).contains(&longest), "{longest} steps");
        let dollars = venues.each_ref().map(|it| it.worth("USD"));
        assert_eq!(dollars, [Some(Worth::DOLLAR); 4]);
    }

    #[test]
    fn each_venue_errs_by_itself_and_the_same_each_time() {
        let see = |venue| {
            let mut outlook = Outlook::new(PriceProcess::of_seed(1), Character::of(venue));
            (0..100).for_each(|_| outlook.step());
            let error = apart(outlook.common_worth("SOL").unwrap(), outlook.worth("SOL").unwrap());
            (error, outlook.worth("SOL"))
        };
        assert_eq!(see(Venue::Kucoin), see(Venue::Kucoin));
        assert_ne!(see(Venue::Binance).0, see(Venue::Kucoin).0);
    }
}
