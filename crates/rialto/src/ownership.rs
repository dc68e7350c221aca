//! The data directory is ours alone.
//!
//! Keeps   nothing is read from, written into or told to what belongs to another user: in a
//!         shared folder somebody else may have put a data directory or a socket there first.

use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

use crate::Failure;

/// Makes a directory that only its owner can enter, also where it was there already.
///
/// # Errors
/// Where it belongs to somebody else, or the file system refuses.
pub fn create_private(path: &Path) -> Result<(), Failure> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    check_owner(path)?;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?)
}

/// Checks that `path` belongs to whoever runs this.
///
/// # Errors
/// Where it belongs to somebody else, or the file system refuses.
pub fn check_owner(path: &Path) -> Result<(), Failure> {
    let owner = std::fs::metadata(path)?.uid();
    if is_us(owner) {
        return Ok(());
    }
    let path = path.display();
    Err(format!("{path} belongs to user {owner}: run this as that user, or give it to yours")
        .into())
}

/// Whether this process runs as the user of that number.
pub fn is_us(user: u32) -> bool {
    rustix::process::geteuid().as_raw() == user
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_somebody_else_is_refused_and_left_as_it_is() {
        const NOBODY: u32 = 65_534;
        let ours = tempfile::tempdir().unwrap();
        let path = ours.path().join("data");
        create_private(&path).unwrap();
        create_private(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        // Only the superuser can give a directory away.
        if std::os::unix::fs::chown(&path, Some(NOBODY), None).is_ok() {
            let refused = create_private(&path).unwrap_err().to_string();
            assert!(refused.contains("belongs to user 65534"), "{refused}");
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        } else if is_us(0) {
            println!("skipped: nothing can be given to another user here");
        } else {
            assert!(check_owner(Path::new("/")).is_err());
        }
    }
}
