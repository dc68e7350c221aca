//! The bytes of a frame: one batch, written and synced at once.
//!
//! ```text
//!  0  magic u32        16  first seq u64     40  acknowledged u64   64  payload
//!  4  payload len u32  24  count u32         48  journal id u64      …  zeros up to a sector
//!  8  segment u64      28  chain u32         56  reserved u32
//!                      32  time u64          60  crc32c of all other bytes of header and payload
//! ```
//!
//! Units   little endian; sequences count records, a frame holds `first .. first + count`.
//! Keeps   frames begin at sector borders, so that no sector is written both before and after an
//!         acknowledgement; `chain` is the checksum of the frame before, so that a frame can be
//!         neither dropped nor exchanged unseen; segment and id tell leftovers from frames.

/// Frames begin at multiples of this.
pub(crate) const SECTOR: usize = 512;
/// Bytes before the payload.
pub(crate) const HEADER: usize = 64;
/// The largest payload.
pub(crate) const PAYLOAD_MAX: usize = 4 << 20;

const MAGIC: u32 = u32::from_le_bytes(*b"RJF1");
const CRC_AT: usize = 60;

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub payload_len: u32,
    pub segment: u64,
    pub first: u64,
    pub count: u32,
    pub chain: u32,
    pub time: u64,
    pub acknowledged: u64,
    pub journal_id: u64,
}

impl Header {
    /// The sequence after the frame.
    pub const fn next(&self) -> u64 {
        self.first + self.count as u64
    }
}

/// Bytes on disk of a frame with so much payload.
pub(crate) const fn size(payload_len: usize) -> usize {
    (HEADER + payload_len).next_multiple_of(SECTOR)
}

/// Turns `buffer`, `HEADER` bytes of room and then the payload, into a frame; returns its checksum.
///
/// # Panics
/// If the payload is larger than `PAYLOAD_MAX`: a bug of the caller.
pub(crate) fn seal(buffer: &mut Vec<u8>, header: &Header) -> u32 {
    let payload_len = buffer.len() - HEADER;
    assert!(payload_len <= PAYLOAD_MAX, "the caller bounds its batches");
    let payload_len = u32::try_from(payload_len).expect("bounded above");
    let mut head = [0; HEADER];
    let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &MAGIC.to_le_bytes());
    put(4, &payload_len.to_le_bytes());
    put(8, &header.segment.to_le_bytes());
    put(16, &header.first.to_le_bytes());
    put(24, &header.count.to_le_bytes());
    put(28, &header.chain.to_le_bytes());
    put(32, &header.time.to_le_bytes());
    put(40, &header.acknowledged.to_le_bytes());
    put(48, &header.journal_id.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&head[..CRC_AT]), &buffer[HEADER..]);
    head[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
    buffer[..HEADER].copy_from_slice(&head);
    buffer.resize(buffer.len().next_multiple_of(SECTOR), 0);
    crc
}

/// The frame at the start of `bytes` (which may go on beyond it) and its checksum, if it is whole
/// and sound.
pub(crate) fn parse(bytes: &[u8]) -> Option<(Header, u32)> {
    let head = bytes.first_chunk::<HEADER>()?;
    let u32_at = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
    let u64_at = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("8 bytes"));
    if u32_at(0) != MAGIC {
        return None;
    }
    let payload_len = u32_at(4);
    let len = usize::try_from(payload_len).ok().filter(|len| *len <= PAYLOAD_MAX)?;
    let payload = bytes.get(HEADER..HEADER + len)?;
    let padding = bytes.get(HEADER + len..size(len))?;
    let crc = u32_at(CRC_AT);
    let computed = crc32c::crc32c_append(crc32c::crc32c(&head[..CRC_AT]), payload);
    if crc != computed || padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    let header = Header {
        payload_len,
        segment: u64_at(8),
        first: u64_at(16),
        count: u32_at(24),
        chain: u32_at(28),
        time: u64_at(32),
        acknowledged: u64_at(40),
        journal_id: u64_at(48),
    };
    // A sequence at the end of its range is nothing that we wrote.
    header.first.checked_add(u64::from(header.count))?;
    Some((header, crc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(payload: &[u8]) -> (Vec<u8>, Header, u32) {
        let header = Header {
            payload_len: u32::try_from(payload.len()).unwrap(),
            segment: 3,
            first: 17,
            count: 5,
            chain: 0xdead_beef,
            time: 1_700_000_000_000_000,
            acknowledged: 16,
            journal_id: 99,
        };
        let mut buffer = vec![0; HEADER];
        buffer.extend_from_slice(payload);
        let crc = seal(&mut buffer, &header);
        (buffer, header, crc)
    }

    #[test]
    fn a_sealed_frame_parses_to_what_was_sealed() {
        for len in [0, 1, 447, 448, 449, 5_000] {
            let payload: Vec<u8> = (0..=250).cycle().take(len).collect();
            let (bytes, header, crc) = sealed(&payload);
            assert_eq!(bytes.len(), size(len), "{len}");
            assert_eq!(parse(&bytes), Some((header, crc)), "{len}");
            assert_eq!(&bytes[HEADER..HEADER + len], payload, "{len}");
        }
    }

    #[test]
    fn no_frame_survives_a_flipped_bit_or_a_missing_byte() {
        let (bytes, ..) = sealed(b"a batch of commands");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&flipped), None, "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert_eq!(parse(&bytes[..len]), None, "{len} bytes");
        }
    }
}
