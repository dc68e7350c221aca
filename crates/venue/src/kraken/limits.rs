//! Counters that rise with each request and fall by themselves: of a key, and of a key's orders in
//! one market.
//!
//! Units   points, kept in millionths; times are the venue's.
//! Source  docs.kraken.com, "Spot REST rate limits" and "Spot trading rate limits".

use std::time::Duration;

use model::Time;

/// How far an account has been verified: by that it may ask more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each is its own name.
pub enum Tier {
    Starter,
    Intermediate,
    Pro,
}

impl Tier {
    /// The most that a key's counter may show.
    #[must_use]
    pub const fn requests_max(self) -> u32 {
        match self {
            Self::Starter => 15,
            Self::Intermediate | Self::Pro => 20,
        }
    }

    /// By how many millionths of a point it falls in a second.
    #[must_use]
    pub const fn requests_decay(self) -> u64 {
        match self {
            Self::Starter => 330_000,
            Self::Intermediate => 500_000,
            Self::Pro => 1_000_000,
        }
    }

    /// The most that the counter of orders in one market may show.
    #[must_use]
    pub const fn orders_max(self) -> u32 {
        match self {
            Self::Starter => 60,
            Self::Intermediate => 125,
            Self::Pro => 180,
        }
    }

    /// By how many millionths of a point it falls in a second.
    #[must_use]
    pub const fn orders_decay(self) -> u64 {
        match self {
            Self::Starter => 1_000_000,
            Self::Intermediate => 2_340_000,
            Self::Pro => 3_750_000,
        }
    }

    /// How many orders may stand in one market.
    #[must_use]
    pub const fn open_orders_max(self) -> usize {
        match self {
            Self::Starter => 60,
            Self::Intermediate => 80,
            Self::Pro => 225,
        }
    }
}

/// What is done with an order, by what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// A new one.
    Add,
    /// Changed in its place.
    Amend,
    /// Put in the place of another.
    Edit,
    /// Ended.
    Cancel,
}

/// What it costs to do that with an order that has stood so long: the shorter, the more.
#[must_use]
pub const fn cost_of(handling: Handling, age: Duration) -> u32 {
    match (handling, age.as_secs()) {
        (Handling::Add, _) | (Handling::Amend, 15..) | (Handling::Edit, 90..) => 1,
        (Handling::Amend, ..5) => 4,
        (Handling::Amend, 5..10) => 3,
        (Handling::Amend, 10..15) => 2,
        (Handling::Edit, ..5) => 7,
        (Handling::Edit, 5..10) => 6,
        (Handling::Edit, 10..15) => 5,
        (Handling::Edit, 15..45) => 3,
        (Handling::Edit, 45..90) => 2,
        (Handling::Cancel, ..5) => 8,
        (Handling::Cancel, 5..10) => 6,
        (Handling::Cancel, 10..15) => 5,
        (Handling::Cancel, 15..45) => 4,
        (Handling::Cancel, 45..90) => 2,
        (Handling::Cancel, 90..300) => 1,
        (Handling::Cancel, 300..) => 0,
    }
}

/// A counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter {
    millionths: u64,
    at: Time,
}

const POINT: u64 = 1_000_000;

impl Counter {
    /// Adds `points` where that does not exceed `max`; it falls by `decay` in a second.
    ///
    /// # Errors
    /// How long until it would not; then nothing is added.
    pub fn add(&mut self, points: u32, max: u32, decay: u64, now: Time) -> Result<(), Duration> {
        self.settle(decay, now);
        let after = self.millionths + u64::from(points) * POINT;
        let most = u64::from(max) * POINT;
        if after <= most {
            self.millionths = after;
            return Ok(());
        }
        let micros = u128::from(after - most) * u128::from(POINT) / u128::from(decay.max(1)) + 1;
        Err(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
    }

    /// Adds `points` whatever it shows then: some things are never refused.
    pub fn push(&mut self, points: u32, decay: u64, now: Time) {
        self.settle(decay, now);
        self.millionths = self.millionths.saturating_add(u64::from(points) * POINT);
    }

    /// What it shows, in millionths of a point.
    #[must_use]
    pub fn shows(mut self, decay: u64, now: Time) -> u64 {
        self.settle(decay, now);
        self.millionths
    }

    fn settle(&mut self, decay: u64, now: Time) {
        let past = u128::from(now.0.saturating_sub(self.at.0));
        let fallen = past * u128::from(decay) / u128::from(POINT);
        self.millionths = self.millionths.saturating_sub(u64::try_from(fallen).unwrap_or(u64::MAX));
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_counter_refuses_what_exceeds_it_and_falls_with_time() {
        let mut counter = Counter::default();
        let tier = Tier::Intermediate;
        let mut add = |points, now| {
            counter.add(points, tier.requests_max(), tier.requests_decay(), Time(now))
        };
        let start = 1_000 * SECOND;
        for _ in 0..20 {
            assert_eq!(add(1, start), Ok(()));
        }
        assert_eq!(add(1, start), Err(Duration::from_micros(2 * SECOND + 1)));
        assert!(add(1, start + SECOND).is_err());
        assert_eq!(add(1, start + 2 * SECOND), Ok(()));
        assert_eq!(add(1, start), Err(Duration::from_micros(2 * SECOND + 1)), "no step back");
        assert_eq!(add(20, start + 60 * SECOND), Ok(()));
    }

    #[test]
    fn a_young_order_costs_more_than_an_old_one() {
        for (handling, costs) in [
            (Handling::Add, [1, 1, 1, 1, 1, 1, 1]),
            (Handling::Amend, [4, 3, 2, 1, 1, 1, 1]),
            (Handling::Edit, [7, 6, 5, 3, 2, 1, 1]),
            (Handling::Cancel, [8, 6, 5, 4, 2, 1, 0]),
        ] {
            let ages = [0, 5, 10, 15, 45, 90, 300].map(Duration::from_secs);
            assert_eq!(ages.map(|age| cost_of(handling, age)), costs, "{handling:?}");
        }
    }
}
