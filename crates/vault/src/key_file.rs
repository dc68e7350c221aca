//! The file in which master keys live: readable by its owner alone, replaced in one step.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::MasterKeys;

const FILE_BYTES_MAX: u32 = 64 * 1024;
const OWNER_ONLY: u32 = 0o600;

/// What to do where there is no key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Make one: an empty exchange begins.
    Create,
    /// Refuse: secrets were sealed under keys that are not here, or the operator keeps the file.
    Refuse,
}

/// What can go wrong with a key file. What it holds is never shown.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is none.
    #[error("there is no key file {}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Others may read it.
    #[error("others may read the key file {} (mode {mode:o}): chmod 600 it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Somebody else may change it, and read it again.
    #[error("the key file {} belongs to user {owner}: chown it", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// A line is damaged.
    #[error("line {line} of the key file {} is no master key", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1; 0 if there is no key at all.
        line: usize,
    },
    /// It holds as many keys as it may.
    #[error("the key file {} is full: remove its oldest keys", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error("cannot use the key file {}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Where the master keys live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The key file at `path`.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Reads the keys, or makes the first one.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn open(&self, missing: Missing) -> Result<MasterKeys, KeyFileError> {
        match (self.read(), missing) {
            (Err(KeyFileError::Missing { .. }), Missing::Create) => self.create(),
            (read, _) => read,
        }
    }

    /// Adds a key, which is the newest from now on, and returns all. The others stay: they still
    /// open what they wrapped.
    ///
    /// # Errors
    /// [`KeyFileError`]; the file is then as it was.
    pub fn add_key(&self) -> Result<MasterKeys, KeyFileError> {
        let folder = self.folder()?;
        folder.lock().map_err(|source| self.disk(source))?;
        let full = || KeyFileError::Full { path: self.path.clone() };
        let keys = self.read()?.with_next().ok_or_else(full)?;
        let path = std::fs::canonicalize(&self.path).map_err(|source| self.disk(source))?;
        let new = self.write_beside(&path, &keys)?;
        std::fs::rename(&new, &path).map_err(|source| self.disk(source))?;
        folder.sync_all().map_err(|source| self.disk(source))?;
        Ok(keys)
    }

    fn read(&self) -> Result<MasterKeys, KeyFileError> {
        let mut file = File::open(&self.path).map_err(|source| self.disk(source))?;
        let metadata = file.metadata().map_err(|source| self.disk(source))?;
        let (mode, owner) = (metadata.permissions().mode(), metadata.uid());
        if !may_own(owner, rustix::process::geteuid().as_raw()) {
            return Err(KeyFileError::Foreign { path: self.path.clone(), owner });
        }
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Exposed { path: self.path.clone(), mode: mode & 0o777 });
        }
        let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX as usize));
        Read::by_ref(&mut file)
            .take(FILE_BYTES_MAX.into())
            .read_to_string(&mut text)
            .map_err(|source| self.disk(source))?;
        MasterKeys::from_text(&text)
            .map_err(|bad| KeyFileError::Damaged { path: self.path.clone(), line: bad.0 })
    }

    /// Makes the file, whole or not at all. Whoever is second reads what the first has made.
    fn create(&self) -> Result<MasterKeys, KeyFileError> {
        let folder = self.folder()?;
        folder.lock().map_err(|source| self.disk(source))?;
        let new = self.write_beside(&self.path, &MasterKeys::generate())?;
        match std::fs::hard_link(&new, &self.path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(self.disk(error)),
            Ok(()) | Err(_) => {}
        }
        std::fs::remove_file(&new).map_err(|source| self.disk(source))?;
        folder.sync_all().map_err(|source| self.disk(source))?;
        self.read()
    }

    /// Writes a complete file beside `path` and syncs it.
    fn write_beside(&self, path: &Path, keys: &MasterKeys) -> Result<PathBuf, KeyFileError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let write = || -> std::io::Result<()> {
            // One that a kill left behind, or that others put there to read what is written or to
            // lead it elsewhere, goes: what is written is ours from its first byte.
            match std::fs::remove_file(&name) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(OWNER_ONLY).open(&name)?;
            file.write_all(keys.to_text().as_bytes())?;
            file.sync_all()
        };
        write().map_err(|source| self.disk(source))?;
        Ok(name.into())
    }

    fn folder(&self) -> Result<File, KeyFileError> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            Some(_) | None => Path::new("."),
        };
        File::open(folder).map_err(|source| self.disk(source))
    }

    fn disk(&self, source: std::io::Error) -> KeyFileError {
        let path = self.path.clone();
        if source.kind() == ErrorKind::NotFound {
            return KeyFileError::Missing { path };
        }
        KeyFileError::Disk { path, source }
    }
}

/// The file is ours, or the superuser's, who reads everything anyway.
const fn may_own(owner: u32, us: u32) -> bool {
    owner == us || owner == 0
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;
    use crate::MasterKeyVersion;

    fn place() -> (tempfile::TempDir, KeyFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("master.key"));
        (folder, file)
    }

    fn mode(file: &KeyFile) -> u32 {
        std::fs::metadata(&file.path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_missing_file_is_made_only_where_that_is_wanted() {
        let (folder, file) = place();
        assert!(matches!(file.open(Missing::Refuse), Err(KeyFileError::Missing { .. })));
        let made = file.open(Missing::Create).unwrap();
        assert_eq!(mode(&file), 0o600);
        for missing in [Missing::Create, Missing::Refuse] {
            assert_eq!(*file.open(missing).unwrap().to_text(), *made.to_text());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn keys_are_not_written_into_what_somebody_put_there() {
        let (folder, file) = place();
        let elsewhere = folder.path().join("elsewhere");
        std::fs::write(&elsewhere, "theirs").unwrap();
        let new = folder.path().join("master.key.new");
        std::os::unix::fs::symlink(&elsewhere, &new).unwrap();
        file.open(Missing::Create).unwrap();
        assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "theirs");
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let (_folder, file) = place();
        file.open(Missing::Create).unwrap();
        for (exposed, refused) in [
            (0o640, true),
            (0o604, true),
            (0o610, true),
            (0o660, true),
            (0o600, false),
            (0o400, false),
        ] {
            std::fs::set_permissions(&file.path, Permissions::from_mode(exposed)).unwrap();
            let opened = file.open(Missing::Create);
            assert_eq!(matches!(opened, Err(KeyFileError::Exposed { .. })), refused, "{exposed:o}");
        }
    }

    #[test]
    fn an_added_key_is_the_newest_and_the_others_stay() {
        let (folder, file) = place();
        let first = file.open(Missing::Create).unwrap();
        // What a kill in the middle of an earlier attempt leaves behind.
        let leftover = folder.path().join("master.key.new");
        std::fs::write(&leftover, "half a li").unwrap();
        std::fs::set_permissions(&leftover, Permissions::from_mode(0o644)).unwrap();
        let added = file.add_key().unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(added.newest(), MasterKeyVersion(2));
        assert_eq!(added.find(MasterKeyVersion(1)), first.find(MasterKeyVersion(1)));
        assert_eq!(*file.open(Missing::Refuse).unwrap().to_text(), *added.to_text());
        assert!(!leftover.exists());
    }

    #[test]
    fn a_file_behind_a_link_is_replaced_where_it_lies() {
        let (folder, file) = place();
        file.open(Missing::Create).unwrap();
        let link = folder.path().join("link.key");
        std::os::unix::fs::symlink("master.key", &link).unwrap();
        KeyFile::new(link.clone()).add_key().unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(file.open(Missing::Refuse).unwrap().newest(), MasterKeyVersion(2));
    }

    #[test]
    fn many_who_make_it_at_once_agree_on_one() {
        let (_folder, file) = place();
        let texts: Vec<_> = std::thread::scope(|scope| {
            let open = || file.open(Missing::Create).unwrap().to_text();
            let opening: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            opening.into_iter().map(|opened| opened.join().unwrap()).collect()
        });
        assert!(texts.windows(2).all(|pair| *pair[0] == *pair[1]));
    }

    #[test]
    fn a_damaged_file_is_refused_without_showing_it() {
        let (_folder, file) = place();
        let made = file.open(Missing::Create).unwrap();
        let line = made.to_text().lines().nth(1).unwrap().to_owned();
        std::fs::write(&file.path, format!("# comment\n{}\n", &line[..line.len() - 1])).unwrap();
        let error = file.open(Missing::Create).unwrap_err();
        assert!(matches!(error, KeyFileError::Damaged { line: 2, .. }), "{error:?}");
        assert!(!format!("{error:?} {error}").contains(&line[2..20]));
    }

    #[test]
    fn a_file_of_somebody_else_is_refused() {
        for (owner, us, may) in [(0, 0, true), (7, 7, true), (0, 7, true), (7, 0, false)] {
            assert_eq!(may_own(owner, us), may, "{owner} {us}");
        }
        let (_folder, file) = place();
        file.open(Missing::Create).unwrap();
        // Only the superuser can give a file away.
        if std::os::unix::fs::chown(&file.path, Some(65_534), None).is_ok() {
            let read = file.open(Missing::Create);
            assert!(matches!(read, Err(KeyFileError::Foreign { owner: 65_534, .. })));
        }
    }
}
