//! The weather as prices feel it: whole numbers within bounds, so that every machine feels the
//! same.

use std::time::Duration;

use venue::port::Venue;

use super::process::STEP;
use super::random::WHOLE;
use crate::weather::Weather;

/// Bounds of what a scenario can ask.
const VOLATILITY_PERCENT_MAX: f64 = 2_000.0;
const DEPTH_PERCENT_MAX: f64 = 1_000.0;
const OFF_PPM_MAX: f64 = 500_000.0;
const LATE_MAX: Duration = Duration::from_secs(30);
const RECOVERY_MAX: Duration = Duration::from_secs(86_400);
/// Jumps that were asked for since the last step and are made in one.
const JUMPS_AT_ONCE_MAX: u32 = 10;

/// The weather of a step. Parts are of [`WHOLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sky {
    /// How far prices move: 100 is as usual.
    pub volatility_percent: i64,
    /// How many jumps are made at the step at which it begins, and how far each goes.
    pub jumps: u32,
    pub jump: i64,
    /// In how many steps half of a jump is made up for; `None` for never.
    pub recovery_steps: Option<i64>,
    /// How far USDC is off its usual worth.
    pub usdc_off: i64,
    /// How many steps each venue is behind, more than usual.
    pub late_steps: [usize; Venue::ALL.len()],
    /// How much of what they usually show makers show.
    pub depth_percent: u32,
}

impl Sky {
    /// What `weather` comes to, where so many jumps were made already. What is no number is as
    /// usual, what is beyond its bounds is brought to them.
    pub fn of(weather: &Weather, jumps_made: u32) -> Self {
        let percent = |part: f64, most: f64| bounded(part * 100.0, 100, 0.0, most);
        let part =
            |of: f64| bounded(of * 1_000_000.0, 0, -OFF_PPM_MAX, OFF_PPM_MAX) * (WHOLE / 1_000_000);
        let recovery = weather.recovery.map(|half| steps(half.min(RECOVERY_MAX)).max(1));
        let late = weather.lags.map(|lag| steps(lag.min(LATE_MAX)));
        Self {
            volatility_percent: percent(weather.volatility, VOLATILITY_PERCENT_MAX),
            jumps: weather.jumps.saturating_sub(jumps_made).min(JUMPS_AT_ONCE_MAX),
            jump: part(weather.jump.exp_m1()),
            recovery_steps: recovery.map(|steps| i64::try_from(steps).unwrap_or(i64::MAX)),
            usdc_off: part(weather.usdc_basis),
            late_steps: late,
            depth_percent: u32::try_from(percent(weather.depth, DEPTH_PERCENT_MAX)).unwrap_or(100),
        }
    }
}

fn steps(time: Duration) -> usize {
    usize::try_from(time.as_nanos() / STEP.as_nanos()).unwrap_or(usize::MAX)
}

/// The whole number nearest to `number`, or to the nearer bound, or what is `usual`.
fn bounded(number: f64, usual: i64, least: f64, most: f64) -> i64 {
    if number.is_nan() {
        return usual;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are a few millions")]
    let whole = number.clamp(least, most).round() as i64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_weather_changes_nothing() {
        let usual = Sky {
            volatility_percent: 100,
            jumps: 0,
            jump: 0,
            recovery_steps: None,
            usdc_off: 0,
            late_steps: [0; 4],
            depth_percent: 100,
        };
        assert_eq!(Sky::of(&Weather::default(), 0), usual);
    }

    #[test]
    fn nonsense_is_brought_within_bounds() {
        let wild = Weather {
            volatility: f64::INFINITY,
            jumps: u32::MAX,
            jump: -1e300,
            recovery: Some(Duration::ZERO),
            usdc_basis: f64::NAN,
            lags: [Duration::MAX; 4],
            depth: -1.0,
        };
        let want = Sky {
            volatility_percent: 2_000,
            jumps: 10,
            jump: -500_000 * (WHOLE / 1_000_000),
            recovery_steps: Some(1),
            usdc_off: 0,
            late_steps: [600; 4],
            depth_percent: 0,
        };
        assert_eq!(Sky::of(&wild, 0), want);
        assert_eq!(Sky::of(&wild, u32::MAX).jumps, 0);
    }
}
