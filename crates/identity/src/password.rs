//! Password hashes: Argon2id, off the threads that serve, a bounded number at once.
//!
//! Source  OWASP Password Storage Cheat Sheet: m=19456 (KiB), t=2, p=1.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use aws_lc_rs::rand;
use tokio::sync::Semaphore;

use crate::error::IdentityError;
use crate::user::{Password, TypedPassword};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes computed at once: 19 MiB and a core each.
const AT_ONCE_MAX: usize = 2;
/// Hashes computed or waited for. One more is told that we are busy.
const ACCEPTED_MAX: usize = 32;

/// A stored password hash, in PHC form. It is not printed: it is all that a guesser needs.
#[derive(Clone, PartialEq, Eq, sea_orm::DeriveValueType)]
#[sea_orm(column_type = "Text")]
pub struct StoredHash(pub String);

impl std::fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredHash(…)")
    }
}

/// Computes and compares password hashes.
#[derive(Debug)]
pub struct Hasher {
    accepted: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
}

impl Hasher {
    pub fn new() -> Self {
        Self {
            accepted: Arc::new(Semaphore::new(ACCEPTED_MAX)),
            at_once: Arc::new(Semaphore::new(AT_ONCE_MAX)),
        }
    }

    pub async fn hash(&self, password: Password) -> Result<StoredHash, IdentityError> {
        self.run(move || {
            let mut salt = [0; 16];
            rand::fill(&mut salt).expect("the system has randomness");
            let hash = argon2().hash_password_with_salt(password.expose(), &salt);
            StoredHash(hash.expect("the parameters are in range").to_string())
        })
        .await
    }

    /// Whether `password` is the one of `hash`. Without a hash it takes as long, and is not.
    pub async fn verify(
        &self,
        password: TypedPassword,
        hash: Option<StoredHash>,
    ) -> Result<bool, IdentityError> {
        self.run(move || match hash {
            Some(hash) => PasswordHash::new(&hash.0)
                .is_ok_and(|hash| argon2().verify_password(password.expose(), &hash).is_ok()),
            None => {
                let hash = argon2().hash_password_with_salt(password.expose(), &[0; 16]);
                hash.expect("the parameters are in range");
                false
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IdentityError> {
        let accepted =
            Arc::clone(&self.accepted).try_acquire_owned().map_err(|_| IdentityError::Busy)?;
        let running = Arc::clone(&self.at_once).acquire_owned().await.expect("it never closes");
        // The permits go along: whoever asked may go away, the work is done until it is done.
        let done = tokio::task::spawn_blocking(move || {
            let _permits = (accepted, running);
            work()
        });
        Ok(done.await.expect("hashing does not panic"))
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("they are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    fn password(text: &str) -> Password {
        Password::new(Secret::new(text.to_owned())).unwrap()
    }

    fn typed(text: &str) -> TypedPassword {
        TypedPassword::new(Secret::new(text.to_owned())).unwrap()
    }

    #[tokio::test]
    async fn a_hash_knows_its_password_alone_and_names_its_cost() {
        let hasher = Hasher::new();
        let hash = hasher.hash(password("correct horse")).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert_ne!(hasher.hash(password("correct horse")).await.unwrap(), hash, "salted");
        for (text, stored, is_right) in [
            ("correct horse", Some(hash.clone()), true),
            ("correct horsf", Some(hash.clone()), false),
            ("correct horse ", Some(hash.clone()), false),
            ("correct horse", Some(StoredHash("nonsense".into())), false),
            ("correct horse", None, false),
        ] {
            let verified = hasher.verify(typed(text), stored.clone()).await.unwrap();
            assert_eq!(verified, is_right, "{text} {stored:?}");
        }
        assert!(!format!("{hash:?} {hasher:?}").contains("argon2id"));
    }

    #[tokio::test]
    async fn more_than_can_wait_are_told_that_we_are_busy() {
        let hasher = Hasher::new();
        let taken = Arc::clone(&hasher.accepted).acquire_many_owned(31).await.unwrap();
        hasher.verify(typed("correct horse"), None).await.unwrap();
        let last = Arc::clone(&hasher.accepted).acquire_owned().await.unwrap();
        let refused = hasher.verify(typed("correct horse"), None).await.unwrap_err();
        assert!(matches!(refused, IdentityError::Busy), "{refused:?}");
        drop((taken, last));
        hasher.verify(typed("correct horse"), None).await.unwrap();
    }
}
