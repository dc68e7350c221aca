//! The write side: folds what happened into the views.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use engine::{Command, Event};
use model::{Seq, Time};

use crate::views::{Shared, Views};

/// The write side. One thread has it and folds each durable command, in the order of the journal,
/// before the command is answered.
#[derive(Debug)]
pub struct Projection {
    shared: Arc<Shared>,
}

/// Why a snapshot of the views cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Ends early, goes on too long, or holds what no projection would write.
    #[error("the snapshot of the views is malformed")]
    Malformed,
    /// Written in another format: fold from the beginning instead.
    #[error("the snapshot of the views has format {found}")]
    Format {
        /// Which.
        found: u32,
    },
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
        Self { shared: Arc::new(Shared::new()) }
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
    /// If an event contradicts what came before: a bug.
    pub fn fold(
        &mut self,
        seq: Seq,
        time: Time,
        command: &Command,
        events: &[Event],
        replayed: bool,
    ) {
        let _ = (command, events, replayed);
        self.shared.time.store(time.0, Ordering::Release);
        self.shared.seq.store(seq.0, Ordering::Release);
    }

    /// Appends everything that is in memory, in a format of its own.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        let _ = out;
    }

    /// The projection that wrote `bytes`.
    ///
    /// # Errors
    /// [`SnapshotError`] unless [`Self::snapshot`] wrote these bytes in this format.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let _ = bytes;
        Err(SnapshotError::Malformed)
    }
}
