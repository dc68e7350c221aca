//! Signatures, and the passphrase that goes with them.
//!
//! Keeps   what is signed is what is sent, byte for byte: stamp, method, path with its query, body.
//!         A key prints nothing of itself; what a client claims is compared in constant time.
//! Source  the venue's documentation, "Authentication"; captured requests of three dialects.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The headers of a signed request.
pub mod headers {
    /// The name of the key.
    pub const KEY: &str = "kc-api-key";
    /// The signature.
    pub const SIGN: &str = "kc-api-sign";
    /// When it was signed, in milliseconds.
    pub const TIMESTAMP: &str = "kc-api-timestamp";
    /// The passphrase, as the version of the key has it.
    pub const PASSPHRASE: &str = "kc-api-passphrase";
    /// The version of the key; 1 where it is missing.
    pub const VERSION: &str = "kc-api-key-version";
    /// How much a window has, on each answer.
    pub const LIMIT: &str = "gw-ratelimit-limit";
    /// How much of the window is left.
    pub const REMAINING: &str = "gw-ratelimit-remaining";
    /// In how many milliseconds the next window begins.
    pub const RESET: &str = "gw-ratelimit-reset";
}

/// How a key sends its passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyVersion {
    /// As it is.
    One,
    /// Signed by the key.
    Two,
    /// As version 2.
    Three,
}

impl KeyVersion {
    /// The version that the header tells; `None` for one that does not exist.
    #[must_use]
    pub fn parse(header: Option<&str>) -> Option<Self> {
        match header {
            None | Some("1") => Some(Self::One),
            Some("2") => Some(Self::Two),
            Some("3") => Some(Self::Three),
            Some(_) => None,
        }
    }

    /// What the header tells.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Two => "2",
            Self::Three => "3",
        }
    }
}

/// The secret of a key, ready to sign.
pub struct SigningKey(hmac::Key);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl SigningKey {
    /// The key of a secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The signature over `parts` joined: stamp, method, path with its query, and body.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> String {
        STANDARD.encode(self.tag(parts))
    }

    /// Whether `claimed` is the signature over `parts` joined.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], claimed: &str) -> bool {
        let Ok(claimed) = STANDARD.decode(claimed) else { return false };
        constant_time::verify_slices_are_equal(self.tag(parts).as_ref(), &claimed).is_ok()
    }

    /// The passphrase as it is sent.
    #[must_use]
    pub fn passphrase(&self, version: KeyVersion, passphrase: &str) -> String {
        match version {
            KeyVersion::One => passphrase.to_owned(),
            KeyVersion::Two | KeyVersion::Three => self.sign(&[passphrase.as_bytes()]),
        }
    }

    /// Whether `claimed` is the passphrase as it is sent.
    #[must_use]
    pub fn is_passphrase(&self, version: KeyVersion, passphrase: &str, claimed: &str) -> bool {
        let sent = self.passphrase(version, passphrase);
        constant_time::verify_slices_are_equal(sent.as_bytes(), claimed.as_bytes()).is_ok()
    }

    fn tag(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        context.sign()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signatures_of_others_are_good() {
        let key = SigningKey::new(b"test_api_secret");
        let order = concat!(
            r#"{"clientOid":"c1","side":"buy","symbol":"BTC-USDT","type":"limit","#,
            r#""price":"25000","size":"0.001"}"#
        )
        .as_bytes();
        for (parts, want) in [
            (vec![&b"test_plain"[..]], "jie/gxS38wLFFaBwl/cAzFbAzlI8MIny96jSXrB+iP4="),
            (
                vec![&b"1234567890000"[..], b"POST", b"/api/v1/hf/orders", order],
                "Ru6A6LJ4GPmU+L8DlxOhdZPAmIZPU5W5VVwR+j29ITE=",
            ),
        ] {
            assert_eq!(key.sign(&parts), want);
            assert!(key.verify(&parts, want));
        }
        let signed = "Ikr9KjwgA4urCb5Az1TNKgQELW10z84iOq+wsZsRRz0=";
        for (version, sent) in [
            (KeyVersion::One, "test_passphrase"),
            (KeyVersion::Two, signed),
            (KeyVersion::Three, signed),
        ] {
            assert_eq!(key.passphrase(version, "test_passphrase"), sent);
            assert!(key.is_passphrase(version, "test_passphrase", sent));
            assert!(!key.is_passphrase(version, "another", sent));
            assert_eq!(KeyVersion::parse(Some(version.number())), Some(version));
        }
        assert!(!key.is_passphrase(KeyVersion::Two, "test_passphrase", "test_passphrase"));
        assert_eq!(KeyVersion::parse(None), Some(KeyVersion::One));
        assert_eq!(KeyVersion::parse(Some("4")), None);
    }

    #[test]
    fn a_signature_that_is_off_by_anything_is_refused() {
        let key = SigningKey::new(b"test_api_secret");
        let good = key.sign(&[b"1", b"GET", b"/a?b=1"]);
        for (parts, claimed) in [
            ([&b"2"[..], b"GET", b"/a?b=1"], good.as_str()),
            ([b"1", b"POST", b"/a?b=1"], &good),
            ([b"1", b"GET", b"/a?b=2"], &good),
            ([b"1", b"GET", b"/a"], &good),
            ([b"1", b"GET", b"/a?b=1"], &good[..40]),
            ([b"1", b"GET", b"/a?b=1"], ""),
            ([b"1", b"GET", b"/a?b=1"], "not base64"),
            ([b"1", b"GET", b"/a?b=1"], &good.to_lowercase()),
        ] {
            assert!(!key.verify(&parts, claimed), "{claimed}");
        }
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
    }
}
