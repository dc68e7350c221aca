//! Who asks: by the token that comes with it.
//!
//! Keeps   which check a token fails is told to nobody; of tokens nothing is logged.

use std::net::IpAddr;

use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::request;
use model::Time;
use venue::coinbase::{Purpose, Refusal, check_token, key_name_of};

use super::Door;
use super::keys::Key;
use super::nonce::Shown;

/// The name by which the venue knows itself, besides the one it was asked by.
const OWN_HOST: &str = "api.coinbase.com";

impl Door {
    /// The key of a request.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`].
    pub(super) fn authenticate(&self, head: &request::Parts, now: Time) -> Result<&Key, Refusal> {
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let authority = head.uri.authority().map(|authority| authority.as_str());
        let host = authority.or_else(|| text(HOST)).unwrap_or(OWN_HOST);
        let purpose = Purpose::Request {
            method: head.method.as_str(),
            hosts: &[host, OWN_HOST],
            path: head.uri.path(),
        };
        self.identify(token_of(head), purpose, Shown::Request, now)
    }

    /// Whether a request shows a token that only its signature tells from one of ours.
    pub(super) fn names_a_key(&self, head: &request::Parts) -> bool {
        key_name_of(token_of(head)).is_some_and(|name| self.keys.find(&name).is_some())
    }

    /// The key of a subscription.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`].
    pub(super) fn admit(&self, token: &str, from: IpAddr, now: Time) -> Result<&Key, Refusal> {
        self.identify(token, Purpose::Socket, Shown::Socket(from), now)
    }

    fn identify(
        &self,
        token: &str,
        purpose: Purpose<'_>,
        shown: Shown,
        now: Time,
    ) -> Result<&Key, Refusal> {
        let name = key_name_of(token).ok_or(Refusal::Unauthorized)?;
        let key = self.keys.find(&name).ok_or(Refusal::Unauthorized)?;
        let checked = check_token(token, &key.name, &key.verifier, purpose, now);
        let good = checked.map_err(|error| {
            tracing::debug!(%error, "a token is refused");
            Refusal::Unauthorized
        })?;
        let moment = self.desk.exchange().moment();
        if key.nonces.note(good, shown, moment) { Ok(key) } else { Err(Refusal::Unauthorized) }
    }
}

fn token_of(head: &request::Parts) -> &str {
    let shown = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
}
