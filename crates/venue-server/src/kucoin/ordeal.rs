//! What a venue says that suffers, and the keys it gives.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use model::Secret;
use venue::kucoin::{Pool, Refusal, WINDOW_MILLIS};

use super::limit::Standing;
use super::rest::{refused, tell};

const HEX: &[u8; 16] = b"0123456789abcdef";
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Length of the name of a key and of a passphrase, in characters.
const KEY_CHARS: usize = 24;
const PASSPHRASE_CHARS: usize = 16;
/// Digits of each part of a secret.
const SECRET_PARTS: [usize; 5] = [8, 4, 4, 4, 12];

/// A key: its name, a UUID for a secret, a passphrase. What it is follows from `next`.
pub fn draw_key(next: &mut dyn FnMut() -> u64) -> (String, Secret<String>, Option<Secret<String>>) {
    let mut draw = |alphabet: &[u8], chars: usize| -> String {
        let letter = |number: u64| alphabet[usize::try_from(number).unwrap_or(0) % alphabet.len()];
        (0..chars).map(|_| char::from(letter(next() >> 32))).collect()
    };
    let name = draw(HEX, KEY_CHARS);
    let parts = SECRET_PARTS.map(|digits| draw(HEX, digits));
    let passphrase = draw(LETTERS, PASSPHRASE_CHARS);
    (name, Secret::new(parts.join("-")), Some(Secret::new(passphrase)))
}

/// What is said to who asks too much; who is banned is told nothing else.
#[must_use]
pub fn too_many(_is_banned: bool, now_millis: u64) -> Response {
    let (limit, remaining) = (Pool::Public.weight_max(), 0);
    let reset_millis = WINDOW_MILLIS - now_millis % WINDOW_MILLIS;
    tell(refused(&Refusal::TooMany), Standing { limit, remaining, reset_millis })
}

/// What the guard before a venue says that is away.
#[must_use]
pub fn unavailable() -> Response {
    let html = HeaderValue::from_static("text/html");
    let headers = HeaderMap::from_iter([(axum::http::header::CONTENT_TYPE, html)]);
    let page = "<html><head><title>503 Service Temporarily Unavailable</title></head></html>";
    (StatusCode::SERVICE_UNAVAILABLE, headers, page).into_response()
}

/// What is said where nobody knows whether it was done.
#[must_use]
pub fn unanswered() -> Response {
    refused(&Refusal::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_venues_form_and_follow_from_their_numbers() {
        let drawn = |seed: u64| {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state
            };
            let (name, secret, passphrase) = draw_key(&mut next);
            (name, secret.expose().clone(), passphrase.unwrap().expose().clone())
        };
        let (name, secret, passphrase) = drawn(7);
        assert!(name.len() == KEY_CHARS && name.bytes().all(|byte| HEX.contains(&byte)));
        let parts: Vec<usize> = secret.split('-').map(str::len).collect();
        assert_eq!((parts, passphrase.len()), (SECRET_PARTS.to_vec(), PASSPHRASE_CHARS));
        assert_eq!(drawn(7), (name.clone(), secret, passphrase));
        assert_ne!(drawn(8).0, name);
    }
}
