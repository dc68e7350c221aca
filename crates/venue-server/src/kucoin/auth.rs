//! Who asks: key, passphrase, stamp and signature.
//!
//! Keeps   the order in which they are looked at tells a stranger no more than that: name of the
//!         key, stamp, passphrase, signature. Nothing is kept of what was signed: the venue lets a
//!         request be sent again within its five seconds.

use axum::http::{HeaderMap, request};
use model::Time;
use percent_encoding::percent_decode_str;
use venue::kucoin::{KeyVersion, Refusal, Right, headers, in_window};

use super::door::{Door, Key};

/// The key that signed a request, where it may do what it asks.
///
/// # Errors
/// The refusals of signed requests.
pub fn caller<'a>(
    door: &'a Door,
    head: &request::Parts,
    body: &[u8],
    right: Right,
    now: Time,
) -> Result<&'a Key, Refusal> {
    let sent = |name: &str| text(&head.headers, name).ok_or(Refusal::MissingHeader);
    let (api_key, signature) = (sent(headers::KEY)?, sent(headers::SIGN)?);
    let (stamp, passphrase) = (sent(headers::TIMESTAMP)?, sent(headers::PASSPHRASE)?);
    let version = KeyVersion::parse(text(&head.headers, headers::VERSION));
    let version = version.ok_or(Refusal::MissingHeader)?;
    let key = door.keys.get(api_key).ok_or(Refusal::UnknownKey)?;
    let is_plain = stamp.bytes().all(|byte| byte.is_ascii_digit());
    let millis = is_plain.then(|| stamp.parse().ok()).flatten().ok_or(Refusal::Timestamp)?;
    if !in_window(millis, now.millis()) {
        return Err(Refusal::Timestamp);
    }
    if !key.signing.is_passphrase(version, key.passphrase.expose(), passphrase) {
        return Err(Refusal::Passphrase);
    }
    let target = head.uri.path_and_query().map_or("/", |it| it.as_str());
    let is_signed = |target: &str| {
        let parts = [stamp, head.method.as_str(), target].map(str::as_bytes);
        let [stamp, method, target] = parts;
        key.signing.verify(&[stamp, method, target, body], signature)
    };
    // The venue's own client signs its query before it encodes it.
    let plain = percent_decode_str(target).decode_utf8().ok();
    if !is_signed(target) && !plain.is_some_and(|plain| is_signed(&plain)) {
        return Err(Refusal::Signature);
    }
    let may = match right {
        Right::None => true,
        Right::General => key.scopes.read,
        Right::Spot => key.scopes.trade,
    };
    if may { Ok(key) } else { Err(Refusal::Permission) }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
