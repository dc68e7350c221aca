//! A directory that takes note of how many bytes each sync made durable, and when.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use journal::{Directory, Storage, StoredFile};

/// What is shorter is no frame: a frame fills sectors.
const FRAME_BYTES_MIN: usize = 512;

/// The sizes of synced frames, in bytes, in order.
pub type Sizes = Arc<Mutex<Vec<u32>>>;

/// When the last frame became durable.
pub type Synced = Arc<Mutex<Instant>>;

/// The directory of the journal.
pub struct Metered {
    /// Where the bytes go.
    pub directory: Directory,
    /// What was synced.
    pub sizes: Sizes,
    /// When.
    pub synced: Synced,
}

struct File {
    file: Box<dyn StoredFile>,
    sizes: Sizes,
    synced: Synced,
    written: Mutex<usize>,
}

impl Metered {
    fn file(&self, file: Box<dyn StoredFile>) -> Box<dyn StoredFile> {
        let (sizes, synced) = (Arc::clone(&self.sizes), Arc::clone(&self.synced));
        Box::new(File { file, sizes, synced, written: Mutex::new(0) })
    }
}

impl Storage for Metered {
    fn list(&self) -> io::Result<Vec<String>> {
        self.directory.list()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        Ok(self.file(self.directory.create(name)?))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        Ok(self.file(self.directory.open(name)?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.directory.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.directory.remove(name)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.directory.sync_directory()
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        self.directory.lock()
    }
}

impl StoredFile for File {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_at(bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        // Zeros prepare a segment.
        if FRAME_BYTES_MIN <= bytes.len() && bytes[..64].iter().any(|byte| *byte != 0) {
            *self.written.lock().expect("no panic holds it") += bytes.len();
        }
        self.file.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()?;
        let written = std::mem::take(&mut *self.written.lock().expect("no panic holds it"));
        if 0 < written {
            *self.synced.lock().expect("no panic holds it") = Instant::now();
            let size = u32::try_from(written).expect("a frame is bounded");
            self.sizes.lock().expect("no panic holds it").push(size);
        }
        Ok(())
    }
}
