//! Nonces that were seen: a token of a request is good once.
//!
//! Keeps   what was seen is remembered until its token expires, by clocks that no scenario sets. A
//!         token of a socket names nothing
//!         that it is for; ccxt.pro shows one again and again until it is old, so it is good again
//!         from the address that showed it first, and from nowhere else.
//! Fails   towards refusing: where [`NONCES_MAX`] are remembered, a further one is refused.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use venue::coinbase::{PRIVATE_PER_SECOND, TOKEN_SECONDS, Token};

use crate::moment::{Moment, Until};

/// Nonces of one key: three times what its rate allows in the life of a token, which is more than
/// twice as long where it was made by a venue's clock that was ahead.
#[allow(clippy::cast_possible_truncation)]
const NONCES_MAX: usize = 3 * PRIVATE_PER_SECOND as usize * TOKEN_SECONDS as usize;

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
    seen: HashMap<String, (Until, Shown)>,
    /// The second in which what has expired was forgotten last.
    swept: u64,
}

impl Nonces {
    /// Takes note of a token; tells whether it is good.
    pub fn note(&self, token: Token, shown: Shown, moment: Moment) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let second = moment.lived.as_secs();
        if state.swept != second {
            state.swept = second;
            state.seen.retain(|_, (until, _)| !moment.is_past(*until));
        }
        if let Some((_, before)) = state.seen.get(&token.nonce) {
            return shown != Shown::Request && *before == shown;
        }
        if NONCES_MAX <= state.seen.len() {
            return false;
        }
        state.seen.insert(token.nonce, (moment.until(token.expires), shown));
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::Time;

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn at(second: u64) -> Moment {
        Moment { told: Time(second * SECOND), lived: Duration::from_secs(second) }
    }

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
            let noted = nonces.note(token(nonce, 120), shown, at(second));
            assert_eq!(noted, want, "{nonce} {shown:?} at {second}");
        }
    }

    #[test]
    fn nonces_are_forgotten_when_their_tokens_expire_and_bounded_before() {
        let nonces = Nonces::default();
        let note = |number: usize, second: u64| {
            let token = token(&number.to_string(), second + 120);
            nonces.note(token, Shown::Request, at(second))
        };
        assert!((0..NONCES_MAX).all(|number| note(number, 0)));
        assert!(!note(NONCES_MAX, 0) && !note(NONCES_MAX, 119));
        assert!(note(NONCES_MAX, 120));
        assert_eq!(nonces.0.lock().unwrap().seen.len(), 1);
    }

    #[test]
    fn a_clock_that_was_ahead_and_went_back_revives_no_token() {
        let nonces = Nonces::default();
        let note =
            |nonce, expires, second| nonces.note(token(nonce, expires), Shown::Request, at(second));
        // The venue's clock is 150 seconds ahead from the second on, and right again at the third.
        for (nonce, expires, second, want) in [
            ("before", 120, 1, true),
            ("ahead", 272, 2, true),
            ("ahead", 272, 3, false),
            ("before", 120, 3, false),
            ("before", 120, 119, false),
            ("ahead", 272, 153, false),
            ("ahead", 272, 271, false),
        ] {
            assert_eq!(note(nonce, expires, second), want, "{nonce} at {second}");
        }
    }
}
