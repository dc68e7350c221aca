//! Nonces that were seen: a token of a request is good once.
//!
//! Keeps   what was seen is remembered until its token expires. A token of a socket names nothing
//!         that it is for; ccxt.pro shows one again and again until it is old, so it is good again
//!         from the address that showed it first, and from nowhere else.
//! Fails   towards refusing: where [`NONCES_MAX`] are remembered, a further one is refused.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::Time;
use venue::coinbase::{PRIVATE_PER_SECOND, TOKEN_SECONDS, Token};

/// Nonces of one key: twice what its rate allows in the life of a token.
#[allow(clippy::cast_possible_truncation)]
const NONCES_MAX: usize = 2 * PRIVATE_PER_SECOND as usize * TOKEN_SECONDS as usize;

/// For what a token was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// For a request.
    Request,
    /// For a subscription, from there.
    Socket(IpAddr),
}

/// What was seen of one key.
#[derive(Debug, Default)]
pub struct Nonces(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    seen: HashMap<String, (Time, Shown)>,
    /// The second in which what has expired was forgotten last.
    swept: u64,
}

impl Nonces {
    /// Takes note of a token; tells whether it is good.
    pub fn note(&self, token: Token, shown: Shown, now: Time) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now.0 / 1_000_000;
        if state.swept != second {
            state.swept = second;
            state.seen.retain(|_, (expires, _)| now < *expires);
        }
        if let Some((_, before)) = state.seen.get(&token.nonce) {
            return shown != Shown::Request && *before == shown;
        }
        if NONCES_MAX <= state.seen.len() {
            return false;
        }
        state.seen.insert(token.nonce, (token.expires, shown));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn token(nonce: &str, expires: u64) -> Token {
        Token { nonce: nonce.to_owned(), expires: Time(expires * SECOND) }
    }

    #[test]
    fn a_token_is_good_once_and_that_of_a_socket_again_from_where_it_came() {
        let nonces = Nonces::default();
        let (here, there) = ("127.0.0.1".parse().unwrap(), "192.0.2.1".parse().unwrap());
        for (nonce, shown, second, want) in [
            ("a", Shown::Request, 0, true),
            ("a", Shown::Request, 1, false),
            ("a", Shown::Socket(here), 1, false),
            ("b", Shown::Socket(here), 1, true),
            ("b", Shown::Socket(here), 2, true),
            ("b", Shown::Socket(there), 2, false),
            ("b", Shown::Request, 2, false),
            ("a", Shown::Request, 119, false),
        ] {
            let noted = nonces.note(token(nonce, 120), shown, Time(second * SECOND));
            assert_eq!(noted, want, "{nonce} {shown:?} at {second}");
        }
    }

    #[test]
    fn nonces_are_forgotten_when_their_tokens_expire_and_bounded_before() {
        let nonces = Nonces::default();
        let note = |number: usize, second: u64| {
            let token = token(&number.to_string(), second + 120);
            nonces.note(token, Shown::Request, Time(second * SECOND))
        };
        assert!((0..NONCES_MAX).all(|number| note(number, 0)));
        assert!(!note(NONCES_MAX, 0) && !note(NONCES_MAX, 119));
        assert!(note(NONCES_MAX, 120));
        assert_eq!(nonces.0.lock().unwrap().seen.len(), 1);
    }
}
