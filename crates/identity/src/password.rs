//! Password hashes: Argon2id.
//!
//! Source  OWASP Password Storage Cheat Sheet: m=19456 (KiB), t=2, p=1.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use aws_lc_rs::rand;

use crate::error::IdentityError;
use crate::slow_work::{Line, SlowWork};
use crate::user::{Password, TypedPassword};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A stored password hash, in PHC form. It is not printed: it is all that a guesser needs.
#[derive(Clone, PartialEq, Eq, sea_orm::DeriveValueType)]
#[sea_orm(column_type = "Text")]
pub struct StoredHash(pub String);

impl std::fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredHash(…)")
    }
}

/// The hash of a password.
pub async fn hash(
    slow_work: &SlowWork,
    line: Line,
    password: Password,
) -> Result<StoredHash, IdentityError> {
    let work = move || {
        let mut salt = [0; 16];
        rand::fill(&mut salt).expect("the system has randomness");
        let hash = argon2().hash_password_with_salt(password.expose(), &salt);
        StoredHash(hash.expect("the parameters are in range").to_string())
    };
    slow_work.run(line, work).await
}

/// Whether `password` is the one of `hash`. Without a hash it takes as long, and is not.
pub async fn verify(
    slow_work: &SlowWork,
    line: Line,
    password: TypedPassword,
    hash: Option<StoredHash>,
) -> Result<bool, IdentityError> {
    let work = move || match hash {
        Some(hash) => PasswordHash::new(&hash.0)
            .is_ok_and(|hash| argon2().verify_password(password.expose(), &hash).is_ok()),
        None => {
            let hash = argon2().hash_password_with_salt(password.expose(), &[0; 16]);
            hash.expect("the parameters are in range");
            false
        }
    };
    slow_work.run(line, work).await
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
        let slow_work = SlowWork::new();
        let hashed =
            async || hash(&slow_work, Line::Known, password("correct horse")).await.unwrap();
        let hash = hashed().await;
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert_ne!(hashed().await, hash, "salted");
        for (text, stored, is_right) in [
            ("correct horse", Some(hash.clone()), true),
            ("correct horsf", Some(hash.clone()), false),
            ("correct horse ", Some(hash.clone()), false),
            ("correct horse", Some(StoredHash("nonsense".into())), false),
            ("correct horse", None, false),
        ] {
            let verified = verify(&slow_work, Line::Known, typed(text), stored.clone()).await;
            assert_eq!(verified.unwrap(), is_right, "{text} {stored:?}");
        }
        assert!(!format!("{hash:?}").contains("argon2id"));
    }
}
