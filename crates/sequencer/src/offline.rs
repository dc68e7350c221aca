//! What an operator does with the journal of a stopped, or of a copied, data directory.
//!
//! Each takes the directory for itself first, so that none runs beside a server. Only [`void`]
//! changes anything.

use std::fmt;
use std::sync::Arc;

use engine::{RULES_VERSION, Stamped, StateHash};
use journal::{JournalError, Next, Resting, Storage, Void};
use model::{Note, Seq, Time};

use crate::codec::{Decoder, Entry};
use crate::reader::Reader;
use crate::replay::{self, From, Range, ReplayError};

/// What [`verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The first record that is kept.
    pub oldest: Seq,
    /// The last record that is there.
    pub seq: Seq,
    /// What was acknowledged for certain.
    pub acknowledged: Seq,
    /// The state at the last record, if replay gets there.
    pub state_hash: Option<StateHash>,
    /// Bytes of a batch behind the last record that nobody was told about: the next start cuts
    /// them. No damage.
    pub unacknowledged_tail_bytes: u64,
    /// Snapshots that are kept.
    pub snapshots: Vec<Seq>,
    /// Records declared void, and why.
    pub voids: Vec<(Seq, String)>,
    /// What is damaged or missing. Empty if the journal is sound.
    pub faults: Vec<String>,
}

impl Report {
    /// Whether everything acknowledged is there and proves itself.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Reads every byte of the journal and of all snapshots, and replays from the oldest state there
/// is: checksums, chains, checkpoints, what was acknowledged.
///
/// # Errors
/// [`ReplayError::Nothing`], or where the directory cannot be had. Damage is no error but in
/// [`Report::faults`].
pub fn verify(storage: &Arc<dyn Storage>) -> Result<Report, ReplayError> {
    let _lock = journal::lock(storage.as_ref())?;
    let resting = match Resting::open(Arc::clone(storage), RULES_VERSION) {
        Ok(resting) => resting.ok_or(ReplayError::Nothing)?,
        Err(error) => return Ok(Report { faults: vec![error.to_string()], ..Report::default() }),
    };
    let mut report = Report {
        oldest: Seq(resting.oldest()),
        acknowledged: Seq(resting.watermark()),
        ..Report::default()
    };
    let mut faults = Vec::new();
    verify_snapshots(storage, &resting, &mut report, &mut faults);
    match journal::voids(storage.as_ref(), resting.journal_id()) {
        Ok(voids) => {
            report.voids = voids.into_iter().map(|void| (Seq(void.seq), void.reason)).collect();
        }
        Err(error) => faults.push(error.to_string()),
    }
    // The replay begins behind what only an audit still needs.
    faults.extend(read_all(&resting).err().map(|error| error.to_string()));
    let range = Range { from: From::Oldest, to: None };
    match replay::replay(storage, &resting, &mut [], range) {
        Ok(replayed) => {
            let end = replayed.end.expect("replayed to the end");
            report.seq = Seq(end.seq);
            report.unacknowledged_tail_bytes = end.torn_bytes;
            report.state_hash = replayed.engine.map(|engine| engine.state_hash());
            let newest = report.snapshots.first().map_or(0, |seq| seq.0);
            faults.extend(resting.check(&end, newest).err().map(|error| error.to_string()));
        }
        Err(error) => faults.push(error.to_string()),
    }
    report.faults = faults;
    Ok(report)
}

/// Reads every frame from the oldest on.
fn read_all(resting: &Resting) -> Result<(), JournalError> {
    let mut frames = resting.frames(resting.oldest())?;
    while let Next::Frame(_) = frames.next()? {}
    Ok(())
}

/// Each snapshot must restore to the state it says, and the next one must follow from it.
fn verify_snapshots(
    storage: &Arc<dyn Storage>,
    resting: &Resting,
    report: &mut Report,
    faults: &mut Vec<String>,
) {
    let seqs = match journal::snapshots(storage.as_ref()) {
        Ok(seqs) => seqs,
        Err(error) => return faults.push(error.to_string()),
    };
    report.snapshots = seqs.iter().copied().map(Seq).collect();
    for seq in seqs {
        if let Err(reason) = replay::restore_at(storage.as_ref(), resting.journal_id(), Seq(seq)) {
            faults.push(format!("the snapshot at {seq}: {reason}"));
        }
    }
}

/// Where a replay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The last record applied.
    pub seq: Seq,
    /// Its time.
    pub time: Time,
    /// The state there.
    pub state_hash: StateHash,
    /// By which rules.
    pub rules_version: u32,
    /// The state it began from: 0 for the beginning.
    pub from: Seq,
}

/// Applies every record to a new engine, from the oldest state there is up to `to`, and says where
/// that leads.
///
/// # Errors
/// [`ReplayError`], also where something acknowledged is missing, or the journal ends before `to`.
pub fn replay(storage: &Arc<dyn Storage>, to: Option<Seq>) -> Result<Reached, ReplayError> {
    let lock = journal::lock(storage.as_ref())?;
    fold(&lock, storage, &mut [], to)
}

/// As [`replay`], with `readers`: rebuilds what was derived from the journal, whose lock the
/// caller holds.
///
/// # Errors
/// As [`replay`], and where a reader refuses the oldest state there is.
pub fn fold(
    _lock: &journal::Lock,
    storage: &Arc<dyn Storage>,
    readers: &mut [Box<dyn Reader>],
    to: Option<Seq>,
) -> Result<Reached, ReplayError> {
    let resting = Resting::open(Arc::clone(storage), RULES_VERSION)?;
    let resting = resting.ok_or(ReplayError::Nothing)?;
    let range = Range { from: From::Oldest, to: to.map(|seq| seq.0) };
    let replayed = replay::replay(storage, &resting, readers, range)?;
    if let Some(end) = &replayed.end {
        resting.check(end, to.map_or(0, |seq| seq.0))?;
    }
    let engine = replayed.engine.ok_or(ReplayError::Nothing)?;
    Ok(Reached {
        seq: engine.seq(),
        time: engine.time(),
        state_hash: engine.state_hash(),
        rules_version: RULES_VERSION,
        from: replayed.snapshot.unwrap_or(Seq(0)),
    })
}

/// One entry of the journal. Displays as one JSON object without line breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The journal begins.
    Genesis {
        /// Under which rules.
        rules: u32,
        /// When.
        time: Time,
    },
    /// A command.
    Command {
        /// With its place and time.
        stamped: Stamped,
        /// What the client said beside it.
        note: Option<Box<Note>>,
        /// Whether it was declared void.
        void: bool,
    },
    /// The state had this hash.
    Checkpoint {
        /// After which record.
        seq: Seq,
        /// Which.
        hash: StateHash,
    },
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Genesis { rules, time } => {
                write!(f, r#"{{"genesis":{{"rulesVersion":{rules},"timeUs":{}}}}}"#, time.0)
            }
            Self::Checkpoint { seq, hash } => {
                write!(f, r#"{{"checkpoint":{{"seq":{seq},"stateHash":""#)?;
                hash.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str(r#""}}"#)
            }
            Self::Command { stamped, note, void } => {
                let (seq, time) = (stamped.seq, stamped.time.0);
                write!(f, r#"{{"seq":{seq},"timeUs":{time},"#)?;
                if *void {
                    f.write_str(r#""void":true,"#)?;
                }
                if let Some(note) = note {
                    write!(f, r#""note":"{}","#, quoted(note))?;
                }
                write!(f, r#""command":"{}"}}"#, quoted(&stamped.command))
            }
        }
    }
}

/// What `it` is, inside quotes. Names are of a small set of characters, so only quotes need care.
fn quoted(it: &impl fmt::Debug) -> String {
    format!("{it:?}").replace('\\', r"\\").replace('"', "\\\"")
}

/// Tells `out` every entry, or those of the records `from..=to`, without applying any.
///
/// # Errors
/// [`ReplayError`] where it cannot be read; the torn end is no error.
pub fn dump(
    storage: &Arc<dyn Storage>,
    from: Option<Seq>,
    to: Option<Seq>,
    out: &mut dyn FnMut(&Record),
) -> Result<(), ReplayError> {
    let _lock = journal::lock(storage.as_ref())?;
    let resting = Resting::open(Arc::clone(storage), RULES_VERSION)?;
    let resting = resting.ok_or(ReplayError::Nothing)?;
    let voids = journal::voids(storage.as_ref(), resting.journal_id())?;
    let from = from.map_or(resting.oldest(), |seq| seq.0);
    let wanted = |seq: u64| from <= seq && to.is_none_or(|to| seq <= to.0);
    let mut frames = resting.frames(from)?;
    while let Next::Frame(frame) = frames.next()? {
        if to.is_some_and(|to| to.0 < frame.first) {
            break;
        }
        let mut decoder = Decoder::new(frame.payload);
        let mut seq = frame.first;
        let malformed = |seq, reason| ReplayError::Malformed { seq: Seq(seq), reason };
        while let Some(entry) = decoder.entry().map_err(|error| malformed(seq, error.0))? {
            match entry {
                Entry::Genesis { rules, time, genesis: _ } => {
                    if wanted(seq) {
                        out(&Record::Genesis { rules, time });
                    }
                }
                Entry::Checkpoint { seq, hash } => {
                    if wanted(seq.0) {
                        out(&Record::Checkpoint { seq, hash });
                    }
                }
                Entry::Commands { time, count } => {
                    for _ in 0..count {
                        let command = decoder.command();
                        let (command, note) = command.map_err(|error| malformed(seq, error.0))?;
                        if wanted(seq) {
                            let void = voids.iter().any(|void| void.seq == seq);
                            let stamped = Stamped { seq: Seq(seq), time, command };
                            out(&Record::Command { stamped, note, void });
                        }
                        seq += 1;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Why a record is not declared void.
#[derive(Debug, thiserror::Error)]
pub enum VoidError {
    /// Replay does not stop there.
    #[error("replay does not stop at record {seq}; only where it stops can be voided")]
    NotStopped {
        /// Which record was to be voided.
        seq: Seq,
    },
    /// Replay stops elsewhere.
    #[error("replay stops at record {stops_at}, not at {seq}")]
    Elsewhere {
        /// Which record was to be voided.
        seq: Seq,
        /// Where replay stops.
        stops_at: Seq,
    },
    /// What followed from the record may have been seen.
    #[error("record {seq} was acknowledged (up to {acknowledged}): it cannot be voided")]
    Published {
        /// Which record was to be voided.
        seq: Seq,
        /// What was acknowledged.
        acknowledged: Seq,
    },
    /// The journal cannot be replayed that far, for another reason.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

impl std::convert::From<JournalError> for VoidError {
    fn from(error: JournalError) -> Self {
        Self::Replay(error.into())
    }
}

/// Declares record `seq` void, on the record: replay stops there, and nothing that followed from
/// it was published. From then on replay takes it as the mere passing of time.
///
/// # Errors
/// [`VoidError`], and then nothing changed.
pub fn void(
    storage: &Arc<dyn Storage>,
    seq: Seq,
    reason: &str,
    now: Time,
) -> Result<(), VoidError> {
    let _lock = journal::lock(storage.as_ref())?;
    let resting = Resting::open(Arc::clone(storage), RULES_VERSION)?;
    let resting = resting.ok_or(ReplayError::Nothing)?;
    let acknowledged = Seq(resting.watermark());
    if seq <= acknowledged {
        return Err(VoidError::Published { seq, acknowledged });
    }
    match replay::replay(storage, &resting, &mut [], Range::ALL) {
        Ok(_) => return Err(VoidError::NotStopped { seq }),
        Err(ReplayError::Stopped { seq: stops_at, reason: _ }) if stops_at != seq => {
            return Err(VoidError::Elsewhere { seq, stops_at });
        }
        Err(ReplayError::Stopped { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let at = u32::try_from(now.0 / 1_000_000).unwrap_or(u32::MAX);
    let void = Void { seq: seq.0, at, reason: reason.to_owned() };
    Ok(journal::declare_void(storage.as_ref(), resting.journal_id(), &void)?)
}

#[cfg(test)]
mod tests;
