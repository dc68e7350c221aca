//! What is signed, and whether a signature is good.
//!
//! Shape   REST: the query string and the body exactly as sent, joined without a separator, less
//!         the `signature` pair. Socket: all parameters but `signature`, sorted by name, `k=v`
//!         joined by `&`, not percent-encoded.
//! Keeps   nothing is re-encoded or re-ordered before it is checked; secrets stay in the key type,
//!         which prints nothing.
//! Source  rest-api.md, "SIGNED Endpoint security"; web-socket-api.md, "SIGNED request security".

use aws_lc_rs::signature::{ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::Refusal;

/// Which algorithm a key signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// HMAC-SHA256 with a shared secret; signatures in hex, either case.
    Hmac,
    /// Ed25519; signatures in base64.
    Ed25519,
    /// RSASSA-PKCS1-v1_5 with SHA-256; signatures in base64.
    Rsa,
}

/// A key that signatures are checked against.
pub struct SignatureKey(Material);

enum Material {
    /// The state after the key's own block, so that a check hashes the payload alone.
    Hmac(Box<hmac::Key>),
    Ed25519(ParsedPublicKey),
    Rsa(ParsedPublicKey),
}

/// Why a text or a byte string is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureKeyError {
    /// Not PEM, or not base64 inside.
    #[error("not a PEM public key")]
    Pem,
    /// Neither Ed25519 nor RSA of 2048 to 8192 bits.
    #[error("neither an Ed25519 key nor an RSA key of at least 2048 bits")]
    Kind,
}

impl std::fmt::Debug for SignatureKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignatureKey({:?})", self.kind())
    }
}

impl SignatureKey {
    /// The key of a shared secret.
    #[must_use]
    pub fn hmac(secret: &[u8]) -> Self {
        Self(Material::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret))))
    }

    /// An Ed25519 or RSA public key in PEM (`SubjectPublicKeyInfo`).
    ///
    /// # Errors
    /// [`SignatureKeyError`] if `pem` is not one of these.
    pub fn public(pem: &str) -> Result<Self, SignatureKeyError> {
        let text: String =
            pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(text).map_err(|_| SignatureKeyError::Pem)?;
        if let Ok(key) = ParsedPublicKey::new(&ED25519, &der) {
            return Ok(Self(Material::Ed25519(key)));
        }
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der)
            .map(|key| Self(Material::Rsa(key)))
            .map_err(|_| SignatureKeyError::Kind)
    }

    /// Which algorithm it is.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        match &self.0 {
            Material::Hmac(_) => KeyKind::Hmac,
            Material::Ed25519(_) => KeyKind::Ed25519,
            Material::Rsa(_) => KeyKind::Rsa,
        }
    }

    /// Whether `signature`, as text without percent-encoding, is this key's over `parts` joined.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], signature: &str) -> bool {
        match &self.0 {
            Material::Hmac(key) => {
                let mut claimed = [0; 32];
                if hex::decode_to_slice(signature, &mut claimed).is_err() {
                    return false;
                }
                let tag = hmac_tag(key, parts);
                constant_time::verify_slices_are_equal(tag.as_ref(), &claimed).is_ok()
            }
            Material::Ed25519(key) | Material::Rsa(key) => match STANDARD.decode(signature) {
                Ok(claimed) => key.verify_sig(&parts.concat(), &claimed).is_ok(),
                Err(_) => false,
            },
        }
    }

    /// The signature over `parts` joined, for the client's end; `None` unless the key is a shared
    /// secret.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> Option<String> {
        match &self.0 {
            Material::Hmac(key) => Some(hex::encode(hmac_tag(key, parts))),
            Material::Ed25519(_) | Material::Rsa(_) => None,
        }
    }
}

fn hmac_tag(key: &hmac::Key, parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    context.sign()
}

/// A REST request's signature and what it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// Query before and after the pair, body before and after the pair; to be joined.
    pub parts: [&'a [u8]; 4],
    /// The signature as sent, percent-encoding and all; the query's where both have one.
    pub signature: Option<&'a str>,
}

impl<'a> Payload<'a> {
    /// Takes the `signature` pair out of `query` and `body`.
    ///
    /// # Errors
    /// [`Refusal::DuplicateParameter`] if one of them has it twice.
    pub fn new(query: &'a str, body: &'a str) -> Result<Self, Refusal> {
        let (query_before, query_after, in_query) = cut_signature(query)?;
        let (body_before, body_after, in_body) = cut_signature(body)?;
        let parts = [query_before, query_after, body_before, body_after].map(str::as_bytes);
        Ok(Self { parts, signature: in_query.or(in_body) })
    }

    /// The signature without its percent-encoding; `None` where there is none or it is no text.
    #[must_use]
    pub fn signature_text(&self) -> Option<std::borrow::Cow<'a, str>> {
        percent_encoding::percent_decode_str(self.signature?).decode_utf8().ok()
    }
}

/// What stands before the `signature` pair, what after it (with its `&`, unless the pair came
/// first), and its value.
fn cut_signature(text: &str) -> Result<(&str, &str, Option<&str>), Refusal> {
    const NAME: &str = "signature=";
    let mut found = None;
    let mut start = 0;
    for pair in text.split('&') {
        if let Some(value) = pair.strip_prefix(NAME) {
            if found.is_some() {
                return Err(Refusal::DuplicateParameter);
            }
            found = Some((start, start + pair.len(), value));
        }
        start += pair.len() + 1;
    }
    let Some((start, end, value)) = found else { return Ok((text, "", None)) };
    Ok(match (start, end == text.len()) {
        (0, true) => ("", "", Some(value)),
        (0, false) => ("", &text[end + 1..], Some(value)),
        (_, _) => (&text[..start - 1], &text[end..], Some(value)),
    })
}

/// What a socket request signs: `parameters` but `signature`, sorted by name.
#[must_use]
pub fn socket_payload(parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut sorted: Vec<_> = parameters.iter().filter(|(name, _)| *name != "signature").collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    let mut payload = Vec::with_capacity(sorted.iter().map(|(n, v)| n.len() + v.len() + 2).sum());
    for (name, value) in sorted {
        if !payload.is_empty() {
            payload.push(b'&');
        }
        payload.extend_from_slice(name.as_bytes());
        payload.push(b'=');
        payload.extend_from_slice(value.as_bytes());
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

    #[test]
    fn the_signature_pair_leaves_the_payload_wherever_it_stands() {
        for (query, body, want, signature) in [
            ("a=1&signature=x", "", "a=1", Some("x")),
            ("signature=x&a=1", "", "a=1", Some("x")),
            ("a=1&signature=x&b=2", "", "a=1&b=2", Some("x")),
            ("signature=x", "", "", Some("x")),
            ("a=1", "b=2&signature=y", "a=1b=2", Some("y")),
            ("a=1&signature=x", "b=2&signature=y", "a=1b=2", Some("x")),
            ("a=1&mysignature=2", "", "a=1&mysignature=2", None),
            ("", "", "", None),
        ] {
            let payload = Payload::new(query, body).unwrap();
            assert_eq!(payload.parts.concat(), want.as_bytes(), "{query} {body}");
            assert_eq!(payload.signature, signature, "{query} {body}");
        }
        assert_eq!(Payload::new("signature=x&signature=x", ""), Err(Refusal::DuplicateParameter));
    }

    #[test]
    fn the_documented_signatures_are_good() {
        let key = SignatureKey::hmac(SECRET);
        for (query, body, signature) in [
            (
                "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1\
                 &recvWindow=5000&timestamp=1499827319559",
                "",
                "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
            ),
            (
                "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC",
                "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
                "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77",
            ),
        ] {
            let payload = Payload::new(query, body).unwrap();
            assert!(key.verify(&payload.parts, signature));
            assert!(key.verify(&payload.parts, &signature.to_uppercase()));
            assert_eq!(key.sign(&payload.parts).unwrap(), signature);
        }
    }

    #[test]
    fn a_signature_that_is_off_by_anything_is_refused() {
        let key = SignatureKey::hmac(SECRET);
        let good = key.sign(&[b"timestamp=1"]).unwrap();
        let mut flipped = good.clone().into_bytes();
        flipped[63] ^= 1;
        for (payload, signature) in [
            (&b"timestamp=2"[..], good.as_str()),
            (b"timestamp=1&", &good),
            (b"timestamp=1", std::str::from_utf8(&flipped).unwrap()),
            (b"timestamp=1", &good[..62]),
            (b"timestamp=1", &format!("{good}00")),
            (b"timestamp=1", ""),
            (b"timestamp=1", "zz"),
        ] {
            assert!(!key.verify(&[payload], signature), "{signature}");
        }
        assert!(key.verify(&[b"time", b"stamp=1"], &good));
    }

    #[test]
    fn socket_parameters_are_signed_in_alphabetical_order() {
        let payload = socket_payload(&[
            ("timestamp", "1"),
            ("signature", "x"),
            ("apiKey", "k"),
            ("price", "52000.00"),
        ]);
        assert_eq!(payload, b"apiKey=k&price=52000.00&timestamp=1");
    }

    #[test]
    fn a_key_prints_its_kind_and_nothing_else() {
        assert_eq!(format!("{:?}", SignatureKey::hmac(SECRET)), "SignatureKey(Hmac)");
        assert_eq!(SignatureKey::public("junk!").unwrap_err(), SignatureKeyError::Pem);
        assert_eq!(SignatureKey::public("AAAA").unwrap_err(), SignatureKeyError::Kind);
    }
}
