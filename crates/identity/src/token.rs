//! Access tokens: a few minutes of proof that a session is one's own.
//!
//! Shape   a JWT (RFC 7519) signed with Ed25519 (RFC 8037), of the type `at+jwt` (RFC 9068).
//! Keeps   nobody chooses an algorithm or a key: a token's header must be, letter by letter, the
//!         one that we write (RFC 8725, 3.1, 3.5, 3.11). Claims that are unknown, doubled or
//!         missing are refused. A good token alone admits nobody: its session must be alive.
//! Fails   [`IdentityError::Token`], whatever is wrong with it.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Secret, Time, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::{HmacKey, SigningKey};

use crate::error::IdentityError;
use crate::session::SessionId;

/// How long a token is good, in seconds.
pub const TOKEN_SECONDS: u64 = 300;
/// The clock may have been set back by so much since a token was signed, in seconds.
const BACK_SECONDS: u64 = 5;
const BYTES_MAX: usize = 1_024;
const AUDIENCE: &str = "rialto-api";

/// Signs and reads tokens.
pub struct TokenKey {
    key: SigningKey,
    /// What is before the first dot.
    header: String,
    issuer: String,
}

#[derive(Deserialize, Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    jti: Uuid,
    iat: u64,
    nbf: u64,
    exp: u64,
}

/// Of whom a token speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub user: UserId,
    pub session: SessionId,
}

impl TokenKey {
    /// The key of number `id` of a deployment.
    pub fn new(key: SigningKey, id: u128, deployment: [u8; 16]) -> Self {
        let kid = Uuid::from_u128(id).to_string();
        let header = encoded(&Header { alg: "EdDSA", typ: "at+jwt", kid: &kid });
        Self { key, header, issuer: format!("rialto:{}", Uuid::from_bytes(deployment)) }
    }

    /// A token that is good from `now` until `expires`.
    pub fn sign(&self, bearer: Bearer, now: Time, expires: Time) -> Secret<String> {
        self.sign_claims(&Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: Uuid::from_bytes(bearer.user.0),
            sid: Uuid::from_u128(bearer.session.0),
            jti: Uuid::new_v4(),
            iat: seconds(now),
            nbf: seconds(now),
            exp: seconds(expires),
        })
    }

    fn sign_claims(&self, claims: &Claims) -> Secret<String> {
        let mut token = format!("{}.{}", self.header, encoded(claims));
        let signature = self.key.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Secret::new(token)
    }

    /// Of whom `token` speaks, if we signed it and it is good `now`.
    pub fn read(&self, token: &str, now: Time) -> Result<Bearer, IdentityError> {
        self.read_claims(token, seconds(now)).ok_or(IdentityError::Token)
    }

    fn read_claims(&self, token: &str, now: u64) -> Option<Bearer> {
        if BYTES_MAX < token.len() {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        if header != self.header {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let public = UnparsedPublicKey::new(&ED25519, self.key.public_key());
        public.verify(signed.as_bytes(), &signature).ok()?;
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: Claims = serde_json::from_slice(&claims).ok()?;
        let is_ours = claims.iss == self.issuer && claims.aud == AUDIENCE;
        let is_lasting = claims.iat <= claims.nbf && claims.nbf <= claims.exp;
        let is_now = claims.nbf <= now + BACK_SECONDS && now < claims.exp;
        (is_ours && is_lasting && is_now).then(|| Bearer {
            user: UserId(*claims.sub.as_bytes()),
            session: SessionId(claims.sid.as_u128()),
        })
    }

    /// A key for marks that a page of the session alone knows; the same after each start.
    pub fn page_key(&self) -> HmacKey {
        HmacKey::new(&self.key.sign(b"rialto page marks 1"))
    }
}

fn encoded(part: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).expect("plain data"))
}

const fn seconds(time: Time) -> u64 {
    time.millis() / 1_000
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

#[cfg(test)]
mod tests;
