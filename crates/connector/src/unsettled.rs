//! Orders of which nobody knows yet whether the venue has them.
//!
//! An order that was sent without an answer may still arrive, for as long as the venue takes
//! requests of its age. Until then "no such order" says nothing.
//!
//! Keeps   at most [`NAMES_MAX`] names; what is forgotten for want of room is taken for unsettled,
//!         whatever its name, until its time is over.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{ClientOrderId, Time};
use venue::port::VenueError;

/// Names that are kept at once.
const NAMES_MAX: usize = 1_000;

/// The orders of one account that may still arrive.
#[derive(Debug, Default)]
pub struct Unsettled(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Until when each may still arrive, by the venue's clock.
    names: VecDeque<(ClientOrderId, Time)>,
    /// Until when any other may.
    others_until: Time,
}

/// An order on its way.
struct Placing<'a, Now: Fn() -> Time> {
    unsettled: &'a Unsettled,
    now: Now,
    name: ClientOrderId,
    within: Duration,
    is_settled: bool,
}

impl<Now: Fn() -> Time> Drop for Placing<'_, Now> {
    fn drop(&mut self) {
        if !self.is_settled {
            let within = u64::try_from(self.within.as_micros()).unwrap_or(u64::MAX);
            let until = (self.now)().0.saturating_add(within);
            self.unsettled.note(self.name, Time(until));
        }
    }
}

impl Unsettled {
    /// What becomes of the order of that name, which `placed` sends. Without an answer it may
    /// arrive `within` so long still, by the clock of [`Self::wait`]; whoever stops waiting for one
    /// knows as little.
    pub async fn watch<T>(
        &self,
        name: ClientOrderId,
        (now, within): (impl Fn() -> Time, Duration),
        placed: impl Future<Output = Result<T, VenueError>>,
    ) -> Result<T, VenueError> {
        let mut placing = Placing { unsettled: self, now, name, within, is_settled: false };
        let outcome = placed.await;
        placing.is_settled = !matches!(outcome, Err(VenueError::Unknown { .. }));
        outcome
    }

    /// The order of that name may arrive until then.
    fn note(&self, name: ClientOrderId, until: Time) {
        let mut kept = self.lock();
        if NAMES_MAX <= kept.names.len()
            && let Some((_, until)) = kept.names.pop_front()
        {
            kept.others_until = kept.others_until.max(until);
        }
        kept.names.push_back((name, until));
    }

    /// For how long the order of that name may still arrive; `None` where it cannot.
    pub fn wait(&self, name: &ClientOrderId, now: Time) -> Option<Duration> {
        let mut kept = self.lock();
        kept.names.retain(|(_, until)| now < *until);
        let named = kept.names.iter().filter(|(kept, _)| kept == name).map(|(_, until)| *until);
        let until = named.max().unwrap_or_default().max(kept.others_until);
        (now < until).then(|| Duration::from_micros(until.0 - now.0))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ClientOrderId {
        ClientOrderId::new(text).unwrap()
    }

    #[test]
    fn an_order_without_an_answer_is_unsettled_for_its_time_and_no_other_is() {
        let unsettled = Unsettled::default();
        unsettled.note(name("a"), Time(50));
        assert_eq!(unsettled.wait(&name("a"), Time(20)), Some(Duration::from_micros(30)));
        assert_eq!(unsettled.wait(&name("b"), Time(20)), None);
        assert_eq!(unsettled.wait(&name("a"), Time(50)), None);
    }

    #[test]
    fn what_there_is_no_room_for_is_unsettled_under_every_name() {
        let unsettled = Unsettled::default();
        for number in 0..=NAMES_MAX {
            unsettled.note(name(&format!("n{number}")), Time(50));
        }
        assert!(unsettled.wait(&name("n0"), Time(49)).is_some());
        assert!(unsettled.wait(&name("any"), Time(49)).is_some());
        assert_eq!(unsettled.wait(&name("any"), Time(50)), None);
    }
}
