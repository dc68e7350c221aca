//! An exchange with two traders and their keys, whose clock stands still unless it is moved.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use engine::{
    Allocation, Asset, Averages, Command, Event, FeeAsset, FeeTier, Filters, MarketSpec,
    MarketState, PriceBand,
};
use http_body_util::BodyExt;
use identity::OverLimit;
use journal::simulated::Disk;
use model::{AccountId, AssetId, FeeRate, MarketId, Price, Qty, Time, UserId};
use projection::{History, Projection};
use sequencer::{Config, Handle};
use serde_json::Value;
use tower::ServiceExt;
use venue::binance::{KeyKind, SignatureKey};
use venue_server::binance::{Quotas, feed_streams, router};
use venue_server::{Exchange, Foundation, KeyEntry, Keyring, Limits, Reading, Scopes, Verifier};

/// 2023-11-14 22:13:20 UTC.
pub const START_MILLIS: u64 = 1_700_000_000_000;
/// The secret of every key that has a shared one. Must never be seen again.
pub const SECRET: &str = "canary-NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
/// Alice's key: reads and trades.
pub const ALICE: &str = "alice-vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
/// Bob's key: reads and trades.
pub const BOB: &str = "bob-vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
/// Alice's key that may only read.
pub const READER: &str = "reader-key";
/// Alice's key that works from one network only.
pub const BOUND: &str = "bound-key";
/// Of somebody without an account.
pub const STRANGER: &str = "stranger-key";

/// Keys by name.
#[derive(Default)]
pub struct Ring(Mutex<HashMap<String, Arc<KeyEntry>>>);

impl Keyring for Ring {
    fn find(&self, api_key: &str) -> Option<Arc<KeyEntry>> {
        self.0.lock().unwrap().get(api_key).cloned()
    }
}

impl Ring {
    /// Adds a key of a user.
    pub fn add(&self, name: &str, user: u8, key: SignatureKey, change: impl Fn(&mut KeyEntry)) {
        self.add_verified(name, user, Box::new(key), change);
    }

    /// Adds a key of a user that may make so many requests.
    pub fn add_tallied(&self, name: &str, user: u8, key: SignatureKey, left: u64) -> Arc<Tally> {
        let tally = Arc::new(Tally { left: AtomicU64::new(left), ..Tally::default() });
        self.add_verified(name, user, Box::new(Tallied(key, Arc::clone(&tally))), |_| {});
        tally
    }

    fn add_verified(
        &self,
        name: &str,
        user: u8,
        verifier: Box<dyn Verifier>,
        change: impl Fn(&mut KeyEntry),
    ) {
        let mut keys = self.0.lock().unwrap();
        let mut entry = KeyEntry {
            id: u128::try_from(keys.len()).unwrap(),
            user: UserId([user; 16]),
            scopes: Scopes { read: true, trade: true, transfer: false, admin: false },
            allow_ips: Vec::new(),
            created: Time(0),
            verifier,
        };
        change(&mut entry);
        keys.insert(name.to_owned(), Arc::new(entry));
    }

    /// Takes a key away.
    pub fn revoke(&self, name: &str) {
        self.0.lock().unwrap().remove(name);
    }
}

/// What was told of a key, and how many requests it may make still.
#[derive(Debug, Default)]
pub struct Tally {
    /// Requests that may be admitted.
    pub left: AtomicU64,
    /// Requests that passed.
    pub used: AtomicU64,
    /// Requests that did not.
    pub refused: AtomicU64,
}

/// A key with a limit of its own.
struct Tallied(SignatureKey, Arc<Tally>);

impl Verifier for Tallied {
    fn kind(&self) -> KeyKind {
        self.0.kind()
    }

    fn verify(&self, parts: &[&[u8]], signature: &str) -> bool {
        self.0.verify(parts, signature)
    }

    fn used(&self, _from: IpAddr, _at: Time) {
        self.1.used.fetch_add(1, Ordering::Relaxed);
    }

    fn refused(&self, _at: Time) {
        self.1.refused.fetch_add(1, Ordering::Relaxed);
    }

    fn admit(&self, at: Time) -> Result<(), OverLimit> {
        let take = |left: u64| left.checked_sub(1);
        let taken = self.1.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.map(drop).map_err(|_| OverLimit { limit: 1, retry_at: at })
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub json: Value,
}

impl Reply {
    /// Status, code and text of an error.
    pub fn error(&self) -> (u16, i64, String) {
        let code = self.json["code"].as_i64().unwrap_or_default();
        (self.status, code, self.json["msg"].as_str().unwrap_or_default().to_owned())
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// The exchange and what stands around it.
pub struct Stage {
    /// What is served.
    pub exchange: Arc<Exchange>,
    /// Who may ask.
    pub ring: Arc<Ring>,
    /// What serves it.
    pub router: Router,
    clock: Arc<AtomicU64>,
    asked: AtomicU64,
}

impl Stage {
    /// With limits that nothing reaches.
    pub fn new() -> Self {
        let quotas = Quotas {
            weight: 1_000_000,
            raw_requests: 1_000_000,
            orders_short: 1_000_000,
            orders_long: 1_000_000,
        };
        Self::with(Limits { quotas, ..Limits::default() })
    }

    /// With these limits. To be called inside a runtime.
    pub fn with(limits: Limits) -> Self {
        let clock = Arc::new(AtomicU64::new(START_MILLIS * 1_000));
        let told = Arc::clone(&clock);
        let now = move || Time(told.load(Ordering::Relaxed));
        let projection = Projection::new();
        let views = projection.views();
        let mut config = Config::new([7; 24]);
        config.tick = None;
        config.journal.segment_bytes = 64 * 1_024;
        config.journal.reserved_bytes = 1_024;
        let stamp = now.clone();
        let readers: Vec<Box<dyn sequencer::Reader>> = vec![Box::new(Reading(projection))];
        let disk = Arc::new(Disk::new());
        let (sequencer, _) = sequencer::start(config, disk, Box::new(stamp), readers).unwrap();
        // Waiting for answers would block the runtime's own thread.
        std::thread::scope(|scope| scope.spawn(|| furnish(&sequencer)).join().unwrap());
        let ring = Arc::new(Ring::default());
        let secret = || SignatureKey::hmac(SECRET.as_bytes());
        ring.add(ALICE, 1, secret(), |_| {});
        ring.add(BOB, 2, secret(), |_| {});
        ring.add(READER, 1, secret(), |key| key.scopes.trade = false);
        ring.add(BOUND, 1, secret(), |key| key.allow_ips = vec!["192.0.2.0/24".parse().unwrap()]);
        ring.add(STRANGER, 9, secret(), |_| {});
        let keys = Arc::clone(&ring) as Arc<dyn Keyring>;
        let clock_of = Arc::new(now);
        let history = History::memory_only(views.clone());
        let foundation = Foundation { sequencer, views, history, keys, clock: clock_of, limits };
        let exchange = Exchange::new(foundation);
        tokio::spawn(feed_streams(Arc::clone(&exchange)));
        let router = router(Arc::clone(&exchange));
        Self { exchange, ring, router, clock, asked: AtomicU64::default() }
    }

    /// Lets time pass.
    pub fn pass_ms(&self, millis: u64) {
        self.clock.fetch_add(millis * 1_000, Ordering::Relaxed);
    }

    /// The time in milliseconds.
    pub fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed) / 1_000
    }

    /// Sends a request as it is, from an address.
    pub async fn send_from(
        &self,
        from: &str,
        (method, url, body): (&str, &str, &str),
        api_key: Option<&str>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(url);
        if let Some(api_key) = api_key {
            request = request.header("X-MBX-APIKEY", api_key);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        let address: IpAddr = from.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 40_000)));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(!text.contains("canary"), "a secret in an answer");
        let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply { status: head.status.as_u16(), headers: head.headers, json }
    }

    /// Sends a request as it is.
    pub async fn send(&self, method: &str, url: &str, body: &str, api_key: &str) -> Reply {
        self.send_from("127.0.0.1", (method, url, body), Some(api_key)).await
    }

    /// Sends a request with time and signature: in the query for GET, otherwise in the body.
    pub async fn signed(&self, api_key: &str, method: &str, path: &str, params: &str) -> Reply {
        // Each a microsecond later than the one before: what is signed changes something once.
        let micros = self.now() * 1_000 + self.asked.fetch_add(1, Ordering::Relaxed) % 1_000;
        self.signed_at(api_key, method, path, &with_time(params, micros)).await
    }

    /// As [`Self::signed`], with the parameters as they are.
    pub async fn signed_at(&self, api_key: &str, method: &str, path: &str, params: &str) -> Reply {
        let signed = format!("{params}&signature={}", sign(params));
        if method == "GET" {
            self.send(method, &format!("{path}?{signed}"), "", api_key).await
        } else {
            self.send(method, path, &signed, api_key).await
        }
    }

    /// Places an order and expects that it is taken.
    pub async fn place(&self, api_key: &str, params: &str) -> Value {
        let reply = self.signed(api_key, "POST", "/api/v3/order", params).await;
        assert_eq!(reply.status, 200, "{params}: {}", reply.json);
        reply.json
    }

    /// Sends a signed request and expects 200.
    pub async fn ask(&self, api_key: &str, method: &str, path: &str, params: &str) -> Value {
        let reply = self.signed(api_key, method, path, params).await;
        assert_eq!(reply.status, 200, "{method} {path} {params}: {}", reply.json);
        reply.json
    }

    /// Everything that a refused request must not change.
    pub fn state(&self) -> (u64, String) {
        let views = &self.exchange.views;
        let accounts = [AccountId(2), AccountId(3)];
        let open = accounts.map(|account| views.open_orders(account, None));
        let balances = accounts.map(|account| views.balances(account));
        (views.seq().0, format!("{open:?}{balances:?}"))
    }
}

/// `params` with a timestamp, in milliseconds or microseconds.
pub fn with_time(params: &str, timestamp: u64) -> String {
    let joint = if params.is_empty() { "" } else { "&" };
    format!("{params}{joint}timestamp={timestamp}")
}

/// The signature of the stage's secret.
pub fn sign(payload: &str) -> String {
    SignatureKey::hmac(SECRET.as_bytes()).sign(&[payload.as_bytes()]).unwrap()
}

fn furnish(sequencer: &Handle) {
    let submit = |command| sequencer.submit(command).unwrap().wait().unwrap().events;
    let asset = |code: &str| Command::ListAsset(Asset { code: code.parse().unwrap(), scale: 8 });
    for code in ["USDT", "BTC", "ETH"] {
        submit(asset(code));
    }
    for base in [1, 2] {
        let events = submit(Command::ListMarket(Box::new(spec(AssetId(base)))));
        assert!(matches!(events[0], Event::MarketListed { .. }), "{events:?}");
    }
    submit(Command::SetMarketState { market: MarketId(0), state: MarketState::Open });
    for user in [1, 2] {
        submit(Command::OpenAccount { user: UserId([user; 16]) });
        let account = AccountId(u32::from(user) + 1);
        for (asset, whole) in [(0, 1_000_000), (1, 100)] {
            let amount = whole * 100_000_000;
            let reference = u128::from(user) * 10 + u128::from(asset);
            let asset = AssetId(asset);
            submit(Command::Adjust { account, asset, amount, reference });
        }
    }
}

fn spec(base: AssetId) -> MarketSpec {
    let price = |ticks| Price::new(ticks).unwrap();
    let qty = |lots| Qty::new(lots).unwrap();
    let rate = |millionths| FeeRate::from_millionths(millionths).unwrap();
    MarketSpec {
        base,
        quote: AssetId(0),
        tick_units: 1,
        tick_scale: 2,
        lot_units: 1_000,
        allocation: Allocation::Fifo,
        fee_asset: FeeAsset::Received,
        filters: Filters {
            price: (price(1), price(100_000_000)),
            qty: (qty(1), qty(900_000_000)),
            market_qty: (qty(1), qty(10_000_000)),
            notional: (500_000_000, 900_000_000_000_000),
            notional_min_to_market: true,
            notional_max_to_market: false,
            band: PriceBand { bid_up: 50_000, bid_down: 2_000, ask_up: 50_000, ask_down: 2_000 },
            averages: Averages { minutes: 5 },
            orders_max: 200,
            algo_orders_max: 5,
            iceberg_orders_max: 10,
            iceberg_parts_max: 100,
            lists_max: 20,
            amends_max: 10,
            position_max: None,
            trailing_delta: (10, 2_000),
        },
        fees: vec![FeeTier { maker: rate(1_000), taker: rate(1_000) }],
    }
}
