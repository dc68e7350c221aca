//! Coinbase: the connector against a venue of ours, over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arbitrage::{Depth, Freshness, PriceCache};
use connector::{Clock, CoinbaseConnector, CoinbaseCredentials, CoinbaseEndpoints, Dialer};
use journal::simulated::Disk;
use model::{ClientOrderId, Secret, Side, Time};
use simulator::{Director, Liveliness, Opening, PriceProcess, Scenario, Tapes, VenueExchange};
use tokio::net::TcpListener;
use venue::port::{
    FeeAsset, Lost, NewOrder, Order, OrderName, OrderState, Pair, Rejection, Terms, TimeInForce,
    TradingAccount, Venue, VenueError,
};
use venue_server::{Limits, Ordeal, RequestOrdeal};

use crate::stage::{AccountEar, MarketEar, number, wait_until};

const START: u64 = 1_795_000_000_000_000;

/// The venue, served on a port of its own.
struct Stage {
    venue: VenueExchange,
    address: SocketAddr,
    director: Director,
    clock: Clock,
    time: Arc<AtomicU64>,
}

impl Stage {
    async fn open() -> Self {
        // Time passes as it is looked at: fast enough for the rate of a second.
        let time = Arc::new(AtomicU64::new(START));
        let told = Arc::clone(&time);
        let clock: Clock = Arc::new(move || Time(told.fetch_add(10_000, Ordering::Relaxed)));
        let director = Director::default();
        let process = PriceProcess::new(1, Tapes::default(), director.weather());
        let (storage, limits) = (Arc::new(Disk::new()), Limits::default());
        let (venue, stamp) = (Venue::Coinbase, Arc::clone(&clock));
        let opening = Opening {
            venue,
            seed: 1,
            process,
            storage,
            clock: stamp,
            limits,
            liveliness: Liveliness::default(),
        };
        let venue = VenueExchange::open(opening).await.unwrap();
        director.cast(&venue);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = venue.router().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        tokio::spawn(venue.feed());
        Self { venue, address, director, clock, time }
    }

    /// Lets the venue suffer that from now on, and nothing else.
    fn suffer(&self, ordeal: Ordeal) {
        let usual = Scenario::named("usual").unwrap();
        self.director.play(Scenario { ordeal, ..usual });
    }

    fn connector(&self) -> CoinbaseConnector {
        let (rest, sockets) =
            (format!("http://{}/", self.address), format!("ws://{}/", self.address));
        let endpoints = CoinbaseEndpoints::at(&rest, &sockets);
        CoinbaseConnector::new(Dialer::new(), endpoints, Arc::clone(&self.clock))
    }

    /// One of the venue's accounts: the first signs by P-256, the second by Ed25519.
    fn account(&self, number: usize) -> Arc<dyn TradingAccount> {
        let account = &self.venue.accounts()[number];
        let credentials = CoinbaseCredentials::new(account.api_key.clone(), &account.api_secret);
        self.connector().account(credentials.unwrap())
    }

    /// An account of a key that does not sign as it should.
    fn stranger(&self) -> Arc<dyn TradingAccount> {
        let [one, other] = self.venue.accounts() else { panic!("two accounts") };
        let credentials = CoinbaseCredentials::new(one.api_key.clone(), &other.api_secret);
        self.connector().account(credentials.unwrap())
    }

    /// Follows the market while `script` goes on.
    async fn following(&self, script: impl AsyncFnOnce(&PriceCache, &MarketEar<'_>)) {
        let cache = PriceCache::new([(Venue::Coinbase, pair())]);
        let ear = MarketEar::new(cache.sink(Venue::Coinbase));
        let feed = self.connector().feed();
        let pairs = [pair()];
        tokio::select! {
            end = feed.follow(&pairs, &ear) => panic!("it ended: {end:?}"),
            () = script(&cache, &ear) => {}
        }
    }
}

fn pair() -> Pair {
    Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() }
}

fn limit(name: &str, side: Side, qty: &str, price: &str) -> NewOrder {
    let time_in_force = TimeInForce::Gtc;
    let terms = Terms::Limit { price: number(price), qty: number(qty), time_in_force };
    NewOrder { pair: pair(), client_id: ClientOrderId::new(name).unwrap(), side, terms }
}

async fn free(account: &dyn TradingAccount, asset: &str) -> String {
    let balances = account.balances().await.unwrap();
    let found = balances.iter().find(|it| it.asset.as_str() == asset);
    found.map_or_else(String::new, |it| it.free.trimmed().to_string())
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, VenueError>, want: Rejection) {
    match outcome {
        Err(VenueError::Rejected { why, .. }) => assert_eq!(why, want),
        outcome => panic!("{want:?}: {outcome:?}"),
    }
}

fn shown(depth: &Depth) -> String {
    let side = |levels: &[venue::Level]| {
        let text = levels.iter().map(|it| format!("{}x{}", it.price.trimmed(), it.qty.trimmed()));
        text.collect::<Vec<_>>().join(" ")
    };
    format!("{} | {}", side(&depth.bids), side(&depth.asks))
}

/// Waits until the cache shows this book, and that it is believed.
async fn shows(cache: &PriceCache, ear: &MarketEar<'_>, want: &str) {
    wait_until(&ear.told, want, || {
        let depth = cache.depth(Venue::Coinbase, pair()).unwrap();
        shown(&depth) == want && matches!(depth.freshness, Freshness::Live { .. })
    })
    .await;
}

#[tokio::test]
async fn an_order_placed_through_the_port_is_seen_filled() {
    let stage = Stage::open().await;
    let (seller, buyer) = (stage.account(0), stage.account(1));
    let ear = AccountEar::default();
    let script = async {
        wait_until(&ear.told, "listening", || *ear.is_listening.lock().unwrap()).await;
        let asked = limit("to-sell", Side::Sell, "0.01", "60000");
        let rests = seller.place(&asked).await.unwrap();
        assert_eq!((rests.state, rests.client_id.as_str()), (OrderState::Open, "to-sell"));
        assert_eq!(seller.open_orders(pair()).await.unwrap(), vec![rests.clone()]);
        let bought = buyer.place(&limit("to-buy", Side::Buy, "0.01", "60100")).await.unwrap();
        assert_eq!((bought.state, bought.quote_filled), (OrderState::Filled, number("600")));
        wait_until(&ear.told, "the fill and what it left", || {
            let is_filled = |order: &Order| order.state == OrderState::Filled;
            ear.orders.lock().unwrap().iter().any(is_filled)
                && ear.balances.lock().unwrap().iter().any(|it| it.asset.as_str() == "BTC")
        })
        .await;
        let fill = ear.fills.lock().unwrap()[0].clone();
        assert_eq!((&fill.order_id, fill.price), (&bought.id, number("60000")));
        assert_eq!((fill.fee, fill.fee_asset.as_str()), (number("7.2"), "USD"));
        assert!(fill.side == Side::Buy && !fill.is_maker);
        assert_eq!(ear.fills.lock().unwrap().len(), 1, "told once");
        assert_eq!(buyer.fills(pair(), Some(&bought.id)).await.unwrap(), [fill]);
        let names = [OrderName::Venue(rests.id), OrderName::Client(asked.client_id)];
        for name in &names {
            let found = seller.order(pair(), name).await.unwrap().unwrap();
            assert_eq!((found.state, found.filled), (OrderState::Filled, number("0.01")));
            refused(seller.cancel(pair(), name).await, Rejection::UnknownOrder);
        }
        assert_eq!(seller.open_orders(pair()).await.unwrap(), []);
        assert_eq!(free(&*buyer, "BTC").await, "20.01");
        assert_eq!(free(&*buyer, "USD").await, "999392.8");
        assert_eq!(free(&*seller, "USD").await, "1000596.4");
    };
    tokio::select! {
        end = buyer.follow(&ear) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

#[tokio::test]
async fn what_is_cancelled_is_told_under_its_own_name() {
    let stage = Stage::open().await;
    let (account, ear) = (stage.account(0), AccountEar::default());
    let script = async {
        wait_until(&ear.told, "listening", || *ear.is_listening.lock().unwrap()).await;
        let placed = account.place(&limit("mine", Side::Buy, "0.01", "50000")).await.unwrap();
        let name = OrderName::Client(ClientOrderId::new("mine").unwrap());
        let ended = account.cancel(pair(), &name).await.unwrap();
        assert_eq!((ended.state, &ended.id), (OrderState::Canceled, &placed.id));
        wait_until(&ear.told, "the cancel", || {
            let orders = ear.orders.lock().unwrap();
            orders.iter().any(|it| it.state == OrderState::Canceled && it.client_id == "mine")
        })
        .await;
    };
    tokio::select! {
        end = account.follow(&ear) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

#[tokio::test]
async fn every_kind_of_no_is_told_apart() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    let rests = account.place(&limit("rests", Side::Sell, "0.01", "60000")).await.unwrap();
    // The same name is the same order.
    let again = account.place(&limit("rests", Side::Sell, "0.5", "61000")).await.unwrap();
    assert_eq!(again, rests);
    let terms = Terms::PostOnly { price: number("60000"), qty: number("0.01") };
    let post_only = NewOrder { terms, ..limit("post", Side::Buy, "0.01", "60000") };
    let elsewhere = Pair { base: "NONE".parse().unwrap(), ..pair() };
    for (order, want) in [
        (limit("funds", Side::Sell, "21", "60000"), Rejection::Funds),
        (limit("tick", Side::Sell, "0.01", "60000.001"), Rejection::Filter),
        (limit("lot", Side::Sell, "0.000000001", "60000"), Rejection::Filter),
        (limit("small", Side::Sell, "0.00001", "60000"), Rejection::Filter),
        (post_only, Rejection::WouldTake),
        (NewOrder { pair: elsewhere, ..post_only }, Rejection::UnknownMarket),
    ] {
        refused(account.place(&order).await, want);
    }
    let nobody = OrderName::Client(ClientOrderId::new("nobody").unwrap());
    assert_eq!(account.order(pair(), &nobody).await, Ok(None));
    refused(account.cancel(pair(), &nobody).await, Rejection::UnknownOrder);
    let unknown = OrderName::Venue("00000000-0000-4000-8000-000000000000".to_owned());
    assert_eq!(account.order(pair(), &unknown).await, Ok(None));
    let stranger = stage.stranger();
    refused(stranger.balances().await, Rejection::Key);
    refused(stranger.follow(&AccountEar::default()).await, Rejection::Key);
    refused(stage.connector().feed().follow(&[elsewhere], &NoEar).await, Rejection::UnknownMarket);
    stage.venue.close().await;
}

/// Hears nothing.
struct NoEar;

impl venue::port::MarketSink for NoEar {
    fn book(&self, _: &venue::port::BookTold<'_>) {}
    fn top(&self, _: &venue::port::TopTold) {}
    fn trade(&self, _: &venue::port::TradeTold) {}
    fn lost(&self, _: Pair, _: Lost, _: Time) {}
    fn heard(&self, _: Time) {}
}

#[tokio::test]
async fn a_key_tells_what_it_may_and_what_it_pays_and_markets_their_rules() {
    let stage = Stage::open().await;
    for account in [stage.account(0), stage.account(1)] {
        let may = account.permissions().await.unwrap();
        assert!(may.read && may.trade && !may.withdraw);
        let fees = account.fees(pair()).await.unwrap();
        assert_eq!((fees.maker, fees.taker), (number("0.006"), number("0.012")));
        assert_eq!(fees.asset, FeeAsset::Quote);
        assert_eq!(account.balances().await.unwrap().len(), 8);
    }
    let feed = stage.connector().feed();
    let markets = feed.markets().await.unwrap();
    let one = markets.iter().find(|it| it.pair == pair()).unwrap();
    assert_eq!((one.symbol.as_str(), one.is_open), ("BTC-USD", true));
    assert_eq!((one.price.step, one.qty.step), (Some(number("0.01")), Some(number("0.00000001"))));
    assert_eq!(one.notional.min, Some(number("1")));
    stage.account(0).place(&limit("ask", Side::Sell, "0.01", "60000")).await.unwrap();
    let tickers = feed.tickers().await.unwrap();
    let ticker = tickers.iter().find(|it| it.pair == pair()).unwrap();
    assert_eq!((ticker.last, ticker.ask), (None, Some(number("60000"))));
    stage.venue.close().await;
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_measured_anew() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    account.permissions().await.unwrap();
    // The venue's clock goes ahead: a token of ours is older than it may be.
    let clock_ahead_us = 200_000_000;
    stage.suffer(Ordeal { clock_ahead_us, ..Ordeal::default() });
    account.place(&limit("late", Side::Sell, "0.01", "60000")).await.unwrap();
    stage.venue.close().await;
}

#[tokio::test]
async fn a_book_converges_and_follows() {
    let stage = Stage::open().await;
    let (seller, buyer) = (stage.account(0), stage.account(1));
    seller.place(&limit("before", Side::Sell, "0.01", "60000")).await.unwrap();
    stage
        .following(async |cache, ear| {
            shows(cache, ear, " | 60000x0.01").await;
            seller.place(&limit("bid", Side::Buy, "0.02", "59999.5")).await.unwrap();
            seller.place(&limit("ask", Side::Sell, "0.03", "60000.5")).await.unwrap();
            shows(cache, ear, "59999.5x0.02 | 60000x0.01 60000.5x0.03").await;
            buyer.place(&limit("taker", Side::Buy, "0.01", "60000")).await.unwrap();
            shows(cache, ear, "59999.5x0.02 | 60000.5x0.03").await;
            wait_until(&ear.told, "the trade", || !ear.trades.lock().unwrap().is_empty()).await;
            let trade = ear.trades.lock().unwrap()[0];
            let told = (trade.taker, trade.price, trade.qty);
            assert_eq!(told, (Side::Buy, number("60000"), number("0.01")));
            assert!(ear.lost.lock().unwrap().is_empty());
        })
        .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn after_a_gap_or_the_end_of_a_connection_the_book_comes_back() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    let rest = async |name: &str, price: &str| {
        account.place(&limit(name, Side::Sell, "0.01", price)).await.unwrap();
    };
    stage
        .following(async |cache, ear| {
            rest("first", "60000").await;
            shows(cache, ear, " | 60000x0.01").await;
            stage.suffer(Ordeal { swallow_every: 2, ..Ordeal::default() });
            rest("second", "60001").await;
            rest("third", "60002").await;
            rest("fourth", "60003").await;
            wait_until(&ear.told, "the gap", || ear.has_lost(Lost::Gap)).await;
            stage.suffer(Ordeal::default());
            shows(cache, ear, " | 60000x0.01 60001x0.01 60002x0.01 60003x0.01").await;
            assert!(!ear.has_lost(Lost::Connection));
            stage.suffer(Ordeal { drop_every: 1, ..Ordeal::default() });
            rest("fifth", "60004").await;
            wait_until(&ear.told, "the end", || ear.has_lost(Lost::Connection)).await;
            stage.suffer(Ordeal::default());
            let whole = " | 60000x0.01 60001x0.01 60002x0.01 60003x0.01 60004x0.01";
            shows(cache, ear, whole).await;
        })
        .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn an_order_whose_answer_is_lost_is_unknown_and_found_by_its_name() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    account.permissions().await.unwrap();
    stage.suffer(Ordeal { requests: RequestOrdeal::Unanswered, ..Ordeal::default() });
    let asked = limit("unheard", Side::Sell, "0.01", "60000");
    let placing = account.place(&asked);
    let over = async {
        // The order stands before its answer is lost.
        let name = OrderName::Client(asked.client_id);
        while stage.account(0).order(pair(), &name).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        stage.suffer(Ordeal::default());
    };
    let (placed, ()) = tokio::join!(placing, over);
    assert!(matches!(placed, Err(VenueError::Unknown { .. })), "{placed:?}");
    let found = account.order(pair(), &OrderName::Client(asked.client_id)).await.unwrap().unwrap();
    assert_eq!(found.state, OrderState::Open);
    stage.suffer(Ordeal { reject_every: 1, ..Ordeal::default() });
    refused(account.place(&limit("no", Side::Sell, "0.01", "60000")).await, Rejection::Other);
    stage.suffer(Ordeal { requests: RequestOrdeal::Away, ..Ordeal::default() });
    let away = account.place(&limit("away", Side::Sell, "0.01", "60000")).await;
    assert!(matches!(away, Err(VenueError::TryLater { .. })), "{away:?}");
    stage.time.fetch_add(5_000_000, Ordering::Relaxed);
    stage.venue.close().await;
}

#[test]
fn a_secret_that_is_none_is_refused_before_anything_is_asked() {
    let secret = |text: &str| Secret::new(text.to_owned());
    assert!(CoinbaseCredentials::new(secret("name"), &secret("guessed")).is_err());
}
