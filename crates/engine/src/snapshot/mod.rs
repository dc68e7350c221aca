//! The whole state as bytes, in one canonical form: the same state gives the same bytes, wherever
//! its records lie in memory. The state hash is over these bytes.
//!
//! Shape   integers little-endian; an optional value is a byte 0, or 1 and the value; a sequence is
//!         its length as `u64` and its items; orders of a book by side, from the best level on,
//!         each level from its front; everything else by number.
//! Fails   reading checks every value, then the invariants, then that writing gives the same bytes.

mod order;
mod read;
mod spec;
mod write;

use crate::machine::{Engine, SnapshotError};

use read::Reader;

/// The first bytes of every snapshot.
const MAGIC: &[u8; 8] = b"RIALTOEN";

impl Engine {
    /// Appends the whole state, in the one canonical form that [`Self::state_hash`] hashes.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        write::engine(self, out);
    }

    /// The engine that wrote `bytes`.
    ///
    /// # Errors
    /// [`SnapshotError`] unless every byte is as [`Self::snapshot`] wrote it.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::new(bytes);
        let engine = read::engine(&mut reader)?;
        reader.end()?;
        engine.check_invariants().map_err(|_| SnapshotError::Malformed)?;
        let mut again = Vec::with_capacity(bytes.len());
        engine.snapshot(&mut again);
        if again == bytes { Ok(engine) } else { Err(SnapshotError::Malformed) }
    }
}
