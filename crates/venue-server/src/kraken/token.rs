//! What names an account on a socket: asked for over REST, and good for one use within a time.
//!
//! Keeps   at most [`TOKENS_MAX`] tokens of one person, the oldest of which is forgotten first. One
//!         is good for [`EXPIRES_SECONDS`]; where it was shown by then it stays so, as long as that
//!         connection stands.
//! Source  docs.kraken.com, "WebSocket authentication".

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand;
use model::{Time, UserId};
use venue::kraken::Refusal;

use super::auth::Key;
use crate::keyring::Scopes;

/// For how long a token can be shown, in seconds.
pub const EXPIRES_SECONDS: u32 = 900;
/// Tokens of one person remembered at once.
const TOKENS_MAX: usize = 64;
/// Of a token, in bytes before it is written.
const TOKEN_BYTES: usize = 32;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A letter of base64, by its six lowest bits.
pub fn letter(bits: u8) -> char {
    char::from(ALPHABET[usize::from(bits & 63)])
}

/// Who a token names, and what they may do.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// Who.
    pub user: UserId,
    /// What.
    pub scopes: Scopes,
}

struct Token {
    text: String,
    caller: Caller,
    expires: Time,
}

/// All tokens.
#[derive(Default)]
pub struct Tokens(Mutex<VecDeque<Token>>);

impl Tokens {
    /// A new one for the owner of a key.
    ///
    /// # Panics
    /// If the system has no randomness.
    pub fn issue(&self, key: &Key, now: Time) -> String {
        let mut bytes = [0; TOKEN_BYTES];
        rand::fill(&mut bytes).expect("the system has randomness");
        let text: String = bytes.iter().map(|byte| letter(*byte)).collect();
        let caller = Caller { user: key.user, scopes: key.scopes };
        let expires = Time(now.0 + u64::from(EXPIRES_SECONDS) * 1_000_000);
        let mut tokens = self.lock();
        let is_theirs = |token: &Token| token.caller.user == caller.user;
        if TOKENS_MAX <= tokens.iter().filter(|token| is_theirs(token)).count()
            && let Some(oldest) = tokens.iter().position(is_theirs)
        {
            tokens.remove(oldest);
        }
        tokens.push_back(Token { text: text.clone(), caller, expires });
        text
    }

    /// Who the token names.
    ///
    /// # Errors
    /// [`Refusal::InvalidSession`].
    pub fn read(&self, text: &str, now: Time) -> Result<Caller, Refusal> {
        let tokens = self.lock();
        let token = tokens.iter().find(|token| token.text == text && now < token.expires);
        token.map(|token| token.caller).ok_or(Refusal::InvalidSession)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::Secret;

    use super::super::auth::Keys;
    use super::*;
    use crate::keyring::VenueKey;

    fn key(place: u8) -> VenueKey {
        VenueKey {
            user: UserId([place; 16]),
            api_key: format!("key {place}"),
            secret: Secret::new("c2VjcmV0".to_owned()),
            passphrase: None,
            scopes: Scopes { read: true, trade: true, transfer: false, admin: false },
        }
    }

    #[test]
    fn a_token_is_good_for_its_time_and_nobody_pushes_out_those_of_others() {
        let keys = Arc::new(Keys::new(vec![key(1), key(2)]));
        let [one, other] = [1, 2].map(|place| keys.of(&UserId([place; 16])).unwrap());
        let tokens = Tokens::default();
        let (token, now) = (tokens.issue(one, Time(0)), Time(0));
        for _ in 0..2 * TOKENS_MAX {
            tokens.issue(other, now);
        }
        let end = u64::from(EXPIRES_SECONDS) * 1_000_000;
        for (text, at, is_good) in [
            (&*token, 0, true),
            (&*token, end - 1, true),
            (&*token, end, false),
            ("guessed", 0, false),
        ] {
            assert_eq!(tokens.read(text, Time(at)).is_ok(), is_good, "{text} at {at}");
        }
        for _ in 0..TOKENS_MAX {
            tokens.issue(one, now);
        }
        assert!(tokens.read(&token, now).is_err(), "their own do");
        assert_eq!(tokens.lock().len(), 2 * TOKENS_MAX);
    }
}
