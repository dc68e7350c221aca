//! Segments prepared ahead: full of zeros, synced and open, so that a later sync has no metadata to
//! write, no write can find the disk full, and no file must be opened to begin one.

use crate::error::JournalError;
use crate::snapshot::remove_if_there;
use crate::storage::{Storage, StoredFile};

const PREFIX: &str = "spare-";
const TEMPORARY: &str = "spare.tmp";
/// Bytes given to the disk at once.
const WRITE_MAX: u64 = 1 << 20;

/// A segment that waits to be begun.
pub(crate) struct Spare {
    pub name: String,
    pub file: Box<dyn StoredFile>,
}

/// Makes a spare segment of so many bytes.
pub(crate) fn prepare(
    storage: &dyn Storage,
    number: u64,
    bytes: u64,
) -> Result<Spare, JournalError> {
    let name = format!("{PREFIX}{number:016}");
    let write = || {
        remove_if_there(storage, TEMPORARY)?;
        let file = storage.create(TEMPORARY)?;
        let zeros = vec![0; usize::try_from(bytes.min(WRITE_MAX)).expect("bounded")];
        let mut offset = 0;
        while offset < bytes {
            let len = zeros.len().min(usize::try_from(bytes - offset).unwrap_or(usize::MAX));
            file.write_at(&zeros[..len], offset)?;
            offset += len as u64;
        }
        file.sync()?;
        storage.rename(TEMPORARY, &name)?;
        storage.sync_directory()?;
        Ok(file)
    };
    match write() {
        Ok(file) => Ok(Spare { name, file }),
        Err(error) => {
            // What is left of it takes room that somebody else may need.
            let _ = remove_if_there(storage, TEMPORARY);
            Err(JournalError::io("prepare a segment")(error))
        }
    }
}

/// The spares that an earlier run left, oldest first, and the number that comes next. What is no
/// use is removed.
pub(crate) fn left(storage: &dyn Storage, bytes: u64) -> Result<(Vec<Spare>, u64), JournalError> {
    let failed = || JournalError::io("look for prepared segments");
    let mut names = storage.list().map_err(failed())?;
    names.retain(|name| name.starts_with(PREFIX));
    names.sort_unstable();
    let number = |name: &String| name.strip_prefix(PREFIX).and_then(|n| n.parse::<u64>().ok());
    let next = names.iter().filter_map(number).max().map_or(0, |last| last + 1);
    let mut usable = Vec::new();
    for name in names {
        let file = storage.open(&name).map_err(failed())?;
        if file.len().map_err(failed())? == bytes {
            usable.push(Spare { name, file });
        } else {
            storage.remove(&name).map_err(failed())?;
        }
    }
    Ok((usable, next))
}
