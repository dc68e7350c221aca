//! Where bytes go. The journal needs this much of a disk and no more, so that tests can bring a
//! disk that forgets, tears, fills up and fails.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::JournalError;

/// A flat directory of files. Names are plain: no separators, no dots in front.
pub trait Storage: Send + Sync + 'static {
    /// The names of all files, in no order.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// A new, empty file.
    ///
    /// # Errors
    /// `AlreadyExists`, or whatever the disk says.
    fn create(&self, name: &str) -> io::Result<Box<dyn StoredFile>>;

    /// A file that exists, for reading and writing.
    ///
    /// # Errors
    /// `NotFound`, or whatever the disk says.
    fn open(&self, name: &str) -> io::Result<Box<dyn StoredFile>>;

    /// Gives a file another name, taking it from the file that had it. Durable only after
    /// [`Self::sync_directory`].
    ///
    /// # Errors
    /// Whatever the disk says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations, renames and removals durable.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn sync_directory(&self) -> io::Result<()>;

    /// Takes the directory for this process until the lock is dropped.
    ///
    /// # Errors
    /// `WouldBlock` if somebody else has it.
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>>;
}

/// One file. Writes go where they are told and are durable only after [`Self::sync`].
pub trait StoredFile: Send + Sync + 'static {
    /// Bytes in the file.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn len(&self) -> io::Result<u64>;

    /// Whether there are none.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `bytes` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` where the file is shorter, or whatever the disk says.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`; a file shorter than that grows.
    ///
    /// # Errors
    /// `StorageFull`, or whatever the disk says.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes every write so far durable. An error means that it is unknown which writes are:
    /// asking again proves nothing, for the kernel tells of a failed write once.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn sync(&self) -> io::Result<()>;
}

/// The directory is ours until this is dropped.
pub struct Lock {
    _held: Box<dyn Send + Sync>,
}

/// Takes the directory for this process.
///
/// # Errors
/// [`JournalError::Locked`] if another process has it.
pub fn lock(storage: &dyn Storage) -> Result<Lock, JournalError> {
    match storage.lock() {
        Ok(held) => Ok(Lock { _held: held }),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(JournalError::Locked),
        Err(error) => Err(JournalError::io("lock the data directory")(error)),
    }
}

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lock").finish_non_exhaustive()
    }
}

/// The name of the lock file.
const LOCK: &str = "lock";

/// A directory of the file system.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Open for as long as it is ours: a sync of it needs no file that may not be had.
    file: File,
}

impl Directory {
    /// The directory at `path`, made if it is missing, with access for its owner alone. Its name
    /// is durable when this returns.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn create(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let missing = path.ancestors().skip(1).take_while(|above| !above.exists()).count();
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        // An earlier process may have made it and died before it could sync this.
        for above in path.ancestors().skip(1).take(1 + missing) {
            let here = if above.as_os_str().is_empty() { Path::new(".") } else { above };
            File::open(here)?.sync_all()?;
        }
        Self::open(path)
    }

    /// The directory at `path`, which must exist.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        Ok(Self { path: path.to_owned(), file })
    }

    fn options() -> OpenOptions {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600);
        options
    }
}

impl Storage for Directory {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        Ok(Box::new(Self::options().create_new(true).open(self.path.join(name))?))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        Ok(Box::new(Self::options().open(self.path.join(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let file = Self::options().create(true).truncate(false).open(self.path.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(file)),
            Err(TryLockError::WouldBlock) => Err(io::Error::from(io::ErrorKind::WouldBlock)),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl StoredFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
