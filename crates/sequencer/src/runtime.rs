//! Starting, running and stopping.
//!
//! Threads: the writer (`sequencer`), the journal's two, the publisher, and one that keeps
//! snapshots. The writer waits for commands, the others for what it leaves them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::{Command, RULES_VERSION};
use journal::{Identity, JournalError, Retention, Room, Storage};

use crate::batch::Mark;
use crate::beginning::Beginning;
use crate::clock::Clock;
use crate::config::Config;
use crate::courier::Courier;
use crate::handle::{Door, Handle, Reply, Status, StatusReply, SubmitError};
use crate::inbox::{Inbox, Item, Taken};
use crate::measured::measured;
use crate::pipeline::{Asked, Pipeline};
use crate::publisher::{Publisher, Snapshot};
use crate::reader::Reader;
use crate::replay::ReplayError;

/// Why the sequencer does not start. Nothing may be served then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal cannot be brought back whole, or not at all.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The operating system gives no thread.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

impl From<JournalError> for StartError {
    fn from(error: JournalError) -> Self {
        Self::Replay(error.into())
    }
}

/// Waits for the end.
#[derive(Debug)]
pub struct Joiner {
    writer: JoinHandle<()>,
    snapshots: JoinHandle<()>,
}

impl Joiner {
    /// Waits until everything taken in is done and answered, after [`Handle::stop`], and lets the
    /// data directory go.
    pub fn join(self) {
        for thread in [self.writer, self.snapshots] {
            // A thread that panicked has said so through `Config::on_fatal`.
            let _ = thread.join();
        }
    }
}

/// Recovers what the journal in `storage` holds, brings `readers` up to date, and begins. An empty
/// `storage` begins a new journal.
///
/// # Errors
/// [`StartError`] with the reason; the journal is as it was.
pub fn start(
    config: Config,
    storage: Arc<dyn Storage>,
    clock: Box<dyn Clock>,
    mut readers: Vec<Box<dyn Reader>>,
) -> Result<(Handle, Joiner), StartError> {
    // Ours until the last thread that writes has ended.
    let lock = Arc::new(journal::lock(storage.as_ref())?);
    let held = Arc::clone(&lock);
    let beginning = Beginning::recover(&config, &storage, &mut readers)?;
    let door = Arc::new(Door {
        inbox: Inbox::new(config.queue_max, config.cancels_reserved),
        disk_full: AtomicBool::new(false),
    });
    let handle = Handle { door: Arc::clone(&door) };
    let (sender, receiver) = sync_channel(1);
    let on_fatal: crate::OnFatal = {
        let (door, on_fatal) = (Arc::clone(&door), Arc::clone(&config.on_fatal));
        Arc::new(move |reason| {
            on_fatal(reason);
            door.inbox.abandon();
        })
    };
    let keeper = Keeper {
        identity: beginning.identity(),
        storage: Arc::clone(&storage),
        retention: config.retention,
    };
    let courier = Courier::new(config.runtime.as_ref());
    let is_measured = config.is_measured;
    let publisher = Publisher { readers, courier, snapshots: sender, is_measured };
    let (pipeline, fatal) = beginning.open(&config, &storage, clock.now(), publisher, on_fatal)?;
    let writer = Writer::new(config, door, clock, pipeline);
    let snapshots = std::thread::Builder::new()
        .name("snapshots".into())
        .spawn(move || {
            keeper.run(&receiver);
            drop(held);
        })
        .map_err(StartError::Thread)?;
    let writer = std::thread::Builder::new()
        .name("sequencer".into())
        .spawn(move || {
            fatal.guard("the sequencer", || measured(is_measured, || writer.run()));
            drop(lock);
        })
        .map_err(StartError::Thread)?;
    Ok((handle, Joiner { writer, snapshots }))
}

/// The writer's thread.
struct Writer {
    config: Config,
    door: Arc<Door>,
    clock: Box<dyn Clock>,
    pipeline: Pipeline<Reply>,
    commands: VecDeque<Asked<Reply>>,
    checkpointed: u64,
    kept: u64,
}

impl Writer {
    fn new(
        config: Config,
        door: Arc<Door>,
        clock: Box<dyn Clock>,
        pipeline: Pipeline<Reply>,
    ) -> Self {
        let seq = pipeline.engine().seq().0;
        let commands = VecDeque::new();
        Self { config, door, clock, pipeline, commands, checkpointed: seq, kept: seq }
    }

    fn run(mut self) {
        // The reason of an error was told when it happened; what is left is to end.
        let Ok(()) = self.serve() else { return };
        if self.kept < self.pipeline.engine().seq().0 && self.ample(1).unwrap_or(false) {
            let Ok(()) = self.pipeline.snapshot(true) else { return };
        }
        let Ok(engine) = self.pipeline.stop() else { return };
        tracing::info!(seq = engine.seq().0, "stopped");
    }

    fn serve(&mut self) -> Result<(), JournalError> {
        let mut items = VecDeque::new();
        loop {
            metrics::gauge!("rialto_sequencer_queue_commands")
                .set(as_gauge(self.door.inbox.depth()));
            match self.door.inbox.take(self.config.batch_max, &mut items, self.patience()) {
                Taken::Work => {}
                Taken::Idle if self.door.disk_full.load(Ordering::Relaxed) => {
                    self.ample(1)?;
                }
                Taken::Idle => self.commands.push_back((Command::Clock, None).into()),
                Taken::Stopped => return Ok(()),
            }
            for item in items.drain(..) {
                match item {
                    Item::Command(asked) => self.commands.push_back(asked),
                    Item::Status(reply) => {
                        self.commit()?;
                        self.tell_status(reply)?;
                    }
                }
            }
            self.commit()?;
            self.keep_state()?;
        }
    }

    fn patience(&self) -> Option<Duration> {
        if !self.door.disk_full.load(Ordering::Relaxed) {
            return self.config.tick;
        }
        // Nobody comes while all are refused, so look for room unasked.
        let retry = self.config.journal.retry;
        Some(self.config.tick.map_or(retry, |tick| tick.min(retry)))
    }

    fn commit(&mut self) -> Result<(), JournalError> {
        while !self.commands.is_empty() {
            let count = self.commands.len().min(self.config.batch_max);
            let room = self.pipeline.room(count)?;
            self.note_room(room);
            match room {
                Room::Ample => {}
                Room::Urgent => refuse(&mut self.commands, Inbox::may_use_reserve),
                Room::None => refuse(&mut self.commands, |_| false),
            }
            if !self.commands.is_empty() {
                let time = self.clock.now();
                self.pipeline.commit(time, &mut self.commands, self.config.batch_max)?;
            }
        }
        Ok(())
    }

    fn ample(&self, count: usize) -> Result<bool, JournalError> {
        let room = self.pipeline.room(count)?;
        self.note_room(room);
        Ok(room == Room::Ample)
    }

    fn note_room(&self, room: Room) {
        let full = room != Room::Ample;
        if self.door.disk_full.swap(full, Ordering::Relaxed) != full {
            tracing::warn!(full, "room on the disk of the journal");
            metrics::gauge!("rialto_journal_disk_full").set(if full { 1.0 } else { 0.0 });
        }
    }

    /// A checkpoint or a snapshot, where one is due.
    fn keep_state(&mut self) -> Result<(), JournalError> {
        let seq = self.pipeline.engine().seq().0;
        let snapshot_due = self.config.snapshot_every <= seq - self.kept;
        let checkpoint_due = self.config.checkpoint_every <= seq - self.checkpointed;
        if !(snapshot_due || checkpoint_due) || !self.ample(1)? {
            return Ok(());
        }
        self.checkpointed = seq;
        if snapshot_due {
            self.kept = seq;
            return self.pipeline.snapshot(false);
        }
        self.pipeline.checkpoint().map(drop)
    }

    fn tell_status(&mut self, reply: StatusReply) -> Result<(), JournalError> {
        let engine = self.pipeline.engine();
        let status = Status {
            seq: engine.seq(),
            state_hash: engine.state_hash(),
            rules_version: RULES_VERSION,
            checkpoint: self.pipeline.last_checkpoint(),
        };
        self.pipeline.mark(Mark::Status(reply, status))
    }
}

/// Answers all commands but those to keep that the disk is full.
fn refuse(commands: &mut VecDeque<Asked<Reply>>, keep: impl Fn(&Command) -> bool) {
    for _ in 0..commands.len() {
        let Some(asked) = commands.pop_front() else { break };
        if keep(&asked.command) {
            commands.push_back(asked);
        } else if let Some(reply) = asked.tag {
            // Whoever asked may have gone.
            let _ = reply.send(Err(SubmitError::DiskFull));
        }
    }
}

fn as_gauge(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Keeps snapshots, and no more of the past than is to be kept.
struct Keeper {
    storage: Arc<dyn Storage>,
    identity: Identity,
    retention: Retention,
}

impl Keeper {
    fn run(&self, snapshots: &Receiver<Snapshot>) {
        while let Ok(Snapshot { seq, body }) = snapshots.recv() {
            let storage = self.storage.as_ref();
            let written = journal::write_snapshot(storage, self.identity, seq.0, &body);
            let kept = written.and_then(|()| journal::prune(storage, self.retention));
            match kept {
                Ok(removed) => tracing::info!(seq = seq.0, removed, "snapshot written"),
                // The journal is whole without it, and a later one may succeed.
                Err(error) => tracing::warn!(seq = seq.0, %error, "no snapshot"),
            }
        }
    }
}
