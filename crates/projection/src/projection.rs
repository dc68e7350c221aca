//! The write side: takes note of each durable command.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::Instant;

use engine::{Command, Event};
use model::{AccountId, MarketId, Note, Seq, Time};

use crate::account_view::AccountView;
use crate::bounds::Bounds;
use crate::feed::Changes;
use crate::fold::Fold;
use crate::history::{Entry, Outbox, PACE};
use crate::market_view::MarketView;
use crate::quota::Quota;
use crate::rows::Rows;
use crate::views::{Shared, Views};

/// The write side. One thread has it and folds each durable command, in the order of the journal,
/// before the command is answered.
#[derive(Debug)]
pub struct Projection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: State,
    pub(crate) outbox: Option<Arc<Outbox>>,
    /// When the first command of this batch was folded.
    batch_began: Option<Instant>,
    /// When folding last waited for the history's writer.
    paced: Option<Instant>,
    /// What the feed is told at the end of this batch, so that readers are woken once.
    untold: Vec<Arc<Changes>>,
}

/// What only the folding thread touches; the views are shared one by one.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) bounds: Bounds,
    pub(crate) seq: Seq,
    pub(crate) time: Time,
    /// The time of the first command, by which a history knows its journal.
    pub(crate) origin: Option<Time>,
    /// The last command that added to the history.
    pub(crate) last_rows: Seq,
    pub(crate) markets: Vec<Arc<RwLock<MarketView>>>,
    pub(crate) accounts: Vec<Arc<RwLock<AccountView>>>,
    pub(crate) closed_orders: Quota,
    pub(crate) fills: Quota,
}

impl State {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            seq: Seq(0),
            time: Time(0),
            origin: None,
            last_rows: Seq(0),
            markets: Vec::new(),
            accounts: Vec::new(),
            closed_orders: Quota::new(bounds.closed_orders_total),
            fills: Quota::new(bounds.fills_total),
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
        Self::with_bounds(Bounds::default())
    }

    /// As [`Self::new`], keeping as much in memory as is said.
    #[must_use]
    pub fn with_bounds(bounds: Bounds) -> Self {
        Self {
            shared: Arc::new(Shared::new()),
            state: State::new(bounds),
            outbox: None,
            batch_began: None,
            paced: None,
            untold: Vec::new(),
        }
    }

    /// The read side.
    #[must_use]
    pub fn views(&self) -> Views {
        Views(Arc::clone(&self.shared))
    }

    /// Folds one command. What was folded already is passed over.
    ///
    /// `note` is what the client said beside it.
    /// `replayed` says that it was published before: then no feed is told.
    ///
    /// # Panics
    /// If a command is left out, or an event contradicts what came before: bugs.
    pub fn fold(
        &mut self,
        seq: Seq,
        time: Time,
        command: &Command,
        note: Option<&Note>,
        events: &[Event],
        replayed: bool,
    ) {
        if seq <= self.state.seq {
            return;
        }
        assert_eq!(seq.0, self.state.seq.0 + 1, "a command was left out");
        (self.state.seq, self.state.time) = (seq, time);
        self.batch_began.get_or_insert_with(Instant::now);
        let (updates, rows) = Fold::new(self, (command, note), events, replayed).run();
        self.remember(rows, replayed);
        self.shared.time.store(time.0, Ordering::Release);
        self.shared.seq.store(seq.0, Ordering::Release);
        if !updates.is_empty() {
            self.untold.push(Arc::new(Changes { seq, time, updates: updates.into() }));
        }
    }

    /// A batch is folded: tells the feed, and operators how far the views have come, and how long
    /// it took.
    pub fn batch_end(&mut self) {
        if !self.untold.is_empty() {
            self.shared.feed.tell(self.untold.drain(..));
        }
        let Some(began) = self.batch_began.take() else { return };
        metrics::histogram!("rialto_projection_batch_seconds").record(began.elapsed());
        #[allow(clippy::cast_precision_loss)] // Only drawn.
        metrics::gauge!("rialto_projection_seq").set(self.state.seq.0 as f64);
        if let Some(outbox) = &self.outbox
            && self.paced.is_none_or(|paced| PACE <= paced.elapsed())
        {
            outbox.pace(PACE);
            self.paced = Some(Instant::now());
        }
    }

    /// Hands rows to the history from now on.
    pub(crate) fn keep_history(&mut self, outbox: Arc<Outbox>) {
        self.outbox = Some(outbox);
    }

    fn remember(&mut self, rows: Rows, replayed: bool) {
        let State { seq, time, .. } = self.state;
        if seq == Seq(1) {
            self.state.origin = Some(time);
        }
        let has_rows = !rows.is_empty();
        if has_rows {
            self.state.last_rows = seq;
        }
        let Some(outbox) = &self.outbox else { return };
        let had_gap = outbox.has_gap();
        if seq == Seq(1) && !outbox.name_journal(time) {
            tracing::error!("the history in the database tells of another journal: given up");
        } else if !has_rows {
            outbox.pass(seq);
        } else if !outbox.put(Entry { seq, time, rows }, replayed) && !had_gap {
            metrics::counter!("rialto_history_given_up_total").increment(1);
            tracing::error!(%seq, "the history was given up until the next start");
        }
    }
}

impl Drop for Projection {
    fn drop(&mut self) {
        if let Some(outbox) = &self.outbox {
            outbox.close();
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
