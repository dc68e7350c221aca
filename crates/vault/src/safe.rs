//! The vault as others use it.

use std::sync::{Arc, PoisonError, RwLock};

use model::Secret;

use crate::envelope::{self, Draw, FORMAT, Refused, SECRET_BYTES_MAX, WrapDraw};
use crate::{DecryptingKey, HmacKey, MasterKeyVersion, MasterKeys, OtpKey, RecordName, SigningKey};

/// Why the vault does not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The record does not open: altered, of another row or deployment, or under another key.
    #[error("a sealed record does not open")]
    Refused,
    /// A newer version wrote the record.
    #[error("a sealed record has the format {0}, which this version does not know")]
    Format(u8),
    /// The record is wrapped by a master key that is not here.
    #[error("a sealed record needs master key {}, which is not in the key file", .0.0)]
    MasterKey(MasterKeyVersion),
    /// The secret is longer than the vault takes.
    #[error("a secret has at most {SECRET_BYTES_MAX} bytes")]
    TooLong,
}

impl From<Refused> for VaultError {
    fn from(Refused: Refused) -> Self {
        Self::Refused
    }
}

/// Seals and opens the secrets of one deployment.
#[derive(Debug)]
pub struct Vault {
    deployment: [u8; 16],
    keys: RwLock<Arc<MasterKeys>>,
}

impl Vault {
    /// The vault of `deployment`, a name that no other installation has.
    #[must_use]
    pub fn new(deployment: [u8; 16], keys: MasterKeys) -> Self {
        Self { deployment, keys: RwLock::new(Arc::new(keys)) }
    }

    /// Seals under the newest master key.
    ///
    /// # Errors
    /// [`VaultError::TooLong`].
    ///
    /// # Panics
    /// If the system has no randomness.
    pub fn seal(&self, name: &RecordName, secret: &Secret<String>) -> Result<Vec<u8>, VaultError> {
        self.seal_bytes(name, secret.expose().as_bytes())
    }

    /// Seals a key that a computer drew.
    ///
    /// # Errors
    /// [`VaultError::TooLong`].
    ///
    /// # Panics
    /// If the system has no randomness.
    pub fn seal_key(
        &self,
        name: &RecordName,
        key: &Secret<Vec<u8>>,
    ) -> Result<Vec<u8>, VaultError> {
        self.seal_bytes(name, key.expose())
    }

    fn seal_bytes(&self, name: &RecordName, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        if SECRET_BYTES_MAX < secret.len() {
            return Err(VaultError::TooLong);
        }
        let keys = self.keys();
        let version = keys.newest();
        let master = keys.find(version).ok_or(VaultError::MasterKey(version))?;
        Ok(envelope::seal(secret, &self.bound(name), version, master, &Draw::random()))
    }

    /// Opens a secret as a key that signs and compares.
    ///
    /// # Errors
    /// Any [`VaultError`] but [`VaultError::TooLong`].
    pub fn open_hmac(&self, name: &RecordName, sealed: &[u8]) -> Result<HmacKey, VaultError> {
        let keys = self.keys();
        let (_, master) = find(&keys, sealed)?;
        Ok(envelope::open(sealed, &self.bound(name), master, HmacKey::new)?)
    }

    /// Opens a key that signs.
    ///
    /// # Errors
    /// Any [`VaultError`] but [`VaultError::TooLong`]; [`VaultError::Refused`] too if what was
    /// sealed is no such key.
    pub fn open_signing(&self, name: &RecordName, sealed: &[u8]) -> Result<SigningKey, VaultError> {
        self.open_as(name, sealed, SigningKey::new)
    }

    /// Opens a key that decrypts.
    ///
    /// # Errors
    /// As [`Self::open_signing`].
    pub fn open_decrypting(
        &self,
        name: &RecordName,
        sealed: &[u8],
    ) -> Result<DecryptingKey, VaultError> {
        self.open_as(name, sealed, DecryptingKey::new)
    }

    /// Opens a key for one-time codes.
    ///
    /// # Errors
    /// Any [`VaultError`] but [`VaultError::TooLong`].
    pub fn open_otp(&self, name: &RecordName, sealed: &[u8]) -> Result<OtpKey, VaultError> {
        self.open_as(name, sealed, |bytes| Some(OtpKey::new(bytes)))
    }

    fn open_as<T>(
        &self,
        name: &RecordName,
        sealed: &[u8],
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T, VaultError> {
        let keys = self.keys();
        let (_, master) = find(&keys, sealed)?;
        envelope::open(sealed, &self.bound(name), master, read)?.ok_or(VaultError::Refused)
    }

    /// The record under the newest master key; `None` if it is already.
    ///
    /// # Errors
    /// Any [`VaultError`] but [`VaultError::TooLong`].
    ///
    /// # Panics
    /// If the system has no randomness.
    pub fn rewrap(&self, name: &RecordName, sealed: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        let keys = self.keys();
        let (version, old) = find(&keys, sealed)?;
        let newest = keys.newest();
        if version == newest {
            return Ok(None);
        }
        let new = keys.find(newest).ok_or(VaultError::MasterKey(newest))?;
        let draw = WrapDraw::random();
        Ok(Some(envelope::rewrap(sealed, &self.bound(name), old, newest, new, &draw)?))
    }

    /// The master key that wraps a record, as the record says.
    ///
    /// # Errors
    /// [`VaultError::Refused`] or [`VaultError::Format`] if it is none of ours.
    pub fn wrapped_by(sealed: &[u8]) -> Result<MasterKeyVersion, VaultError> {
        let (format, version) = envelope::header(sealed)?;
        if format == FORMAT { Ok(version) } else { Err(VaultError::Format(format)) }
    }

    /// The master key that wraps what is sealed now.
    #[must_use]
    pub fn newest(&self) -> MasterKeyVersion {
        self.keys().newest()
    }

    /// Uses `keys` from now on.
    pub fn replace_keys(&self, keys: MasterKeys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<MasterKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn bound(&self, name: &RecordName) -> Vec<u8> {
        name.bound(FORMAT, &self.deployment)
    }
}

fn find<'a>(
    keys: &'a MasterKeys,
    sealed: &[u8],
) -> Result<(MasterKeyVersion, &'a Secret<[u8; 32]>), VaultError> {
    let version = Vault::wrapped_by(sealed)?;
    let master = keys.find(version).ok_or(VaultError::MasterKey(version))?;
    Ok((version, master))
}

#[cfg(test)]
mod tests;
