//! KuCoin spot, from the client's end.

mod account;
mod ask;
mod feed;
mod follow;
mod listen;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::HeaderMap;
use model::Secret;
use tokio::sync::OnceCell;
use venue::kucoin::{KeyVersion, Pool, SigningKey, WINDOW_MILLIS, headers, outcome};
use venue::port::{MarketFeed, TradingAccount, Venue};

use crate::budget::Budget;
use crate::clock::{Clock, VenueClock};
use crate::dial::Dialer;
use crate::known::Latest;
use crate::meters::Meters;
use crate::rest::{Dialect, Rest, number};
use crate::unsettled::UnsettledByKey;

const METERS: Meters = Meters::of(Venue::Kucoin);

/// Where a KuCoin is. Its sockets are where it says when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KucoinEndpoints {
    /// Of REST, without a path.
    pub rest: String,
}

impl KucoinEndpoints {
    /// At this address.
    #[must_use]
    pub fn at(rest: &str) -> Self {
        Self { rest: rest.trim_end_matches('/').to_owned() }
    }

    /// The venue itself.
    #[must_use]
    pub fn live() -> Self {
        Self::at("https://api.kucoin.com")
    }
}

/// By what an account is asked.
pub struct KucoinCredentials {
    api_key: Secret<String>,
    key: SigningKey,
    /// As it is sent.
    passphrase: Secret<String>,
}

/// The version that keys of today have.
const VERSION: KeyVersion = KeyVersion::Three;

impl KucoinCredentials {
    /// A key with its secret and its passphrase.
    #[must_use]
    pub fn new(
        api_key: Secret<String>,
        secret: &Secret<String>,
        passphrase: &Secret<String>,
    ) -> Self {
        let key = SigningKey::new(secret.expose().as_bytes());
        let passphrase = Secret::new(key.passphrase(VERSION, passphrase.expose()));
        Self { api_key, key, passphrase }
    }
}

impl std::fmt::Debug for KucoinCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KucoinCredentials(…)")
    }
}

/// A key with what may still be asked by it, which all who use it share.
#[derive(Debug)]
struct Signer {
    credentials: KucoinCredentials,
    spot: Arc<Budget>,
    management: Arc<Budget>,
}

/// One KuCoin: whatever is asked of it through here shares its budgets and one clock.
#[derive(Clone, Debug)]
pub struct KucoinConnector(Arc<Shared>);

/// What is left to ask by one key: of markets and orders, of balances and transfers.
type KeyBudgets = [Arc<Budget>; 2];

struct Shared {
    rest: Rest,
    dialer: Dialer,
    /// Set once the venue's clock was measured for the first time.
    measured: OnceCell<()>,
    /// What everybody may still ask from this address.
    public: Budget,
    /// Its markets, as they were listed last.
    known: Latest,
    /// By the names of the keys that were used here: as many as accounts.
    budgets: Mutex<HashMap<String, KeyBudgets>>,
    /// Orders that were placed without an answer, and may still arrive.
    unsettled: UnsettledByKey,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("rest", &self.rest).finish_non_exhaustive()
    }
}

impl KucoinConnector {
    /// The venue at these endpoints, by our clock.
    #[must_use]
    pub fn new(dialer: Dialer, endpoints: KucoinEndpoints, clock: Clock) -> Self {
        let used = |told: &HeaderMap| {
            let limit = number(told, headers::LIMIT)?;
            let left = number(told, headers::REMAINING)?;
            Some(limit.saturating_sub(left))
        };
        let reset = |told: &HeaderMap| {
            let millis = number(told, headers::RESET)?;
            Some(Duration::from_millis(millis.into()))
        };
        let stay_away = Duration::from_millis(WINDOW_MILLIS);
        let dialect = Dialect { meters: METERS, used, reset, stay_away, outcome };
        let rest = Rest::new(dialer.clone(), endpoints.rest, dialect, VenueClock::new(clock));
        let unsettled = UnsettledByKey::new(&rest.clock, account::ARRIVES_WITHIN);
        let (public, measured) = (budget(Pool::Public), OnceCell::new());
        let (known, budgets) = (Latest::default(), Mutex::default());
        Self(Arc::new(Shared { rest, dialer, measured, public, known, budgets, unsettled }))
    }

    /// What it tells everybody. Without a key only the best hundred levels of a side are told.
    #[must_use]
    pub fn feed(&self) -> Arc<dyn MarketFeed> {
        Arc::new(feed::KucoinFeed { shared: Arc::clone(&self.0), signer: None })
    }

    /// What it tells whoever has a key: whole books.
    #[must_use]
    pub fn feed_as(&self, credentials: KucoinCredentials) -> Arc<dyn MarketFeed> {
        let signer = Some(self.signer(credentials));
        Arc::new(feed::KucoinFeed { shared: Arc::clone(&self.0), signer })
    }

    /// One of its accounts.
    #[must_use]
    pub fn account(&self, credentials: KucoinCredentials) -> Arc<dyn TradingAccount> {
        let unsettled = self.0.unsettled.of(&credentials.api_key);
        let (shared, signer) = (Arc::clone(&self.0), self.signer(credentials));
        Arc::new(account::KucoinAccount { shared, signer, unsettled })
    }

    fn signer(&self, credentials: KucoinCredentials) -> Signer {
        let mut budgets = self.0.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let name = credentials.api_key.expose().clone();
        let fresh = || [Pool::Spot, Pool::Management].map(|pool| Arc::new(budget(pool)));
        let [spot, management] = budgets.entry(name).or_insert_with(fresh).clone();
        Signer { credentials, spot, management }
    }
}

/// A pool, of which nothing is used yet.
fn budget(pool: Pool) -> Budget {
    Budget::new(pool.weight_max(), Duration::from_millis(WINDOW_MILLIS))
}
