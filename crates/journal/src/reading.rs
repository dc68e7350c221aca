//! A journal at rest: what is there, frame by frame, and whether it is all that must be there.
//!
//! Keeps   reading changes nothing. The end of the journal is the first place without a sound
//!         frame; behind it there may be the torn rest of one write, never another sound frame.
//! Fails   [`JournalError::Damaged`] and [`JournalError::MissingSegment`] where something in the
//!         middle is not as it was written; the torn end is no error until [`Resting::check`].

use std::sync::Arc;

use crate::error::JournalError;
use crate::frame::{self, Header, SECTOR};
use crate::segment::{self, FRAMES_AT, SegmentHeader};
use crate::storage::Storage;
use crate::watermark::Watermark;

/// A journal that is not being written.
pub struct Resting {
    storage: Arc<dyn Storage>,
    segments: Vec<SegmentHeader>,
    watermark: u64,
    rules: u32,
}

/// One batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The sequence of its first record.
    pub first: u64,
    /// How many records.
    pub count: u32,
    /// Its time, as its writer gave it.
    pub time: u64,
    /// What the writer gave.
    pub payload: &'a [u8],
}

/// Where a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The last sequence that is there.
    pub seq: u64,
    /// The segment it ends in.
    pub segment: u64,
    /// The byte of that segment at which the next frame goes.
    pub offset: u64,
    /// Bytes of an unfinished write behind the end; to be cut before writing goes on.
    pub torn_bytes: u64,
    pub(crate) chain: u32,
    /// The furthest acknowledgement that a frame tells of.
    pub(crate) acknowledged: u64,
}

impl Resting {
    /// The journal in `storage`, or `None` if there never was one. The caller holds the lock.
    ///
    /// # Errors
    /// [`JournalError`] if it cannot be read, if a segment is missing, or if it was written under
    /// other rules than `rules`.
    pub fn open(storage: Arc<dyn Storage>, rules: u32) -> Result<Option<Self>, JournalError> {
        let names = storage.list().map_err(JournalError::io("list the journal"))?;
        let mut indexes: Vec<u64> = names.iter().filter_map(|n| segment::index_of(n)).collect();
        indexes.sort_unstable();
        let Some(&oldest) = indexes.first() else {
            let traces = names.iter().any(|name| crate::snapshot::seq_of(name).is_some());
            let acknowledged = Watermark::read(storage.as_ref(), None)?.unwrap_or(0);
            if traces || 0 < acknowledged {
                return Err(JournalError::MissingSegment { index: 0 });
            }
            return Ok(None);
        };
        let mut segments: Vec<SegmentHeader> = Vec::with_capacity(indexes.len());
        for (expected, index) in (oldest..).zip(indexes) {
            if index != expected {
                return Err(JournalError::MissingSegment { index: expected });
            }
            let name = segment::name(index);
            let file = storage.open(&name).map_err(JournalError::io(format!("open {name}")))?;
            let header = SegmentHeader::read(file.as_ref(), index)?;
            if header.rules != rules {
                return Err(JournalError::Rules { found: header.rules, known: rules });
            }
            if segments.first().is_some_and(|first| first.journal_id != header.journal_id) {
                let what = "it belongs to another journal";
                return Err(JournalError::Damaged { file: name, offset: 16, what });
            }
            segments.push(header);
        }
        let journal_id = segments[0].journal_id;
        let Some(watermark) = Watermark::read(storage.as_ref(), Some(journal_id))? else {
            let (file, what) = ("watermark".into(), "it is missing");
            return Err(JournalError::Damaged { file, offset: 0, what });
        };
        Ok(Some(Self { storage, segments, watermark, rules }))
    }

    /// The first sequence that is still there.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.segments[0].first
    }

    /// What tells this journal from others.
    #[must_use]
    pub fn journal_id(&self) -> u64 {
        self.segments[0].journal_id
    }

    /// What the watermark file says was acknowledged.
    #[must_use]
    pub const fn watermark(&self) -> u64 {
        self.watermark
    }

    pub(crate) const fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    pub(crate) const fn rules(&self) -> u32 {
        self.rules
    }

    /// Makes durable what an earlier process left in the kernel's memory: what is read from here
    /// on is history, and others may act on it. The last frame and what is torn behind it are
    /// written again, for after a sync that failed the kernel shows them, takes them for written,
    /// and would sync nothing. The directory is synced because the last segment may have its name
    /// from a process that died before it could.
    ///
    /// # Errors
    /// [`JournalError::Io`], and whatever [`Frames::next`] finds in the last segment.
    pub fn settle(&self) -> Result<(), JournalError> {
        let last = self.segments.last().expect("there is at least one");
        let mut frames = self.frames(last.first)?;
        let mut begin = 0;
        let torn = loop {
            let offset = frames.offset;
            match frames.next()? {
                Next::Frame(_) => begin = offset,
                Next::End(end) => break end.torn_bytes,
            }
        };
        let end = frames.offset + usize::try_from(torn).expect("within a segment");
        let name = segment::name(last.index);
        let again = || {
            let file = self.storage.open(&name)?;
            file.write_at(&frames.bytes[begin..end], FRAMES_AT + begin as u64)?;
            file.sync()?;
            self.storage.sync_directory()
        };
        again().map_err(JournalError::io(format!("write the end of {name} again")))
    }

    /// All frames from the segment on that holds `first`; some of their records may come before
    /// it.
    ///
    /// # Errors
    /// [`JournalError::Pruned`].
    pub fn frames(&self, first: u64) -> Result<Frames<'_>, JournalError> {
        let oldest = self.oldest();
        if first < oldest {
            return Err(JournalError::Pruned { wanted: first, oldest });
        }
        let at = self.segments.partition_point(|segment| segment.first <= first) - 1;
        // Frames without records may precede the first one: they are in the oldest segment too.
        let at = if first == oldest { 0 } else { at };
        let header = self.segments[at];
        Ok(Frames {
            journal: self,
            at,
            bytes: Vec::new(),
            offset: 0,
            next: header.first,
            chain: header.chain,
            acknowledged: 0,
            loaded: false,
        })
    }

    /// Whether the journal, which ends at `end`, holds all that must be there: what was
    /// acknowledged, and what is known elsewhere.
    ///
    /// # Errors
    /// [`JournalError::AcknowledgedMissing`] or [`JournalError::Behind`].
    pub fn check(&self, end: &End, must_reach: u64) -> Result<(), JournalError> {
        let (have, acknowledged) = (end.seq, self.watermark.max(end.acknowledged));
        if have < acknowledged {
            return Err(JournalError::AcknowledgedMissing { have, acknowledged });
        }
        if have < must_reach {
            return Err(JournalError::Behind { have, must_reach });
        }
        Ok(())
    }
}

impl std::fmt::Debug for Resting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resting").field("segments", &self.segments).finish_non_exhaustive()
    }
}

/// Reads frame after frame.
#[derive(Debug)]
pub struct Frames<'a> {
    journal: &'a Resting,
    at: usize,
    bytes: Vec<u8>,
    offset: usize,
    next: u64,
    chain: u32,
    acknowledged: u64,
    loaded: bool,
}

/// What comes next.
#[derive(Debug)]
pub enum Next<'a> {
    /// A batch.
    Frame(Frame<'a>),
    /// No more.
    End(End),
}

impl Frames<'_> {
    /// The next frame, or the end.
    ///
    /// # Errors
    /// [`JournalError`] where the journal is damaged.
    #[allow(clippy::should_implement_trait, reason = "it lends, and it may fail")]
    pub fn next(&mut self) -> Result<Next<'_>, JournalError> {
        loop {
            if !self.loaded {
                self.load()?;
            }
            let segment = &self.journal.segments[self.at];
            let found = frame::parse(&self.bytes[self.offset..]).filter(|(header, _)| {
                (header.segment, header.journal_id) == (segment.index, segment.journal_id)
                    && (header.first, header.chain) == (self.next, self.chain)
            });
            if let Some((header, crc)) = found {
                return Ok(Next::Frame(self.advance(&header, crc)));
            }
            if self.at + 1 == self.journal.segments.len() {
                return self.end().map(Next::End);
            }
            let following = &self.journal.segments[self.at + 1];
            if (following.first, following.chain) != (self.next, self.chain) {
                return Err(self.damaged("a frame is missing or damaged"));
            }
            self.at += 1;
            self.loaded = false;
        }
    }

    fn load(&mut self) -> Result<(), JournalError> {
        let index = self.journal.segments[self.at].index;
        let name = segment::name(index);
        let open = JournalError::io(format!("open {name}"));
        let file = self.journal.storage.open(&name).map_err(open)?;
        let len = file.len().map_err(JournalError::io(format!("measure {name}")))?;
        let len = usize::try_from(len - FRAMES_AT).expect("a segment fits in memory");
        self.bytes.resize(len, 0);
        let read = JournalError::io(format!("read {name}"));
        file.read_at(&mut self.bytes, FRAMES_AT).map_err(read)?;
        self.offset = 0;
        self.loaded = true;
        Ok(())
    }

    fn advance(&mut self, header: &Header, crc: u32) -> Frame<'_> {
        let payload_len = usize::try_from(header.payload_len).expect("parsed from these bytes");
        let start = self.offset + frame::HEADER;
        self.offset += frame::size(payload_len);
        self.next = header.next();
        self.chain = crc;
        self.acknowledged = self.acknowledged.max(header.acknowledged);
        Frame {
            first: header.first,
            count: header.count,
            time: header.time,
            payload: &self.bytes[start..start + payload_len],
        }
    }

    /// The end, unless what follows shows that a frame in the middle was lost: each frame was
    /// durable before the next was written, so only the last may be torn.
    fn end(&self) -> Result<End, JournalError> {
        let segment = &self.journal.segments[self.at];
        let rest = &self.bytes[self.offset..];
        let torn = used(rest);
        for offset in (SECTOR..torn.next_multiple_of(SECTOR)).step_by(SECTOR) {
            let later = rest.get(offset..).and_then(frame::parse).is_some_and(|(header, _)| {
                (header.segment, header.journal_id) == (segment.index, segment.journal_id)
                    && self.next <= header.first
            });
            if later {
                return Err(self.damaged("a frame is damaged, and sound ones follow"));
            }
        }
        Ok(End {
            seq: self.next - 1,
            segment: segment.index,
            offset: FRAMES_AT + self.offset as u64,
            torn_bytes: torn as u64,
            chain: self.chain,
            acknowledged: self.acknowledged,
        })
    }

    fn damaged(&self, what: &'static str) -> JournalError {
        let file = segment::name(self.journal.segments[self.at].index);
        JournalError::Damaged { file, offset: FRAMES_AT + self.offset as u64, what }
    }
}

/// Bytes up to the last that is not zero.
fn used(bytes: &[u8]) -> usize {
    const ZEROS: [u8; 4_096] = [0; 4_096];
    let mut end = bytes.len();
    while 0 < end {
        let begin = end.saturating_sub(ZEROS.len());
        if bytes[begin..end] != ZEROS[..end - begin] {
            let last = bytes[begin..end].iter().rposition(|byte| *byte != 0);
            return begin + last.map_or(0, |last| last + 1);
        }
        end = begin;
    }
    0
}
