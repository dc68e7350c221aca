//! An append-only durable record log: frames, checksums, group commit, snapshots, recovery.
//!
//! Units   sequences count records from 1; times are the writer's own; records are bytes.
//! Keeps   what [`OnDurable`] named is there after any crash, or reading refuses; nothing that was
//!         synced is written over; only what was never acknowledged is ever cut.
//! Fails   [`JournalError`]. A failed sync is final: see [`StoredFile::sync`].

mod committer;
mod error;
mod frame;
mod reading;
mod retention;
mod segment;
pub mod simulated;
mod snapshot;
mod spare;
mod storage;
mod voids;
mod watermark;
mod writer;

pub use committer::{Durable, Journal, JournalConfig, OnDurable, OnFatal, Payload, Room};
pub use error::JournalError;
pub use reading::{End, Frame, Frames, Next, Resting};
pub use retention::{Retention, prune};
pub use snapshot::{Identity, read_snapshot, snapshots, write_snapshot};
pub use storage::{Directory, Lock, Storage, StoredFile, lock};
pub use voids::{REASON_BYTES_MAX, Void, declare_void, voids};
pub use watermark::Watermark;
