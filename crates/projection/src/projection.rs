//! The write side: takes note of each durable command.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use engine::{Command, Event};
use model::{AccountId, MarketId, Seq, Time};

use crate::account_view::AccountView;
use crate::feed::Batch;
use crate::fold::Fold;
use crate::market_view::MarketView;
use crate::quota::Quota;
use crate::views::{Shared, Views};

/// Ended orders kept over all accounts.
pub(crate) const CLOSED_ORDERS_TOTAL_MAX: usize = 65_536;
/// Fills kept over all accounts.
pub(crate) const FILLS_TOTAL_MAX: usize = 65_536;

/// The write side. One thread has it and folds each durable command, in the order of the journal,
/// before the command is answered.
#[derive(Debug)]
pub struct Projection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: State,
}

/// What only the folding thread touches; the views are shared one by one.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) seq: Seq,
    pub(crate) time: Time,
    pub(crate) markets: Vec<Arc<RwLock<MarketView>>>,
    pub(crate) accounts: Vec<Arc<RwLock<AccountView>>>,
    pub(crate) closed_orders: Quota,
    pub(crate) fills: Quota,
}

impl Default for State {
    fn default() -> Self {
        Self {
            seq: Seq(0),
            time: Time(0),
            markets: Vec::new(),
            accounts: Vec::new(),
            closed_orders: Quota::new(CLOSED_ORDERS_TOTAL_MAX),
            fills: Quota::new(FILLS_TOTAL_MAX),
        }
    }
}

impl Default for Projection {
    fn default() -> Self {
        Self::new()
    }
}

impl Projection {
    /// Views of an exchange in which nothing has happened.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Arc::new(Shared::new()), state: State::default() }
    }

    /// The read side.
    #[must_use]
    pub fn views(&self) -> Views {
        Views(Arc::clone(&self.shared))
    }

    /// Folds one command. What was folded already is passed over.
    ///
    /// `replayed` says that it was published before: then no feed is told.
    ///
    /// # Panics
    /// If a command is left out, or an event contradicts what came before: bugs.
    pub fn fold(
        &mut self,
        seq: Seq,
        time: Time,
        command: &Command,
        events: &[Event],
        replayed: bool,
    ) {
        if seq <= self.state.seq {
            return;
        }
        assert_eq!(seq.0, self.state.seq.0 + 1, "a command was left out");
        (self.state.seq, self.state.time) = (seq, time);
        let told = !replayed && 0 < self.shared.feed.receiver_count();
        let (updates, rows) = Fold::new(self, command, events, told).run();
        let _ = rows;
        self.shared.time.store(time.0, Ordering::Release);
        self.shared.seq.store(seq.0, Ordering::Release);
        if told && !updates.is_empty() {
            let batch = Batch { seq, time, updates: updates.into() };
            // Fails only when the last reader has left meanwhile.
            let _ = self.shared.feed.send(Arc::new(batch));
        }
    }
}

impl State {
    pub(crate) fn market(&self, market: MarketId) -> RwLockWriteGuard<'_, MarketView> {
        write(&self.markets[usize::from(market.0)])
    }

    pub(crate) fn account(&self, account: AccountId) -> RwLockWriteGuard<'_, AccountView> {
        write(&self.accounts[account.0 as usize])
    }
}

/// Writes through a lock; see [`crate::views::read`] about poison.
pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
