//! The way back: from a snapshot or the beginning, through the journal, to where it ends.
//!
//! Keeps   every checkpoint on the way is compared with the state; readers see each command once.
//! Fails   [`ReplayError`], at the first record that cannot be replayed.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use engine::{Command, Engine, Event, Genesis, RULES_VERSION, Stamped, StateHash};
use journal::{End, JournalError, Resting, Storage};
use model::Seq;

use crate::batch::committed;
use crate::decoding::{Ahead, Step, Told};
use crate::pipeline::panic_text;
use crate::reader::{Reader, ReaderError};
use crate::state::{self, State};

/// Why a journal cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be read, or lacks what must be there.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record is sound and yet means nothing: another program wrote it.
    #[error("record {seq} cannot be read: {reason}")]
    Malformed {
        /// Which.
        seq: Seq,
        /// Why.
        reason: &'static str,
    },
    /// The engine broke on a record. The operator can void it.
    #[error("replay stops at record {seq}: {reason}")]
    Stopped {
        /// Which.
        seq: Seq,
        /// What the engine said.
        reason: String,
    },
    /// The state is not what it was when the journal was written.
    #[error("after record {seq} the state has another hash than the journal says")]
    Diverged {
        /// After which record.
        seq: Seq,
    },
    /// There is no journal, or one without a single entry.
    #[error("there is no journal")]
    Nothing,
    /// Neither a snapshot nor the whole journal is there to begin from.
    #[error("no sound snapshot, and the journal begins at {oldest} only")]
    NoBeginning {
        /// The first record that is there.
        oldest: Seq,
    },
    /// A reader will have none of the states there are.
    #[error("reader {name}: {error}")]
    Reader {
        /// Which.
        name: &'static str,
        /// Why.
        error: ReaderError,
    },
}

/// Steps that may be decoded and not yet applied.
const STEPS_AHEAD: usize = 4;

/// A journal replayed to its end, or as far as was asked.
#[derive(Debug)]
pub(crate) struct Replayed {
    /// `None` if the journal does not even hold its first entry: the process ended before that was
    /// durable.
    pub engine: Option<Engine>,
    /// The journal's end; `None` where the replay ended before it.
    pub end: Option<End>,
    pub checkpoint: Option<(Seq, StateHash)>,
    /// The snapshot it began from.
    pub snapshot: Option<Seq>,
    /// Snapshots that were not sound, and why.
    pub refused: Vec<(Seq, String)>,
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// At the newest state that will do: the shortest way.
    Newest,
    /// At the beginning, or the oldest state where that is gone: the longest proof.
    Oldest,
}

/// What to replay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub from: From,
    /// The last record replayed.
    pub to: Option<u64>,
}

impl Range {
    pub const ALL: Self = Self { from: From::Newest, to: None };
}

/// Replays `journal` into an engine and into `readers`.
pub(crate) fn replay(
    storage: &Arc<dyn Storage>,
    journal: &Resting,
    readers: &mut [Box<dyn Reader>],
    range: Range,
) -> Result<Replayed, ReplayError> {
    let voids = journal::voids(storage.as_ref(), journal.journal_id())?;
    let voids: BTreeSet<u64> = voids.into_iter().map(|void| void.seq).collect();
    let mut refused = Vec::new();
    let begun = begin(storage.as_ref(), journal, readers, range, &mut refused)?;
    let snapshot = begun.as_ref().map(Engine::seq);
    let after = snapshot.map_or(0, |seq| seq.0);
    let told = !readers.is_empty();
    let mut run =
        Run { engine: begun, voids, checkpoint: None, events: vec![], ends: vec![], told };
    let frames = journal.frames(after + 1)?;
    let to = range.to.unwrap_or(u64::MAX);
    let end = if after < to {
        std::thread::scope(|scope| {
            let (steps, received) = sync_channel(STEPS_AHEAD);
            let (back, spent) = sync_channel(STEPS_AHEAD);
            scope.spawn(move || {
                let (steps, spent, told) = (&steps, &spent, Told::default());
                Ahead { after, to, steps, spent, told }.run(frames);
            });
            run.follow(&received, &back, readers)
        })?
    } else {
        None
    };
    let (engine, checkpoint) = (run.engine, run.checkpoint);
    Ok(Replayed { engine, end, checkpoint, snapshot, refused })
}

/// The newest state that is sound and that every reader takes; `None` for the beginning.
fn begin(
    storage: &dyn Storage,
    journal: &Resting,
    readers: &mut [Box<dyn Reader>],
    range: Range,
    refused: &mut Vec<(Seq, String)>,
) -> Result<Option<Engine>, ReplayError> {
    let newest = range.to.unwrap_or(u64::MAX);
    let from_start = range.from == From::Oldest && journal.oldest() == 1;
    let mut reader_refusal = None;
    let mut snapshots = journal::snapshots(storage)?;
    snapshots.retain(|seq| !from_start && *seq <= newest && journal.oldest() <= *seq + 1);
    if range.from == From::Oldest {
        snapshots.reverse();
    }
    for seq in snapshots {
        let (engine, state) = match restore_at(storage, journal.journal_id(), Seq(seq)) {
            Ok(restored) => restored,
            Err(reason) => {
                refused.push((Seq(seq), reason));
                continue;
            }
        };
        match restore_readers(readers, &state) {
            Ok(()) => return Ok(Some(engine)),
            Err((name, error)) => {
                refused.push((Seq(seq), format!("reader {name}: {error}")));
                reader_refusal = Some((name, error));
            }
        }
    }
    if 1 < journal.oldest() {
        return Err(match reader_refusal {
            Some((name, error)) => ReplayError::Reader { name, error },
            None => ReplayError::NoBeginning { oldest: Seq(journal.oldest()) },
        });
    }
    restore_nothing(readers)?;
    Ok(None)
}

pub(crate) fn restore_nothing(readers: &mut [Box<dyn Reader>]) -> Result<(), ReplayError> {
    for reader in readers {
        let name = reader.name();
        reader.restore(Seq(0), None).map_err(|error| ReplayError::Reader { name, error })?;
    }
    Ok(())
}

/// The engine of the snapshot at `seq`, proven by its hash, and what else the snapshot holds.
pub(crate) fn restore_at(
    storage: &dyn Storage,
    journal_id: u64,
    seq: Seq,
) -> Result<(Engine, State), String> {
    let identity = journal::Identity { rules: RULES_VERSION, journal_id };
    let body = journal::read_snapshot(storage, identity, seq.0);
    let body = body.map_err(|error| error.to_string())?;
    let state = state::decode(seq, &body).ok_or("its body is malformed")?;
    let engine = Engine::restore(&state.engine.bytes).map_err(|error| error.to_string())?;
    if engine.seq() != seq {
        return Err("it holds the state of another sequence".into());
    }
    if engine.state_hash() != state.engine.hash {
        return Err("its state has another hash than it says".into());
    }
    Ok((engine, state))
}

fn restore_readers(
    readers: &mut [Box<dyn Reader>],
    state: &State,
) -> Result<(), (&'static str, ReaderError)> {
    for reader in readers {
        let name = reader.name();
        let Some((_, bytes)) = state.readers.iter().find(|(found, _)| found == name) else {
            return Err((name, ReaderError("the snapshot knows no such reader".into())));
        };
        let restored = reader.restore(state.engine.seq, Some(bytes));
        restored.map_err(|error| (name, error))?;
    }
    Ok(())
}

struct Run {
    /// `None` before the genesis entry.
    engine: Option<Engine>,
    voids: BTreeSet<u64>,
    checkpoint: Option<(Seq, StateHash)>,
    events: Vec<Event>,
    /// Where in `events` the events of each command of a step end, if there are readers.
    ends: Vec<usize>,
    /// Whether there are readers.
    told: bool,
}

impl Run {
    /// Does step after step, up to the end.
    fn follow(
        &mut self,
        steps: &Receiver<Result<Step, ReplayError>>,
        back: &SyncSender<Told>,
        readers: &mut [Box<dyn Reader>],
    ) -> Result<Option<End>, ReplayError> {
        loop {
            match steps.recv().expect("an end or an error comes last")? {
                Step::Genesis { rules, genesis } => self.genesis(rules, &genesis)?,
                Step::Checkpoint { seq, hash } => self.check(seq, hash)?,
                Step::Commands(mut told) => {
                    self.apply(&mut told.inputs)?;
                    self.tell(&told, readers);
                    told.inputs.clear();
                    told.notes.clear();
                    // Where enough came back already, it is let go.
                    let _ = back.try_send(told);
                }
                Step::End(end) => return Ok(end),
            }
        }
    }

    fn genesis(&mut self, rules: u32, genesis: &Genesis) -> Result<(), ReplayError> {
        if rules != RULES_VERSION {
            let error = JournalError::Rules { found: rules, known: RULES_VERSION };
            return Err(error.into());
        }
        if self.engine.is_none() {
            self.engine = Some(Engine::new(genesis));
        }
        Ok(())
    }

    fn check(&mut self, seq: Seq, hash: StateHash) -> Result<(), ReplayError> {
        let Some(engine) = &self.engine else {
            return Err(ReplayError::Malformed { seq, reason: "a checkpoint before the genesis" });
        };
        if engine.seq() != seq {
            // Before the snapshot, or behind where the replay ends.
            return Ok(());
        }
        if engine.state_hash() != hash {
            return Err(ReplayError::Diverged { seq });
        }
        self.checkpoint = Some((seq, hash));
        Ok(())
    }

    fn apply(&mut self, inputs: &mut [Stamped]) -> Result<(), ReplayError> {
        let Some(engine) = &mut self.engine else {
            let seq = inputs.first().map_or(Seq(0), |input| input.seq);
            return Err(ReplayError::Malformed { seq, reason: "a command before the genesis" });
        };
        if !self.voids.is_empty() {
            let mut time = engine.time();
            for input in inputs.iter_mut() {
                if self.voids.contains(&input.seq.0) {
                    input.command = Command::Clock;
                    input.time = input.time.max(time);
                }
                time = input.time;
            }
        }
        let mut seq = engine.seq();
        let (told, events, ends) = (self.told, &mut self.events, &mut self.ends);
        let applied = catch_unwind(AssertUnwindSafe(|| {
            engine.apply_all(inputs, events, |events| {
                seq.0 += 1;
                if told {
                    ends.push(events.len());
                } else {
                    events.clear();
                }
            });
        }));
        applied.map_err(|panic| {
            let reason = panic_text(panic.as_ref()).to_owned();
            ReplayError::Stopped { seq: Seq(seq.0 + 1), reason }
        })
    }

    /// Tells the readers of a step, as of one batch.
    fn tell(&mut self, told: &Told, readers: &mut [Box<dyn Reader>]) {
        let Some(last) = told.inputs.last() else { return };
        for reader in readers {
            committed((&told.inputs, &told.notes), (&self.events, &self.ends), true)
                .for_each(|committed| reader.fold(&committed));
            reader.batch_end(last.seq);
        }
        self.events.clear();
        self.ends.clear();
    }
}
