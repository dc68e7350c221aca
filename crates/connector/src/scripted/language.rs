//! The four venues as a script has them: one market, one book, and no order that was ever placed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::{Secret, Side, Time};
use tokio::sync::watch;
use tokio::time::Instant;
use venue::Book;
use venue::kraken::{Precision, checksum};
use venue::port::{MarketFeed, Pair, TradingAccount, Venue};

use super::{Answer, LASTED, Noted, Request, Sockets, answer, done, pair, venue_with};
use crate::alarm::Alarm;
use crate::clock::Clock;
use crate::dial::Dialer;
use crate::{
    BinanceConnector, CoinbaseConnector, CoinbaseCredentials, CoinbaseEndpoints, Credentials,
    Endpoints, KrakenConnector, KrakenCredentials, KrakenEndpoints, KucoinConnector,
    KucoinCredentials, KucoinEndpoints,
};

const START: u64 = 1_700_000_000_000_000;

/// The time here, as a test has it pass.
#[derive(Clone)]
pub struct Clocks {
    micros: Arc<AtomicU64>,
    alarm: watch::Sender<Instant>,
}

impl Clocks {
    fn new() -> Self {
        Self { micros: Arc::new(AtomicU64::new(START)), alarm: watch::Sender::new(Instant::now()) }
    }

    /// Lets so much pass.
    pub fn pass(&self, time: Duration) {
        self.micros.fetch_add(u64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
        self.alarm.send_modify(|now| *now += time);
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        Time(self.micros.load(Ordering::SeqCst))
    }

    fn clock(&self) -> Clock {
        let micros = Arc::clone(&self.micros);
        Arc::new(move || Time(micros.load(Ordering::SeqCst)))
    }
}

/// Who asks: what is told to everybody, and two accounts of one key.
pub type Process = (Arc<dyn MarketFeed>, [Arc<dyn TradingAccount>; 2]);

/// A venue and who asks it.
pub struct Stage {
    pub feed: Arc<dyn MarketFeed>,
    pub account: Arc<dyn TradingAccount>,
    /// Another account of the same key.
    pub again: Arc<dyn TradingAccount>,
    /// Another process that begins now.
    pub begin: Box<dyn Fn() -> Process + Send + Sync>,
    pub noted: Noted,
    pub sockets: Arc<Sockets>,
    pub clocks: Clocks,
    pub pair: Pair,
}

impl Stage {
    /// A venue that says another thing where `script` does, as soon as that is known.
    pub async fn open<F: Future<Output = Option<Answer>> + Send>(
        venue: Venue,
        script: impl Fn(Request) -> F + Clone + Send + Sync + 'static,
    ) -> Self {
        let (clocks, sockets) = (Clocks::new(), Sockets::telling(first(venue)));
        let says = move |request: Request| {
            let script = script.clone();
            async move {
                match script(request.clone()).await {
                    Some(says) => says,
                    None => usual(venue, &request),
                }
            }
        };
        let (url, noted) = venue_with(says, Arc::clone(&sockets)).await;
        let (clock, alarm) = (clocks.clock(), clocks.alarm.subscribe());
        let dialer = Dialer::by(Alarm::Set(alarm));
        let begin = Box::new(move || process(venue, &url, &dialer, &clock));
        let (feed, [account, again]) = begin();
        clocks.pass(LASTED);
        let pair = pair(quote(venue));
        Self { feed, account, again, begin, noted, sockets, clocks, pair }
    }
}

fn process(venue: Venue, url: &str, dialer: &Dialer, clock: &Clock) -> Process {
    let (dialer, clock) = (dialer.clone(), Arc::clone(clock));
    let socket_url = url.replacen("http", "ws", 1);
    let text = |text: &str| Secret::new(text.to_owned());
    match venue {
        Venue::Binance => {
            let at = Endpoints::at(url, &socket_url);
            let connector = BinanceConnector::new(dialer, at, clock);
            let account = || connector.account(Credentials::new(text("key"), &text("secret")));
            (connector.feed(), [account(), account()])
        }
        Venue::Coinbase => {
            let at = CoinbaseEndpoints::at(url, &socket_url);
            let connector = CoinbaseConnector::new(dialer, at, clock);
            let secret = text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
            let credentials = || CoinbaseCredentials::new(text("key"), &secret).unwrap();
            let account = || connector.account(credentials());
            (connector.feed(), [account(), account()])
        }
        Venue::Kraken => {
            let at = KrakenEndpoints::at(url, &socket_url);
            let connector = KrakenConnector::new(dialer, at, clock);
            let credentials = || KrakenCredentials::new(text("key"), &text("c2VjcmV0")).unwrap();
            let account = || connector.account(credentials());
            (connector.feed(), [account(), account()])
        }
        Venue::Kucoin => {
            let connector = KucoinConnector::new(dialer, KucoinEndpoints::at(url), clock);
            let credentials =
                || KucoinCredentials::new(text("key"), &text("secret"), &text("phrase"));
            let account = || connector.account(credentials());
            (connector.feed(), [account(), account()])
        }
    }
}

const fn quote(venue: Venue) -> &'static str {
    match venue {
        Venue::Binance | Venue::Kucoin => "USDT",
        Venue::Coinbase | Venue::Kraken => "USD",
    }
}

/// The request that places an order.
pub const fn placing(venue: Venue) -> &'static str {
    match venue {
        Venue::Binance => "POST /api/v3/order",
        Venue::Coinbase => "POST /api/v3/brokerage/orders",
        Venue::Kraken => "POST /0/private/AddOrder",
        Venue::Kucoin => "POST /api/v1/hf/orders/sync",
    }
}

/// That there is not enough money.
pub fn too_poor(venue: Venue) -> Answer {
    match venue {
        Venue::Binance => answer(
            400,
            "",
            r#"{"code":-2010,"msg":"Account has insufficient balance for requested action."}"#,
        ),
        Venue::Coinbase => done(
            r#"{"success":false,"error_response":{"error":"INSUFFICIENT_FUND","message":"",
            "error_details":"","preview_failure_reason":"","new_order_failure_reason":""}}"#,
        ),
        Venue::Kraken => done(r#"{"error":["EOrder:Insufficient funds"]}"#),
        Venue::Kucoin => done(r#"{"code":"200004","msg":"Balance insufficient!"}"#),
    }
}

fn usual(venue: Venue, request: &Request) -> Answer {
    match venue {
        Venue::Binance => binance(request),
        Venue::Coinbase => coinbase(request),
        Venue::Kraken => kraken(request),
        Venue::Kucoin => kucoin(request),
    }
}

/// What sockets tell first: with it a book begins where a socket tells it whole.
fn first(venue: Venue) -> Vec<String> {
    match venue {
        Venue::Binance => Vec::new(),
        Venue::Coinbase => vec![
            r#"{"channel":"l2_data","client_id":"","timestamp":"2023-11-14T22:13:20Z",
            "sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[
            {"side":"bid","event_time":"","price_level":"99","new_quantity":"1"},
            {"side":"offer","event_time":"","price_level":"101","new_quantity":"1"}]}]}"#
                .to_owned(),
        ],
        Venue::Kraken => {
            let mut book = Book::default();
            for (side, price) in [(Side::Buy, "99"), (Side::Sell, "101")] {
                book.set(side, price.parse().unwrap(), "1".parse().unwrap());
            }
            let proof = checksum(&book, Precision { price: 1, qty: 8 }).unwrap();
            vec![format!(
                r#"{{"channel":"book","type":"snapshot","data":[{{"symbol":"BTC/USD",
                "bids":[{{"price":99,"qty":1}}],"asks":[{{"price":101,"qty":1}}],
                "checksum":{proof}}}]}}"#
            )]
        }
        Venue::Kucoin => [r#"{"id":"1","type":"welcome"}"#, r#"{"id":"2","type":"ack"}"#]
            .map(str::to_owned)
            .into(),
    }
}

fn binance(request: &Request) -> Answer {
    match &*request.what {
        "GET /api/v3/time" => done(r#"{"serverTime":1700000000000}"#),
        "GET /api/v3/depth" => {
            done(r#"{"lastUpdateId":10,"bids":[["99","1"]],"asks":[["101","1"]]}"#)
        }
        "GET /api/v3/order" => answer(400, "", r#"{"code":-2013,"msg":"Order does not exist."}"#),
        what => panic!("{what}"),
    }
}

fn coinbase(request: &Request) -> Answer {
    match &*request.what {
        "GET /api/v3/brokerage/time" => {
            done(r#"{"iso":"","epochSeconds":"1700000000","epochMillis":"1700000000000"}"#)
        }
        "GET /api/v3/brokerage/market/products" => done(
            r#"{"num_products":1,"products":[{"product_id":"BTC-USD","price":"100",
            "volume_24h":"1","base_increment":"0.00000001","quote_increment":"0.01",
            "quote_min_size":"1","quote_max_size":"50000000","base_min_size":"0.00000001",
            "base_max_size":"3400","status":"online","product_type":"SPOT",
            "quote_currency_id":"USD","base_currency_id":"BTC","price_increment":"0.01"}]}"#,
        ),
        "GET /api/v3/brokerage/orders/historical/batch" => {
            done(r#"{"orders":[],"has_next":false,"cursor":""}"#)
        }
        "GET /api/v3/brokerage/accounts" => {
            done(r#"{"accounts":[],"has_next":false,"cursor":"","size":0}"#)
        }
        what => panic!("{what}"),
    }
}

/// The market that a Kraken lists.
pub const KRAKEN_PAIRS: &str = r#"{"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD",
    "wsname":"XBT/USD","aclass_base":"currency","base":"XXBT","aclass_quote":"currency",
    "quote":"ZUSD","lot":"unit","cost_decimals":5,"pair_decimals":1,"lot_decimals":8,
    "lot_multiplier":1,"leverage_buy":[],"leverage_sell":[],"fees":[[0,0.4]],
    "fees_maker":[[0,0.25]],"fee_volume_currency":"ZUSD","margin_call":80,"margin_stop":40,
    "ordermin":"0.00005","costmin":"0.5","tick_size":"0.1","status":"online"}}}"#;

fn kraken(request: &Request) -> Answer {
    let result = |body: &str| done(&format!(r#"{{"error":[],"result":{body}}}"#));
    match &*request.what {
        "GET /0/public/AssetPairs" => done(KRAKEN_PAIRS),
        "GET /0/public/Time" => result(r#"{"unixtime":1700000000,"rfc1123":""}"#),
        "POST /0/private/OpenOrders" => result(r#"{"open":{}}"#),
        "POST /0/private/ClosedOrders" => result(r#"{"closed":{},"count":0}"#),
        "POST /0/private/GetWebSocketsToken" => result(r#"{"token":"t0k3n","expires":900}"#),
        "POST /0/private/BalanceEx" => result("{}"),
        what => panic!("{what}"),
    }
}

fn kucoin(request: &Request) -> Answer {
    let data = |data: &str| done(&format!(r#"{{"code":"200000","data":{data}}}"#));
    match &*request.what {
        "GET /api/v1/timestamp" => data("1700000000000"),
        "GET /api/v2/symbols" => data(
            r#"[{"symbol":"BTC-USDT","baseCurrency":"BTC","quoteCurrency":"USDT",
            "feeCurrency":"USDT","baseMinSize":"0.00001","baseMaxSize":"10000",
            "baseIncrement":"0.00000001","priceIncrement":"0.1","minFunds":"0.1",
            "enableTrading":true}]"#,
        ),
        "POST /api/v1/bullet-public" | "POST /api/v1/bullet-private" => data(&format!(
            r#"{{"token":"t0k3n","instanceServers":[{{"endpoint":"ws://{}/endpoint",
            "encrypt":false,"protocol":"websocket","pingInterval":18000,"pingTimeout":10000}}]}}"#,
            request.host
        )),
        "GET /api/v1/market/orderbook/level2_100" => data(
            r#"{"time":1700000000000,"sequence":"10","bids":[["99","1"]],"asks":[["101","1"]]}"#,
        ),
        what if what.starts_with("GET /api/v1/hf/orders/client-order/") => {
            done(r#"{"code":"400100","msg":"order_not_exist"}"#)
        }
        what => panic!("{what}"),
    }
}
