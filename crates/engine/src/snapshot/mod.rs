//! The whole state as bytes, in one canonical form: the same state gives the same bytes, wherever
//! its records lie in memory. The state hash is over these bytes.
//!
//! Shape   integers little-endian; an optional value is a byte 0, or 1 and the value; a sequence is
//!         its length as `u64` and its items; orders of a book by side, from the best level on,
//!         each level from its front; everything else by number. The hash comes last.
//! Fails   reading checks the hash, then every value, then the invariants, then that writing gives
//!         the same bytes.

mod order;
mod read;
mod spec;
mod write;

use crate::machine::{Engine, SnapshotError, StateHash};

use read::Reader;

/// The first bytes of every snapshot.
const MAGIC: &[u8; 8] = b"RIALTOEN";

/// Bytes of the hash at the end.
const HASH: usize = 32;

impl Engine {
    /// Appends the whole state, in the one canonical form that [`Self::state_hash`] hashes, and
    /// that hash.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        let start = out.len();
        write::engine(self, out);
        let hash = blake3::hash(&out[start..]);
        out.extend_from_slice(hash.as_bytes());
    }

    /// A hash over every balance, hold, order, queue position, counter and setting, and over the
    /// history of events that led here.
    #[must_use]
    pub fn state_hash(&self) -> StateHash {
        let mut bytes = Vec::new();
        write::engine(self, &mut bytes);
        StateHash(*blake3::hash(&bytes).as_bytes())
    }

    /// The engine that wrote `bytes`.
    ///
    /// # Errors
    /// [`SnapshotError`] unless every byte is as [`Self::snapshot`] wrote it.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let (body, hash) = bytes.split_last_chunk::<HASH>().ok_or(SnapshotError::Malformed)?;
        let mut reader = Reader::new(body);
        read::header(&mut reader)?;
        if blake3::hash(body) != blake3::Hash::from_bytes(*hash) {
            return Err(SnapshotError::Malformed);
        }
        let engine = read::engine(&mut reader)?;
        reader.end()?;
        engine.check_invariants().map_err(|_| SnapshotError::Malformed)?;
        let mut again = Vec::with_capacity(body.len());
        write::engine(&engine, &mut again);
        if again == body { Ok(engine) } else { Err(SnapshotError::Malformed) }
    }
}
