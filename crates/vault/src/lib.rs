//! Seals and opens secrets; signs without handing secrets out.
//!
//! Shape   each version of a record has a random data key of its own; the data key is wrapped by a
//!         master key, the newest of a key file. [`Vault::rewrap`] changes the wrapping alone.
//! Keeps   a record opens only as what it was sealed as: deployment, table, record, owner and
//!         version are bound into it. Every flipped bit, swap and wrong key is noticed. A plain
//!         secret lives in one function, in memory that is wiped.
//! Fails   [`VaultError`], which says no more than that a record does not open.
//! Source  NIST SP 800-38D (AES-GCM); RFC 5869 (HKDF); "How to Abuse and Fix Authenticated
//!         Encryption Without Key Commitment", USENIX Security 2022.

mod decrypting_key;
mod envelope;
mod hmac_key;
mod key_file;
mod master;
mod otp_key;
mod record;
mod safe;
mod signing_key;

pub use decrypting_key::DecryptingKey;
pub use hmac_key::HmacKey;
pub use key_file::{KeyFile, KeyFileError, Missing};
pub use master::{MasterKeyVersion, MasterKeys};
pub use otp_key::OtpKey;
pub use record::RecordName;
pub use safe::{Vault, VaultError};
pub use signing_key::SigningKey;
