//! A private key that decrypts what others encrypt for it, and nothing else.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use model::Secret;
use zeroize::Zeroizing;

/// An RSA key for OAEP with SHA-256 (RFC 8017; `RSA-OAEP` of WebCrypto). It cannot be read back or
/// printed.
pub struct DecryptingKey {
    key: OaepPrivateDecryptingKey,
    spki: Vec<u8>,
}

impl DecryptingKey {
    /// Draws a key of 4096 bits, as PKCS#8: to be sealed at once. Takes seconds.
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn draw() -> Secret<Vec<u8>> {
        Self::draw_of(KeySize::Rsa4096)
    }

    /// Draws a key that is quickly drawn, for tests: 2048 bits.
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn draw_small() -> Secret<Vec<u8>> {
        Self::draw_of(KeySize::Rsa2048)
    }

    fn draw_of(size: KeySize) -> Secret<Vec<u8>> {
        let drawn = PrivateDecryptingKey::generate(size).expect("the system has randomness");
        let pkcs8: Pkcs8V1Der = drawn.as_der().expect("a drawn key can be written");
        Secret::new(pkcs8.as_ref().to_vec())
    }

    /// The key that `pkcs8` holds; `None` if it holds none.
    #[must_use]
    pub fn new(pkcs8: &[u8]) -> Option<Self> {
        let key = PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?;
        let spki: PublicKeyX509Der = key.public_key().as_der().ok()?;
        let spki = spki.as_ref().to_vec();
        OaepPrivateDecryptingKey::new(key).ok().map(|key| Self { key, spki })
    }

    /// What was encrypted for this key; `None` if nothing was, whatever is wrong.
    #[must_use]
    pub fn decrypt(&self, ciphertext: &[u8]) -> Option<Secret<Vec<u8>>> {
        let mut room = Zeroizing::new(vec![0; self.key.min_output_size()]);
        let plain = self.key.decrypt(&OAEP_SHA256_MGF1SHA256, ciphertext, &mut room, None).ok()?;
        Some(Secret::new(plain.to_vec()))
    }

    /// What the world may know of it: a SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }
}

impl std::fmt::Debug for DecryptingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DecryptingKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey};

    use super::*;

    fn encrypted(spki: &[u8], plain: &[u8]) -> Vec<u8> {
        let public = PublicEncryptingKey::from_der(spki).unwrap();
        let public = OaepPublicEncryptingKey::new(public).unwrap();
        let mut room = vec![0; public.ciphertext_size()];
        public.encrypt(&OAEP_SHA256_MGF1SHA256, plain, &mut room, None).unwrap().to_vec()
    }

    #[test]
    fn what_is_encrypted_for_a_key_of_4096_bits_comes_out_and_nothing_else_does() {
        let key = DecryptingKey::new(DecryptingKey::draw().expose()).unwrap();
        let good = encrypted(key.spki(), b"correct horse");
        assert_eq!(good.len(), 512);
        assert_eq!(key.decrypt(&good).unwrap().expose(), b"correct horse");
        assert!(key.decrypt(&encrypted(key.spki(), b"")).unwrap().expose().is_empty());
        for place in [0, 100, 511] {
            let mut flipped = good.clone();
            flipped[place] ^= 1;
            assert!(key.decrypt(&flipped).is_none(), "{place}");
        }
        let other = DecryptingKey::new(DecryptingKey::draw_small().expose()).unwrap();
        assert!(other.decrypt(&encrypted(other.spki(), b"other")).is_some());
        for odd in [&[][..], &good[..511], &[0; 512], &[0xff; 512], &other.spki] {
            assert!(key.decrypt(odd).is_none());
        }
        assert!(other.decrypt(&good).is_none());
        assert_eq!(format!("{key:?}"), "DecryptingKey(…)");
        assert!(DecryptingKey::new(b"no key").is_none());
    }
}
