//! How far commands were acknowledged: what recovery must find.
//!
//! Two slots of one sector each, written in turn, so that tearing one leaves the other. A note is
//! not synced by itself: it survives the death of the process at once, and that of the machine as
//! soon as the kernel or [`Watermark::sync`] gets to it. Frames carry the watermark too, at most
//! one batch behind.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::JournalError;
use crate::frame::SECTOR;
use crate::storage::{Storage, StoredFile};

const NAME: &str = "watermark";
const TEMPORARY: &str = "watermark.tmp";
const MAGIC: [u8; 8] = *b"RIALTOWM";
const SLOT: usize = 32;

/// The watermark of an open journal.
pub struct Watermark {
    file: Box<dyn StoredFile>,
    journal_id: u64,
    noted: AtomicU64,
    notes: AtomicU64,
    synced: AtomicU64,
}

impl Watermark {
    /// The watermark in `storage`, of journal `journal_id` or of any; `None` if there is no file.
    pub(crate) fn read(
        storage: &dyn Storage,
        journal_id: Option<u64>,
    ) -> Result<Option<u64>, JournalError> {
        let file = match storage.open(NAME) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(JournalError::io("open the watermark")(error)),
        };
        let damaged = || JournalError::Damaged {
            file: NAME.into(),
            offset: 0,
            what: "neither of its slots is sound",
        };
        let mut bytes = [0; 2 * SECTOR];
        match file.read_at(&mut bytes, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(damaged());
            }
            Err(error) => return Err(JournalError::io("read the watermark")(error)),
        }
        let slots = [&bytes[..SLOT], &bytes[SECTOR..SECTOR + SLOT]];
        let best = slots.into_iter().filter_map(|slot| parse(slot, journal_id)).max();
        best.map(Some).ok_or_else(damaged)
    }

    /// Goes on with the watermark that is there, which now stands at `seq`. Takes no room, so that
    /// a full disk does not keep a journal from being opened.
    pub(crate) fn resume(
        storage: &dyn Storage,
        journal_id: u64,
        seq: u64,
    ) -> Result<Self, JournalError> {
        let failed = || JournalError::io("write the watermark");
        let file = storage.open(NAME).map_err(failed())?;
        // One after the other, so that one of them is sound at any time.
        for offset in [0, SECTOR as u64] {
            file.write_at(&slot(seq, journal_id), offset).map_err(failed())?;
            file.sync().map_err(failed())?;
        }
        let (noted, notes) = (AtomicU64::new(seq), AtomicU64::new(0));
        Ok(Self { file, journal_id, noted, notes, synced: AtomicU64::new(seq) })
    }

    /// Begins to keep the watermark, which stands at `seq`.
    pub(crate) fn create(
        storage: &dyn Storage,
        journal_id: u64,
        seq: u64,
    ) -> Result<Self, JournalError> {
        let failed = || JournalError::io("write the watermark");
        match storage.remove(TEMPORARY) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed()(error));
            }
            Ok(()) | Err(_) => {}
        }
        let file = storage.create(TEMPORARY).map_err(failed())?;
        let mut bytes = [0; 2 * SECTOR];
        bytes[..SLOT].copy_from_slice(&slot(seq, journal_id));
        bytes[SECTOR..SECTOR + SLOT].copy_from_slice(&slot(seq, journal_id));
        file.write_at(&bytes, 0).map_err(failed())?;
        file.sync().map_err(failed())?;
        storage.rename(TEMPORARY, NAME).map_err(failed())?;
        storage.sync_directory().map_err(failed())?;
        let (noted, notes) = (AtomicU64::new(seq), AtomicU64::new(0));
        Ok(Self { file, journal_id, noted, notes, synced: AtomicU64::new(seq) })
    }

    /// Notes that everything up to `seq` is about to be acknowledged. One thread notes.
    ///
    /// # Errors
    /// [`JournalError::Io`]: nothing may be acknowledged then.
    pub fn note(&self, seq: u64) -> Result<(), JournalError> {
        let turn = self.notes.fetch_add(1, Ordering::Relaxed) % 2;
        let offset = turn * SECTOR as u64;
        let bytes = slot(seq, self.journal_id);
        self.file.write_at(&bytes, offset).map_err(JournalError::io("note the watermark"))?;
        self.noted.store(seq, Ordering::Release);
        Ok(())
    }

    /// The last note.
    #[must_use]
    pub fn noted(&self) -> u64 {
        self.noted.load(Ordering::Acquire)
    }

    /// Makes the last note durable, unless it is.
    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        let seq = self.noted();
        if self.synced.swap(seq, Ordering::AcqRel) == seq {
            return Ok(());
        }
        self.file.sync().map_err(JournalError::io("sync the watermark"))
    }
}

impl std::fmt::Debug for Watermark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watermark").field("noted", &self.noted).finish_non_exhaustive()
    }
}

fn slot(seq: u64, journal_id: u64) -> [u8; SLOT] {
    let mut bytes = [0; SLOT];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..16].copy_from_slice(&journal_id.to_le_bytes());
    bytes[16..24].copy_from_slice(&seq.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..SLOT - 4]);
    bytes[SLOT - 4..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn parse(bytes: &[u8], journal_id: Option<u64>) -> Option<u64> {
    let id = u64::from_le_bytes(bytes[8..16].try_into().expect("8 bytes"));
    let seq = u64::from_le_bytes(bytes[16..24].try_into().expect("8 bytes"));
    (bytes == slot(seq, journal_id.unwrap_or(id))).then_some(seq)
}
