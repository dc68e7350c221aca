//! What a scenario's trouble looks like here, and keys of this venue's form.

use axum::response::Response;
use model::Secret;
use venue::binance::Refusal;

use super::limit::{Quotas, WEIGHT_INTERVAL};
use super::rest::refused;

/// Length of a key's name and of a secret, in characters.
const KEY_CHARS: usize = 64;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// For how long who asks too much is to stay away, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Too much was asked. Who goes on nevertheless `is_banned`.
#[must_use]
pub fn too_many(is_banned: bool, now_millis: u64) -> Response {
    refused(too_much(is_banned, now_millis))
}

/// The same, wherever it is said.
pub fn too_much(is_banned: bool, now_millis: u64) -> Refusal {
    let retry_after_seconds = RETRY_AFTER_SECONDS;
    let until_millis = now_millis + 1_000 * RETRY_AFTER_SECONDS;
    if is_banned {
        Refusal::Banned { until_millis, retry_after_seconds }
    } else {
        Refusal::TooMuchWeight {
            limit: Quotas::default().weight,
            interval: WEIGHT_INTERVAL,
            retry_at_millis: until_millis,
            retry_after_seconds,
        }
    }
}

/// The venue is away; nothing was done.
#[must_use]
pub fn unavailable() -> Response {
    refused(Refusal::Busy)
}

/// Whether it was done is not known.
#[must_use]
pub fn unanswered() -> Response {
    refused(Refusal::Timeout)
}

/// A key's name and its secret: 64 letters and digits each.
pub fn draw_key(next: &mut dyn FnMut() -> u64) -> (String, Secret<String>) {
    let mut draw = || {
        let letter = |_| {
            let place = usize::try_from(next() % ALPHABET.len() as u64).unwrap_or(0);
            char::from(ALPHABET[place])
        };
        (0..KEY_CHARS).map(letter).collect::<String>()
    };
    (draw(), Secret::new(draw()))
}
