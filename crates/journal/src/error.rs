//! Why a journal cannot be read or written.

use std::io;

/// What can go wrong between us and the disk.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk refused.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was tried, as in "cannot …".
        doing: String,
        /// What the disk said.
        source: io::Error,
    },
    /// Another process has the directory.
    #[error("another process uses this data directory")]
    Locked,
    /// A file of the row is not there.
    #[error("segment {index} is missing")]
    MissingSegment {
        /// Which.
        index: u64,
    },
    /// Bytes are not as they were written.
    #[error("{file} is damaged at byte {offset}: {what}")]
    Damaged {
        /// In which file.
        file: String,
        /// Where.
        offset: u64,
        /// How.
        what: &'static str,
    },
    /// The journal ends before something that was acknowledged.
    #[error("the journal ends at {have}, but {acknowledged} was acknowledged")]
    AcknowledgedMissing {
        /// The last sequence that is there.
        have: u64,
        /// The last that must be.
        acknowledged: u64,
    },
    /// The journal ends before something that is known elsewhere.
    #[error("the journal ends at {have}, but {must_reach} is known outside of it")]
    Behind {
        /// The last sequence that is there.
        have: u64,
        /// The last that must be.
        must_reach: u64,
    },
    /// What is asked for was pruned.
    #[error("sequence {wanted} is wanted, the journal begins at {oldest}")]
    Pruned {
        /// The first sequence wanted.
        wanted: u64,
        /// The first that is there.
        oldest: u64,
    },
    /// Written under other rules.
    #[error("the journal was written under rules version {found}, this program has {known}")]
    Rules {
        /// Under which.
        found: u32,
        /// Which we know.
        known: u32,
    },
    /// Written in a format of another version.
    #[error("{file} has format version {found}, this program knows {known}")]
    Format {
        /// Which file.
        file: String,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// More than a frame can hold.
    #[error("a record of {bytes} bytes exceeds the {max} bytes of a frame")]
    TooLarge {
        /// How much.
        bytes: usize,
        /// How much fits.
        max: usize,
    },
    /// An earlier failure stopped the journal.
    #[error("the journal has stopped")]
    Stopped,
}

impl JournalError {
    /// For `map_err`: says what was tried.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// Whether the disk has no room, or the system no file to open: both may pass.
    #[must_use]
    pub fn is_full(&self) -> bool {
        const NO_FILES: [i32; 2] = [23, 24]; // ENFILE, EMFILE
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        let Self::Io { source, .. } = self else { return false };
        full.contains(&source.kind())
            || source.raw_os_error().is_some_and(|code| NO_FILES.contains(&code))
    }
}
