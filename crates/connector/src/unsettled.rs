//! Orders of which nobody knows yet whether the venue has them.
//!
//! An order that is on its way, or was sent without an answer, may still arrive: for as long as the
//! venue takes requests of its age. Until then "no such order" says nothing.
//!
//! What a process before this one sent may arrive as well: nothing is certain before this one has
//! lasted for as long.
//!
//! Keeps   "no such order" is judged by the moment at which it was asked for: whatever was under way
//!         then, or since then, may have arrived behind the answer. At most [`NAMES_MAX`] names;
//!         what is forgotten for want of room is taken for unsettled, whatever its name, until its
//!         time is over.
//! Units   moments of our clock, which goes evenly: a venue's that is measured anew may jump.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{ClientOrderId, Secret, Time};
use venue::port::{OrderName, VenueError};

use crate::clock::{DOUBT_MAX, VenueClock};

/// Names that are kept at once.
const NAMES_MAX: usize = 1_000;
/// When to ask again for an order that is on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// The orders of all keys at a venue that may still arrive.
pub struct UnsettledByKey {
    /// Until when any order may that a process before this one sent.
    others_until: Time,
    /// By the names of the keys that were used here: as many as accounts.
    keys: Mutex<HashMap<String, Arc<Unsettled>>>,
}

/// The orders of one key that may still arrive.
#[derive(Debug, Default)]
pub struct Unsettled(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Those on their way: as many as are waited for.
    on_their_way: Vec<ClientOrderId>,
    /// Until when each of those that were may still arrive; of one that was answered, when.
    names: VecDeque<(ClientOrderId, Time)>,
    /// Until when any other may.
    others_until: Time,
}

/// An order on its way.
struct Placing<'a> {
    unsettled: &'a Unsettled,
    clock: &'a VenueClock,
    name: ClientOrderId,
    /// For how long it may still arrive; `None` once there is an answer.
    within: Option<Duration>,
}

impl Drop for Placing<'_> {
    fn drop(&mut self) {
        let now = self.clock.ours();
        let within = self.within.map(|within| within.saturating_add(self.clock.doubt()));
        let until = later(now, within.unwrap_or_default());
        let mut kept = self.unsettled.lock();
        if let Some(place) = kept.on_their_way.iter().position(|name| *name == self.name) {
            kept.on_their_way.swap_remove(place);
        }
        kept.note(self.name, until, now);
    }
}

impl UnsettledByKey {
    /// Of a process that begins now, at a venue that lets orders in for so long.
    pub fn new(clock: &VenueClock, within: Duration) -> Self {
        let others_until = later(clock.ours(), within.saturating_add(DOUBT_MAX));
        Self { others_until, keys: Mutex::default() }
    }

    /// Those of that key, whoever asks by it.
    pub fn of(&self, key: &Secret<String>) -> Arc<Unsettled> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = || {
            let kept = Kept { others_until: self.others_until, ..Kept::default() };
            Arc::new(Unsettled(Mutex::new(kept)))
        };
        Arc::clone(keys.entry(key.expose().clone()).or_insert_with(begun))
    }
}

impl std::fmt::Debug for UnsettledByKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnsettledByKey(…)")
    }
}

fn later(now: Time, within: Duration) -> Time {
    let within = u64::try_from(within.as_micros()).unwrap_or(u64::MAX);
    Time(now.0.saturating_add(within))
}

impl Unsettled {
    /// What becomes of the order of that name, which `placed` sends. Without an answer it may
    /// arrive `within` so long still, and by as much longer as the venue's clock is not known;
    /// whoever stops waiting for one knows as little.
    pub async fn watch<T>(
        &self,
        name: ClientOrderId,
        (clock, within): (&VenueClock, Duration),
        placed: impl Future<Output = Result<T, VenueError>>,
    ) -> Result<T, VenueError> {
        self.lock().on_their_way.push(name);
        let mut placing = Placing { unsettled: self, clock, name, within: Some(within) };
        let outcome = placed.await;
        if !matches!(outcome, Err(VenueError::Unknown { .. })) {
            placing.within = None;
        }
        outcome
    }

    /// That there is no such order, as the venue answers to a question of `asked`.
    ///
    /// # Errors
    /// [`VenueError::TryLater`] where one may have been on its way then, or may still be.
    pub fn check_none(&self, name: &OrderName, asked: Time) -> Result<(), VenueError> {
        let OrderName::Client(name) = name else { return Ok(()) };
        match self.wait(name, asked) {
            Some(after) => {
                let text = "an order of that name may still arrive".to_owned();
                Err(VenueError::TryLater { after, text })
            }
            None => Ok(()),
        }
    }

    /// How long after that moment the order of that name may still arrive; `None` where it cannot.
    fn wait(&self, name: &ClientOrderId, asked: Time) -> Option<Duration> {
        let kept = self.lock();
        if kept.on_their_way.contains(name) {
            return Some(ON_ITS_WAY);
        }
        let named = kept.names.iter().filter(|(kept, _)| kept == name).map(|(_, until)| *until);
        let until = named.max().unwrap_or_default().max(kept.others_until);
        (asked < until).then(|| Duration::from_micros(until.0 - asked.0))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The order of that name may arrive until then. Room is made of what is over, if anything is.
    fn note(&mut self, name: ClientOrderId, until: Time, now: Time) {
        if NAMES_MAX <= self.names.len() {
            let over = self.names.iter().position(|(_, until)| *until <= now);
            if let Some((_, until)) = self.names.remove(over.unwrap_or(0)) {
                self.others_until = self.others_until.max(until);
            }
        }
        self.names.push_back((name, until));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures_util::FutureExt;

    use super::*;

    fn name(text: &str) -> ClientOrderId {
        ClientOrderId::new(text).unwrap()
    }

    fn clock(now: &Arc<AtomicU64>) -> VenueClock {
        let now = Arc::clone(now);
        VenueClock::new(Arc::new(move || Time(now.load(Ordering::Relaxed))))
    }

    #[test]
    fn an_order_without_an_answer_is_unsettled_for_its_time_and_no_other_is() {
        let unsettled = Unsettled::default();
        unsettled.lock().note(name("a"), Time(50), Time(10));
        assert_eq!(unsettled.wait(&name("a"), Time(20)), Some(Duration::from_micros(30)));
        assert_eq!(unsettled.wait(&name("b"), Time(20)), None);
        assert_eq!(unsettled.wait(&name("a"), Time(50)), None);
        assert!(unsettled.wait(&name("a"), Time(49)).is_some(), "by a question of before");
    }

    #[test]
    fn what_there_is_no_room_for_is_unsettled_under_every_name() {
        let unsettled = Unsettled::default();
        for number in 0..=NAMES_MAX {
            unsettled.lock().note(name(&format!("n{number}")), Time(50), Time(10));
        }
        assert!(unsettled.wait(&name("n0"), Time(49)).is_some());
        assert!(unsettled.wait(&name("any"), Time(49)).is_some());
        assert_eq!(unsettled.wait(&name("any"), Time(50)), None);
        // What is over makes room first.
        let unsettled = Unsettled::default();
        unsettled.lock().note(name("lost"), Time(5_000), Time(10));
        for number in 0..2 * NAMES_MAX {
            unsettled.lock().note(name(&format!("n{number}")), Time(20), Time(20));
        }
        assert!(unsettled.wait(&name("lost"), Time(4_999)).is_some());
        assert_eq!(unsettled.wait(&name("any"), Time(20)), None);
    }

    #[test]
    fn none_is_said_to_be_to_come_neither_while_one_is_placed_nor_by_a_question_of_that_time() {
        for answer in [Ok(()), Err(VenueError::refused_here(venue::port::Rejection::Funds, ""))] {
            let (unsettled, now) = (Unsettled::default(), Arc::new(AtomicU64::new(10)));
            let clock = clock(&now);
            let (done, placed) = tokio::sync::oneshot::channel();
            let placed = async { placed.await.unwrap() };
            let within = Duration::from_secs(6);
            let mut placing = Box::pin(unsettled.watch(name("a"), (&clock, within), placed));
            assert!((&mut placing).now_or_never().is_none());
            assert_eq!(unsettled.wait(&name("a"), Time(10)), Some(ON_ITS_WAY));
            assert_eq!(unsettled.wait(&name("b"), Time(10)), None);
            now.store(30, Ordering::Relaxed);
            done.send(answer).unwrap();
            assert!(placing.now_or_never().is_some());
            let ours = OrderName::Client(name("a"));
            assert!(unsettled.check_none(&ours, Time(20)).is_err(), "asked for meanwhile");
            assert_eq!(unsettled.check_none(&ours, Time(30)), Ok(()));
        }
    }

    #[test]
    fn an_order_that_nobody_waits_for_any_more_may_still_arrive_as_long_as_the_clock_is_in_doubt() {
        let (unsettled, now) = (Unsettled::default(), Arc::new(AtomicU64::new(10)));
        let clock = clock(&now);
        clock.measured(Time(0), Time(10), Time(20)).unwrap();
        let within = Duration::from_micros(100);
        let ours = name("a");
        let given_up =
            unsettled.watch(ours, (&clock, within), std::future::pending::<Result<(), _>>());
        assert!(given_up.now_or_never().is_none());
        assert_eq!(unsettled.wait(&ours, Time(10)), Some(Duration::from_micros(110)));
        let lost = async { Err::<(), _>(VenueError::Unknown { text: String::new() }) };
        unsettled.watch(ours, (&clock, within), lost).now_or_never().unwrap().unwrap_err();
        assert_eq!(unsettled.wait(&ours, Time(119)), Some(Duration::from_micros(1)));
    }
}
