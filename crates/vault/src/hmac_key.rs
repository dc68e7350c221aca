//! A key that can sign and compare, and nothing else.

use aws_lc_rs::{constant_time, hmac};

/// An HMAC-SHA256 key. It cannot be read back or printed, and is wiped when dropped.
pub struct HmacKey(hmac::Key);

impl HmacKey {
    /// A key of the bytes of `secret`.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The signature of `parts` joined.
    ///
    /// # Panics
    /// Never: SHA-256 has 32 bytes.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.tag(parts).as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// Whether `signature` is that of `parts` joined, in a time that tells nothing of how much of
    /// it is right.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(self.tag(parts).as_ref(), signature).is_ok()
    }

    fn tag(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        parts.iter().for_each(|part| context.update(part));
        context.sign()
    }
}

impl std::fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HmacKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn it_signs_as_the_standard_says() {
        let key = HmacKey::new(b"Jefe");
        let want = [
            0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95,
            0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9,
            0x64, 0xec, 0x38, 0x43,
        ];
        let message: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert_eq!(key.sign(&message), want);
        assert!(key.verify(&message, &want));
        assert!(!key.verify(&[b"what do ya want for something?"], &want));
        assert!(!key.verify(&message, &want[..31]));
        assert!(!key.verify(&message, &[]));
    }
}
