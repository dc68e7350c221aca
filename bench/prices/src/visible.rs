//! From the moment that an order is sent to a venue of ours until the price cache shows its price:
//! signed, sent, placed, journaled in memory, told over a socket, read and kept. What is asked for
//! is less: from the change in the venue to the cache.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arbitrage::{PriceCache, VenueSink};
use connector::{BinanceConnector, Credentials, Dialer, Endpoints, steady_clock};
use journal::simulated::Disk;
use model::{ClientOrderId, Decimal, Side, Time};
use simulator::{Director, Liveliness, Opening, PriceProcess, Tapes, VenueExchange};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use venue::port::{
    BookTold, Lost, MarketSink, NewOrder, OrderName, Pair, Terms, TimeInForce, TopTold, TradeTold,
    TradingAccount, Venue,
};
use venue_server::Limits;

use super::Failure;

/// Nothing takes that long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says when the cache shows the price that is waited for.
struct Ear<'a> {
    pair: Pair,
    cache: &'a PriceCache,
    sink: VenueSink<'a>,
    waited: &'a Mutex<Option<Decimal>>,
    shown: mpsc::UnboundedSender<Instant>,
}

impl Ear<'_> {
    fn look(&self) {
        let quote = self.cache.quote(Venue::Binance, self.pair);
        let price = quote.and_then(|quote| quote.bid).map(|bid| bid.price);
        let mut waited = self.waited.lock().expect("nobody panics with it");
        if waited.is_some() && *waited == price {
            *waited = None;
            let _ = self.shown.send(Instant::now());
        }
    }
}

impl MarketSink for Ear<'_> {
    fn book(&self, told: &BookTold<'_>) {
        self.sink.book(told);
        self.look();
    }

    fn top(&self, told: &TopTold) {
        self.sink.top(told);
        self.look();
    }

    fn trade(&self, _told: &TradeTold) {}

    fn lost(&self, pair: Pair, why: Lost, at: Time) {
        self.sink.lost(pair, why, at);
    }

    fn heard(&self, at: Time) {
        self.sink.heard(at);
    }
}

pub fn run(orders: u32) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut took = runtime.block_on(measure(orders))?;
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100].as_micros();
    println!(r#"{{"orders":{},"p50Us":{},"p99Us":{}}}"#, took.len(), at(50), at(99));
    Ok(())
}

async fn measure(orders: u32) -> Result<Vec<Duration>, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let clock = steady_clock(Time(u64::try_from(now.as_micros())?));
    let mut limits = Limits::default();
    limits.quotas.orders_short = 1_000_000;
    limits.quotas.weight = 1_000_000;
    let director = Director::default();
    let opening = Opening {
        venue: Venue::Binance,
        seed: 1,
        process: PriceProcess::new(1, Tapes::default(), director.weather()),
        storage: Arc::new(Disk::new()),
        clock: Arc::clone(&clock),
        limits,
        liveliness: Liveliness::default(),
    };
    let venue = VenueExchange::open(opening).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = venue.router().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    tokio::spawn(venue.feed());
    let endpoints = Endpoints::at(&format!("http://{address}"), &format!("ws://{address}"));
    let connector = BinanceConnector::new(Dialer::new(), endpoints, clock);
    let key = &venue.accounts()[0];
    let account = connector.account(Credentials::new(key.api_key.clone(), &key.api_secret));
    let pair = Pair { base: "BTC".parse()?, quote: "USDT".parse()? };
    let (cache, waited) = (PriceCache::new([(Venue::Binance, pair)]), Mutex::new(None));
    let (shown, mut is_shown) = mpsc::unbounded_channel();
    let sink = cache.sink(Venue::Binance);
    let ear = Ear { pair, cache: &cache, sink, waited: &waited, shown };
    let (feed, pairs) = (connector.feed(), [pair]);
    let took = tokio::select! {
        end = feed.follow(&pairs, &ear) => return Err(format!("it ended: {end:?}").into()),
        took = place(orders, pair, &*account, &waited, &mut is_shown) => took?,
    };
    venue.close().await;
    Ok(took)
}

/// Places so many orders, one after another, each at another price; a tenth more to begin with.
async fn place(
    orders: u32,
    pair: Pair,
    account: &dyn TradingAccount,
    waited: &Mutex<Option<Decimal>>,
    is_shown: &mut mpsc::UnboundedReceiver<Instant>,
) -> Result<Vec<Duration>, Failure> {
    let mut took = Vec::new();
    let first = orders / 10;
    for number in 0..first + orders {
        let price = Decimal::new(i128::from(5_000_000 + number % 100), 2).ok_or("a price")?;
        let qty = Decimal::new(1, 2).ok_or("a quantity")?;
        let client_id = ClientOrderId::new(&format!("n{number}"))?;
        let terms = Terms::Limit { price, qty, time_in_force: TimeInForce::Gtc };
        *waited.lock().expect("nobody panics with it") = Some(price);
        let sent = Instant::now();
        account.place(&NewOrder { pair, client_id, side: Side::Buy, terms }).await?;
        let seen = tokio::time::timeout(PATIENCE, is_shown.recv()).await?.ok_or("it is shown")?;
        if first <= number {
            took.push(seen.duration_since(sent));
        }
        account.cancel(pair, &OrderName::Client(client_id)).await?;
    }
    Ok(took)
}
