//! The lean core: stamp, encode, hand to the journal, apply, publish when durable.
//!
//! ```text
//! writer     commit: stamp ─► encode ─► append ─► apply ─► push        runs ahead, bounded
//! journal                     swap ─► write ─► sync ─► durable
//! publisher                                            note the watermark ─► publish
//! ```
//!
//! Keeps   nothing is published before it is durable and noted as acknowledged; batches are
//!         published in order; no allocation and no lock per command.
//! Fails   `on_fatal` first, then everything stops and nothing more is published.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::{Command, Engine, Stamped, StateHash};
use journal::{Durable, Journal, JournalConfig, JournalError, Payload, Room, Watermark};
use model::{Note, Seq, Time};

use crate::batch::{Batch, EngineState, Mark};
use crate::codec;
use crate::config::OnFatal;
use crate::progress::Progress;

/// A command on its way in.
#[derive(Debug)]
pub struct Asked<T> {
    /// What is asked.
    pub command: Command,
    /// What the client says beside it; not empty.
    pub note: Option<Box<Note>>,
    /// What the caller attaches to it.
    pub tag: T,
}

impl<T> From<(Command, T)> for Asked<T> {
    fn from((command, tag): (Command, T)) -> Self {
        Self { command, note: None, tag }
    }
}

/// Called on the publisher's thread.
pub trait Publish<T>: Send + 'static {
    /// A batch is durable. What is attached to its commands may be taken; the rest is read.
    fn publish(&mut self, batch: &mut Batch<T>);
}

/// The one writer's side.
pub struct Pipeline<T> {
    engine: Engine,
    journal: Option<Journal>,
    payload: Payload,
    payload_max: usize,
    progress: Arc<Progress<T>>,
    publisher: Option<JoinHandle<()>>,
    checkpoint: Option<(Seq, StateHash)>,
}

/// What must be told when going on would be wrong.
pub(crate) struct Fatal<T> {
    progress: Arc<Progress<T>>,
    on_fatal: OnFatal,
}

impl<T> Clone for Fatal<T> {
    fn clone(&self) -> Self {
        Self { progress: Arc::clone(&self.progress), on_fatal: Arc::clone(&self.on_fatal) }
    }
}

impl<T> Fatal<T> {
    pub fn tell(&self, reason: &str) {
        (self.on_fatal)(reason);
        self.progress.fail();
    }

    /// Runs `body`; a panic is told and ends it.
    pub fn guard(&self, who: &str, body: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
            self.tell(&format!("{who} panicked: {}", panic_text(panic.as_ref())));
        }
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

/// Opens the journal, given what hears of durability and of failure.
pub(crate) type OpenJournal<'a> =
    &'a mut dyn FnMut(journal::OnDurable, journal::OnFatal) -> Result<Journal, JournalError>;

impl<T: Send + 'static> Pipeline<T> {
    /// A pipeline on an engine that stands where the journal ends.
    pub(crate) fn begin(
        engine: Engine,
        config: &JournalConfig,
        checkpoint: Option<(Seq, StateHash)>,
        publish: impl Publish<T>,
        on_fatal: OnFatal,
        open: OpenJournal<'_>,
    ) -> Result<(Self, Fatal<T>), JournalError> {
        let progress = Arc::new(Progress::new(engine.seq().0));
        let fatal = Fatal { progress: Arc::clone(&progress), on_fatal };
        let journal = open(
            {
                let progress = Arc::clone(&progress);
                Box::new(move |durable| {
                    observe_durable(durable);
                    progress.durable(durable.seq);
                })
            },
            {
                let fatal = fatal.clone();
                Arc::new(move |reason| fatal.tell(reason))
            },
        )?;
        let publisher = {
            let (progress, watermark) = (Arc::clone(&progress), journal.watermark());
            let fatal = fatal.clone();
            let body = move || {
                let guard = fatal.clone();
                guard.guard("the publisher", || run(&progress, &watermark, publish, &fatal));
            };
            std::thread::Builder::new().name("publisher".into()).spawn(body)
        };
        let failed = |source| JournalError::Io { doing: "start a thread".into(), source };
        let pipeline = Self {
            engine,
            journal: Some(journal),
            payload: Payload::new(),
            payload_max: config.payload_max(),
            progress,
            publisher: Some(publisher.map_err(failed)?),
            checkpoint,
        };
        Ok((pipeline, fatal))
    }

    /// For whom the disk has room, of `commands` more. Waits for a segment that is being prepared.
    ///
    /// # Errors
    /// [`JournalError::Stopped`] after a failure.
    pub fn room(&self, commands: usize) -> Result<Room, JournalError> {
        let bytes = codec::ENTRY_BYTES_MAX + commands.saturating_mul(codec::COMMAND_BYTES_MAX);
        self.journal().room(bytes.min(self.payload_max))
    }

    /// Stamps, journals and applies commands from the front of `commands`: as many as fit into one
    /// record of the journal, and no more than `max`. Does not wait for the disk, but for the
    /// publisher where too much is unpublished. The caller has asked for [`Self::room`].
    ///
    /// # Errors
    /// [`JournalError::Stopped`] after a failure.
    pub fn commit(
        &mut self,
        time: Time,
        commands: &mut VecDeque<Asked<T>>,
        max: usize,
    ) -> Result<(), JournalError> {
        // Clocks step back; ours never does.
        let time = time.max(self.engine.time());
        let first = self.engine.seq().0 + 1;
        let mut batch = self.progress.empty();
        let at = codec::begin_commands(self.payload.bytes(), time);
        let mut seq = first;
        while batch.len() < max && self.payload.len() + codec::COMMAND_BYTES_MAX <= self.payload_max
        {
            let Some(Asked { command, note, tag }) = commands.pop_front() else { break };
            if let Some(note) = note {
                codec::put_note(self.payload.bytes(), &note);
                batch.notes.push((batch.inputs.len(), note));
            }
            codec::put_command(self.payload.bytes(), &command);
            batch.inputs.push(Stamped { seq: Seq(seq), time, command });
            batch.tags.push(tag);
            seq += 1;
        }
        let count = u32::try_from(batch.len()).expect("bounded by the payload");
        codec::end_commands(self.payload.bytes(), at, count);
        let journal = self.journal.as_ref().expect("until the stop");
        journal.append(&mut self.payload, first, count, time.0)?;
        let begun = Instant::now();
        let ends = &mut batch.ends;
        self.engine.apply_all(&batch.inputs, &mut batch.events, |events| ends.push(events.len()));
        observe_batch(count, begun.elapsed());
        self.push(batch, None)
    }

    /// Journals the hash of the state, and returns it.
    ///
    /// # Errors
    /// [`JournalError::Stopped`] after a failure.
    pub fn checkpoint(&mut self) -> Result<StateHash, JournalError> {
        let (seq, hash) = (self.engine.seq(), self.engine.state_hash());
        codec::put_checkpoint(self.payload.bytes(), seq, hash);
        let time = self.engine.time().0;
        let journal = self.journal.as_ref().expect("until the stop");
        journal.append(&mut self.payload, seq.0 + 1, 0, time)?;
        self.checkpoint = Some((seq, hash));
        Ok(hash)
    }

    /// Journals a checkpoint and, once all before it is published, has the publisher keep the
    /// state; `last` if it is to wait for the one before.
    pub(crate) fn snapshot(&mut self, last: bool) -> Result<(), JournalError> {
        let hash = self.checkpoint()?;
        let mut bytes = Vec::new();
        self.engine.snapshot(&mut bytes);
        let (seq, time) = (self.engine.seq(), self.engine.time());
        self.mark(Mark::Snapshot { engine: EngineState { seq, time, hash, bytes }, last })
    }

    /// Has the publisher do something once all before is published.
    pub(crate) fn mark(&mut self, mark: Mark) -> Result<(), JournalError> {
        let batch = self.progress.empty();
        self.push(batch, Some(mark))
    }

    fn push(&self, mut batch: Batch<T>, mark: Option<Mark>) -> Result<(), JournalError> {
        batch.through = self.engine.seq();
        batch.mark = mark;
        if self.progress.push(batch) { Ok(()) } else { Err(JournalError::Stopped) }
    }

    /// Appends raw entries that no command belongs to.
    pub(crate) fn append_entry(
        &mut self,
        put: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), JournalError> {
        put(self.payload.bytes());
        let (next, time) = (self.engine.seq().0 + 1, self.engine.time().0);
        let journal = self.journal.as_ref().expect("until the stop");
        journal.append(&mut self.payload, next, 0, time)
    }

    /// The engine, ahead of what is durable.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The last state hash that was journaled.
    #[must_use]
    pub const fn last_checkpoint(&self) -> Option<(Seq, StateHash)> {
        self.checkpoint
    }

    /// Waits until all is durable and published, and ends. Returns the engine.
    ///
    /// # Errors
    /// [`JournalError`] after a failure: `on_fatal` heard the reason.
    pub fn stop(mut self) -> Result<Engine, JournalError> {
        // The publisher still notes the watermark: it ends first.
        self.progress.close();
        if let Some(publisher) = self.publisher.take() {
            publisher.join().expect("panics are caught within");
        }
        self.journal.take().expect("only a stop takes it").stop()?;
        Ok(self.engine)
    }

    fn journal(&self) -> &Journal {
        self.journal.as_ref().expect("until the stop")
    }
}

impl<T> std::fmt::Debug for Pipeline<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").field("seq", &self.engine.seq()).finish_non_exhaustive()
    }
}

/// The publisher's thread.
fn run<T>(
    progress: &Progress<T>,
    watermark: &Watermark,
    mut publish: impl Publish<T>,
    fatal: &Fatal<T>,
) {
    let (mut spent, mut ready) = (Vec::new(), VecDeque::new());
    while progress.take(&mut spent, &mut ready) {
        let through = ready.back().map_or(0, Batch::last);
        if watermark.noted() < through
            && let Err(error) = watermark.note(through)
        {
            return fatal.tell(&error.to_string());
        }
        while let Some(mut batch) = ready.pop_front() {
            publish.publish(&mut batch);
            spent.push(batch);
        }
    }
}

fn observe_durable(durable: Durable) {
    metrics::histogram!("rialto_journal_sync_seconds").record(durable.took.as_secs_f64());
    metrics::histogram!("rialto_journal_frame_commands").record(f64::from(durable.count));
    metrics::counter!("rialto_journal_commands_total").increment(u64::from(durable.count));
}

fn observe_batch(count: u32, took: Duration) {
    if 0 < count {
        metrics::histogram!("rialto_sequencer_batch_commands").record(f64::from(count));
        metrics::histogram!("rialto_engine_match_seconds")
            .record(took.as_secs_f64() / f64::from(count));
    }
}
