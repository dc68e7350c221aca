//! An append-only durable record log: frames, checksums, group commit, snapshots, recovery.

mod storage;

pub use storage::{Directory, Storage, StoredFile};
