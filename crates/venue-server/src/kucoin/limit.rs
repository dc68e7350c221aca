//! How much may be asked: pools of weight, each for a window of thirty seconds.
//!
//! Keeps   the pool of what everybody may ask is counted by network, the others by account; what
//!         does not fit is refused and not counted. No more than [`CLIENTS_MAX`] are remembered;
//!         who asked longest ago is forgotten first.
//! Source  as `venue::kucoin::Pool`.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::{Time, UserId};
use venue::kucoin::{Pool, WINDOW_MILLIS};

use crate::network::network_of;
use crate::recent::Recent;

/// Clients remembered at once.
const CLIENTS_MAX: usize = 1 << 16;

/// Whose window it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Client {
    Network(IpAddr),
    User(UserId),
}

/// What was used of a window.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    window: u64,
    weight: u32,
}

/// How a window stands, as the headers of an answer tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What a window has.
    pub limit: u32,
    /// What is left of it.
    pub remaining: u32,
    /// In how many milliseconds the next one begins.
    pub reset_millis: u64,
}

/// What was asked.
#[derive(Debug)]
pub struct Meter(Mutex<Recent<(Client, Pool), Used>>);

impl Default for Meter {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(CLIENTS_MAX)))
    }
}

impl Meter {
    /// Counts a request of that weight.
    ///
    /// # Errors
    /// How the window stands where it does not fit.
    pub fn charge(
        &self,
        from: IpAddr,
        user: Option<UserId>,
        (pool, weight): (Pool, u32),
        now: Time,
    ) -> Result<Standing, Standing> {
        let client = match user {
            Some(user) if !pool.is_by_address() => Client::User(user),
            Some(_) | None => Client::Network(network_of(from)),
        };
        let (window, limit) = (now.millis() / WINDOW_MILLIS, pool.weight_max());
        let mut meter = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = meter.see((client, pool));
        if used.window != window {
            *used = Used { window, weight: 0 };
        }
        let after = used.weight.saturating_add(weight);
        let fits = after <= limit;
        if fits {
            used.weight = after;
        }
        let remaining = limit.saturating_sub(used.weight);
        let reset_millis = WINDOW_MILLIS - now.millis() % WINDOW_MILLIS;
        let standing = Standing { limit, remaining, reset_millis };
        if fits { Ok(standing) } else { Err(standing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_used_up_and_full_again_in_the_next_window() {
        let meter = Meter::default();
        let (here, there) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let user = Some(UserId([1; 16]));
        let at = Time::from_millis;
        let remaining = |charged: Result<Standing, Standing>| {
            charged.map(|it| it.remaining).map_err(|it| (it.remaining, it.reset_millis))
        };
        for (from, user, cost, now, want) in [
            (here, None, (Pool::Public, 1_990), at(0), Ok(10)),
            (here, None, (Pool::Public, 15), at(10_000), Err((10, 20_000))),
            (here, None, (Pool::Public, 10), at(29_999), Ok(0)),
            (there, None, (Pool::Public, 15), at(29_999), Ok(1_985)),
            (here, user, (Pool::Public, 1), at(29_999), Err((0, 1))),
            (here, user, (Pool::Spot, 3_000), at(29_999), Ok(1_000)),
            (there, user, (Pool::Spot, 1_001), at(29_999), Err((1_000, 1))),
            (there, user, (Pool::Management, 20), at(29_999), Ok(1_980)),
            (here, None, (Pool::Public, 2_000), at(30_000), Ok(0)),
        ] {
            let told = remaining(meter.charge(from, user, cost, now));
            assert_eq!(told, want, "{from} {cost:?} {now:?}");
        }
    }
}
