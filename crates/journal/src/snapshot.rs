//! A state at a sequence, in a file of its own: written aside, synced, renamed.
//!
//! ```text
//!  0  magic 8 bytes    16  journal id u64    40  crc32c of the 40 before and of the body
//!  8  format u32       24  seq u64           44  the body
//! 12  rules u32        32  body len u64
//! ```

use crate::error::JournalError;
use crate::storage::Storage;

const MAGIC: [u8; 8] = *b"RIALTOSN";
const FORMAT: u32 = 1;
const CRC_AT: usize = 40;
const BODY_AT: usize = CRC_AT + 4;
const PREFIX: &str = "snapshot-";
const TEMPORARY: &str = "snapshot.tmp";
/// Bytes given to the disk at once.
const WRITE_MAX: usize = 1 << 20;

fn name(seq: u64) -> String {
    format!("{PREFIX}{seq:020}")
}

pub(crate) fn seq_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(PREFIX)?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// The sequences of all snapshots, newest first.
///
/// # Errors
/// [`JournalError::Io`].
pub fn snapshots(storage: &dyn Storage) -> Result<Vec<u64>, JournalError> {
    let names = storage.list().map_err(JournalError::io("list the journal"))?;
    let mut seqs: Vec<u64> = names.iter().filter_map(|name| seq_of(name)).collect();
    seqs.sort_unstable_by(|a, b| b.cmp(a));
    Ok(seqs)
}

/// Which journal, under which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The version of the rules.
    pub rules: u32,
    /// Tells journals apart.
    pub journal_id: u64,
}

/// Writes a snapshot; durable when this returns.
///
/// # Errors
/// [`JournalError::Io`], and then there is no such snapshot.
pub fn write_snapshot(
    storage: &dyn Storage,
    identity: Identity,
    seq: u64,
    body: &[u8],
) -> Result<(), JournalError> {
    let name = name(seq);
    let failed = || JournalError::io(format!("write {name}"));
    remove_if_there(storage, TEMPORARY).map_err(failed())?;
    let mut head = [0; BODY_AT];
    head[..8].copy_from_slice(&MAGIC);
    head[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    head[12..16].copy_from_slice(&identity.rules.to_le_bytes());
    head[16..24].copy_from_slice(&identity.journal_id.to_le_bytes());
    head[24..32].copy_from_slice(&seq.to_le_bytes());
    head[32..40].copy_from_slice(&(body.len() as u64).to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&head[..CRC_AT]), body);
    head[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
    let write = || {
        let file = storage.create(TEMPORARY)?;
        file.write_at(&head, 0)?;
        let mut offset = BODY_AT as u64;
        for part in body.chunks(WRITE_MAX) {
            file.write_at(part, offset)?;
            offset += part.len() as u64;
        }
        file.sync()?;
        storage.rename(TEMPORARY, &name)?;
        storage.sync_directory()
    };
    write().map_err(|error| {
        // What is left of it takes room that cancels may need.
        let _ = remove_if_there(storage, TEMPORARY);
        failed()(error)
    })
}

/// The body of the snapshot at `seq`.
///
/// # Errors
/// [`JournalError::Damaged`] unless every byte is as it was written; [`JournalError::Rules`] if
/// it was written under others.
pub fn read_snapshot(
    storage: &dyn Storage,
    identity: Identity,
    seq: u64,
) -> Result<Vec<u8>, JournalError> {
    let name = name(seq);
    let read = |name: &str| {
        let file = storage.open(name)?;
        let len = usize::try_from(file.len()?).expect("a snapshot fits in memory");
        let mut bytes = vec![0; len];
        file.read_at(&mut bytes, 0)?;
        Ok(bytes)
    };
    let mut bytes = read(&name).map_err(JournalError::io(format!("read {name}")))?;
    let damaged = |what| JournalError::Damaged { file: name.clone(), offset: 0, what };
    if bytes.len() < BODY_AT || bytes[..8] != MAGIC {
        return Err(damaged("this is no snapshot"));
    }
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
    let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[..CRC_AT]), &bytes[BODY_AT..]);
    if u32_at(CRC_AT) != crc || u64_at(32) != (bytes.len() - BODY_AT) as u64 {
        return Err(damaged("it does not match its checksum"));
    }
    if u32_at(8) != FORMAT {
        let found = u32_at(8);
        return Err(JournalError::Format { file: name, found, known: FORMAT });
    }
    if u32_at(12) != identity.rules {
        return Err(JournalError::Rules { found: u32_at(12), known: identity.rules });
    }
    if (u64_at(16), u64_at(24)) != (identity.journal_id, seq) {
        return Err(damaged("it is another snapshot under this name"));
    }
    bytes.drain(..BODY_AT);
    Ok(bytes)
}

/// Removes a file, if it is there.
pub(crate) fn remove_if_there(storage: &dyn Storage, name: &str) -> std::io::Result<()> {
    match storage.remove(name) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes the snapshot at `seq`.
pub(crate) fn remove(storage: &dyn Storage, seq: u64) -> Result<(), JournalError> {
    let name = name(seq);
    storage.remove(&name).map_err(JournalError::io(format!("remove {name}")))
}
