//! Switches that an account sets, and whose time runs out unless it sets them anew: then what it
//! has standing is cancelled.
//!
//! Units   what is told is by the venue's clock, which a scenario may put wrong; what is waited for
//!         is by one that nothing moves.
//! Keeps   one switch for each account; a switch whose time has come is gone once its orders are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{Time, UserId};
use tokio::time::MissedTickBehavior;
use venue::port::Pair;

use crate::desk::{Desk, DeskError};

/// How often switches are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The switches of a venue, with the moment at which each is due.
#[derive(Debug, Default)]
pub struct DeadMan(Mutex<HashMap<UserId, (Time, Switch)>>);

/// One switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// So long after it is set.
    pub timeout: Duration,
    /// Then, in other words: as the venue's clock told it.
    pub at: Time,
    /// In which markets orders end; none for all.
    pub pairs: Vec<Pair>,
}

impl DeadMan {
    /// Sets the switch of an account anew, or takes it away.
    pub fn set(&self, desk: &Desk, user: UserId, switch: Option<Switch>) {
        let now = desk.exchange().steady_now();
        let mut switches = self.lock();
        match switch {
            Some(switch) => {
                let timeout = u64::try_from(switch.timeout.as_micros()).unwrap_or(u64::MAX);
                switches.insert(user, (Time(now.0.saturating_add(timeout)), switch))
            }
            None => switches.remove(&user),
        };
    }

    /// The switch of an account.
    #[must_use]
    pub fn of(&self, user: &UserId) -> Option<Switch> {
        self.lock().get(user).map(|(_, switch)| switch.clone())
    }

    /// Those whose time has come.
    fn due(&self, now: Time) -> Vec<(UserId, Switch)> {
        let switches = self.lock();
        let is_due = |(_, (due, _)): &(&UserId, &(Time, Switch))| *due <= now;
        switches.iter().filter(is_due).map(|(user, (_, switch))| (*user, switch.clone())).collect()
    }

    /// Cancels what is due. What cannot be cancelled now is tried again the next time.
    async fn look(&self, desk: &Desk) {
        for (user, switch) in self.due(desk.exchange().steady_now()) {
            let markets: Vec<Option<Pair>> = match &switch.pairs[..] {
                [] => vec![None],
                pairs => pairs.iter().copied().map(Some).collect(),
            };
            let mut is_done = true;
            for pair in markets {
                let outcome = desk.cancel_all(&user, pair).await;
                is_done &= match outcome {
                    // Where nothing can stand, nothing does.
                    Ok(_) | Err(DeskError::UnknownMarket | DeskError::UnknownAccount) => true,
                    Err(_) => false,
                };
            }
            let mut switches = self.lock();
            if is_done && switches.get(&user).is_some_and(|(_, now)| *now == switch) {
                switches.remove(&user);
            }
        }
    }

    /// Looks again and again; never ends by itself.
    pub async fn watch(&self, desk: &Desk) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            self.look(desk).await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<UserId, (Time, Switch)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use model::Side;

    use super::*;
    use crate::desk::tests::{ALICE, BOB, NOW, Stage, limit, order};
    use crate::trouble::Ordeal;

    fn switch(seconds: u64, pairs: &[Pair]) -> Option<Switch> {
        let (timeout, pairs) = (Duration::from_secs(seconds), pairs.to_vec());
        Some(Switch { timeout, at: Time(NOW.0 + seconds * 1_000_000), pairs })
    }

    #[tokio::test]
    async fn what_stands_ends_when_nobody_sets_the_switch_anew() {
        let stage = Stage::open().await;
        let (desk, switches) = (&stage.desk, DeadMan::default());
        for (user, name) in [(ALICE, "one"), (ALICE, "two"), (BOB, "three")] {
            desk.place(&user, &order(name, Side::Buy, limit("40000", "0.1"))).await.unwrap();
        }
        let standing = |user| desk.open_orders(&user, None).len();
        switches.set(desk, ALICE, switch(60, &[]));
        switches.look(desk).await;
        assert_eq!(standing(ALICE), 2, "its time has not come");
        let ordeal = Ordeal { clock_ahead_us: 150_000_000, ..Ordeal::default() };
        desk.exchange().trouble.begin(ordeal);
        switches.look(desk).await;
        assert_eq!(standing(ALICE), 2, "no clock that is wrong ends a wait");
        switches.set(desk, ALICE, switch(60, &[]));
        desk.exchange().trouble.begin(Ordeal::default());
        stage.wait(60);
        switches.look(desk).await;
        assert_eq!(standing(ALICE), 0, "nor makes one longer");
        for name in ["one", "two"] {
            desk.place(&ALICE, &order(name, Side::Buy, limit("40000", "0.1"))).await.unwrap();
        }
        let elsewhere = Pair { base: "ETH".parse().unwrap(), quote: "USD".parse().unwrap() };
        switches.set(desk, ALICE, switch(0, &[elsewhere]));
        switches.look(desk).await;
        assert_eq!((standing(ALICE), switches.of(&ALICE)), (2, None), "only where it was asked");
        switches.set(desk, ALICE, switch(0, &[]));
        switches.look(desk).await;
        assert_eq!((standing(ALICE), standing(BOB)), (0, 1));
        assert_eq!(switches.of(&ALICE), None, "once");
        stage.close();
    }
}
