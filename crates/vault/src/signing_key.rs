//! A private key that signs, and nothing else.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use model::Secret;

/// An Ed25519 key (RFC 8032). It cannot be read back or printed.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Draws a key, as PKCS#8: to be sealed at once.
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn draw() -> Secret<Vec<u8>> {
        let drawn = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        Secret::new(drawn.expect("the system has randomness").as_ref().to_vec())
    }

    /// The key that `pkcs8` holds; `None` if it holds none.
    #[must_use]
    pub fn new(pkcs8: &[u8]) -> Option<Self> {
        Ed25519KeyPair::from_pkcs8(pkcs8).ok().map(Self)
    }

    /// The signature of `message`. The same message always has the same one.
    ///
    /// # Panics
    /// Never: an Ed25519 signature has 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).as_ref().try_into().expect("a signature has 64 bytes")
    }

    /// What the world may know of it: 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    /// RFC 8032, section 7.1, test 2, as PKCS#8 (RFC 8410).
    #[test]
    fn it_signs_as_the_standard_says() {
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let pkcs8 = bytes(&format!("302e020100300506032b657004220420{seed}"));
        let key = SigningKey::new(&pkcs8).unwrap();
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        assert_eq!(key.public_key(), bytes(public));
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(key.sign(&[0x72]).as_slice(), bytes(signature));
    }

    #[test]
    fn a_drawn_key_is_like_no_other_and_its_public_half_checks_it() {
        let (one, other) = (SigningKey::draw(), SigningKey::draw());
        assert_ne!(one.expose(), other.expose());
        let key = SigningKey::new(one.expose()).unwrap();
        let public = UnparsedPublicKey::new(&ED25519, key.public_key());
        public.verify(b"message", &key.sign(b"message")).unwrap();
        public.verify(b"another", &key.sign(b"message")).unwrap_err();
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
        assert!(SigningKey::new(b"no key").is_none());
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        pairs.map(|pair| byte(pair).unwrap()).collect()
    }
}
