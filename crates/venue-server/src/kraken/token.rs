//! What names an account on a socket: asked for over REST, and good for one use within a time.
//!
//! Keeps   at most [`TOKENS_MAX`] tokens, the oldest of which is forgotten first. One that was used
//!         stays good on every socket, as long as the venue runs.
//! Source  docs.kraken.com, "WebSocket authentication".

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand;
use model::{Time, UserId};
use venue::kraken::Refusal;

use super::auth::Key;
use crate::keyring::Scopes;

/// For how long a token that was not used is good, in seconds.
pub const EXPIRES_SECONDS: u32 = 900;
/// Tokens remembered at once.
const TOKENS_MAX: usize = 1 << 12;
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

#[derive(Debug)]
struct Token {
    text: String,
    caller: Caller,
    /// `None` once it was used.
    expires: Option<Time>,
}

/// All tokens.
#[derive(Debug, Default)]
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
        let expires = Some(Time(now.0 + u64::from(EXPIRES_SECONDS) * 1_000_000));
        let mut tokens = self.lock();
        if TOKENS_MAX <= tokens.len() {
            tokens.pop_front();
        }
        tokens.push_back(Token { text: text.clone(), caller, expires });
        text
    }

    /// Who the token names; from now on it is used.
    ///
    /// # Errors
    /// [`Refusal::InvalidSession`].
    pub fn use_one(&self, text: &str, now: Time) -> Result<Caller, Refusal> {
        let mut tokens = self.lock();
        let token = tokens.iter_mut().find(|token| token.text == text);
        let token = token.ok_or(Refusal::InvalidSession)?;
        if token.expires.is_some_and(|expires| expires <= now) {
            return Err(Refusal::InvalidSession);
        }
        token.expires = None;
        Ok(token.caller)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
