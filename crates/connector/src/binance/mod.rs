//! Binance spot, from the client's end.

mod account;
mod ask;
mod feed;
mod follow;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use model::Secret;
use tokio::sync::OnceCell;
use venue::binance::{SignatureKey, outcome};
use venue::port::{MarketFeed, Pair, TradingAccount};

use crate::clock::{Clock, VenueClock};
use crate::dial::Dialer;
use crate::rest::{Dialect, Rest};

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
    dialer: Dialer,
    endpoints: Endpoints,
    /// Set once the venue's clock was measured for the first time.
    measured: OnceCell<()>,
    /// Markets by the venue's spelling, as they were listed last.
    symbols: Mutex<Arc<HashMap<String, Pair>>>,
}

impl BinanceConnector {
    /// The venue at these endpoints, by our clock.
    #[must_use]
    pub fn new(dialer: Dialer, endpoints: Endpoints, clock: Clock) -> Self {
        let dialect = Dialect { key: "x-mbx-apikey", used: "x-mbx-used-weight-1m", outcome };
        let base = endpoints.rest.clone();
        let rest = Rest::new(dialer.clone(), base, dialect, VenueClock::new(clock));
        let (measured, symbols) = (OnceCell::new(), Mutex::default());
        Self(Arc::new(Shared { rest, dialer, endpoints, measured, symbols }))
    }

    /// What it tells everybody.
    #[must_use]
    pub fn feed(&self) -> Arc<dyn MarketFeed> {
        Arc::new(feed::BinanceFeed(Arc::clone(&self.0)))
    }

    /// One of its accounts.
    #[must_use]
    pub fn account(&self, credentials: Credentials) -> Arc<dyn TradingAccount> {
        Arc::new(account::BinanceAccount { shared: Arc::clone(&self.0), credentials })
    }
}
