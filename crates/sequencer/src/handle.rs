//! The door: commands go in, answers come back once they are durable.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use engine::{Command, Event, StateHash};
use model::{Note, Seq, Time};
use tokio::sync::oneshot;

use crate::codec;
use crate::inbox::Inbox;
use crate::pipeline::Asked;

/// What became of one command. It is durable, and every reader has folded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its place in the journal.
    pub seq: Seq,
    /// Its time in the journal.
    pub time: Time,
    /// What happened because of it, in order.
    pub events: Vec<Event>,
}

/// Why a command was not done. It left no trace: asking again cannot do it twice, but for
/// [`Self::Stopped`] as the end of a [`Pending`], where the outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too many commands wait.
    #[error("too many commands wait")]
    Busy,
    /// The disk has no room for it. Cancels have some reserved.
    #[error("the disk is full")]
    DiskFull,
    /// It carries more than a record holds.
    #[error("the command is too large")]
    TooLarge,
    /// The sequencer has stopped or is stopping.
    #[error("the exchange is stopping")]
    Stopped,
}

/// Where the exchange stands. The hash is that of the very state at `seq`, which is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The last command applied.
    pub seq: Seq,
    /// Of everything the engine knows.
    pub state_hash: StateHash,
    /// By which rules it plays.
    pub rules_version: u32,
    /// The last state hash that was journaled.
    pub checkpoint: Option<(Seq, StateHash)>,
}

pub(crate) type Reply = Option<oneshot::Sender<Result<Answer, SubmitError>>>;
pub(crate) type StatusReply = oneshot::Sender<Status>;

pub(crate) struct Door {
    pub inbox: Inbox,
    pub disk_full: AtomicBool,
}

/// Speaks to the sequencer. Cheap to clone; the last one dropped does not stop it.
#[derive(Clone)]
pub struct Handle {
    pub(crate) door: Arc<Door>,
}

impl Handle {
    /// Hands a command in. Its place among the commands of all callers is that of this call, not
    /// that of the first poll of the answer. Never waits.
    ///
    /// # Errors
    /// [`SubmitError`], and then nothing was done.
    pub fn submit(&self, command: Command) -> Result<Pending, SubmitError> {
        self.submit_noted(command, Note::default())
    }

    /// As [`Self::submit`], with what the client says beside the command: journaled with it, and
    /// told to the readers.
    ///
    /// # Errors
    /// [`SubmitError`], and then nothing was done.
    pub fn submit_noted(&self, command: Command, note: Note) -> Result<Pending, SubmitError> {
        if self.door.disk_full.load(Ordering::Relaxed) && !Inbox::may_use_reserve(&command) {
            return Err(SubmitError::DiskFull);
        }
        if !codec::fits(&command) {
            return Err(SubmitError::TooLarge);
        }
        let (sender, receiver) = oneshot::channel();
        let note = (!note.is_empty()).then(|| Box::new(note));
        self.door.inbox.put(Asked { command, note, tag: Some(sender) })?;
        Ok(Pending(receiver))
    }

    /// Asks where the exchange stands. Hashes the whole state on the writer's thread: not for
    /// every request.
    ///
    /// # Errors
    /// [`SubmitError::Busy`] or [`SubmitError::Stopped`], at once or as the answer.
    pub fn status(&self) -> Result<PendingStatus, SubmitError> {
        let (sender, receiver) = oneshot::channel();
        self.door.inbox.ask(sender)?;
        Ok(PendingStatus(receiver))
    }

    /// Begins to stop: nothing more is taken in, what waits is done and answered. Then
    /// [`crate::Joiner::join`] returns.
    pub fn stop(&self) {
        self.door.inbox.stop();
    }

    /// Commands that wait to be stamped.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        self.door.inbox.depth()
    }

    /// Whether new orders are refused for want of room on the disk.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        self.door.disk_full.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// The answer to come. Dropping it does not take the command back.
#[derive(Debug)]
#[must_use = "the command is done all the same, but nobody hears how"]
pub struct Pending(oneshot::Receiver<Result<Answer, SubmitError>>);

impl Pending {
    /// Waits on this thread, which must not be one of an asynchronous runtime.
    ///
    /// # Errors
    /// As awaiting.
    pub fn wait(self) -> Result<Answer, SubmitError> {
        self.0.blocking_recv().unwrap_or(Err(SubmitError::Stopped))
    }
}

impl Future for Pending {
    type Output = Result<Answer, SubmitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = Pin::new(&mut self.0).poll(context);
        answer.map(|answer| answer.unwrap_or(Err(SubmitError::Stopped)))
    }
}

/// The status to come.
#[derive(Debug)]
#[must_use = "the state is hashed for nothing"]
pub struct PendingStatus(oneshot::Receiver<Status>);

impl PendingStatus {
    /// Waits on this thread, which must not be one of an asynchronous runtime.
    ///
    /// # Errors
    /// [`SubmitError::Stopped`].
    pub fn wait(self) -> Result<Status, SubmitError> {
        self.0.blocking_recv().map_err(|_| SubmitError::Stopped)
    }
}

impl Future for PendingStatus {
    type Output = Result<Status, SubmitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let status = Pin::new(&mut self.0).poll(context);
        status.map(|status| status.map_err(|_| SubmitError::Stopped))
    }
}
