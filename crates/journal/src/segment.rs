//! A segment: a file of fixed size, zeroed beforehand, that frames fill from the front.
//!
//! ```text
//!  0  magic 8 bytes    16  journal id u64    40  chain u32            60  crc32c of the 60 before
//!  8  format u32       24  index u64         44  reserved             64  zeros up to a sector
//! 12  rules u32        32  first seq u64                             512  the first frame
//! ```
//!
//! Keeps   segments count up by one; each names the sequence and the checksum that the one before
//!         ended with, so that reading can begin at any of them and none can be missing unseen.

use crate::error::JournalError;
use crate::frame::SECTOR;
use crate::storage::StoredFile;

const MAGIC: [u8; 8] = *b"RIALTOJS";
const FORMAT: u32 = 1;
const CRC_AT: usize = 60;
const SUFFIX: &str = ".segment";

/// Where the first frame begins.
pub(crate) const FRAMES_AT: u64 = SECTOR as u64;

/// What a segment says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub rules: u32,
    pub journal_id: u64,
    pub index: u64,
    /// The sequence of the first record to come.
    pub first: u64,
    /// The checksum of the last frame before.
    pub chain: u32,
}

pub(crate) fn name(index: u64) -> String {
    format!("{index:016}{SUFFIX}")
}

pub(crate) fn index_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    if digits.len() != 16 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

impl SegmentHeader {
    pub fn to_bytes(self) -> [u8; SECTOR] {
        let mut bytes = [0; SECTOR];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.rules.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.journal_id.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.index.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.first.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.chain.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..CRC_AT + 4].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn parse(bytes: &[u8; SECTOR], file: &str) -> Result<Self, JournalError> {
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
        let damaged = |offset, what| JournalError::Damaged { file: file.into(), offset, what };
        if bytes[..8] != MAGIC {
            return Err(damaged(0, "this is no segment of a journal"));
        }
        if u32_at(CRC_AT) != crc32c::crc32c(&bytes[..CRC_AT]) {
            return Err(damaged(0, "its header does not match its checksum"));
        }
        if bytes[CRC_AT + 4..].iter().any(|byte| *byte != 0) {
            return Err(damaged(0, "its header is followed by garbage"));
        }
        if u32_at(8) != FORMAT {
            let (found, known) = (u32_at(8), FORMAT);
            return Err(JournalError::Format { file: file.into(), found, known });
        }
        Ok(Self {
            rules: u32_at(12),
            journal_id: u64_at(16),
            index: u64_at(24),
            first: u64_at(32),
            chain: u32_at(40),
        })
    }

    /// The header of the segment `index` in `file`.
    pub fn read(file: &dyn StoredFile, index: u64) -> Result<Self, JournalError> {
        let name = name(index);
        let mut bytes = [0; SECTOR];
        let len = file.len().map_err(JournalError::io(format!("measure {name}")))?;
        if len < FRAMES_AT {
            let what = "it ends within its header";
            return Err(JournalError::Damaged { file: name, offset: len, what });
        }
        file.read_at(&mut bytes, 0).map_err(JournalError::io(format!("read {name}")))?;
        let header = Self::parse(&bytes, &name)?;
        if header.index != index {
            let what = "it is another segment under this name";
            return Err(JournalError::Damaged { file: name, offset: 24, what });
        }
        Ok(header)
    }
}
