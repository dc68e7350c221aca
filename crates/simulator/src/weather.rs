//! What a scenario asks of prices; whoever moves prices looks at it as they go.

use std::time::Duration;

use venue::port::Venue;

/// How many venues there are.
const VENUES: usize = Venue::ALL.len();

/// What the prices of all venues are to do. Nothing out of the ordinary by default.
///
/// It is told by a `tokio::sync::watch`, so that prices find it changed under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// How much livelier than usual prices move: 1 as usual, less when calm, more when volatile.
    pub volatility: f64,
    /// How many jumps have been asked for since the start. Each is made once, by whoever sees that
    /// there is one more.
    pub jumps: u32,
    /// How far each jump goes, as the natural logarithm of the price after it by that before; all
    /// assets but stable ones jump.
    pub jump: f64,
    /// In how long half of a jump is made up for; `None` for never.
    pub recovery: Option<Duration>,
    /// What one USDC is worth beyond one USDT, as a part of it: −0.08 for a broken peg.
    pub usdc_basis: f64,
    /// By how long each venue lags behind the common price, beyond what it always does; in the
    /// order of [`Venue::ALL`].
    pub lags: [Duration; VENUES],
    /// How much of what they usually show makers show: 1 for all.
    pub depth: f64,
}

impl Weather {
    /// By how long `venue` lags.
    #[must_use]
    pub fn lag(&self, venue: Venue) -> Duration {
        let places = Venue::ALL.iter().zip(self.lags);
        places.into_iter().find(|(it, _)| **it == venue).map(|(_, lag)| lag).unwrap_or_default()
    }
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            volatility: 1.0,
            jumps: 0,
            jump: 0.0,
            recovery: None,
            usdc_basis: 0.0,
            lags: [Duration::ZERO; VENUES],
            depth: 1.0,
        }
    }
}
