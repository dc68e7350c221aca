//! Coinbase Advanced Trade, from the client's end.

mod account;
mod ask;
mod feed;
mod follow;
mod listen;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use hyper::HeaderMap;
use model::Secret;
use tokio::sync::OnceCell;
use venue::coinbase::{
    PRIVATE_PER_SECOND, PUBLIC_PER_SECOND, RATE_HEADERS, SecretError, SigningKey, outcome,
};
use venue::port::{MarketFeed, TradingAccount, Venue};

use crate::budget::Budget;
use crate::clock::{Clock, VenueClock};
use crate::dial::Dialer;
use crate::meters::Meters;
use crate::rest::{Dialect, Rest, number};
use crate::unsettled::UnsettledByKey;

const METERS: Meters = Meters::of(Venue::Coinbase);
/// Requests are counted by the second.
const SECOND: Duration = Duration::from_secs(1);
/// The header that tells when a window ends is one of seconds where it is no more than this; a
/// moment is another thing.
const RESET_MAX: u32 = 60;

/// Where a Coinbase is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoinbaseEndpoints {
    /// Of REST, without a path.
    pub rest: String,
    /// Of the sockets of markets.
    pub markets: String,
    /// Of the sockets of accounts.
    pub user: String,
}

impl CoinbaseEndpoints {
    /// One host for requests and one for all sockets, as a simulated venue tells them.
    #[must_use]
    pub fn at(rest: &str, sockets: &str) -> Self {
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        Self { rest: bare(rest), markets: bare(sockets), user: bare(sockets) }
    }

    /// The venue itself.
    #[must_use]
    pub fn live() -> Self {
        Self {
            rest: "https://api.coinbase.com".to_owned(),
            markets: "wss://advanced-trade-ws.coinbase.com".to_owned(),
            user: "wss://advanced-trade-ws-user.coinbase.com".to_owned(),
        }
    }

    /// By which name requests go to it: what a token names it by.
    fn host(&self) -> &str {
        self.rest.split_once("://").map_or(&*self.rest, |(_, host)| host)
    }
}

/// By what an account is asked.
pub struct CoinbaseCredentials {
    name: Secret<String>,
    key: SigningKey,
}

impl CoinbaseCredentials {
    /// A key by its name, with its private key: PEM, or base64.
    ///
    /// # Errors
    /// [`SecretError`] where it is no private key of a kind that the venue hands out.
    pub fn new(name: Secret<String>, secret: &Secret<String>) -> Result<Self, SecretError> {
        Ok(Self { name, key: SigningKey::parse(secret.expose())? })
    }
}

impl std::fmt::Debug for CoinbaseCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CoinbaseCredentials(…)")
    }
}

/// One Coinbase: whatever is asked of it through here shares one clock, and one budget of
/// what is asked without a key; each account has its own.
#[derive(Clone, Debug)]
pub struct CoinbaseConnector(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    rest: Rest,
    /// What may still be asked from this address without a key.
    budget: Budget,
    dialer: Dialer,
    endpoints: CoinbaseEndpoints,
    /// Set once the venue's clock was measured for the first time.
    measured: OnceCell<()>,
    /// Orders that were placed without an answer, and may still arrive.
    unsettled: UnsettledByKey,
}

impl CoinbaseConnector {
    /// The venue at these endpoints, by our clock.
    #[must_use]
    pub fn new(dialer: Dialer, endpoints: CoinbaseEndpoints, clock: Clock) -> Self {
        // What is left tells what is used, whichever of the two limits it is of.
        let used = |headers: &HeaderMap| {
            let [limit, left, _] = RATE_HEADERS;
            Some(number(headers, limit)?.saturating_sub(number(headers, left)?))
        };
        let reset = |headers: &HeaderMap| {
            let seconds = number(headers, RATE_HEADERS[2]).filter(|seconds| *seconds <= RESET_MAX);
            seconds.map(|seconds| Duration::from_secs(seconds.max(1).into()))
        };
        let dialect = Dialect { meters: METERS, used, reset, stay_away: SECOND, outcome };
        let (base, clock) = (endpoints.rest.clone(), VenueClock::new(clock));
        let rest = Rest::new(dialer.clone(), base, dialect, clock);
        let unsettled = UnsettledByKey::new(&rest.clock, account::ARRIVES_WITHIN);
        let (budget, measured) = (Budget::new(PUBLIC_PER_SECOND, SECOND), OnceCell::new());
        Self(Arc::new(Shared { rest, budget, dialer, endpoints, measured, unsettled }))
    }

    /// What it tells everybody.
    #[must_use]
    pub fn feed(&self) -> Arc<dyn MarketFeed> {
        Arc::new(feed::CoinbaseFeed(Arc::clone(&self.0)))
    }

    /// One of its accounts.
    #[must_use]
    pub fn account(&self, credentials: CoinbaseCredentials) -> Arc<dyn TradingAccount> {
        Arc::new(account::CoinbaseAccount {
            shared: Arc::clone(&self.0),
            budget: Budget::new(PRIVATE_PER_SECOND, SECOND),
            unsettled: self.0.unsettled.of(&credentials.name),
            credentials,
        })
    }
}
