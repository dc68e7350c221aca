//! An exchange with two traders and their keys, whose clock stands still unless it is moved.

use std::collections::HashMap;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use database::{Database, Place};
use engine::{
    Allocation, Asset, Command, Event, FeeAsset, FeeTier, Filters, MarketSpec, MarketState,
};
use gateway::{Api, ApiSettings};
use http_body_util::BodyExt;
use identity::{
    Clock, Email, Identity, Kyc, MasterKeySource, NewUser, Password, Role, SESSION_IDLE,
};
use journal::simulated::Disk;
use model::{AccountId, AssetId, FeeRate, MarketId, Price, Qty, Secret, Time, UserId};
use projection::{History, Projection};
use sea_orm::ConnectionTrait;
use sequencer::{Config, Handle};
use serde_json::Value;
use tower::ServiceExt;
use vault::{KeyFile, Missing};
use venue::binance::SignatureKey;
use venue_server::binance::{Quotas, feed_streams};
use venue_server::{Exchange, Foundation, KeyEntry, Keyring, Limits, Reading, Scopes};

/// 2023-11-14 22:13:20 UTC.
const START_MICROS: u64 = 1_700_000_000_000_000;
/// The secret of every key. Must never be seen again.
const SECRET: &str = "canary-NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
/// Alice's key: reads and trades.
pub const ALICE: &str = "alice-key";
/// Bob's key: reads and trades.
pub const BOB: &str = "bob-key";
/// Alice's key that may only read.
pub const READER: &str = "reader-key";
/// Alice's key that operates.
pub const ADMIN: &str = "admin-key";

/// Keys by name.
#[derive(Default)]
pub struct Ring(Mutex<HashMap<String, Arc<KeyEntry>>>);

impl Keyring for Ring {
    fn find(&self, api_key: &str) -> Option<Arc<KeyEntry>> {
        self.0.lock().unwrap().get(api_key).cloned()
    }
}

impl Ring {
    fn add(&self, name: &str, user: u8, words: &str) {
        let mut keys = self.0.lock().unwrap();
        let entry = KeyEntry {
            id: u128::try_from(keys.len()).unwrap(),
            user: UserId([user; 16]),
            scopes: Scopes::parse(words.split(',')).unwrap(),
            allow_ips: Vec::new(),
            created: Time(0),
            verifier: Box::new(SignatureKey::hmac(SECRET.as_bytes())),
        };
        keys.insert(name.to_owned(), Arc::new(entry));
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
    /// The body of an answer that says yes.
    #[track_caller]
    pub fn good(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.json);
        self.json
    }

    /// Status, code and the fields of a problem.
    #[track_caller]
    pub fn problem(&self) -> (u16, &str, Vec<&str>) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.json);
        let fields = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let fields = fields.iter().map(|error| error["field"].as_str().unwrap()).collect();
        (self.status, self.json["code"].as_str().unwrap(), fields)
    }
}

/// The password of everybody who registers.
pub const PASSWORD: &str = "canary correct horse";

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl Person {
    /// As an answer tells it.
    pub fn of(json: &Value) -> Self {
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        Self { access: text("accessToken"), refresh: text("refreshToken") }
    }

    /// A request of theirs.
    pub fn asks(&self, method: &'static str, url: &str) -> Asking {
        Asking::new(method, url).with("authorization", format!("Bearer {}", self.access))
    }
}

/// One request to be sent.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    method: &'static str,
    url: String,
    body: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl Asking {
    /// A request without a body.
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), ..Self::default() }
    }

    /// With this JSON, or what should be.
    pub fn saying(mut self, json: impl ToString) -> Self {
        self.body = Some(json.to_string());
        self.with("content-type", "application/json")
    }

    /// With this body, whatever it is.
    pub fn sending(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// With this header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The exchange and what stands around it.
pub struct Stage {
    /// What is served.
    pub exchange: Arc<Exchange>,
    /// Who may do what.
    pub identity: Arc<Identity>,
    /// The own API.
    pub api: Arc<Api>,
    /// What serves it.
    pub router: Router,
    /// Where the journal is.
    pub disk: Arc<Disk>,
    clock: Arc<AtomicU64>,
    folder: tempfile::TempDir,
}

impl Stage {
    /// With limits that nothing reaches.
    pub async fn new() -> Self {
        Self::with(ApiSettings { credential_tries_max: 1_000, ..ApiSettings::default() }).await
    }

    /// With these settings. To be called inside a runtime.
    pub async fn with(settings: ApiSettings) -> Self {
        let quotas = Quotas {
            weight: 1_000_000,
            raw_requests: 1_000_000,
            orders_short: 1_000_000,
            orders_long: 1_000_000,
        };
        let limits = Limits { quotas, ..Limits::default() };
        let clock = Arc::new(AtomicU64::new(START_MICROS));
        let told = Arc::clone(&clock);
        let now = move || Time(told.load(Ordering::Relaxed));
        let projection = Projection::new();
        let views = projection.views();
        let mut config = Config::new([7; 24]);
        config.tick = None;
        config.journal.segment_bytes = 64 * 1_024;
        config.journal.reserved_bytes = 1_024;
        let readers: Vec<Box<dyn sequencer::Reader>> = vec![Box::new(Reading(projection))];
        let (disk, stamp) = (Arc::new(Disk::new()), Box::new(now.clone()));
        let storage = Arc::clone(&disk) as Arc<dyn journal::Storage>;
        let (sequencer, _) = sequencer::start(config, storage, stamp, readers).unwrap();
        // Waiting for answers would block the runtime's own thread.
        std::thread::scope(|scope| scope.spawn(|| furnish(&sequencer)).join().unwrap());
        let ring = Arc::new(Ring::default());
        ring.add(ALICE, 1, "read,trade");
        ring.add(BOB, 2, "read,trade");
        ring.add(READER, 1, "read");
        ring.add(ADMIN, 1, "read,admin");
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("master.key"));
        let master = MasterKeySource::File { file, missing: Missing::Create };
        let database = Database::open(&Place::new(None, folder.path())).await.unwrap();
        let identity =
            Identity::open(database, master, Clock::new(now.clone()), SESSION_IDLE).await.unwrap();
        let identity = Arc::new(identity);
        settle(&identity, "first@stage.example", Role::User).await;
        let history = History::memory_only(views.clone());
        let (keys, clock_of) = (ring as Arc<dyn Keyring>, Arc::new(now));
        let foundation = Foundation { sequencer, views, history, keys, clock: clock_of, limits };
        let exchange = Exchange::new(foundation);
        tokio::spawn(feed_streams(Arc::clone(&exchange)));
        let api = Api::new(Arc::clone(&exchange), Arc::clone(&identity), settings);
        tokio::spawn(api.feed_stream());
        tokio::spawn(api.feed_notices());
        let router = gateway::site(&api);
        Self { exchange, identity, api, router, disk, clock, folder }
    }

    /// Forgets all that the server remembers beside the exchange, as a restart does.
    pub fn restart(&mut self) {
        let (exchange, identity) = (Arc::clone(&self.exchange), Arc::clone(&self.identity));
        self.api = Api::new(exchange, identity, ApiSettings::default());
        self.router = gateway::site(&self.api);
    }

    /// Does what an operator or the engine's own tests would.
    pub async fn command(&self, command: Command) {
        self.exchange.sequencer.submit(command).unwrap().await.unwrap();
    }

    /// Sets the state of the market `BTC-USDT`.
    pub async fn set_state(&self, state: MarketState) {
        self.command(Command::SetMarketState { market: MarketId(0), state }).await;
    }

    /// Sets the state of the market `ETH-USDT`.
    pub async fn set_other_state(&self, state: MarketState) {
        self.command(Command::SetMarketState { market: MarketId(1), state }).await;
    }

    /// Does something to the database behind everybody's back.
    pub async fn sql(&self, sql: &str) {
        let database = Database::open(&Place::new(None, self.folder.path())).await.unwrap();
        database.write().execute_unprepared(sql).await.unwrap();
    }

    /// While it is held, nothing is written into the database.
    pub async fn hold_database(&self) -> impl Sized {
        let database = Database::open(&Place::new(None, self.folder.path())).await.unwrap();
        let held = database.begin().await.unwrap();
        (held, database)
    }

    /// Lets time pass.
    pub fn pass_ms(&self, millis: u64) {
        self.clock.fetch_add(millis * 1_000, Ordering::Relaxed);
    }

    /// Sends a request as it is.
    pub async fn send(&self, asking: Asking) -> Reply {
        self.send_from([127, 0, 0, 1], asking).await
    }

    /// The same, from elsewhere.
    pub async fn send_from(&self, address: [u8; 4], asking: Asking) -> Reply {
        let response = self.router.clone().oneshot(Self::request(address, asking)).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(!text.contains("canary"), "a secret in an answer");
        let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply { status: head.status.as_u16(), headers: head.headers, json }
    }

    /// Sends a request and hangs up after so many turns of waiting. Whether the answer came before.
    /// Whatever goes on then has ended when this returns.
    pub async fn hang_up(&self, asking: Asking, turns: usize) -> bool {
        let mut answer =
            Box::pin(self.router.clone().oneshot(Self::request([127, 0, 0, 1], asking)));
        let mut left = turns;
        let answered = poll_fn(|context| match answer.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => {
                left -= 1;
                Poll::Pending
            }
        });
        let answered = answered.await;
        drop(answer);
        assert!(self.api.finish(Duration::from_secs(60)).await);
        // What was handed to the engine and to the database before is through, too.
        let any = Command::OpenAccount { user: UserId([1; 16]) };
        self.exchange.sequencer.submit(any).unwrap().await.unwrap();
        self.identity.note_operator(None, "settled").await;
        answered
    }

    fn request(address: [u8; 4], asking: Asking) -> Request<Body> {
        let mut request = Request::builder().method(asking.method).uri(asking.url);
        for (name, value) in asking.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(asking.body.unwrap_or_default())).unwrap();
        let address = SocketAddr::new(IpAddr::from(address), 40_000);
        request.extensions_mut().insert(ConnectInfo(address));
        request
    }

    /// Begins to ask from an address, and does not wait for the answer.
    pub fn begin_from(&self, address: [u8; 4], asking: Asking) {
        tokio::spawn(self.router.clone().oneshot(Self::request(address, asking)));
    }

    /// Reads something that everybody may see.
    pub async fn see(&self, url: &str) -> Reply {
        self.send(Asking::new("GET", url)).await
    }

    /// The request signed with a key of ours, at a moment of its own.
    pub fn sign(&self, api_key: &str, asking: Asking) -> Asking {
        // What is signed changes something once.
        let micros = self.clock.fetch_add(1, Ordering::Relaxed);
        let (path, query) = asking.url.split_once('?').unwrap_or((&asking.url, ""));
        let joint = if query.is_empty() { "" } else { "&" };
        let query = format!("{query}{joint}timestamp={micros}");
        let body = asking.body.clone().unwrap_or_default();
        let key = SignatureKey::hmac(SECRET.as_bytes());
        let signature = key.sign(&[query.as_bytes(), body.as_bytes()]).unwrap();
        let url = format!("{path}?{query}&signature={signature}");
        Asking { url, ..asking }.with("x-mbx-apikey", api_key)
    }

    /// A moment to sign with, in microseconds: another one each time.
    pub fn moment(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    /// What the keys make of these words.
    pub fn signature(words: &str) -> String {
        SignatureKey::hmac(SECRET.as_bytes()).sign(&[words.as_bytes()]).unwrap()
    }

    /// Sends a request signed with a key.
    pub async fn signed(&self, api_key: &str, asking: Asking) -> Reply {
        self.send(self.sign(api_key, asking)).await
    }

    /// Asks by a key.
    pub async fn ask(&self, api_key: &str, method: &'static str, url: &str) -> Reply {
        self.signed(api_key, Asking::new(method, url)).await
    }

    /// Says something by a key.
    pub async fn say(
        &self,
        api_key: &str,
        method: &'static str,
        url: &str,
        json: impl ToString,
    ) -> Reply {
        self.signed(api_key, Asking::new(method, url).saying(json)).await
    }

    /// Registers somebody.
    pub async fn register(&self, email: &str) -> Person {
        let body = serde_json::json!({ "email": email, "password": PASSWORD, "cookie": false });
        let reply = self.send(Asking::new("POST", "/api/v1/auth/register").saying(body)).await;
        assert_eq!(reply.status, 201, "{}", reply.json);
        Person::of(&reply.json)
    }

    /// An operator who is signed in.
    pub async fn admin(&self, email: &str) -> Person {
        settle(&self.identity, email, Role::Admin).await;
        let body = serde_json::json!({ "email": email, "password": PASSWORD, "cookie": false });
        let login = Asking::new("POST", "/api/v1/auth/login").saying(body);
        Person::of(&self.send(login).await.good())
    }

    /// Gives somebody money, as a deposit would.
    pub async fn fund(&self, person: &Person) {
        let me = self.send(person.asks("GET", "/api/v1/auth/me")).await.good();
        let user: uuid::Uuid = me["id"].as_str().unwrap().parse().unwrap();
        let account = self.exchange.views.account_of(&UserId(*user.as_bytes())).unwrap();
        for (asset, amount) in [(0, 1_000_000_000_000), (1, 1_000_000_000)] {
            let reference = u128::from(account.0) * 1_000 + u128::from(asset);
            let asset = AssetId(asset);
            let adjust = Command::Adjust { account, asset, amount, reference };
            self.exchange.sequencer.submit(adjust).unwrap().await.unwrap();
        }
    }

    /// Places an order and expects that it is taken.
    pub async fn place(&self, api_key: &str, json: Value) -> Value {
        let reply = self.say(api_key, "POST", "/api/v1/trading/orders", json).await;
        assert_eq!(reply.status, 201, "{}", reply.json);
        reply.json
    }

    /// Places a limit order of the market `BTC-USDT`.
    pub async fn limit(&self, api_key: &str, side: &str, quantity: &str, price: &str) -> Value {
        self.place(api_key, limit(side, quantity, price)).await
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

/// Makes a user as an operator does.
async fn settle(identity: &Identity, email: &str, role: Role) {
    let password = Password::new(Secret::new(PASSWORD.to_owned())).unwrap();
    let (email, kyc) = (Email::new(email).unwrap(), Kyc::Approved);
    identity.create_user(NewUser { email, password, role, kyc }).await.unwrap();
}

/// A limit order of the market `BTC-USDT`.
pub fn limit(side: &str, quantity: &str, price: &str) -> Value {
    serde_json::json!({
        "symbol": "BTC-USDT", "side": side, "type": "limit", "quantity": quantity, "price": price,
    })
}

/// Three assets, two markets of which the second is halted, and two funded accounts.
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
    let rate = |millionths| FeeRate::from_millionths(millionths).unwrap();
    let (price, qty) = (|ticks| Price::new(ticks).unwrap(), |lots| Qty::new(lots).unwrap());
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
            notional: (500_000_000, 900_000_000_000_000),
            orders_max: 200,
            ..Filters::wide()
        },
        fees: vec![FeeTier { maker: rate(1_000), taker: rate(2_000) }],
    }
}
