//! What follows the sequencer: read models.

use engine::{Command, Event};
use model::{Note, Seq, Time};

/// One command that is durable, with all that happened.
#[derive(Clone, Copy, Debug)]
pub struct Committed<'a> {
    /// Its place.
    pub seq: Seq,
    /// Its time.
    pub time: Time,
    /// What was asked. A record voided by the operator reads as [`Command::Clock`].
    pub command: &'a Command,
    /// What the client said beside it.
    pub note: Option<&'a Note>,
    /// What happened, in order.
    pub events: &'a [Event],
    /// Whether this happened before the start and is told again: nobody waits for it, sockets and
    /// counters of what happens now leave it out.
    pub replayed: bool,
}

/// A read model. Lives on the publisher's thread.
///
/// ```text
/// start:    restore(None) or restore(Some(snapshot)) ─► fold… (replayed) ─► batch_end ─► ready
/// running:  fold… ─► batch_end ─► the callers of the batch are answered     snapshot, now and then
/// ```
///
/// Every command from the first to the last is folded exactly once into the state that this
/// trait's user sees: those before a snapshot's sequence through the bytes that the reader itself
/// wrote into that snapshot, all others by [`Self::fold`], in order, without a gap.
///
/// A reader that also writes elsewhere (a database) puts into its snapshot what it has not yet
/// written there, writes the sequence it has reached in the same transaction, and skips what comes
/// again.
pub trait Reader: Send + 'static {
    /// A short name, unique among the readers, by which a snapshot finds its reader again.
    fn name(&self) -> &'static str;

    /// Takes note of one command. Called in order, without gaps, after it is durable and before
    /// its caller is answered.
    fn fold(&mut self, committed: &Committed<'_>);

    /// All commands of a durable batch are folded, the last was `through`; their callers are
    /// answered when this returns. A place to hand a batch on to sockets, or to publish a new
    /// version of what others read.
    fn batch_end(&mut self, through: Seq);

    /// Appends what [`Self::restore`] needs to stand at the last command folded. Called between
    /// batches, on the publisher's thread: callers wait meanwhile.
    fn snapshot(&self, out: &mut Vec<u8>);

    /// Begins: at the state of `bytes`, which this reader wrote at command `seq`; or, with `None`,
    /// before the first command. Called before any [`Self::fold`], once more for each older
    /// snapshot (at last `None`) while the answer is an error: what an earlier call left is void.
    ///
    /// # Errors
    /// [`ReaderError`] where this state will not do: written by another version, or the database
    /// lacks something from before `seq`. An older snapshot, or the whole journal where it is
    /// still kept, is tried then; without one the start is refused with this reason.
    fn restore(&mut self, seq: Seq, bytes: Option<&[u8]>) -> Result<(), ReaderError>;
}

/// Why a reader cannot begin at a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReaderError(pub String);
