//! Records that an operator declared void: replay passes over what they asked. On the record, in a
//! file of its own, so that the journal stays as it was written. It is written aside, synced and
//! renamed, so that a crash leaves the voids as they were, or with the new one.
//!
//! ```text
//!  0  magic 8 bytes    24  seconds since the epoch u32    30  reason, at most 200 bytes
//!  8  journal id u64   28  length of the reason u16      252  crc32c of the 252 before
//! 16  seq u64
//! ```

use crate::error::JournalError;
use crate::snapshot::remove_if_there;
use crate::storage::Storage;

const NAME: &str = "voids";
const TEMPORARY: &str = "voids.tmp";
const MAGIC: [u8; 8] = *b"RIALTOVD";
const ENTRY: usize = 256;
const REASON_AT: usize = 30;
const CRC_AT: usize = ENTRY - 4;
/// The longest reason, in bytes.
pub const REASON_BYTES_MAX: usize = 200;
/// More voids than that are no accident but a broken program.
const VOIDS_MAX: usize = 10_000;

/// One record declared void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// Which.
    pub seq: u64,
    /// When, in seconds since the epoch.
    pub at: u32,
    /// Why; what exceeds [`REASON_BYTES_MAX`] is cut.
    pub reason: String,
}

/// All voids, in the order in which they were declared.
///
/// # Errors
/// [`JournalError::Damaged`] if the file is not as it was written.
pub fn voids(storage: &dyn Storage, journal_id: u64) -> Result<Vec<Void>, JournalError> {
    let failed = || JournalError::io("read the voids");
    let file = match storage.open(NAME) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let len = usize::try_from(file.len().map_err(failed())?).unwrap_or(usize::MAX);
    let damaged = |offset, what| JournalError::Damaged { file: NAME.into(), offset, what };
    if VOIDS_MAX * ENTRY < len {
        return Err(damaged(0, "it is too long"));
    }
    let mut bytes = vec![0; len];
    file.read_at(&mut bytes, 0).map_err(failed())?;
    // A part of an entry at the end was torn while it was declared: nobody was told that it was.
    let (mut entries, _torn) = bytes.as_chunks::<ENTRY>();
    if let Some((last, before)) = entries.split_last()
        && last.iter().all(|byte| *byte == 0)
    {
        entries = before;
    }
    let parse = |(at, bytes): (usize, &[u8; ENTRY])| {
        let void = parse(bytes).filter(|void| *bytes == entry(journal_id, void));
        void.ok_or_else(|| damaged((at * ENTRY) as u64, "an entry is not sound"))
    };
    entries.iter().enumerate().map(parse).collect()
}

/// Declares a record void; durable when this returns. The caller holds the lock.
///
/// # Errors
/// [`JournalError`].
pub fn declare_void(
    storage: &dyn Storage,
    journal_id: u64,
    void: &Void,
) -> Result<(), JournalError> {
    let mut known = voids(storage, journal_id)?;
    known.push(void.clone());
    let bytes: Vec<u8> = known.iter().flat_map(|void| entry(journal_id, void)).collect();
    let write = || {
        remove_if_there(storage, TEMPORARY)?;
        let file = storage.create(TEMPORARY)?;
        file.write_at(&bytes, 0)?;
        file.sync()?;
        storage.rename(TEMPORARY, NAME)?;
        storage.sync_directory()
    };
    write().map_err(JournalError::io("write the voids"))
}

fn entry(journal_id: u64, void: &Void) -> [u8; ENTRY] {
    let mut bytes = [0; ENTRY];
    let reason = &void.reason[..void.reason.floor_char_boundary(REASON_BYTES_MAX)];
    let len = u16::try_from(reason.len()).expect("cut above");
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..16].copy_from_slice(&journal_id.to_le_bytes());
    bytes[16..24].copy_from_slice(&void.seq.to_le_bytes());
    bytes[24..28].copy_from_slice(&void.at.to_le_bytes());
    bytes[28..30].copy_from_slice(&len.to_le_bytes());
    bytes[REASON_AT..REASON_AT + reason.len()].copy_from_slice(reason.as_bytes());
    let crc = crc32c::crc32c(&bytes[..CRC_AT]);
    bytes[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn parse(bytes: &[u8; ENTRY]) -> Option<Void> {
    let seq = u64::from_le_bytes(bytes[16..24].try_into().expect("8 bytes"));
    let at = u32::from_le_bytes(bytes[24..28].try_into().expect("4 bytes"));
    let len = usize::from(u16::from_le_bytes(bytes[28..30].try_into().expect("2 bytes")));
    let reason = bytes[..CRC_AT].get(REASON_AT..REASON_AT + len)?;
    Some(Void { seq, at, reason: std::str::from_utf8(reason).ok()?.to_owned() })
}
