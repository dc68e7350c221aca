//! A venue of ours that nobody trades on but the test, and its connector: the same for each of the
//! four.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use connector::{
    BinanceConnector, Clock, CoinbaseConnector, CoinbaseCredentials, CoinbaseEndpoints,
    Credentials, Dialer, Endpoints, KrakenConnector, KrakenCredentials, KrakenEndpoints,
    KucoinConnector, KucoinCredentials, KucoinEndpoints,
};
use journal::simulated::Disk;
use model::{ClientOrderId, Decimal, Secret, Side, Time};
use simulator::{
    Director, Liveliness, Opening, PriceProcess, SCENARIO_PATH, Scenario, Tapes, VenueAccount,
    VenueExchange, control,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use venue::port::{
    MarketFeed, NewOrder, OrderName, Pair, Rejection, Terms, TimeInForce, TradingAccount, Venue,
    VenueError,
};
use venue_server::Limits;

use crate::ears::PATIENCE;

const START: u64 = 1_795_000_000_000_000;
/// By what scenarios are switched.
const TOKEN: &str = "0123456789abcdef";

/// The venue, served on a port of its own.
pub struct Stage {
    pub venue: VenueExchange,
    pub address: SocketAddr,
    /// Of its journal.
    pub disk: Disk,
    director: Arc<Director>,
    time: Arc<AtomicU64>,
    clock: Clock,
    connector: Connector,
}

/// What goes out to the venue.
#[derive(Clone)]
enum Connector {
    Binance(BinanceConnector),
    Coinbase(CoinbaseConnector),
    Kraken(KrakenConnector),
    Kucoin(KucoinConnector),
}

impl Stage {
    pub async fn open(venue: Venue) -> Self {
        // Time passes as it is looked at; where limits are of seconds, fast enough for them.
        let tick = if venue == Venue::Coinbase { 10_000 } else { 10 };
        let time = Arc::new(AtomicU64::new(START));
        let told = Arc::clone(&time);
        let clock: Clock = Arc::new(move || Time(told.fetch_add(tick, Ordering::Relaxed)));
        let director = Arc::new(Director::default());
        let disk = Disk::new();
        let opening = Opening {
            venue,
            seed: 1,
            process: PriceProcess::new(1, Tapes::default(), director.weather()),
            storage: Arc::new(disk.clone()),
            clock: Arc::clone(&clock),
            limits: Limits::default(),
            liveliness: Liveliness::default(),
        };
        let venue = VenueExchange::open(opening).await.unwrap();
        director.cast(&venue);
        // What is stamped with whole milliseconds must not seem to come before the start.
        time.fetch_add(1_000_000, Ordering::Relaxed);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let control = control(Arc::clone(&director), Secret::new(TOKEN.to_owned()));
        let router = venue.router().merge(control);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        tokio::spawn(venue.feed());
        let connector = connector(venue.venue(), address, address, &clock);
        Self { venue, address, disk, director, time, clock, connector }
    }

    /// Lets a scenario happen from now on, and nothing else, by the call that switches it.
    pub async fn play(&self, name: &str) {
        let size = name.len();
        let request = format!(
            "POST {SCENARIO_PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\n\
             connection: close\r\ncontent-length: {size}\r\n\r\n{name}"
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(self.director.playing().name, name);
    }

    /// As [`Self::play`], a little otherwise than any call can have it.
    pub fn play_with(&self, name: &str, change: impl FnOnce(&mut Scenario)) {
        let mut scenario = Scenario::named(name).unwrap();
        change(&mut scenario);
        self.director.play(scenario);
    }

    /// Waits until so many messages were swallowed.
    pub async fn swallowed(&self, messages: u64) {
        let waiting = async {
            while self.venue.messages_swallowed() < messages {
                tokio::task::yield_now().await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "nothing is swallowed");
    }

    /// Lets time pass for everybody.
    pub fn pass_seconds(&self, seconds: u64) {
        self.time.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    /// What time it is here.
    pub fn now(&self) -> Time {
        (self.clock)()
    }

    /// The market that tests trade on.
    pub fn pair(&self) -> Pair {
        match self.venue.venue() {
            Venue::Binance | Venue::Kucoin => pair_of("BTC", "USDT"),
            Venue::Coinbase | Venue::Kraken => pair_of("BTC", "USD"),
        }
    }

    /// What the venue tells everybody.
    pub fn feed(&self) -> Arc<dyn MarketFeed> {
        self.connector.feed()
    }

    /// The same, by market streams that come from there.
    pub fn feed_from(&self, streams: SocketAddr) -> Arc<dyn MarketFeed> {
        connector(self.venue.venue(), self.address, streams, &self.clock).feed()
    }

    /// What a key at the venue sees of its markets, where that is more.
    pub fn feed_as(&self, number: usize) -> Arc<dyn MarketFeed> {
        let Connector::Kucoin(connector) = &self.connector else { return self.feed() };
        connector.feed_as(kucoin_credentials(&self.venue.accounts()[number]))
    }

    /// One of the venue's accounts.
    pub fn account(&self, number: usize) -> Arc<dyn TradingAccount> {
        self.connector.account(&self.venue.accounts()[number])
    }

    /// An account of a key that does not sign as it should.
    pub fn stranger(&self) -> Arc<dyn TradingAccount> {
        let [known, other] = self.venue.accounts() else { panic!("two accounts") };
        self.connector.account(&VenueAccount { api_key: known.api_key.clone(), ..other.clone() })
    }

    /// A limit order that stays.
    pub fn limit(&self, name: &str, side: Side, qty: &str, price: &str) -> NewOrder {
        let time_in_force = TimeInForce::Gtc;
        let terms = Terms::Limit { price: number(price), qty: number(qty), time_in_force };
        let client_id = ClientOrderId::new(name).unwrap();
        NewOrder { pair: self.pair(), client_id, side, terms }
    }
}

impl Connector {
    fn feed(&self) -> Arc<dyn MarketFeed> {
        match self {
            Self::Binance(connector) => connector.feed(),
            Self::Coinbase(connector) => connector.feed(),
            Self::Kraken(connector) => connector.feed(),
            Self::Kucoin(connector) => connector.feed(),
        }
    }

    fn account(&self, of: &VenueAccount) -> Arc<dyn TradingAccount> {
        let (key, secret) = (of.api_key.clone(), &of.api_secret);
        match self {
            Self::Binance(connector) => connector.account(Credentials::new(key, secret)),
            Self::Coinbase(connector) => {
                connector.account(CoinbaseCredentials::new(key, secret).unwrap())
            }
            Self::Kraken(connector) => {
                connector.account(KrakenCredentials::new(key, secret).unwrap())
            }
            Self::Kucoin(connector) => connector.account(kucoin_credentials(of)),
        }
    }
}

const LASTED_MICROS: u64 = 180 * 1_000_000;

fn connector(venue: Venue, rest: SocketAddr, streams: SocketAddr, clock: &Clock) -> Connector {
    // When it is asked it has lasted for so long that nothing of before may arrive.
    let (is_made, ours) = (Arc::new(AtomicBool::new(false)), Arc::clone(clock));
    let has_lasted = Arc::clone(&is_made);
    let clock: Clock = Arc::new(move || {
        let before = if has_lasted.load(Ordering::Relaxed) { 0 } else { LASTED_MICROS };
        Time(ours().0.saturating_sub(before))
    });
    let dialer = Dialer::new();
    let (rest, sockets) = (format!("http://{rest}/"), format!("ws://{rest}/"));
    let connector = match venue {
        Venue::Binance => {
            let at = Endpoints::at(&rest, &sockets);
            let endpoints = Endpoints { streams: format!("ws://{streams}"), ..at };
            Connector::Binance(BinanceConnector::new(dialer, endpoints, clock))
        }
        Venue::Coinbase => {
            let endpoints = CoinbaseEndpoints::at(&rest, &sockets);
            Connector::Coinbase(CoinbaseConnector::new(dialer, endpoints, clock))
        }
        Venue::Kraken => {
            let endpoints = KrakenEndpoints::at(&rest, &sockets);
            Connector::Kraken(KrakenConnector::new(dialer, endpoints, clock))
        }
        Venue::Kucoin => {
            let endpoints = KucoinEndpoints::at(&rest);
            Connector::Kucoin(KucoinConnector::new(dialer, endpoints, clock))
        }
    };
    is_made.store(true, Ordering::Relaxed);
    connector
}

fn kucoin_credentials(of: &VenueAccount) -> KucoinCredentials {
    let passphrase = of.passphrase.as_ref().expect("a key has one there");
    KucoinCredentials::new(of.api_key.clone(), &of.api_secret, passphrase)
}

pub fn pair_of(base: &str, quote: &str) -> Pair {
    Pair { base: base.parse().unwrap(), quote: quote.parse().unwrap() }
}

pub fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn named(name: &str) -> OrderName {
    OrderName::Client(ClientOrderId::new(name).unwrap())
}

#[track_caller]
pub fn refused<T: std::fmt::Debug>(outcome: Result<T, VenueError>, want: Rejection) {
    match outcome {
        Err(VenueError::Rejected { why, .. }) => assert_eq!(why, want),
        outcome => panic!("{want:?}: {outcome:?}"),
    }
}

#[track_caller]
pub fn later<T: std::fmt::Debug>(outcome: Result<T, VenueError>) -> String {
    match outcome {
        Err(VenueError::TryLater { text, .. }) => text,
        other => panic!("{other:?}"),
    }
}
