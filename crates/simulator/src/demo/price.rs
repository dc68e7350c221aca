//! What assets are worth: a common factor, each asset's own noise, jumps, and weather.
//!
//! Units   dollars (USDT) as floats: a model of the world, not money. A price becomes exact where
//!         it becomes a whole number of ticks or lots, in [`whole`].
//! Keeps   in the long run a value comes back to its anchor, so that days of demo stay plausible;
//!         a cross is the ratio of two values, so that crosses agree with each other.

use super::random::Random;

/// How much time one step stands for, in seconds.
pub const STEP_SECONDS: f64 = 0.25;
const YEAR_SECONDS: f64 = 365.0 * 86_400.0;
/// Half of the way back to the anchor is made in so many seconds.
const HALF_LIFE_SECONDS: f64 = 1.5 * 86_400.0;
/// A stable asset returns faster.
const STABLE_HALF_LIFE_SECONDS: f64 = 1_800.0;
/// How much the common factor moves in a year.
const COMMON_VOLATILITY: f64 = 0.55;

/// How one asset moves.
#[derive(Clone, Copy, Debug)]
struct Nature {
    code: &'static str,
    anchor: f64,
    /// How much it follows the common factor.
    beta: f64,
    /// How much it moves by itself in a year.
    own_volatility: f64,
    /// How often it jumps by itself, per step.
    jumps: f64,
}

const fn nature(code: &'static str, anchor: f64, beta: f64, own: f64, jumps: f64) -> Nature {
    Nature { code, anchor, beta, own_volatility: own, jumps }
}

const NATURES: [Nature; 7] = [
    nature("USDT", 1.0, 0.0, 0.0, 0.0),
    nature("USDC", 1.0, 0.0, 0.006, 0.0),
    nature("BTC", 67_000.0, 1.0, 0.15, 1.0 / 9_000.0),
    nature("ETH", 3_400.0, 1.2, 0.30, 1.0 / 7_000.0),
    nature("SOL", 150.0, 1.4, 0.50, 1.0 / 5_000.0),
    nature("XRP", 2.2, 1.1, 0.55, 1.0 / 5_000.0),
    nature("ADA", 0.6, 1.3, 0.50, 1.0 / 5_000.0),
];

/// How lively the world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Calm,
    Fair,
    Storm,
}

impl Weather {
    const fn liveliness(self) -> f64 {
        match self {
            Self::Calm => 0.6,
            Self::Fair => 1.2,
            Self::Storm => 3.0,
        }
    }

    /// It lasts five minutes when calm, ten when fair, two when stormy, on average.
    fn turn(self, random: &mut Random) -> Self {
        match self {
            Self::Calm if random.chance(1.0 / 1_200.0) => Self::Fair,
            Self::Fair if random.chance(1.0 / 4_000.0) => Self::Storm,
            Self::Fair if random.chance(1.0 / 4_000.0) => Self::Calm,
            Self::Storm if random.chance(1.0 / 480.0) => Self::Fair,
            Self::Calm | Self::Fair | Self::Storm => self,
        }
    }
}

/// What all assets are worth now.
#[derive(Clone, Debug)]
pub struct World {
    random: Random,
    weather: Weather,
    /// Natural logarithms, in the order of `NATURES`.
    logs: [f64; NATURES.len()],
}

impl World {
    /// The world as the demo begins.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            weather: Weather::Fair,
            logs: NATURES.map(|nature| nature.anchor.ln()),
        }
    }

    /// Goes on from what an asset was worth last.
    pub fn resume(&mut self, code: &str, value: f64) {
        if let Some(place) = place(code).filter(|_| value.is_finite() && 0.0 < value) {
            self.logs[place] = value.ln();
        }
    }

    /// Lets [`STEP_SECONDS`] pass.
    pub fn step(&mut self) {
        let random = &mut self.random;
        self.weather = self.weather.turn(random);
        let root = (STEP_SECONDS / YEAR_SECONDS).sqrt() * self.weather.liveliness();
        let mut common = COMMON_VOLATILITY * root * random.normal();
        if random.chance(self.weather.liveliness() / 12_000.0) {
            common += 0.003 * random.normal();
        }
        for (log, nature) in self.logs.iter_mut().zip(NATURES) {
            let own = nature.own_volatility * root * random.normal();
            let jump = if random.chance(nature.jumps) { 0.004 * random.normal() } else { 0.0 };
            let half_life =
                if nature.beta == 0.0 { STABLE_HALF_LIFE_SECONDS } else { HALF_LIFE_SECONDS };
            let back = std::f64::consts::LN_2 / half_life * STEP_SECONDS;
            *log += nature.beta * common + own + jump - back * (*log - nature.anchor.ln());
        }
    }

    /// What one of an asset is worth in dollars; `None` for one that the demo does not know.
    #[must_use]
    pub fn value(&self, code: &str) -> Option<f64> {
        // What everything is measured in.
        if code == "USD" { Some(1.0) } else { Some(self.logs[place(code)?].exp()) }
    }

    /// How lively the world is; around 1.
    #[must_use]
    pub const fn liveliness(&self) -> f64 {
        self.weather.liveliness()
    }
}

fn place(code: &str) -> Option<usize> {
    NATURES.iter().position(|nature| nature.code == code)
}

/// The whole number nearest to `number`, if it lies between 0 and 2^48.
#[must_use]
pub fn whole(number: f64) -> Option<u64> {
    const LIMIT: f64 = 281_474_976_710_656.0;
    let rounded = number.round();
    #[expect(clippy::cast_possible_truncation, reason = "checked in the next line")]
    let whole = rounded as u64;
    (0.0..LIMIT).contains(&rounded).then_some(whole)
}

/// `whole` as a float: exact, as everything here is below 2^48.
#[must_use]
pub fn float(whole: u64) -> f64 {
    whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_begin_plausibly_and_stay_so_for_days() {
        let mut world = World::new(1);
        let steps_a_day = 86_400 * 4;
        for nature in NATURES {
            assert!((world.value(nature.code).unwrap() / nature.anchor - 1.0).abs() < 1e-9);
        }
        for _ in 0..2 * steps_a_day {
            world.step();
        }
        for nature in NATURES {
            let ratio = world.value(nature.code).unwrap() / nature.anchor;
            assert!((0.5..2.0).contains(&ratio), "{} {ratio}", nature.code);
        }
        let stable = world.value("USDC").unwrap();
        assert!((stable - 1.0).abs() < 0.005, "{stable}");
    }

    #[test]
    fn a_value_moves_within_seconds_but_not_wildly() {
        let mut world = World::new(2);
        let mut moves = Vec::new();
        for _ in 0..1_000 {
            let before = world.value("BTC").unwrap();
            for _ in 0..4 {
                world.step();
            }
            moves.push((world.value("BTC").unwrap() / before - 1.0).abs());
        }
        let mean = moves.iter().sum::<f64>() / 1_000.0;
        assert!((1e-5..1e-3).contains(&mean), "{mean}");
    }

    #[test]
    fn numbers_become_whole_or_nothing() {
        assert_eq!(whole(6_700_000.4), Some(6_700_000));
        for none in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(whole(none), None, "{none}");
        }
    }
}
