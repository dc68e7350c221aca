//! How many orders an account may place, change and end in one market.
//!
//! Keeps   counters of [`COUNTERS_MAX`] at most; who was not counted for longest is forgotten.
//!         Ending an order is counted and never refused.
//! Source  docs.kraken.com, "Spot trading rate limits".

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{Time, UserId};
use venue::kraken::{Counter, Handling, Refusal, cost_of};
use venue::port::Pair;

use super::auth::TIER;
use crate::recent::Recent;

/// Counters remembered at once.
const COUNTERS_MAX: usize = 1 << 12;

/// The counters of all accounts.
#[derive(Debug)]
pub struct OrderMeter(Mutex<Recent<(UserId, Pair), Counter>>);

impl Default for OrderMeter {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(COUNTERS_MAX)))
    }
}

impl OrderMeter {
    /// Counts what is to be done with an order that was placed at `since`.
    ///
    /// # Errors
    /// [`Refusal::TooManyOrders`].
    pub fn charge(
        &self,
        (user, pair): (UserId, Pair),
        handling: Handling,
        since: Time,
        now: Time,
    ) -> Result<(), Refusal> {
        let age = Duration::from_micros(now.0.saturating_sub(since.0));
        let points = cost_of(handling, age);
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = counters.see((user, pair));
        let decay = TIER.orders_decay();
        match handling {
            Handling::Cancel => {
                counter.push(points, decay, now);
                Ok(())
            }
            Handling::Add | Handling::Amend | Handling::Edit => {
                let added = counter.add(points, TIER.orders_max(), decay, now);
                added.map_err(|_| Refusal::TooManyOrders)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_ends_what_was_just_placed_can_soon_place_no_more() {
        let meter = OrderMeter::default();
        let pair = Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() };
        let other = Pair { base: "ETH".parse().unwrap(), ..pair };
        let (user, now) = (UserId([1; 16]), Time(1_000_000_000));
        let mut rounds = 0;
        while meter.charge((user, pair), Handling::Add, now, now).is_ok() {
            meter.charge((user, pair), Handling::Cancel, now, now).unwrap();
            rounds += 1;
        }
        assert_eq!(rounds, 20, "nine points each, of 180");
        let charge = |pair| meter.charge((user, pair), Handling::Add, now, now);
        assert_eq!(charge(pair), Err(Refusal::TooManyOrders));
        assert_eq!(charge(other), Ok(()), "markets are counted each by itself");
        assert_eq!(meter.charge((user, pair), Handling::Cancel, now, now), Ok(()));
    }
}
