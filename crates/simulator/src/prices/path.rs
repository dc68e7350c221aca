//! What everything is worth, step after step: a common factor, what each asset does by itself,
//! jumps, and moods that come and go.
//!
//! Units   worth in dollars, moves in parts of [`WHOLE`]: integers throughout, so that every
//!         machine draws the same prices.
//! Keeps   in the long run a worth comes back to its anchor, so that days of demo stay plausible;
//!         a cross is the ratio of two worths, so that crosses agree with each other; a step draws
//!         as many numbers whatever happens in it.

use super::nature::{A_YEAR, KNOWN, NATURES, place};
use super::process::PriceProcess;
use super::random::{DEVIATION, Random, WHOLE};
use super::sky::Sky;
use super::tape::Tapes;
use super::worth::Worth;

/// How far the common factor moves in a step: one deviation; 55 % in a year.
const COMMON: i64 = 55 * A_YEAR;
/// A jump of all coins comes once in so many steps of usual liveliness.
const COMMON_JUMPS: u64 = 60_000;
/// One deviation of such a jump, in millionths; and of one coin's own.
const COMMON_JUMP_PPM: i64 = 3_000;
const OWN_JUMP_PPM: i64 = 4_000;

/// The most steps in one: a minute.
const LEAP_MAX: u64 = 1_200;

/// The part of a way that is made in a step, where half of it is made in so many steps.
const fn half_in(steps: i64) -> i64 {
    // The logarithm of 2 is 0.693147.
    WHOLE / 1_000_000 * 693_147 / steps
}
/// Half of the way back to the anchor is made in a day and a half; by a dollar in half an hour.
const HOMEWARD: i64 = half_in(36 * 3_600 * 20);
const HOMEWARD_DOLLAR: i64 = half_in(1_800 * 20);
/// Where a dollar loses its peg, half of the way is made in five seconds; and half of the way back.
const DE_PEGGING: i64 = half_in(5 * 20);

/// How lively the world is by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Calm,
    Fair,
    Storm,
}

impl Mood {
    const fn liveliness_percent(self) -> i64 {
        match self {
            Self::Calm => 60,
            Self::Fair => 120,
            Self::Storm => 300,
        }
    }

    /// It lasts five minutes when calm, eight when fair, two when stormy, on average.
    fn turn(self, random: &mut Random, steps: u64) -> Self {
        let (one, other) = (random.next(), random.next());
        let happens = |drawn: u64, times: u64| drawn.is_multiple_of((times / steps).max(1));
        match self {
            Self::Calm if happens(one, 6_000) => Self::Fair,
            Self::Fair if happens(one, 20_000) => Self::Storm,
            Self::Fair if happens(other, 20_000) => Self::Calm,
            Self::Storm if happens(one, 2_400) => Self::Fair,
            Self::Calm | Self::Fair | Self::Storm => self,
        }
    }
}

/// What everything is worth at one step.
pub type Sheet = [Worth; KNOWN];

/// The course of everything that is known.
#[derive(Clone, Debug)]
pub struct Path {
    seed: u64,
    tapes: Tapes,
    random: Random,
    step: u64,
    mood: Mood,
    sky: Option<Sky>,
    /// Without what the weather does.
    natural: Sheet,
    /// How far all coins are off after a jump, and how much of that is made up for in a step.
    off: i64,
    recovery: i64,
    /// How far USDC is off its peg.
    usdc_off: i64,
    sheet: Sheet,
}

impl Path {
    /// Where the world begins.
    pub(super) fn new(seed: u64, tapes: Tapes) -> Self {
        let mut natural = NATURES.map(|nature| nature.anchor());
        tapes.play(0, &mut natural);
        Self {
            seed,
            tapes,
            random: Random::new(seed),
            step: 0,
            mood: Mood::Fair,
            sky: None,
            natural,
            off: 0,
            recovery: 0,
            usdc_off: 0,
            sheet: natural,
        }
    }

    /// See [`PriceProcess::resume`].
    pub(super) fn resume(&mut self, again: u64, found: &[(&str, Worth)]) {
        self.seed ^= again;
        self.random = Random::new(self.seed);
        for (code, worth) in found {
            if let Some(at) = place(code) {
                self.natural[at] = *worth;
                self.sheet[at] = *worth;
            }
        }
    }

    /// From which what is drawn follows.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many steps were made.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// What one of an asset is worth; `None` for one that is not known.
    pub fn worth(&self, code: &str) -> Option<Worth> {
        Some(self.sheet[place(code)?])
    }

    /// What everything is worth, in the order of `NATURES`.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// The weather of the step; none before the first.
    pub fn sky(&self) -> Option<&Sky> {
        self.sky.as_ref()
    }

    /// How lively the world is; around 100.
    pub fn liveliness_percent(&self) -> i64 {
        let volatility = self.sky.map_or(100, |sky| sky.volatility_percent);
        self.mood.liveliness_percent() * volatility / 100
    }

    /// Makes a step.
    #[cfg(test)]
    pub fn advance(&mut self, process: &PriceProcess) {
        self.leap(process, 1);
    }

    /// Makes so many steps in one, which draws other numbers than they would one by one.
    pub fn leap(&mut self, process: &PriceProcess, steps: u64) {
        self.step += steps;
        let (sky, begins) = process.sky_of(self.step);
        self.sky = Some(sky);
        self.move_by_nature(sky.volatility_percent, steps);
        if begins {
            (0..sky.jumps).for_each(|_| self.jump(&sky));
        }
        self.tapes.play(self.step, &mut self.natural);
        self.move_by_weather(&sky);
    }

    fn jump(&mut self, sky: &Sky) {
        match sky.recovery_steps {
            Some(steps) => {
                self.off += sky.jump;
                self.recovery = half_in(steps);
            }
            None => {
                let coins = self.natural.iter_mut().zip(&NATURES);
                for (worth, _) in coins.filter(|(_, nature)| !nature.is_dollar()) {
                    *worth = worth.moved(sky.jump);
                }
            }
        }
    }

    fn move_by_nature(&mut self, volatility_percent: i64, steps: u64) {
        let random = &mut self.random;
        self.mood = self.mood.turn(random, steps);
        let time = i64::try_from(steps.min(LEAP_MAX)).expect("a few steps");
        let lively = self.mood.liveliness_percent() * volatility_percent;
        let drawn = |random: &mut Random, deviation: i64| {
            deviation * random.bell() / DEVIATION * lively / 10_000 * time.isqrt()
        };
        let jump = |random: &mut Random, times: u64, ppm: i64| {
            let far = random.bell() * ppm / DEVIATION * (WHOLE / 1_000_000);
            let comes = random.next();
            let times = (times / steps).max(u64::from(0 < times));
            if 0 < times && comes.is_multiple_of(times) && 0 < lively { far } else { 0 }
        };
        let common = drawn(random, COMMON) + jump(random, COMMON_JUMPS, COMMON_JUMP_PPM);
        for (worth, nature) in self.natural.iter_mut().zip(&NATURES) {
            let homeward = if nature.is_dollar() { HOMEWARD_DOLLAR } else { HOMEWARD };
            let own = drawn(random, nature.own) + jump(random, nature.jumps, OWN_JUMP_PPM);
            let back = scaled(worth.to(nature.anchor()), homeward * time);
            *worth = worth.moved(nature.beta * common / 100 + own + back);
        }
    }

    fn move_by_weather(&mut self, sky: &Sky) {
        self.usdc_off += scaled(sky.usdc_off - self.usdc_off, DE_PEGGING);
        for ((worth, natural), nature) in self.sheet.iter_mut().zip(&self.natural).zip(&NATURES) {
            let off = match nature.code {
                "USDC" => self.usdc_off,
                _ if nature.is_dollar() => 0,
                _ => self.off,
            };
            *worth = natural.moved(off);
        }
        self.off -= scaled(self.off, self.recovery);
    }
}

/// A part of a part.
fn scaled(part: i64, by: i64) -> i64 {
    let product = i128::from(part) * i128::from(by) / i128::from(WHOLE);
    i64::try_from(product).expect("a part of what fits")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::watch;

    use super::*;
    use crate::weather::Weather;

    /// How far apart two are, in millionths of the first.
    fn ppm(one: Worth, other: Worth) -> i64 {
        one.to(other) / (WHOLE / 1_000_000)
    }

    #[test]
    fn values_begin_plausibly_and_stay_so() {
        let process = PriceProcess::of_seed(1);
        let mut path = process.open_path();
        for nature in NATURES {
            assert_eq!(path.worth(nature.code), Some(nature.anchor()));
        }
        for second in 1..=6 * 3_600 {
            path.leap(&process, 20);
            if second % 60 != 0 {
                continue;
            }
            for nature in NATURES {
                let off = ppm(nature.anchor(), path.worth(nature.code).unwrap());
                let most = if nature.is_dollar() { 4_000 } else { 500_000 };
                assert!(off.abs() < most, "{} {off} at {second}", nature.code);
            }
            assert_eq!(path.worth("USD"), Some(Worth::DOLLAR));
        }
        let dollars = ["USDT", "USDC"].map(|code| path.worth(code).unwrap());
        assert!(dollars[0] != dollars[1] && dollars[0] != Worth::DOLLAR);
    }

    #[test]
    fn a_value_moves_within_seconds_but_not_wildly() {
        let process = PriceProcess::of_seed(2);
        let mut path = process.open_path();
        let mut far = |make: fn(&mut Path, &PriceProcess)| {
            let mut far = 0;
            for _ in 0..500 {
                let before = path.worth("BTC").unwrap();
                make(&mut path, &process);
                far += ppm(before, path.worth("BTC").unwrap()).abs();
            }
            far / 500
        };
        let step_by_step = far(|path, process| (0..20).for_each(|_| path.advance(process)));
        let at_once = far(|path, process| path.leap(process, 20));
        assert!((30..300).contains(&step_by_step), "{step_by_step}");
        assert!((30..300).contains(&at_once), "{at_once}");
    }

    #[test]
    fn weather_makes_prices_stand_still_jump_and_lose_their_peg() {
        let still = Weather { volatility: 0.0, ..Weather::default() };
        let weather = watch::Sender::new(still);
        let process = PriceProcess::new(3, Tapes::default(), weather.subscribe());
        let mut path = process.open_path();
        let see = |path: &Path| ["BTC", "ADA", "USDC"].map(|code| path.worth(code).unwrap());
        let before = see(&path);
        let off = |path: &Path| [0, 1, 2].map(|at| ppm(before[at], see(path)[at]));
        let mut pass = |steps| {
            (0..steps).for_each(|_| path.advance(&process));
            off(&path)
        };
        assert_eq!(pass(1), [0; 3]);

        let minute = Some(Duration::from_secs(60));
        weather.send_replace(Weather { jumps: 1, jump: -0.2, recovery: minute, ..still });
        assert_eq!(pass(1), [-181_268, -181_268, 0]);
        let [one, other, dollar] = pass(1_200);
        assert!((-91_500..-90_000).contains(&one) && one == other && dollar == 0, "{one}");
        assert!(pass(20_000).iter().all(|it| it.abs() < 2));
        weather.send_replace(Weather { jumps: 2, jump: 0.1, ..still });
        let [one, other, dollar] = pass(1);
        assert!((105_168..105_172).contains(&one) && one == other && dollar == 0, "{one}");

        weather.send_replace(Weather { jumps: 2, usdc_basis: -0.08, ..still });
        let dollar = pass(2_000)[2];
        assert!((-80_001..-79_900).contains(&dollar), "{dollar}");
        weather.send_replace(Weather { jumps: 2, ..still });
        assert!(pass(4_000)[2].abs() < 2);
    }
}
