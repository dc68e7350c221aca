//! The languages that venues of ours speak. A venue that is to be served is added
//! here, and nowhere else.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::response::Response;
use model::Secret;
use venue::port::Venue;
use venue_server::{Exchange, VenueKey, binance, coinbase, kraken, kucoin};

/// A key's name, its secret, and its passphrase at venues where it has one.
pub type DrawnKey = (String, Secret<String>, Option<Secret<String>>);

/// What is the venue's own of a venue's server.
#[derive(Clone, Copy)]
pub struct Language {
    /// A key of this venue's form, for the account of that number.
    pub draw_key: fn(next: &mut dyn FnMut() -> u64, account: usize) -> DrawnKey,
    /// Its server.
    pub open: fn(Arc<Exchange>, Vec<VenueKey>) -> Speaker,
    /// What it says to who asks too much, and who `is_banned` for going on; told the time in
    /// milliseconds since the epoch.
    pub too_many: fn(is_banned: bool, now_millis: u64) -> Response,
    /// What it says where it is away, and nothing was done.
    pub unavailable: fn() -> Response,
    /// What it says where nobody knows whether it was done.
    pub unanswered: fn() -> Response,
    /// Whether a request of that method and path places or cancels.
    pub changes: fn(&Method, path: &str) -> bool,
}

/// A venue's server.
pub struct Speaker {
    /// Its REST and sockets.
    pub router: Router,
    /// Tells whoever listens what happens, until it is stopped.
    pub feed: Box<dyn Fn() -> Feeding + Send + Sync>,
    /// Ends its sockets.
    pub stop: Box<dyn Fn() + Send + Sync>,
}

/// A venue's feed, under way.
pub type Feeding = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Language {
    /// The language of `venue`.
    #[must_use]
    pub const fn of(venue: Venue) -> Self {
        match venue {
            Venue::Binance => BINANCE,
            Venue::Coinbase => COINBASE,
            Venue::Kraken => KRAKEN,
            Venue::Kucoin => KUCOIN,
        }
    }
}

const BINANCE: Language = Language {
    draw_key: |next, _| {
        let (name, secret) = binance::draw_key(next);
        (name, secret, None)
    },
    open: |exchange, _| {
        let (fed, stopped) = (Arc::clone(&exchange), Arc::clone(&exchange));
        Speaker {
            router: binance::router(exchange),
            feed: Box::new(move || Box::pin(binance::feed_streams(Arc::clone(&fed)))),
            stop: Box::new(move || stopped.stop_streams()),
        }
    },
    too_many: binance::too_many,
    unavailable: binance::unavailable,
    unanswered: binance::unanswered,
    changes: |method, path| *method != Method::GET && path.to_ascii_lowercase().contains("order"),
};

const COINBASE: Language = Language {
    draw_key: coinbase::draw_key,
    open: |exchange, keys| {
        let door = coinbase::open(exchange, keys);
        let (fed, stopped) = (Arc::clone(&door), Arc::clone(&door));
        Speaker {
            router: coinbase::router(door),
            feed: Box::new(move || Box::pin(coinbase::feed(Arc::clone(&fed)))),
            stop: Box::new(move || coinbase::stop(&stopped)),
        }
    },
    too_many: |_, _| coinbase::too_many(),
    unavailable: coinbase::unavailable,
    unanswered: coinbase::unanswered,
    changes: coinbase::changes,
};

const KRAKEN: Language = Language {
    draw_key: |next, _| {
        let (name, secret) = kraken::draw_key(next);
        (name, secret, None)
    },
    open: |exchange, keys| {
        let door = kraken::open(exchange, keys);
        let (fed, stopped) = (Arc::clone(&door), Arc::clone(&door));
        Speaker {
            router: kraken::router(door),
            feed: Box::new(move || Box::pin(kraken::feed(Arc::clone(&fed)))),
            stop: Box::new(move || kraken::stop(&stopped)),
        }
    },
    too_many: |_, _| kraken::too_many(),
    unavailable: kraken::unavailable,
    unanswered: kraken::unanswered,
    changes: kraken::changes,
};

const KUCOIN: Language = Language {
    draw_key: |next, _| kucoin::draw_key(next),
    open: |exchange, keys| {
        let door = kucoin::open(exchange, keys);
        let (fed, stopped) = (Arc::clone(&door), Arc::clone(&door));
        Speaker {
            router: kucoin::router(door),
            feed: Box::new(move || Box::pin(kucoin::feed(Arc::clone(&fed)))),
            stop: Box::new(move || kucoin::stop(&stopped)),
        }
    },
    too_many: kucoin::too_many,
    unavailable: kucoin::unavailable,
    unanswered: kucoin::unanswered,
    changes: |method, path| *method != Method::GET && path.contains("/order"),
};
