//! What opens a socket, for a day.
//!
//! Keeps   a token is signed and not stored, so that no number of them costs room; nobody can make
//!         one for somebody else. It tells whose it is by their place among those who have keys.

use model::Time;
use venue::kucoin::SigningKey;

/// For how long a token opens sockets, in milliseconds.
const LIFETIME_MILLIS: u64 = 24 * 3_600 * 1_000;

/// Makes and reads tokens.
#[derive(Debug)]
pub struct Tokens(SigningKey);

/// Whose a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// Nobody's in particular.
    Public,
    /// A person's, by their place.
    Private(usize),
}

impl Tokens {
    /// By a key that nobody knows.
    ///
    /// # Panics
    /// If the system gives no randomness.
    #[must_use]
    pub fn new() -> Self {
        let mut secret = [0; 32];
        aws_lc_rs::rand::fill(&mut secret).expect("the system gives randomness");
        Self(SigningKey::new(&secret))
    }

    /// A token of the venue's length, more or less.
    #[must_use]
    pub fn draw(&self, bearer: Bearer, now: Time) -> String {
        let whose = match bearer {
            Bearer::Public => "public".to_owned(),
            Bearer::Private(place) => format!("private{place}"),
        };
        let claims = format!("{whose}-{}", now.millis().saturating_add(LIFETIME_MILLIS));
        let signature = self.0.sign(&[claims.as_bytes()]);
        format!("{claims}.{signature}")
    }

    /// Whose a token is; `None` for one that is not ours, or not any more.
    #[must_use]
    pub fn read(&self, token: &str, now: Time) -> Option<Bearer> {
        let (claims, signature) = token.split_once('.')?;
        if !self.0.verify(&[claims.as_bytes()], signature) {
            return None;
        }
        let (whose, until) = claims.split_once('-')?;
        if until.parse::<u64>().ok()? <= now.millis() {
            return None;
        }
        match whose.strip_prefix("private") {
            Some(place) => Some(Bearer::Private(place.parse().ok()?)),
            None => Some(Bearer::Public),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_for_a_day_for_whom_it_was_drawn_and_cannot_be_altered() {
        let (tokens, now) = (Tokens::new(), Time::from_millis(1_000));
        for bearer in [Bearer::Public, Bearer::Private(0), Bearer::Private(12)] {
            let token = tokens.draw(bearer, now);
            assert_eq!(tokens.read(&token, now), Some(bearer));
            assert_eq!(tokens.read(&token, Time::from_millis(LIFETIME_MILLIS + 999)), Some(bearer));
            assert_eq!(tokens.read(&token, Time::from_millis(LIFETIME_MILLIS + 1_000)), None);
            assert_eq!(Tokens::new().read(&token, now), None);
        }
        let token = tokens.draw(Bearer::Private(0), now);
        let altered = token.replacen("private0", "private1", 1);
        for token in [altered.as_str(), "", ".", "public-9999999999999.", "public"] {
            assert_eq!(tokens.read(token, now), None, "{token}");
        }
    }
}
