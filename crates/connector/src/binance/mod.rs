//! Binance spot, from the client's end.

mod account;
mod ask;
mod feed;
mod follow;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use hyper::HeaderMap;
use model::Secret;
use tokio::sync::OnceCell;
use venue::binance::{SignatureKey, outcome};
use venue::port::{MarketFeed, TradingAccount, Venue};

use crate::budget::Budget;
use crate::clock::{Clock, VenueClock};
use crate::dial::Dialer;
use crate::known::Latest;
use crate::meters::Meters;
use crate::rest::{Dialect, Rest, number};
use crate::unsettled::UnsettledByKey;

const METERS: Meters = Meters::of(Venue::Binance);
/// The weight of a minute, until the venue says another.
const WEIGHT_MAX: u32 = 6_000;
const MINUTE: Duration = Duration::from_secs(60);

/// Where a Binance is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Of REST, without a path.
    pub rest: String,
    /// Of the market streams, without a path.
    pub streams: String,
    /// Of the WebSocket API, without a path.
    pub api: String,
}

impl Endpoints {
    /// One host for requests and one for all sockets, as a simulated venue tells them.
    #[must_use]
    pub fn at(rest: &str, sockets: &str) -> Self {
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        Self { rest: bare(rest), streams: bare(sockets), api: bare(sockets) }
    }

    /// The venue itself.
    #[must_use]
    pub fn live() -> Self {
        Self {
            rest: "https://api.binance.com".to_owned(),
            streams: "wss://stream.binance.com:9443".to_owned(),
            api: "wss://ws-api.binance.com:443".to_owned(),
        }
    }
}

/// By what an account is asked.
pub struct Credentials {
    api_key: Secret<String>,
    key: SignatureKey,
}

impl Credentials {
    /// A key with its shared secret.
    #[must_use]
    pub fn new(api_key: Secret<String>, secret: &Secret<String>) -> Self {
        Self { api_key, key: SignatureKey::hmac(secret.expose().as_bytes()) }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// One Binance: whatever is asked of it through here shares one budget and one clock.
#[derive(Clone, Debug)]
pub struct BinanceConnector(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    rest: Rest,
    /// What may still be asked from this address.
    budget: Budget,
    dialer: Dialer,
    endpoints: Endpoints,
    /// Set once the venue's clock was measured for the first time.
    measured: OnceCell<()>,
    /// Its markets, as they were listed last.
    known: Latest,
    /// Orders that were placed without an answer, and may still arrive.
    unsettled: UnsettledByKey,
}

impl BinanceConnector {
    /// The venue at these endpoints, by our clock.
    #[must_use]
    pub fn new(dialer: Dialer, endpoints: Endpoints, clock: Clock) -> Self {
        let used = |headers: &HeaderMap| number(headers, "x-mbx-used-weight-1m");
        let (reset, stay_away) = (|_: &HeaderMap| None, MINUTE);
        let dialect = Dialect { meters: METERS, used, reset, stay_away, outcome };
        let base = endpoints.rest.clone();
        let rest = Rest::new(dialer.clone(), base, dialect, VenueClock::new(clock));
        let unsettled = UnsettledByKey::new(&rest.clock, account::ARRIVES_WITHIN);
        let (budget, measured) = (Budget::new(WEIGHT_MAX, MINUTE), OnceCell::new());
        let known = Latest::default();
        Self(Arc::new(Shared { rest, budget, dialer, endpoints, measured, known, unsettled }))
    }

    /// What it tells everybody.
    #[must_use]
    pub fn feed(&self) -> Arc<dyn MarketFeed> {
        Arc::new(feed::BinanceFeed(Arc::clone(&self.0)))
    }

    /// One of its accounts.
    #[must_use]
    pub fn account(&self, credentials: Credentials) -> Arc<dyn TradingAccount> {
        let (shared, unsettled) = (Arc::clone(&self.0), self.0.unsettled.of(&credentials.api_key));
        Arc::new(account::BinanceAccount { shared, credentials, unsettled })
    }
}
