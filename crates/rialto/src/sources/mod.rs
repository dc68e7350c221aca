//! Prices of venues: for each one a source that tells the price cache what it hears, in a module of
//! its own, and asks beside it for what it does not hear.
//!
//! Keeps   a venue that cannot be reached holds nobody up, and is asked again; what ends with the
//!         house ends with [`Sources`].

mod binance;
mod coinbase;
mod kraken;
mod kucoin;

use std::collections::HashSet;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use arbitrage::{Pace, PriceCache, Refresh, watch};
use connector::{Clock, Dialer, steady_clock};
use model::AssetCode;
use projection::Views;
use sequencer::machine_time;
use serde::Deserialize;
use tokio::task::JoinSet;
use venue::port::{Market, MarketFeed, Pair, Venue, VenueError};

/// Markets of a venue that are followed, at most.
const MARKETS_MAX: usize = 64;
/// How long until a venue is asked again for its markets, where that failed or one has gone.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// Where the prices of a venue come from: `NAME`, the venue itself, or `NAME=URL`, another one that
/// speaks as it does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Address {
    /// Which.
    pub venue: Venue,
    /// The base URL of its requests; its sockets are at the same host.
    pub base: Option<String>,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, base) = match text.split_once('=') {
            Some((name, base)) => (name, Some(base)),
            None => (text, None),
        };
        let venue = Venue::parse(name).ok_or_else(|| format!("there is no venue {name}"))?;
        let is_url = |base: &str| base.starts_with("http://") || base.starts_with("https://");
        if base.is_some_and(|base| !is_url(base)) {
            return Err(format!("{text} is no NAME=http://… or NAME=https://…"));
        }
        Ok(Self { venue, base: base.map(str::to_owned) })
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Where the sockets are of a venue whose requests go to `base`.
fn sockets(base: &str) -> String {
    base.replacen("http", "ws", 1)
}

/// What tells of venues, until it is dropped.
pub struct Sources(JoinSet<()>);

impl Sources {
    /// Begins to listen to these venues, each once: the first address of a venue counts. All that
    /// they do not tell is asked for each `refresh`. To be called inside a runtime.
    pub fn begin(addresses: &[Address], refresh: Duration, views: &Views) -> Self {
        let (cache, clock) = (Arc::new(PriceCache::default()), steady_clock(machine_time()));
        let (dialer, mut tasks, mut venues) = (Dialer::new(), JoinSet::new(), Vec::new());
        for Address { venue, base } in addresses {
            if venues.contains(venue) {
                continue;
            }
            venues.push(*venue);
            let (dialer, base) = (dialer.clone(), base.as_deref());
            let (open, books): (fn(_, _, _) -> _, _) = match venue {
                Venue::Binance => (binance::feed, binance::BOOKS),
                Venue::Coinbase => (coinbase::feed, coinbase::BOOKS),
                Venue::Kraken => (kraken::feed, kraken::BOOKS),
                Venue::Kucoin => (kucoin::feed, kucoin::BOOKS),
            };
            let feed: Arc<dyn MarketFeed> = open(dialer, base, Arc::clone(&clock));
            let pace = Pace { every: refresh, books };
            let (cache, clock) = (Arc::clone(&cache), Arc::clone(&clock));
            tasks.spawn(listen(feed, pace, views.clone(), cache, clock));
        }
        tasks.spawn(async move { watch(&cache, &venues, &*clock).await });
        Self(tasks)
    }

    /// Hears no more.
    pub async fn close(mut self) {
        self.0.shutdown().await;
    }
}

/// Tells the cache what a venue says, whatever becomes of it.
async fn listen(
    feed: Arc<dyn MarketFeed>,
    pace: Pace,
    views: Views,
    cache: Arc<PriceCache>,
    clock: Clock,
) {
    let venue = feed.venue();
    loop {
        match feed.markets().await {
            Ok(markets) => {
                let pairs = chosen(&markets, &known(&views));
                tracing::info!(
                    venue = venue.id(),
                    markets = pairs.len(),
                    "its prices are followed"
                );
                // Where they were named before, those that were not have no place, and are not
                // kept: a market that a venue lists anew is known after the next start.
                cache.list(venue, &pairs);
                let refused = follow(&*feed, &pairs, pace, &cache, &clock).await;
                tracing::warn!(venue = venue.id(), %refused, "a market has gone");
            }
            Err(error) => {
                tracing::warn!(venue = venue.id(), %error, "its markets are not known yet");
            }
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// Follows these markets until the venue says that there is no such one.
async fn follow(
    feed: &dyn MarketFeed,
    pairs: &[Pair],
    pace: Pace,
    cache: &PriceCache,
    clock: &Clock,
) -> VenueError {
    let sink = cache.sink(feed.venue());
    let refresh = Refresh::new(pairs, sink);
    tokio::select! {
        ended = feed.follow(pairs, &sink) => match ended {
            Ok(never) => match never {},
            Err(error) => error,
        },
        () = refresh.run(feed, pace, &**clock) => unreachable!("it runs until it is dropped"),
    }
}

/// What is traded here.
fn known(views: &Views) -> HashSet<AssetCode> {
    views.catalog().assets().iter().map(|asset| asset.code).collect()
}

/// The open markets of a venue, [`MARKETS_MAX`] at most: first those in whose assets people here
/// trade, too.
fn chosen(markets: &[Market], known: &HashSet<AssetCode>) -> Vec<Pair> {
    let mut pairs: Vec<_> = markets.iter().filter(|it| it.is_open).map(|it| it.pair).collect();
    let strange =
        |pair: &Pair| [pair.base, pair.quote].iter().filter(|asset| !known.contains(asset)).count();
    pairs.sort_by_key(strange);
    pairs.truncate(MARKETS_MAX);
    pairs
}

#[cfg(test)]
mod tests {
    use model::Decimal;
    use venue::port::{FeeAsset, Fees, Steps};

    use super::*;

    #[test]
    fn an_address_names_a_venue_and_may_say_where_it_is() {
        let address = |venue, base: Option<&str>| {
            let base = base.map(str::to_owned);
            Some(Address { venue, base })
        };
        for (text, want) in [
            ("kraken", address(Venue::Kraken, None)),
            (
                "binance=http://127.0.0.1:9101",
                address(Venue::Binance, Some("http://127.0.0.1:9101")),
            ),
            ("mtgox", None),
            ("binance=127.0.0.1:9101", None),
            ("kucoin=", None),
        ] {
            assert_eq!(text.parse().ok(), want, "{text}");
        }
        assert_eq!(sockets("https://one.example:1"), "wss://one.example:1");
        assert_eq!(sockets("http://http.example"), "ws://http.example");
    }

    #[test]
    fn markets_of_what_is_traded_here_come_first_and_no_more_than_there_is_room_for() {
        let market = |base: &str, quote: &str, is_open| Market {
            pair: Pair { base: base.parse().unwrap(), quote: quote.parse().unwrap() },
            symbol: format!("{base}{quote}"),
            is_open,
            price: Steps::default(),
            qty: Steps::default(),
            notional: Steps::default(),
            fees: Fees { maker: Decimal::ZERO, taker: Decimal::ZERO, asset: FeeAsset::Quote },
        };
        let mut markets: Vec<_> =
            (0..2 * MARKETS_MAX).map(|number| market(&format!("C{number}"), "EUR", true)).collect();
        markets.push(market("ETH", "USD", true));
        markets.push(market("BTC", "USDT", false));
        markets.push(market("ETH", "USDT", true));
        let known = ["BTC", "ETH", "USDT"].map(|code| code.parse().unwrap());
        let pairs = chosen(&markets, &known.into());
        let first: Vec<_> = pairs[..3].iter().map(Pair::to_string).collect();
        assert_eq!(first, ["ETH-USDT", "ETH-USD", "C0-EUR"]);
        assert_eq!(pairs.len(), MARKETS_MAX);
    }
}
