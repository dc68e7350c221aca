//! An append-only durable record log: frames, checksums, group commit, snapshots, recovery.
