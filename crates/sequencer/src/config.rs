//! What the sequencer is told when it starts. Nothing of it reaches the engine, the randomness of
//! a new journal's first record apart.

use std::sync::Arc;
use std::time::Duration;

use journal::{JournalConfig, Retention};
use model::Seq;

/// What is called with the reason when going on would be wrong: the disk failed, or the engine
/// found itself broken. It should end the process; if it returns, everything stops and whoever
/// waits hears [`crate::SubmitError::Stopped`].
pub type OnFatal = Arc<dyn Fn(&str) + Send + Sync>;

/// The exit code of a process that ends because its disk failed: `EX_SOFTWARE` of `sysexits.h`.
const FATAL_EXIT_CODE: i32 = 70;

/// Commands between two snapshots, unless somebody says otherwise: a start then replays for about
/// a second.
pub const SNAPSHOT_EVERY: u64 = 1_000_000;
/// Bytes of journal kept behind the oldest snapshot, unless somebody says otherwise.
pub const JOURNAL_RETENTION_BYTES: u64 = 4 << 30;

/// How the sequencer works.
#[derive(Clone)]
pub struct Config {
    /// Drawn by the caller from the machine's randomness. Used only where the journal is empty.
    pub randomness: [u8; 24],
    /// The furthest command that anything outside the journal knows of (the database): a journal
    /// that ends before it has lost something, and the start is refused.
    pub must_reach: Seq,
    /// Commands that may wait; one more is answered [`crate::SubmitError::Busy`].
    pub queue_max: usize,
    /// Room beyond `queue_max` that only cancels may use.
    pub cancels_reserved: usize,
    /// Commands of one batch at most.
    pub batch_max: usize,
    /// After so long without a command, [`engine::Command::Clock`] is inserted. `None` for never.
    pub tick: Option<Duration>,
    /// A state hash is journaled every so many commands.
    pub checkpoint_every: u64,
    /// A snapshot is taken every so many commands, and when stopping.
    pub snapshot_every: u64,
    /// How the journal is written.
    pub journal: JournalConfig,
    /// How much of the past is kept.
    pub retention: Retention,
    /// Where the callers live, if they are tasks of a runtime: one of its tasks then hands them
    /// their answers, the last of which may arrive after [`crate::Joiner::join`]. `None` where they
    /// are threads, or tasks of several.
    pub runtime: Option<tokio::runtime::Handle>,
    /// Whether what its threads measure is told as the process's own. Not where it is one of
    /// several exchanges of a process: their metrics would be mixed.
    pub is_measured: bool,
    /// What to do when going on would be wrong.
    pub on_fatal: OnFatal,
}

impl Config {
    /// What a server wants. `randomness` as in the field.
    #[must_use]
    pub fn new(randomness: [u8; 24]) -> Self {
        Self {
            randomness,
            must_reach: Seq(0),
            queue_max: 32_768,
            cancels_reserved: 8_192,
            batch_max: 256,
            tick: Some(Duration::from_secs(1)),
            checkpoint_every: 1 << 20,
            snapshot_every: SNAPSHOT_EVERY,
            journal: JournalConfig::default(),
            retention: Retention { snapshots: 2, bytes: JOURNAL_RETENTION_BYTES },
            runtime: None,
            is_measured: true,
            on_fatal: Arc::new(|reason| {
                tracing::error!(reason, "ending at once");
                eprintln!("rialto: {reason}");
                std::process::exit(FATAL_EXIT_CODE);
            }),
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").finish_non_exhaustive()
    }
}
