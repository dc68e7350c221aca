//! A venue that nobody trades on but the test, and ears for what it tells.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arbitrage::VenueSink;
use connector::{BinanceConnector, Clock, Credentials, Dialer, Endpoints};
use journal::simulated::Disk;
use model::{ClientOrderId, Decimal, Secret, Side, Time};
use simulator::{Director, Liveliness, Opening, PriceProcess, Scenario, Tapes, VenueExchange};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use venue::port::{
    AccountSink, Balance, BookTold, Fill, Lost, MarketSink, NewOrder, Order, Pair, Terms,
    TimeInForce, TopTold, TradeTold, TradingAccount, Venue,
};
use venue_server::Limits;

/// Nothing takes that long: a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);
const START: u64 = 1_795_000_000_000_000;

/// The venue, served on a port of its own.
pub struct Stage {
    pub venue: VenueExchange,
    pub address: SocketAddr,
    director: Director,
    time: Arc<AtomicU64>,
    clock: Clock,
}

impl Stage {
    pub async fn open() -> Self {
        Self::of(Venue::Binance).await
    }

    pub async fn of(venue: Venue) -> Self {
        // Time passes as it is looked at.
        let time = Arc::new(AtomicU64::new(START));
        let told = Arc::clone(&time);
        let clock: Clock = Arc::new(move || Time(told.fetch_add(10, Ordering::Relaxed)));
        let (storage, limits) = (Arc::new(Disk::new()), Limits::default());
        let director = Director::default();
        let process = PriceProcess::new(1, Tapes::default(), director.weather());
        let clock_of = Arc::clone(&clock);
        let opening = Opening {
            venue,
            seed: 1,
            process,
            storage,
            clock: clock_of,
            limits,
            liveliness: Liveliness::default(),
        };
        let venue = VenueExchange::open(opening).await.unwrap();
        director.cast(&venue);
        // What is stamped with whole milliseconds must not seem to come before the start.
        time.fetch_add(1_000_000, Ordering::Relaxed);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = venue.router().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        tokio::spawn(venue.feed());
        Self { venue, address, director, time, clock }
    }

    /// Lets that happen from now on, and nothing else.
    pub fn play(&self, name: &str) {
        self.play_with(name, |_| {});
    }

    /// As [`Self::play`], a little otherwise.
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

    /// What time it is there and here.
    pub fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// A connector whose market streams come from there.
    pub fn connector(&self, streams: SocketAddr) -> BinanceConnector {
        let address = self.address;
        let at = Endpoints::at(&format!("http://{address}/"), &format!("ws://{address}/"));
        let endpoints = Endpoints { streams: format!("ws://{streams}"), ..at };
        BinanceConnector::new(Dialer::new(), endpoints, Arc::clone(&self.clock))
    }

    /// One of the venue's accounts.
    pub fn account(&self, number: usize) -> Arc<dyn TradingAccount> {
        let account = &self.venue.accounts()[number];
        let credentials = Credentials::new(account.api_key.clone(), &account.api_secret);
        self.connector(self.address).account(credentials)
    }

    /// An account of a key that does not sign as it should.
    pub fn stranger(&self) -> Arc<dyn TradingAccount> {
        let api_key = self.venue.accounts()[0].api_key.clone();
        let credentials = Credentials::new(api_key, &Secret::new("guessed".to_owned()));
        self.connector(self.address).account(credentials)
    }
}

pub fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn pair() -> Pair {
    Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }
}

/// A limit order that stays.
pub fn limit(name: &str, side: Side, qty: &str, price: &str) -> NewOrder {
    let time_in_force = TimeInForce::Gtc;
    let terms = Terms::Limit { price: number(price), qty: number(qty), time_in_force };
    NewOrder { pair: pair(), client_id: ClientOrderId::new(name).unwrap(), side, terms }
}

/// Waits until `condition` holds, which is looked at whenever something is told.
pub async fn wait_until(told: &Notify, what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            told.notified().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "in vain: {what}");
}

/// Passes on to a cache what it hears of markets, and says so.
pub struct MarketEar<'a> {
    pub cache: VenueSink<'a>,
    pub told: Notify,
    pub trades: Mutex<Vec<TradeTold>>,
    pub lost: Mutex<Vec<Lost>>,
}

impl<'a> MarketEar<'a> {
    pub fn new(cache: VenueSink<'a>) -> Self {
        let (trades, lost) = (Mutex::default(), Mutex::default());
        Self { cache, told: Notify::new(), trades, lost }
    }

    pub fn has_lost(&self, why: Lost) -> bool {
        self.lost.lock().unwrap().contains(&why)
    }
}

impl MarketSink for MarketEar<'_> {
    fn book(&self, told: &BookTold<'_>) {
        assert!(!told.book.is_crossed());
        self.cache.book(told);
        self.told.notify_one();
    }

    fn top(&self, told: &TopTold) {
        self.cache.top(told);
        self.told.notify_one();
    }

    fn trade(&self, told: &TradeTold) {
        self.trades.lock().unwrap().push(*told);
        self.told.notify_one();
    }

    fn lost(&self, pair: Pair, why: Lost, at: Time) {
        self.cache.lost(pair, why, at);
        self.lost.lock().unwrap().push(why);
        self.told.notify_one();
    }

    fn heard(&self, at: Time) {
        self.cache.heard(at);
    }
}

/// Keeps what it hears of an account.
#[derive(Default)]
pub struct AccountEar {
    pub told: Notify,
    pub is_listening: Mutex<bool>,
    pub orders: Mutex<Vec<Order>>,
    pub fills: Mutex<Vec<Fill>>,
    pub balances: Mutex<Vec<Balance>>,
}

impl AccountSink for AccountEar {
    fn listening(&self) {
        *self.is_listening.lock().unwrap() = true;
        self.told.notify_one();
    }

    fn order(&self, order: &Order) {
        self.orders.lock().unwrap().push(order.clone());
        self.told.notify_one();
    }

    fn fill(&self, fill: &Fill) {
        self.fills.lock().unwrap().push(fill.clone());
        self.told.notify_one();
    }

    fn balance(&self, balance: &Balance) {
        self.balances.lock().unwrap().push(*balance);
        self.told.notify_one();
    }

    fn lost(&self) {
        *self.is_listening.lock().unwrap() = false;
        self.told.notify_one();
    }
}
