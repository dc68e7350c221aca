//! What is signed, and whether a signature is good.
//!
//! Shape   HMAC-SHA512, by the decoded secret, over the path and the SHA-256 of nonce and body;
//!         base64. The path as it was asked, with its query; the body as it was sent, form or JSON.
//! Keeps   nothing is re-encoded before it is checked; secrets stay in the key, which prints
//!         nothing.
//! Source  docs.kraken.com, "Spot REST authentication".

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A shared secret, ready to sign.
pub struct SigningKey(hmac::Key);

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret of this venue is base64")]
pub struct SigningKeyError;

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl SigningKey {
    /// The key of a secret as the venue gives it out.
    ///
    /// # Errors
    /// [`SigningKeyError`].
    pub fn new(secret: &str) -> Result<Self, SigningKeyError> {
        let bytes = STANDARD.decode(secret).map_err(|_| SigningKeyError)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA512, &bytes)))
    }

    /// The signature of a request.
    #[must_use]
    pub fn sign(&self, path: &str, nonce: &str, body: &[u8]) -> String {
        STANDARD.encode(self.tag(path, nonce, body))
    }

    /// Whether `signature` is that of the request.
    #[must_use]
    pub fn verify(&self, path: &str, nonce: &str, body: &[u8], signature: &str) -> bool {
        let Ok(claimed) = STANDARD.decode(signature) else { return false };
        hmac::verify(&self.0, &signed(path, nonce, body), &claimed).is_ok()
    }

    fn tag(&self, path: &str, nonce: &str, body: &[u8]) -> hmac::Tag {
        hmac::sign(&self.0, &signed(path, nonce, body))
    }
}

fn signed(path: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(nonce.as_bytes());
    hash.update(body);
    let mut signed = path.as_bytes().to_vec();
    signed.extend_from_slice(hash.finish().as_ref());
    signed
}

/// The nonce of a body, form or JSON, as text and as a number; `None` where there is none that
/// counts.
#[must_use]
pub fn nonce_of(body: &str) -> Option<(&str, u64)> {
    #[derive(Deserialize)]
    struct Nonce<'a> {
        #[serde(borrow)]
        nonce: &'a RawValue,
    }
    let text = if body.trim_start().starts_with('{') {
        let Nonce { nonce } = serde_json::from_str(body).ok()?;
        nonce.get().trim_matches('"')
    } else {
        let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == "nonce").map(|(_, value)| value).next()?
    };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((text, text.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str =
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==";

    /// The documented request, and the same as JSON.
    const SIGNED: [(&str, &str); 2] = [
        (
            "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
            "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==",
        ),
        (
            r#"{"nonce": "1616492376594", "ordertype": "limit", "pair": "XBTUSD", "price": "37500", "type": "buy", "volume": "1.25"}"#,
            "xpaEX6OcQ6HSAlpZQybyOfLGI4OeIxsMlrIkp+lsDFklwLDkE9m3+msq9MH2e3JTCc9Npg+/trh/iZirI1oSHQ==",
        ),
    ];

    #[test]
    fn the_documented_requests_have_the_documented_signatures() {
        let key = SigningKey::new(SECRET).unwrap();
        for (body, signature) in SIGNED {
            let (nonce, number) = nonce_of(body).unwrap();
            assert_eq!(number, 1_616_492_376_594);
            let body = body.as_bytes();
            assert_eq!(key.sign("/0/private/AddOrder", nonce, body), signature);
            assert!(key.verify("/0/private/AddOrder", nonce, body, signature));
            assert!(!key.verify("/0/private/CancelOrder", nonce, body, signature));
            assert!(!key.verify("/0/private/AddOrder", nonce, b"nonce=1", signature));
            assert!(!key.verify("/0/private/AddOrder", "1", body, signature));
            assert!(!key.verify("/0/private/AddOrder", nonce, body, "x"));
        }
        assert_eq!(SigningKey::new("no base64!").err(), Some(SigningKeyError));
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
    }

    #[test]
    fn a_nonce_is_a_whole_number_in_a_form_or_an_object() {
        for (body, want) in [
            ("nonce=17", Some(17)),
            ("pair=XBTUSD&nonce=179522038640807744", Some(179_522_038_640_807_744)),
            (r#"{"nonce":18,"a":1}"#, Some(18)),
            (r#"{"a":{},"nonce":"19"}"#, Some(19)),
            ("", None),
            ("nonce=", None),
            ("nonce=-1", None),
            ("nonce=1.5", None),
            ("nonce=99999999999999999999", None),
            ("{}", None),
        ] {
            assert_eq!(nonce_of(body).map(|(_, number)| number), want, "{body}");
        }
    }
}
