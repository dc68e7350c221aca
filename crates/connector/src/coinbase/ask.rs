//! Questions to the venue: weighed, signed, and asked again where that is safe.
//!
//! Keeps   each try has a token of its own. What changes something is sent once, unless the venue
//!         refused its token: then nothing was done, and it is signed anew by a clock that was
//!         measured anew, once. What changes nothing is asked a few times at most.

use std::hash::{BuildHasher, Hasher, RandomState};

use bytes::Bytes;
use hyper::Method;
use model::Time;
use serde::Deserialize;
use venue::coinbase::{API, ServerTime, request_uri};
use venue::plain_text;
use venue::port::{Rejection, VenueError};

use super::account::CoinbaseAccount;
use super::{CoinbaseCredentials, METERS, Shared};
use crate::budget::Purpose;
use crate::rest::{Ask, BODY_BYTES_MAX};
use crate::tries::Tries;

/// The largest answer that makes sense: lists of a thousand markets or orders are the longest.
const BYTES_MAX: usize = 8 * BODY_BYTES_MAX;

/// What is asked in the name of an account.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Behind the path that all have.
    pub path: &'a str,
    /// Without a question mark.
    pub query: &'a str,
    /// Of a question that changes something: JSON; empty otherwise.
    pub body: &'a str,
    /// For what.
    pub purpose: Purpose,
}

impl Shared {
    /// Asks what everybody may ask.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn public(
        &self,
        path: &str,
        query: &str,
        purpose: Purpose,
    ) -> Result<Bytes, VenueError> {
        Tries::of(purpose, || self.public_once(path, query, purpose)).await
    }

    async fn public_once(
        &self,
        path: &str,
        query: &str,
        purpose: Purpose,
    ) -> Result<Bytes, VenueError> {
        let ask = Ask {
            method: Method::GET,
            path: &format!("{API}{path}"),
            query,
            headers: &[],
            body: "",
            budget: &self.budget,
            weight: 1,
            purpose,
            bytes_max: BYTES_MAX,
        };
        self.rest.ask(&ask).await
    }

    /// A token from now on, by the venue's clock; of a subscription without a `uri`.
    pub fn token(&self, credentials: &CoinbaseCredentials, uri: Option<&str>) -> String {
        let CoinbaseCredentials { name, key } = credentials;
        key.token(name.expose(), uri, &nonce(), self.rest.clock.theirs())
    }

    /// What time it is there.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn time(&self) -> Result<Time, VenueError> {
        time_of(&self.public("/time", "", Purpose::Look).await?)
    }

    /// Measures how far the venue's clock is from ours.
    ///
    /// # Errors
    /// [`VenueError`]; [`VenueError::TryLater`] where the venue's time is absurd.
    pub async fn measure(&self) -> Result<(), VenueError> {
        let time = || async { time_of(&self.public_once("/time", "", Purpose::Settle).await?) };
        self.rest.clock.measure(time).await
    }
}

impl CoinbaseAccount {
    /// Asks in the name of the account.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn signed(&self, question: Question<'_>) -> Result<Bytes, VenueError> {
        let shared = &self.shared;
        shared.measured.get_or_try_init(|| shared.measure()).await?;
        let ask = || self.ask_signed(question);
        match Tries::of(question.purpose, ask).await {
            // It does not say what is wrong with a token: the clock may be.
            Err(VenueError::Rejected { why: Rejection::Key, .. }) => {
                shared.measure().await?;
                Tries::of(question.purpose, ask).await
            }
            outcome => outcome,
        }
    }

    async fn ask_signed(&self, question: Question<'_>) -> Result<Bytes, VenueError> {
        let shared = &self.shared;
        let path = format!("{API}{}", question.path);
        let method = if question.body.is_empty() { Method::GET } else { Method::POST };
        let uri = request_uri(method.as_str(), shared.endpoints.host(), &path);
        let bearer = format!("Bearer {}", shared.token(&self.credentials, Some(&uri)));
        let ask = Ask {
            method,
            path: &path,
            query: question.query,
            headers: &[("authorization", &bearer), ("content-type", "application/json")],
            body: question.body,
            budget: &self.budget,
            weight: 1,
            purpose: question.purpose,
            bytes_max: BYTES_MAX,
        };
        shared.rest.ask(&ask).await
    }
}

/// Something that no other token of ours has: the keys of new hash maps, which differ each time.
fn nonce() -> String {
    let draw = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", draw(), draw())
}

fn time_of(answer: &[u8]) -> Result<Time, VenueError> {
    let told: ServerTime<'_> = parse(answer)?;
    let millis = told.epoch_millis.parse::<u64>().ok().and_then(|it| it.checked_mul(1_000));
    millis.map(Time).ok_or_else(|| nonsense("the time makes no sense"))
}

/// Reads an answer.
///
/// # Errors
/// [`VenueError::Unknown`] where it makes no sense.
pub fn parse<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, VenueError> {
    serde_json::from_slice(answer).map_err(nonsense)
}

/// What an answer that makes no sense leaves: nobody knows what was done.
pub fn nonsense(error: impl std::fmt::Display) -> VenueError {
    METERS.refused();
    VenueError::Unknown { text: plain_text(format_args!("the answer cannot be read: {error}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tokens_have_the_same_nonce() {
        let nonces: std::collections::HashSet<_> = (0..1_000).map(|_| nonce()).collect();
        assert_eq!((nonces.len(), nonce().len()), (1_000, 32));
    }
}
