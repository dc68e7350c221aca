//! Records that an operator declared void: replay passes over what they asked. On the record, in a
//! file of its own, so that the journal stays as it was written.
//!
//! ```text
//!  0  magic 8 bytes    24  seconds since the epoch u32    30  reason, at most 200 bytes
//!  8  journal id u64   28  length of the reason u16      252  crc32c of the 252 before
//! 16  seq u64
//! ```

use crate::error::JournalError;
use crate::storage::Storage;

const NAME: &str = "voids";
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
    let (entries, rest) = bytes.as_chunks::<ENTRY>();
    if !rest.is_empty() {
        return Err(damaged((len - rest.len()) as u64, "it ends within an entry"));
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
    let known = voids(storage, journal_id)?;
    let write = || {
        let file = match storage.open(NAME) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => storage.create(NAME)?,
            other => other?,
        };
        file.write_at(&entry(journal_id, void), (known.len() * ENTRY) as u64)?;
        file.sync()?;
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
