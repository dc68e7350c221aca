//! Between the writer, who runs ahead, and the publisher, who follows the disk.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::batch::Batch;

/// Commands that may be applied and not yet published. Bounds memory, and how long a stop takes.
const RUN_AHEAD_MAX: usize = 32_768;
/// Emptied batches kept for use again.
const FREE_MAX: usize = 16;

pub(crate) struct Progress<T> {
    state: Mutex<State<T>>,
    /// For the publisher: something became durable or applied, the end.
    ready: Condvar,
    /// For the writer: something was published, the end.
    room: Condvar,
}

struct State<T> {
    applied: VecDeque<Batch<T>>,
    commands: usize,
    free: Vec<Batch<T>>,
    durable: u64,
    closed: bool,
    failed: bool,
}

impl<T> Progress<T> {
    pub fn new(durable: u64) -> Self {
        let state = State {
            applied: VecDeque::new(),
            commands: 0,
            free: Vec::new(),
            durable,
            closed: false,
            failed: false,
        };
        Self { state: Mutex::new(state), ready: Condvar::new(), room: Condvar::new() }
    }

    /// An empty batch.
    pub fn empty(&self) -> Batch<T> {
        let mut batch = self.lock().free.pop().unwrap_or_default();
        // By the writer: its memory then stays near the writer, unless a reader looked at it.
        batch.clear();
        batch
    }

    /// Adds what was applied. Waits while too much is unpublished; `false` after a failure.
    pub fn push(&self, batch: Batch<T>) -> bool {
        let mut state = self.lock();
        while RUN_AHEAD_MAX < state.commands && !state.failed {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.failed {
            return false;
        }
        let ready = batch.last() <= state.durable;
        state.commands += batch.len();
        state.applied.push_back(batch);
        drop(state);
        if ready {
            self.ready.notify_one();
        }
        true
    }

    /// Everything up to `seq` is on disk.
    pub fn durable(&self, seq: u64) {
        let mut state = self.lock();
        state.durable = state.durable.max(seq);
        drop(state);
        self.ready.notify_one();
    }

    /// Moves what is applied and durable into `into`, waiting for the first; `false` at the end.
    /// What is emptied comes back by `spent`.
    pub fn take(&self, spent: &mut Vec<Batch<T>>, into: &mut VecDeque<Batch<T>>) -> bool {
        let mut state = self.lock();
        while state.free.len() < FREE_MAX {
            let Some(batch) = spent.pop() else { break };
            state.free.push(batch);
        }
        spent.clear();
        loop {
            if state.failed {
                return false;
            }
            let durable = state.durable;
            while state.applied.front().is_some_and(|batch| batch.last() <= durable) {
                let batch = state.applied.pop_front().expect("seen above");
                state.commands -= batch.len();
                into.push_back(batch);
            }
            if !into.is_empty() {
                drop(state);
                self.room.notify_one();
                return true;
            }
            if state.closed && state.applied.is_empty() {
                return false;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing more is applied: the publisher ends when all is published.
    pub fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    /// Nothing more becomes durable: what is not published never is.
    pub fn fail(&self) {
        let mut state = self.lock();
        state.failed = true;
        let dropped = std::mem::take(&mut state.applied);
        drop(state);
        self.ready.notify_all();
        self.room.notify_all();
        // Dropping wakes callers: not under the lock.
        drop(dropped);
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that can panic happens under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
