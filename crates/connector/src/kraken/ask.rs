//! Questions to the venue: counted, numbered, signed, and asked again where that is safe.
//!
//! Keeps   what changes something is sent once, unless the venue refused its nonce or its
//!         deadline: then nothing was done, and it is numbered anew, once. What changes nothing is
//!         asked a few times at most. Requests of a key go one after the other, or the venue would
//!         refuse the slower. Of the counter of a key a part is kept for what becomes of orders.

use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use model::Time;
use serde_json::value::RawValue;
use venue::kraken::{Named, ServerTime, Tier, reading, refusal_of, result_of};
use venue::plain_text;
use venue::port::{Rejection, VenueError};

use super::{Known, KrakenCredentials, METERS, Shared};
use crate::budget::{Budget, Purpose};
use crate::rest::{Ask, BODY_BYTES_MAX};
use crate::tries::Tries;

/// How far the account has been verified, as far as we know.
const TIER: Tier = Tier::Intermediate;
/// The largest answer: a list of a thousand markets has some of these.
const LISTING_BYTES_MAX: usize = 16 << 20;
/// How long whoever asks next in the name of a key waits for an answer before them. What is
/// overtaken then is refused by its nonce, if it ever arrives: so a look is given up.
const TURN_MAX: Duration = Duration::from_secs(3);
/// Of a hundred parts of the counter of a key, so many may be used to know something.
const LOOKS_PERCENT: u32 = 60;
/// The venue tells whole seconds: its time is in the middle of one, most likely.
const HALF_A_SECOND: u64 = 500_000;
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A question in the name of an account.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// What.
    pub operation: &'static str,
    /// With what, by its nonce; `None` for what the venue would not understand.
    pub body: &'a (dyn Fn(u64) -> Option<String> + Send + Sync),
    /// For what.
    pub purpose: Purpose,
    /// What it adds to the counter of the key; orders are counted elsewhere.
    pub points: u32,
}

impl Shared {
    /// Asks what everybody may ask.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn public(
        &self,
        operation: &str,
        query: &str,
        purpose: Purpose,
    ) -> Result<Bytes, VenueError> {
        Tries::of(purpose, || self.public_once(operation, query, purpose)).await
    }

    async fn public_once(
        &self,
        operation: &str,
        query: &str,
        purpose: Purpose,
    ) -> Result<Bytes, VenueError> {
        let path = format!("/0/public/{operation}");
        let ask = Ask {
            method: Method::GET,
            path: &path,
            query,
            headers: &[],
            body: "",
            budget: &self.budget,
            weight: 1,
            purpose,
            bytes_max: LISTING_BYTES_MAX,
        };
        self.ask_once(&ask).await
    }

    /// Asks in the name of an account.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn private(
        &self,
        credentials: &KrakenCredentials,
        budget: &Budget,
        question: Question<'_>,
    ) -> Result<Bytes, VenueError> {
        let (mut tries, mut was_numbered_anew) = (Tries::default(), false);
        loop {
            match self.ask_signed(credentials, budget, question).await {
                Err(VenueError::Rejected { why: Rejection::Clock, .. }) if !was_numbered_anew => {
                    was_numbered_anew = true;
                    if question.purpose == Purpose::Place {
                        // Where it cannot be measured now, the next answer tells.
                        let _ = self.measure().await;
                    }
                }
                Err(error) if !question.purpose.changes() => tries.pause(error).await?,
                outcome => return outcome,
            }
        }
    }

    async fn ask_signed(
        &self,
        credentials: &KrakenCredentials,
        budget: &Budget,
        question: Question<'_>,
    ) -> Result<Bytes, VenueError> {
        let is_look = !question.purpose.changes();
        let _before_a_turn = if is_look { Some(credentials.looks.lock().await) } else { None };
        let mut last = credentials.turn.lock().await;
        let now = self.rest.clock.ours();
        if 0 < question.points {
            let mut counter = credentials.counter.lock().unwrap_or_else(PoisonError::into_inner);
            let most = most_points(question.purpose);
            let added = counter.add(question.points, most, TIER.requests_decay(), now);
            added.map_err(|after| VenueError::TryLater {
                after,
                text: "the counter of the key is full".to_owned(),
            })?;
        }
        // In nanoseconds, as the finest of other clients of the same key may have done before us.
        let nonce = now.0.saturating_mul(1_000).max(last.saturating_add(1));
        *last = nonce;
        let body = (question.body)(nonce).ok_or_else(unfit)?;
        let path = format!("/0/private/{}", question.operation);
        let signature = credentials.key.sign(&path, &nonce.to_string(), body.as_bytes());
        let key = ("api-key", credentials.api_key.expose().as_str());
        let headers = [key, ("api-sign", &signature), FORM];
        let ask = Ask {
            method: Method::POST,
            path: &path,
            query: "",
            headers: &headers,
            body: &body,
            budget,
            weight: 1,
            purpose: question.purpose,
            bytes_max: BODY_BYTES_MAX,
        };
        let mut answer = pin!(self.ask_once(&ask));
        if let Ok(answer) = tokio::time::timeout(TURN_MAX, &mut answer).await {
            return answer;
        }
        if is_look {
            return Err(VenueError::later("no answer in time"));
        }
        // Whoever ends an order may stand behind it.
        drop(last);
        answer.await
    }

    /// Measures how far the venue's clock is from ours.
    ///
    /// # Errors
    /// [`VenueError`]; [`VenueError::TryLater`] where the venue's time is absurd.
    pub async fn measure(&self) -> Result<(), VenueError> {
        let time = || async {
            let theirs = time_of(&self.public_once("Time", "", Purpose::Settle).await?)?;
            Ok(Time(theirs.0.saturating_add(HALF_A_SECOND)))
        };
        self.rest.clock.measure(time).await
    }

    /// A refusal comes with the status of a success.
    async fn ask_once(&self, ask: &Ask<'_>) -> Result<Bytes, VenueError> {
        let answer = self.rest.ask(ask).await?;
        match refusal_of(&answer) {
            Some(refusal) => Err(refusal),
            None => Ok(answer),
        }
    }

    /// Its markets.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn listing(&self) -> Result<Arc<Known>, VenueError> {
        let answer = self.public("AssetPairs", "", Purpose::Look).await?;
        let pairs: Named<'_, &RawValue> = result(&answer)?;
        let listing = reading::listing(&pairs);
        if 0 < listing.skipped {
            tracing::debug!(count = listing.skipped, "markets of kraken are passed over");
        }
        let known = Arc::new(Known(listing.markets));
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&known);
        Ok(known)
    }

    /// Its markets as they were listed last; listed if they were not yet.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn known(&self) -> Result<Arc<Known>, VenueError> {
        let known = Arc::clone(&self.known.lock().unwrap_or_else(PoisonError::into_inner));
        if known.0.is_empty() { self.listing().await } else { Ok(known) }
    }
}

/// What the counter of a key may show behind it.
const fn most_points(purpose: Purpose) -> u32 {
    match purpose {
        Purpose::Refresh | Purpose::Look => TIER.requests_max() * LOOKS_PERCENT / 100,
        Purpose::Settle | Purpose::Place | Purpose::Cancel => TIER.requests_max(),
    }
}

/// What time it is, by the answer to being asked for it: whole seconds.
///
/// # Errors
/// [`VenueError::Unknown`] where it makes no sense.
pub fn time_of(answer: &[u8]) -> Result<Time, VenueError> {
    let ServerTime { unixtime, .. } = result(answer)?;
    unixtime.checked_mul(1_000_000).map(Time).ok_or_else(|| nonsense("its time"))
}

/// Reads an answer.
///
/// # Errors
/// [`VenueError::Unknown`] where it makes no sense.
pub fn result<'a, T: serde::Deserialize<'a>>(answer: &'a [u8]) -> Result<T, VenueError> {
    result_of(answer).inspect_err(|_| METERS.refused())
}

/// What an answer that makes no sense leaves: nobody knows what was done.
pub fn nonsense(error: impl std::fmt::Display) -> VenueError {
    METERS.refused();
    VenueError::Unknown { text: plain_text(format_args!("the answer cannot be read: {error}")) }
}

/// What the venue would not understand.
pub fn unfit() -> VenueError {
    VenueError::refused_here(Rejection::Other, "the venue takes and gives no such names")
}

/// A market that the venue does not list.
pub fn no_such_market() -> VenueError {
    VenueError::refused_here(Rejection::UnknownMarket, "the venue does not list this market")
}
