//! Kraken spot, from the client's end.

mod account;
mod ask;
mod feed;
mod follow;
mod listen;
#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::HeaderMap;
use model::{Secret, Time};
use venue::kraken::reading::Listed;
use venue::kraken::{Counter, SigningKey, SigningKeyError, outcome};
use venue::port::{MarketFeed, Pair, TradingAccount, Venue};

use crate::budget::Budget;
use crate::clock::{Clock, VenueClock};
use crate::dial::Dialer;
use crate::meters::Meters;
use crate::rest::{Dialect, Rest};
use crate::unsettled::UnsettledByKey;

const METERS: Meters = Meters::of(Venue::Kraken);
/// Questions that everybody may ask, in a minute: the venue wants no more than one in a second.
const QUESTIONS_MAX: u32 = 60;
/// Requests of a key in a minute that are not counted by the key: orders.
const ORDERS_MAX: u32 = 600;
const MINUTE: Duration = Duration::from_secs(60);
/// How long to stay away where it is too much: most of a counter falls in that time.
const STAY_AWAY: Duration = Duration::from_secs(10);

/// Where a Kraken is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KrakenEndpoints {
    /// Of REST, without a path.
    pub rest: String,
    /// Of the sockets of markets, without a path.
    pub sockets: String,
    /// Of the sockets of accounts, without a path.
    pub own_sockets: String,
}

impl KrakenEndpoints {
    /// One host for requests and one for all sockets, as a simulated venue tells them.
    #[must_use]
    pub fn at(rest: &str, sockets: &str) -> Self {
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        Self { rest: bare(rest), sockets: bare(sockets), own_sockets: bare(sockets) }
    }

    /// The venue itself.
    #[must_use]
    pub fn live() -> Self {
        Self {
            rest: "https://api.kraken.com".to_owned(),
            sockets: "wss://ws.kraken.com".to_owned(),
            own_sockets: "wss://ws-auth.kraken.com".to_owned(),
        }
    }
}

/// By what an account is asked. The venue takes the requests of a key in the order of their nonces
/// only, so one waits for the other: a key is to have one of these, in one process.
pub struct KrakenCredentials {
    api_key: Secret<String>,
    key: SigningKey,
    /// Before whoever looks may wait for a turn: so one look at most is before who changes things.
    looks: tokio::sync::Mutex<()>,
    turn: tokio::sync::Mutex<u64>,
    counter: Mutex<Counter>,
}

impl KrakenCredentials {
    /// A key with its secret.
    ///
    /// # Errors
    /// [`SigningKeyError`] where the secret is none.
    pub fn new(api_key: Secret<String>, secret: &Secret<String>) -> Result<Self, SigningKeyError> {
        let key = SigningKey::new(secret.expose())?;
        let (looks, turn) = (tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { api_key, key, looks, turn, counter: Mutex::default() })
    }
}

impl std::fmt::Debug for KrakenCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KrakenCredentials(…)")
    }
}

/// One Kraken: whatever is asked of it through here shares one budget and one clock.
#[derive(Clone, Debug)]
pub struct KrakenConnector(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    rest: Rest,
    /// What may still be asked from this address.
    budget: Budget,
    dialer: Dialer,
    endpoints: KrakenEndpoints,
    /// When the venue's clock was measured, by ours.
    measured: tokio::sync::Mutex<Option<Time>>,
    /// Its markets, as they were listed last.
    known: Mutex<Arc<Known>>,
    /// The number of the last update of any book: the venue gives none.
    sequence: AtomicU64,
    /// Orders that were placed without an answer, and may still arrive.
    unsettled: UnsettledByKey,
}

/// The markets of a venue.
#[derive(Debug, Default)]
struct Known(Vec<Listed>);

impl Known {
    fn of(&self, pair: Pair) -> Option<&Listed> {
        self.0.iter().find(|listed| listed.market.pair == pair)
    }

    /// A market as answers spell it.
    fn named(&self, name: &str) -> Option<&Listed> {
        self.0.iter().find(|listed| listed.key == name || listed.altname == name)
    }
}

impl KrakenConnector {
    /// The venue at these endpoints, by our clock.
    #[must_use]
    pub fn new(dialer: Dialer, endpoints: KrakenEndpoints, clock: Clock) -> Self {
        let (used, reset) = (|_: &HeaderMap| None, |_: &HeaderMap| None);
        let dialect = Dialect { meters: METERS, used, reset, stay_away: STAY_AWAY, outcome };
        let base = endpoints.rest.clone();
        let rest = Rest::new(dialer.clone(), base, dialect, VenueClock::new(clock));
        let unsettled = UnsettledByKey::new(&rest.clock, account::ARRIVES_WITHIN);
        let (budget, known) = (Budget::new(QUESTIONS_MAX, MINUTE), Mutex::default());
        let sequence = AtomicU64::new(0);
        let measured = tokio::sync::Mutex::default();
        Self(Arc::new(Shared {
            rest,
            budget,
            dialer,
            endpoints,
            measured,
            known,
            sequence,
            unsettled,
        }))
    }

    /// What it tells everybody.
    #[must_use]
    pub fn feed(&self) -> Arc<dyn MarketFeed> {
        Arc::new(feed::KrakenFeed(Arc::clone(&self.0)))
    }

    /// One of its accounts.
    #[must_use]
    pub fn account(&self, credentials: KrakenCredentials) -> Arc<dyn TradingAccount> {
        let (shared, unsettled) = (Arc::clone(&self.0), self.0.unsettled.of(&credentials.api_key));
        let budget = Budget::new(ORDERS_MAX, MINUTE);
        Arc::new(account::KrakenAccount { shared, credentials, budget, unsettled })
    }
}
