//! What is kept, and for how long: never less than the oldest kept snapshot needs.

use crate::error::JournalError;
use crate::segment::{self, SegmentHeader};
use crate::snapshot;
use crate::storage::Storage;

/// How much of the past is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Snapshots, at least 1.
    pub snapshots: usize,
    /// Bytes of segments that the oldest kept snapshot does not need any more.
    pub bytes: u64,
}

/// Removes what need not be kept, oldest first. Returns how many files went.
///
/// # Errors
/// [`JournalError`]: what was removed until then is gone, the rest is as it was.
pub fn prune(storage: &dyn Storage, retention: Retention) -> Result<usize, JournalError> {
    let snapshots = snapshot::snapshots(storage)?;
    let kept = snapshots.len().min(retention.snapshots.max(1));
    let Some(&oldest_kept) = snapshots[..kept].last() else { return Ok(0) };
    let mut removed = 0;
    for &seq in snapshots[kept..].iter().rev() {
        snapshot::remove(storage, seq)?;
        removed += 1;
    }
    for index in spent(storage, oldest_kept, retention.bytes)? {
        let name = segment::name(index);
        storage.remove(&name).map_err(JournalError::io(format!("remove {name}")))?;
        // One by one in order: a crash in between must not leave a hole.
        storage.sync_directory().map_err(JournalError::io("sync the directory"))?;
        removed += 1;
    }
    if 0 < removed {
        storage.sync_directory().map_err(JournalError::io("sync the directory"))?;
    }
    Ok(removed)
}

/// The segments that may go: all of their records come at or before `snapshot`, and the `bytes`
/// newest of those stay.
fn spent(storage: &dyn Storage, snapshot: u64, bytes: u64) -> Result<Vec<u64>, JournalError> {
    let names = storage.list().map_err(JournalError::io("list the journal"))?;
    let mut indexes: Vec<u64> = names.iter().filter_map(|name| segment::index_of(name)).collect();
    indexes.sort_unstable();
    let mut headers = Vec::with_capacity(indexes.len());
    for index in indexes {
        let name = segment::name(index);
        let file = storage.open(&name).map_err(JournalError::io(format!("open {name}")))?;
        let len = file.len().map_err(JournalError::io(format!("measure {name}")))?;
        headers.push((SegmentHeader::read(file.as_ref(), index)?, len));
    }
    // A segment ends where the next begins; the last one never goes.
    let needed = headers.windows(2).position(|pair| snapshot + 1 < pair[1].0.first);
    let needed = needed.unwrap_or(headers.len().saturating_sub(1));
    let mut budget = bytes;
    let mut keep_from = needed;
    while 0 < keep_from && headers[keep_from - 1].1 <= budget {
        keep_from -= 1;
        budget -= headers[keep_from].1;
    }
    Ok(headers[..keep_from].iter().map(|(header, _)| header.index).collect())
}
