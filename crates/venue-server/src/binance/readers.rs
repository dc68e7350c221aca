//! How many questions go to the database at once, so that nobody takes all its readers.
//!
//! Keeps   [`EACH_MAX`] at once for one account, or for one network that asks without a key; all
//!         of the latter together [`STRANGERS_MAX`], of [`QUESTIONS_MAX`]. [`WAITING_MAX`] more
//!         of each wait, [`WAIT_MAX`] at most; what is beyond is told that we are busy.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::AccountId;
use projection::{Entering, Gate, QUESTIONS_MAX, Turn};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::network::network_of;

/// Questions of one that are answered at once.
const EACH_MAX: usize = 2;
/// Questions of one that wait meanwhile.
const WAITING_MAX: usize = 16;
/// Questions without a key that are answered at once, whoever asks.
const STRANGERS_MAX: usize = 5;
const _: () = assert!(STRANGERS_MAX < QUESTIONS_MAX, "accounts are answered meanwhile");
/// How long a question waits.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Asker {
    /// Somebody with a key of this account.
    Account(AccountId),
    /// Somebody without a key, from this network.
    Network(IpAddr),
}

/// Everybody who asks the database.
#[derive(Clone, Debug)]
pub struct Readers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Entries are as many as questions at most.
    askers: Mutex<HashMap<Asker, Asking>>,
    strangers: Arc<Semaphore>,
    wait_max: Duration,
}

#[derive(Debug)]
struct Asking {
    /// Questions that are answered or wait.
    count: usize,
    turns: Arc<Semaphore>,
}

impl Default for Readers {
    fn default() -> Self {
        Self::waiting(WAIT_MAX)
    }
}

impl Readers {
    fn waiting(wait_max: Duration) -> Self {
        let strangers = Arc::new(Semaphore::new(STRANGERS_MAX));
        Self(Arc::new(Shared { askers: Mutex::default(), strangers, wait_max }))
    }

    /// The gate for one who asks: the account, or where from without one.
    #[must_use]
    pub fn gate(&self, account: Option<AccountId>, from: IpAddr) -> Arc<dyn Gate> {
        let asker = account.map_or(Asker::Network(network_of(from)), Asker::Account);
        Arc::new(Door { readers: self.clone(), asker })
    }

    /// A place among the questions of `asker`, and by what its turn comes.
    fn place(&self, asker: Asker) -> Option<(Place, Arc<Semaphore>)> {
        let mut askers = self.0.askers.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Asking { count: 0, turns: Arc::new(Semaphore::new(EACH_MAX)) };
        let asking = askers.entry(asker).or_insert_with(fresh);
        if EACH_MAX + WAITING_MAX <= asking.count {
            return None;
        }
        asking.count += 1;
        Some((Place { readers: self.clone(), asker }, Arc::clone(&asking.turns)))
    }

    async fn turn(&self, asker: Asker) -> Option<Turn> {
        let (place, turns) = self.place(asker)?;
        let turns = async {
            let own = turns.acquire_owned().await.ok()?;
            let of_strangers = match asker {
                Asker::Account(_) => None,
                Asker::Network(_) => {
                    Some(Arc::clone(&self.0.strangers).acquire_owned().await.ok()?)
                }
            };
            Some((own, of_strangers))
        };
        let turns = timeout(self.0.wait_max, turns).await.ok()??;
        Some(Turn::new((turns, place)))
    }
}

/// One question, answered or waiting, until it is dropped.
struct Place {
    readers: Readers,
    asker: Asker,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut askers = self.readers.0.askers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asking) = askers.get_mut(&self.asker) {
            asking.count -= 1;
            if asking.count == 0 {
                askers.remove(&self.asker);
            }
        }
    }
}

#[derive(Debug)]
struct Door {
    readers: Readers,
    asker: Asker,
}

impl Gate for Door {
    fn enter(&self) -> Entering<'_> {
        Box::pin(self.readers.turn(self.asker))
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    const HERE: &str = "2001:db8::1";

    fn gate(readers: &Readers, account: Option<u32>, from: &str) -> Arc<dyn Gate> {
        readers.gate(account.map(AccountId), from.parse().unwrap())
    }

    fn poll(entering: &mut Entering<'_>) -> Poll<Option<Turn>> {
        entering.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn one_who_asks_much_waits_and_others_do_not() {
        let readers = Readers::default();
        for (account, from) in [(Some(2), HERE), (None, HERE)] {
            let mine = gate(&readers, account, from);
            let turns = [mine.enter().await.unwrap(), mine.enter().await.unwrap()];
            let mut third = mine.enter();
            assert!(poll(&mut third).is_pending());
            for (account, from) in [(Some(3), HERE), (None, "192.0.2.1")] {
                let other = gate(&readers, account, from);
                assert!(poll(&mut other.enter()).is_ready(), "{account:?} {from}");
            }
            drop(turns);
            assert!(third.await.is_some());
        }
        assert!(readers.0.askers.lock().unwrap().is_empty(), "nobody is remembered");
    }

    #[tokio::test]
    async fn who_asks_more_than_may_wait_is_told_so_at_once() {
        let readers = Readers::default();
        let (mine, neighbour) =
            (gate(&readers, None, HERE), gate(&readers, None, "2001:db8::ffff"));
        let mut asked: Vec<_> = (0..EACH_MAX + WAITING_MAX).map(|_| mine.enter()).collect();
        let turns: Vec<_> = asked.iter_mut().map(poll).collect();
        assert_eq!(turns.iter().filter(|turn| turn.is_ready()).count(), EACH_MAX);
        assert!(matches!(poll(&mut neighbour.enter()), Poll::Ready(None)));
        asked.pop();
        assert!(poll(&mut neighbour.enter()).is_pending(), "who gives up waiting leaves room");
    }

    #[tokio::test]
    async fn strangers_together_leave_readers_to_accounts() {
        let readers = Readers::waiting(Duration::from_millis(1));
        let address = |number| format!("192.0.2.{number}");
        let mut turns = Vec::new();
        for number in 0..STRANGERS_MAX {
            turns.push(gate(&readers, None, &address(number)).enter().await.unwrap());
        }
        let stranger = gate(&readers, None, &address(100));
        assert!(stranger.enter().await.is_none(), "nobody waits for ever");
        assert!(gate(&readers, Some(2), &address(100)).enter().await.is_some());
        drop(turns);
        assert!(stranger.enter().await.is_some());
    }
}
