//! Tokens: one for each request and for each subscription, signed with the private key of an
//! account.
//!
//! Shape   a JWT of three parts. A request's names it in `uri` (`uris` in some clients), as
//!         `METHOD host/path` without the query; a subscription's names nothing.
//! Keeps   a key has one algorithm, and a token with another is refused whatever it says; a
//!         signature is checked before what it covers is believed; keys are never taken from a
//!         token. Whether a nonce was seen is for whoever keeps what was seen.
//! Fails   [`TokenError`], of which nothing is told outside.
//! Source  RFC 7515, 7519, 8037, 8725; coinbase-advanced-py, `jwt_generator.py`.

use std::borrow::Cow;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::{Secret, Time};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// For how long a token is good, in seconds.
pub const TOKEN_SECONDS: u64 = 120;
/// How far ahead of ours a client's clock may be, in seconds.
pub const AHEAD_SECONDS_MAX: u64 = 5;
/// The longest token.
const TOKEN_BYTES_MAX: usize = 4_096;
/// The longest nonce, in bytes. SDKs draw 32 or 64 hexadecimal digits.
const NONCE_BYTES_MAX: usize = 128;
/// Who issues tokens, in the words of different clients.
const ISSUERS: [&str; 2] = ["cdp", "coinbase-cloud"];
/// For whom tokens are, where they say so.
const AUDIENCES: [&str; 2] = ["retail_rest_api_proxy", "cdp_service"];

/// With which algorithm a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA over P-256 with SHA-256; signatures are r and s, 32 bytes each.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl KeyKind {
    /// As a token names it.
    #[must_use]
    pub const fn algorithm(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// Why a text is no private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a P-256 key in PEM nor 32 or 64 bytes of an Ed25519 key in base64")]
pub struct SecretError;

/// What an account signs with.
pub struct SigningKey(Pair);

enum Pair {
    Es256(Box<EcdsaKeyPair>),
    EdDsa(Box<Ed25519KeyPair>),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?})", self.kind())
    }
}

impl SigningKey {
    /// The key of a secret as the venue hands it out: PEM (SEC 1 or PKCS #8), or base64 of an
    /// Ed25519 seed, alone or with its public key. Line ends may be written as `\n`.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn parse(secret: &str) -> Result<Self, SecretError> {
        let secret = secret.replace("\\n", "\n");
        let is_pem = secret.trim_start().starts_with("-----BEGIN");
        let lines = secret.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        let text: String = lines.flat_map(str::split_whitespace).collect();
        let bytes = Secret::new(STANDARD.decode(text).map_err(|_| SecretError)?);
        let bytes = bytes.expose();
        if is_pem {
            let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes);
            return pair.map(|pair| Self(Pair::Es256(Box::new(pair)))).map_err(|_| SecretError);
        }
        let pair = match bytes.len() {
            32 => Ed25519KeyPair::from_seed_unchecked(bytes),
            64 => Ed25519KeyPair::from_seed_and_public_key(&bytes[..32], &bytes[32..]),
            _ => return Err(SecretError),
        };
        pair.map(|pair| Self(Pair::EdDsa(Box::new(pair)))).map_err(|_| SecretError)
    }

    /// With which algorithm it signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        match &self.0 {
            Pair::Es256(_) => KeyKind::Es256,
            Pair::EdDsa(_) => KeyKind::EdDsa,
        }
    }

    /// What its signatures are checked against.
    #[must_use]
    pub fn verifier(&self) -> VerifyingKey {
        let public = match &self.0 {
            Pair::Es256(pair) => pair.public_key().as_ref().to_vec(),
            Pair::EdDsa(pair) => pair.public_key().as_ref().to_vec(),
        };
        VerifyingKey { kind: self.kind(), public }
    }

    /// A token of the key of that name, from `now` on, for the request of that `uri`, or for a
    /// subscription without one. A nonce is good once.
    ///
    /// # Panics
    /// Never: strings can be written as JSON, and the cryptography signs anything.
    #[must_use]
    pub fn token(&self, key_name: &str, uri: Option<&str>, nonce: &str, now: Time) -> String {
        let seconds = now.0 / 1_000_000;
        let header = Header {
            alg: self.kind().algorithm().into(),
            kid: key_name.into(),
            nonce: nonce.into(),
            typ: Some("JWT".into()),
            crit: None,
        };
        let claims = Claims {
            sub: key_name.into(),
            iss: ISSUERS[0].into(),
            nbf: seconds,
            exp: seconds + TOKEN_SECONDS,
            iat: None,
            aud: None,
            uri: uri.map(Into::into),
            uris: None,
        };
        let header = serde_json::to_vec(&header).expect("strings can be written");
        let claims = serde_json::to_vec(&claims).expect("strings can be written");
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = match &self.0 {
            Pair::Es256(pair) => {
                pair.sign(&SystemRandom::new(), token.as_bytes()).expect("anything can be signed")
            }
            Pair::EdDsa(pair) => pair.sign(token.as_bytes()),
        };
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        token
    }
}

/// The secret of the P-256 key with this private number, in PEM; `None` where there is no such key.
#[must_use]
pub fn es256_secret(number: &[u8; 32]) -> Option<Secret<String>> {
    /// The name of the curve.
    const CURVE: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let mut bare = vec![0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    bare.extend_from_slice(number);
    bare.extend_from_slice(&CURVE);
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &bare).ok()?;
    bare[1] = 0x77;
    bare.extend_from_slice(&[0xa1, 0x44, 0x03, 0x42, 0x00]);
    bare.extend_from_slice(pair.public_key().as_ref());
    let text = STANDARD.encode(&bare);
    let mut pem = String::from("-----BEGIN EC PRIVATE KEY-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str("-----END EC PRIVATE KEY-----\n");
    Some(Secret::new(pem))
}

/// The secret of the Ed25519 key with this seed: base64 of the seed and its public key.
#[must_use]
pub fn eddsa_secret(seed: &[u8; 32]) -> Option<Secret<String>> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
    Some(Secret::new(STANDARD.encode([seed, pair.public_key().as_ref()].concat())))
}

/// What a key's signatures are checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    kind: KeyKind,
    public: Vec<u8>,
}

impl VerifyingKey {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.kind {
            KeyKind::Es256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.public)
                .verify(message, signature),
            KeyKind::EdDsa => {
                UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature)
            }
        }
        .is_ok()
    }
}

/// What a token is shown for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// A request.
    Request {
        /// `GET`, in capitals.
        method: &'a str,
        /// By which names the venue may be meant.
        hosts: &'a [&'a str],
        /// Without the query.
        path: &'a str,
    },
    /// A subscription.
    Socket,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What makes it different from any other of its key.
    pub nonce: String,
    /// From when on it is good no more.
    pub expires: Time,
}

/// Why a token is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is")]
pub enum TokenError {
    #[error("not three parts of base64, or too long")]
    Form,
    #[error("a header that cannot be read, or that asks for what we do not know")]
    Header,
    #[error("another algorithm than the key's")]
    Algorithm,
    #[error("the name of another key")]
    KeyName,
    #[error("no nonce, or too long a one")]
    Nonce,
    #[error("a wrong signature")]
    Signature,
    #[error("claims that cannot be read")]
    Claims,
    #[error("another issuer or audience")]
    Issuer,
    #[error("not good yet")]
    Early,
    #[error("good no more")]
    Expired,
    #[error("good for too long")]
    Lasting,
    #[error("another request, or none where there is one")]
    Request,
}

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(borrow)]
    nonce: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typ: Option<Cow<'a, str>>,
    /// What must be understood: of that, we understand nothing.
    #[serde(default, skip_serializing)]
    crit: Option<IgnoredAny>,
}

#[derive(Serialize, Deserialize)]
struct Claims<'a> {
    #[serde(borrow)]
    sub: Cow<'a, str>,
    #[serde(borrow)]
    iss: Cow<'a, str>,
    nbf: u64,
    exp: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aud: Option<Vec<Cow<'a, str>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uri: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uris: Option<Vec<Cow<'a, str>>>,
}

/// The name of the key that a token says it is of; `None` where it says none. It is not checked.
#[must_use]
pub fn key_name_of(token: &str) -> Option<String> {
    let (header, _) = token.split_once('.').filter(|_| token.len() <= TOKEN_BYTES_MAX)?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    Some(header.kid.into_owned())
}

/// Checks a token of the key of that name, shown now for that purpose.
///
/// # Errors
/// [`TokenError`].
pub fn check_token(
    token: &str,
    key_name: &str,
    key: &VerifyingKey,
    purpose: Purpose<'_>,
    now: Time,
) -> Result<Token, TokenError> {
    if TOKEN_BYTES_MAX < token.len() {
        return Err(TokenError::Form);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
    let (header, claims) = signed.split_once('.').ok_or(TokenError::Form)?;
    let [bytes, claims, signature] =
        [header, claims, signature].map(|part| URL_SAFE_NO_PAD.decode(part));
    let (bytes, signature) =
        (bytes.map_err(|_| TokenError::Form)?, signature.map_err(|_| TokenError::Form)?);
    let claims = claims.map_err(|_| TokenError::Form)?;
    let header: Header<'_> = serde_json::from_slice(&bytes).map_err(|_| TokenError::Header)?;
    let is_jwt = header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    if header.crit.is_some() || !is_jwt {
        return Err(TokenError::Header);
    }
    if header.alg != key.kind.algorithm() {
        return Err(TokenError::Algorithm);
    }
    if header.kid != key_name {
        return Err(TokenError::KeyName);
    }
    if header.nonce.is_empty() || NONCE_BYTES_MAX < header.nonce.len() {
        return Err(TokenError::Nonce);
    }
    if !key.verify(signed.as_bytes(), &signature) {
        return Err(TokenError::Signature);
    }
    let claims: Claims<'_> = serde_json::from_slice(&claims).map_err(|_| TokenError::Claims)?;
    let expires = check_claims(&claims, key_name, purpose, now)?;
    Ok(Token { nonce: header.nonce.into_owned(), expires })
}

fn check_claims(
    claims: &Claims<'_>,
    key_name: &str,
    purpose: Purpose<'_>,
    now: Time,
) -> Result<Time, TokenError> {
    if claims.sub != key_name {
        return Err(TokenError::KeyName);
    }
    let known = |names: &[&str], name: &str| names.contains(&name);
    let is_for_us = match &claims.aud {
        None => true,
        Some(audiences) => audiences.iter().any(|audience| known(&AUDIENCES, audience)),
    };
    if !known(&ISSUERS, &claims.iss) || !is_for_us {
        return Err(TokenError::Issuer);
    }
    let seconds = now.0 / 1_000_000;
    let latest = claims.nbf.max(claims.iat.unwrap_or(0));
    if seconds.saturating_add(AHEAD_SECONDS_MAX) < latest {
        return Err(TokenError::Early);
    }
    if claims.exp <= seconds {
        return Err(TokenError::Expired);
    }
    // With both of these, nothing needs to be remembered for longer than a token lasts.
    if TOKEN_SECONDS < claims.exp.saturating_sub(claims.nbf) {
        return Err(TokenError::Lasting);
    }
    let mut named = claims.uri.iter().chain(claims.uris.iter().flatten());
    let is_named_so = match purpose {
        Purpose::Request { method, hosts, path } => {
            named.any(|uri| is_of(uri, method, hosts, path))
        }
        Purpose::Socket => named.next().is_none(),
    };
    if !is_named_so {
        return Err(TokenError::Request);
    }
    Ok(Time(claims.exp.saturating_mul(1_000_000)))
}

/// Whether `uri` is `METHOD host/path` of that request. One client writes the scheme of plain HTTP
/// before the host.
fn is_of(uri: &str, method: &str, hosts: &[&str], path: &str) -> bool {
    let Some(rest) = uri.strip_prefix(method).and_then(|rest| rest.strip_prefix(' ')) else {
        return false;
    };
    let rest = rest.strip_prefix("https://").or(rest.strip_prefix("http://")).unwrap_or(rest);
    let Some(host) = rest.strip_suffix(path) else { return false };
    path.starts_with('/') && hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests;
