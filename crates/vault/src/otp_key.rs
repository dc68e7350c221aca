//! A key for one-time codes, and nothing else.

use aws_lc_rs::{hmac, rand};
use model::Secret;

/// Length of a key, in bytes, as RFC 4226 recommends it for SHA-1.
const KEY_BYTES: usize = 20;

/// A key for codes of six digits (RFC 4226 with SHA-1, the only one that every app knows). It
/// cannot be read back or printed.
pub struct OtpKey(hmac::Key);

impl OtpKey {
    /// Draws a key: to be sealed at once, and shown once.
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn draw() -> Secret<Vec<u8>> {
        let mut bytes = vec![0; KEY_BYTES];
        rand::fill(&mut bytes).expect("the system has randomness");
        Secret::new(bytes)
    }

    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, bytes))
    }

    /// The code of a step, below one million.
    ///
    /// # Panics
    /// Never: SHA-1 has 20 bytes.
    #[must_use]
    pub fn code(&self, step: u64) -> u32 {
        let tag = hmac::sign(&self.0, &step.to_be_bytes());
        let tag: [u8; 20] = tag.as_ref().try_into().expect("SHA-1 has 20 bytes");
        let at = usize::from(tag[19] & 0xf);
        let bytes = tag[at..at + 4].try_into().expect("four bytes");
        (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000
    }
}

impl std::fmt::Debug for OtpKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OtpKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4226, appendix D, and RFC 6238, appendix B (the last six of its eight digits).
    #[test]
    fn codes_are_those_of_the_standard() {
        let key = OtpKey::new(b"12345678901234567890");
        let codes = [
            755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871,
            520_489,
        ];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(key.code(step), code, "{step}");
        }
        for (seconds, code) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_234_567_890, 5_924),
            (20_000_000_000_u64, 353_130),
        ] {
            assert_eq!(key.code(seconds / 30), code, "{seconds}");
        }
        assert_eq!(format!("{key:?}"), "OtpKey(…)");
        assert_ne!(OtpKey::draw().expose(), OtpKey::draw().expose());
    }
}
