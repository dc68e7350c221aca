//! Appends frames, one sync each. Knows no thread: see `committer`.

use std::sync::Arc;

use crate::error::JournalError;
use crate::frame::{self, Header};
use crate::reading::{End, Resting};
use crate::segment::{self, FRAMES_AT, SegmentHeader};
use crate::snapshot::Identity;
use crate::spare::Spare;
use crate::storage::{Storage, StoredFile};

/// What a frame holds, but for its payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    pub first: u64,
    pub count: u32,
    pub time: u64,
}

pub(crate) struct Writer {
    storage: Arc<dyn Storage>,
    identity: Identity,
    file: Box<dyn StoredFile>,
    index: u64,
    offset: u64,
    len: u64,
    next: u64,
    chain: u32,
}

impl Writer {
    /// Begins a journal in the spare segment `spare`.
    pub fn create(
        storage: Arc<dyn Storage>,
        identity: Identity,
        spare: Spare,
    ) -> Result<Self, JournalError> {
        let header = SegmentHeader {
            rules: identity.rules,
            journal_id: identity.journal_id,
            index: 0,
            first: 1,
            chain: 0,
        };
        let (file, len) = adopt(storage.as_ref(), spare, header)?;
        let (index, offset, next, chain) = (0, FRAMES_AT, 1, 0);
        Ok(Self { storage, identity, file, index, offset, len, next, chain })
    }

    /// Goes on where `journal` ended, cutting what is torn. The caller has checked the end, and
    /// settled the journal before reading it.
    pub fn resume(journal: &Resting, end: &End) -> Result<Self, JournalError> {
        let storage = Arc::clone(journal.storage());
        let name = segment::name(end.segment);
        let file = storage.open(&name).map_err(JournalError::io(format!("open {name}")))?;
        let len = file.len().map_err(JournalError::io(format!("measure {name}")))?;
        let torn = usize::try_from(end.torn_bytes).expect("within a segment");
        if 0 < torn {
            let cut = JournalError::io(format!("cut the torn end of {name}"));
            file.write_at(&vec![0; torn], end.offset).map_err(cut)?;
            file.sync().map_err(JournalError::io(format!("sync {name}")))?;
        }
        let identity = Identity { rules: journal.rules(), journal_id: journal.journal_id() };
        let (index, offset) = (end.segment, end.offset);
        let (next, chain) = (end.seq + 1, end.chain);
        Ok(Self { storage, identity, file, index, offset, len, next, chain })
    }

    /// Bytes of frames that still fit into the segment.
    pub const fn remaining(&self) -> u64 {
        self.len.saturating_sub(self.offset)
    }

    /// Goes on in the spare segment `spare`.
    pub fn rotate(&mut self, spare: Spare) -> Result<(), JournalError> {
        let header = SegmentHeader {
            rules: self.identity.rules,
            journal_id: self.identity.journal_id,
            index: self.index + 1,
            first: self.next,
            chain: self.chain,
        };
        (self.file, self.len) = adopt(self.storage.as_ref(), spare, header)?;
        self.index += 1;
        self.offset = FRAMES_AT;
        Ok(())
    }

    /// Writes and syncs one frame; `buffer` is [`frame::HEADER`] bytes of room and the payload.
    ///
    /// # Panics
    /// If the batch does not follow the one before, or does not fit: bugs of the caller.
    pub fn append(
        &mut self,
        buffer: &mut Vec<u8>,
        batch: Batch,
        acknowledged: u64,
    ) -> Result<(), JournalError> {
        assert_eq!(batch.first, self.next, "a gap here is a bug of the sequencer");
        let header = Header {
            payload_len: 0,
            segment: self.index,
            first: batch.first,
            count: batch.count,
            chain: self.chain,
            time: batch.time,
            acknowledged,
            journal_id: self.identity.journal_id,
        };
        let crc = frame::seal(buffer, &header);
        assert!(buffer.len() as u64 <= self.remaining(), "the caller looks for room first");
        let failed = |doing: &str| JournalError::io(format!("{doing} record {}", batch.first));
        self.file.write_at(buffer, self.offset).map_err(failed("write"))?;
        self.file.sync().map_err(failed("sync"))?;
        self.offset += buffer.len() as u64;
        (self.next, self.chain) = (header.next(), crc);
        Ok(())
    }
}

/// Turns a spare into the segment of `header`; durable when this returns.
fn adopt(
    storage: &dyn Storage,
    spare: Spare,
    header: SegmentHeader,
) -> Result<(Box<dyn StoredFile>, u64), JournalError> {
    let name = segment::name(header.index);
    let Spare { name: spare, file } = spare;
    let adopt = || {
        let len = file.len()?;
        file.write_at(&header.to_bytes(), 0)?;
        file.sync()?;
        storage.rename(&spare, &name)?;
        storage.sync_directory()?;
        Ok(len)
    };
    let len = adopt().map_err(JournalError::io(format!("begin {name}")))?;
    Ok((file, len))
}
