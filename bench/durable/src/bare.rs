//! The disk alone: synced writes into a file that is there already, of the sizes given.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

const FILE_BYTES: u64 = 64 << 20;
const PIECE: usize = 1 << 20;

/// What the disk did.
pub struct Bare {
    /// Bytes made durable in a second.
    pub bytes_per_second: f64,
    /// How long half of the syncs took at most, with the write before each.
    pub p50: Duration,
}

/// Writes and syncs pieces of `sizes` in turn, for so long.
pub fn run(directory: &Path, sizes: &[u32], length: Duration) -> io::Result<Bare> {
    let path = directory.join("bare");
    let file = File::create(&path)?;
    let zeros = vec![0; PIECE];
    for at in (0..FILE_BYTES).step_by(PIECE) {
        file.write_all_at(&zeros, at)?;
    }
    file.sync_all()?;
    let largest = sizes.iter().max().copied().unwrap_or(0) as usize;
    let bytes: Vec<u8> = (0..largest).map(|at| (at % 251) as u8 + 1).collect();
    let (mut at, mut total, mut times) = (0, 0_u64, Vec::new());
    let began = Instant::now();
    for size in sizes.iter().cycle() {
        let start = Instant::now();
        if length < start - began {
            break;
        }
        if FILE_BYTES < at + u64::from(*size) {
            at = 0;
        }
        file.write_all_at(&bytes[..*size as usize], at)?;
        file.sync_data()?;
        at += u64::from(*size);
        total += u64::from(*size);
        times.push(start.elapsed());
    }
    let bytes_per_second = total as f64 / began.elapsed().as_secs_f64();
    times.sort_unstable();
    std::fs::remove_file(path)?;
    Ok(Bare { bytes_per_second, p50: times[times.len() / 2] })
}
