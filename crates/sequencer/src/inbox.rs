//! The queue in front of the writer: bounded, in order of arrival, with room that only cancels
//! may use.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::handle::{Reply, StatusReply, SubmitError};
use crate::pipeline::Asked;
use engine::{Command, MarketState};

/// What waits for the writer.
pub(crate) enum Item {
    /// To be stamped, journaled, applied.
    Command(Asked<Reply>),
    /// To be answered with the state between two batches.
    Status(StatusReply),
}

/// Requests for the status that may wait.
const STATUS_MAX: usize = 64;

pub(crate) struct Inbox {
    queue_max: usize,
    cancels_reserved: usize,
    state: Mutex<State>,
    arrived: Condvar,
}

struct State {
    items: VecDeque<Item>,
    commands: usize,
    statuses: usize,
    stopping: bool,
    waiting: bool,
}

/// What the writer finds when it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// There is work.
    Work,
    /// Nothing came in time.
    Idle,
    /// Nothing is left and nothing will come.
    Stopped,
}

impl Inbox {
    pub fn new(queue_max: usize, cancels_reserved: usize) -> Self {
        let state = State {
            items: VecDeque::new(),
            commands: 0,
            statuses: 0,
            stopping: false,
            waiting: false,
        };
        Self { queue_max, cancels_reserved, state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// Whether a command may use the room reserved for cancels: it is one, or ends trading.
    pub const fn may_use_reserve(command: &Command) -> bool {
        match command {
            Command::Cancel { .. }
            | Command::CancelList { .. }
            | Command::CancelAll { .. }
            | Command::SetMarketState {
                state: MarketState::Halted | MarketState::CancelOnly,
                ..
            } => true,
            Command::OpenAccount { .. }
            | Command::SetTier { .. }
            | Command::ListAsset(_)
            | Command::ListMarket(_)
            | Command::SetMarketState {
                state: MarketState::Open | MarketState::PostOnly, ..
            }
            | Command::SetFilters { .. }
            | Command::SetFees { .. }
            | Command::Adjust { .. }
            | Command::Place(_)
            | Command::PlaceList(_)
            | Command::Amend { .. }
            | Command::Replace(_)
            | Command::Clock => false,
        }
    }

    pub fn put(&self, asked: Asked<Reply>) -> Result<(), SubmitError> {
        let reserve = if Self::may_use_reserve(&asked.command) { self.cancels_reserved } else { 0 };
        let mut state = self.lock();
        if state.stopping {
            return Err(SubmitError::Stopped);
        }
        if self.queue_max + reserve <= state.commands {
            return Err(SubmitError::Busy);
        }
        state.commands += 1;
        state.items.push_back(Item::Command(asked));
        self.wake(state);
        Ok(())
    }

    pub fn ask(&self, reply: StatusReply) -> Result<(), SubmitError> {
        let mut state = self.lock();
        if state.stopping {
            return Err(SubmitError::Stopped);
        }
        if STATUS_MAX <= state.statuses {
            return Err(SubmitError::Busy);
        }
        state.statuses += 1;
        state.items.push_back(Item::Status(reply));
        self.wake(state);
        Ok(())
    }

    /// Nothing more is taken in; what waits is still done.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.stopping = true;
        self.wake(state);
    }

    /// Nothing more is taken in, and what waits is dropped: its callers hear `Stopped`.
    pub fn abandon(&self) {
        let mut state = self.lock();
        state.stopping = true;
        (state.commands, state.statuses) = (0, 0);
        let dropped = std::mem::take(&mut state.items);
        self.wake(state);
        // Dropping wakes callers: not under the lock.
        drop(dropped);
    }

    /// Moves up to `max` items into `into`, which is empty, waiting up to `patience` for the first.
    pub fn take(&self, max: usize, into: &mut VecDeque<Item>, patience: Option<Duration>) -> Taken {
        let mut state = self.lock();
        while state.items.is_empty() && !state.stopping {
            state.waiting = true;
            let (next, timed_out) = self.wait(state, patience);
            state = next;
            state.waiting = false;
            if timed_out && state.items.is_empty() && !state.stopping {
                return Taken::Idle;
            }
            if !state.items.is_empty() {
                // Where whoever woke us shares our core, it has more: let it come in first.
                drop(state);
                std::thread::yield_now();
                state = self.lock();
            }
        }
        if state.items.is_empty() {
            return Taken::Stopped;
        }
        if state.items.len() <= max {
            std::mem::swap(&mut state.items, into);
        } else {
            into.extend(state.items.drain(..max));
        }
        for item in &*into {
            match item {
                Item::Command(_) => state.commands -= 1,
                Item::Status(_) => state.statuses -= 1,
            }
        }
        Taken::Work
    }

    /// Commands that wait.
    pub fn depth(&self) -> usize {
        self.lock().commands
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        patience: Option<Duration>,
    ) -> (MutexGuard<'a, State>, bool) {
        match patience {
            Some(patience) => {
                let (state, result) = self
                    .arrived
                    .wait_timeout(state, patience)
                    .unwrap_or_else(PoisonError::into_inner);
                (state, result.timed_out())
            }
            None => (self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner), false),
        }
    }

    fn wake(&self, state: MutexGuard<'_, State>) {
        // Waking is dear; a writer at work looks by itself.
        let waiting = state.waiting;
        drop(state);
        if waiting {
            self.arrived.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
