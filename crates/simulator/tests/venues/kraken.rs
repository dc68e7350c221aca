//! The connector of Kraken against a Kraken of ours, over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arbitrage::{Freshness, PriceCache};
use connector::{Clock, Dialer, KrakenConnector, KrakenCredentials, KrakenEndpoints};
use journal::simulated::Disk;
use model::{ClientOrderId, Secret, Side, Time};
use simulator::{Director, Liveliness, Opening, PriceProcess, Scenario, Tapes, VenueExchange};
use tokio::net::TcpListener;
use venue::port::{
    FeeAsset, Lost, MarketFeed, NewOrder, OrderName, OrderState, Pair, Rejection, Terms,
    TradingAccount, Venue, VenueError,
};
use venue_server::Limits;

use crate::following::shown;
use crate::stage::{AccountEar, MarketEar, limit, number, wait_until};

const START: u64 = 1_795_000_000_000_000;

struct Stage {
    venue: VenueExchange,
    address: SocketAddr,
    director: Director,
    time: Arc<AtomicU64>,
    clock: Clock,
}

impl Stage {
    async fn open() -> Self {
        // Time passes as it is looked at.
        let time = Arc::new(AtomicU64::new(START));
        let told = Arc::clone(&time);
        let clock: Clock = Arc::new(move || Time(told.fetch_add(10, Ordering::Relaxed)));
        let director = Director::default();
        let opening = Opening {
            venue: Venue::Kraken,
            seed: 1,
            process: PriceProcess::new(1, Tapes::default(), director.weather()),
            storage: Arc::new(Disk::new()),
            clock: Arc::clone(&clock),
            limits: Limits::default(),
            liveliness: Liveliness::default(),
        };
        let venue = VenueExchange::open(opening).await.unwrap();
        director.cast(&venue);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = venue.router().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        tokio::spawn(venue.feed());
        Self { venue, address, director, time, clock }
    }

    fn play(&self, name: &str, change: impl FnOnce(&mut Scenario)) {
        let mut scenario = Scenario::named(name).unwrap();
        change(&mut scenario);
        self.director.play(scenario);
    }

    /// Lets time pass for everybody, so that counters fall.
    fn pass(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap();
        self.time.fetch_add(micros, Ordering::Relaxed);
    }

    fn connector(&self) -> KrakenConnector {
        let address = self.address;
        let at = KrakenEndpoints::at(&format!("http://{address}/"), &format!("ws://{address}/"));
        KrakenConnector::new(Dialer::new(), at, Arc::clone(&self.clock))
    }

    fn feed(&self) -> Arc<dyn MarketFeed> {
        self.connector().feed()
    }

    fn account(&self, number: usize) -> Arc<dyn TradingAccount> {
        let account = &self.venue.accounts()[number];
        let credentials = KrakenCredentials::new(account.api_key.clone(), &account.api_secret);
        self.connector().account(credentials.unwrap())
    }
}

fn pair() -> Pair {
    Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() }
}

fn order(name: &str, side: Side, qty: &str, price: &str) -> NewOrder {
    NewOrder { pair: pair(), ..limit(name, side, qty, price) }
}

fn named(name: &str) -> OrderName {
    OrderName::Client(ClientOrderId::new(name).unwrap())
}

/// Follows the market while `script` goes on.
async fn following(stage: &Stage, script: impl AsyncFnOnce(&PriceCache, &MarketEar<'_>)) {
    let cache = PriceCache::new([(Venue::Kraken, pair())]);
    let ear = MarketEar::new(cache.sink(Venue::Kraken));
    let (feed, pairs) = (stage.feed(), [pair()]);
    tokio::select! {
        end = feed.follow(&pairs, &ear) => panic!("it ended: {end:?}"),
        () = script(&cache, &ear) => {}
    }
}

/// Waits until the cache shows this book, and that it is believed.
async fn shows(cache: &PriceCache, ear: &MarketEar<'_>, want: &str) {
    wait_until(&ear.told, want, || {
        let depth = cache.depth(Venue::Kraken, pair()).unwrap();
        shown(&depth) == want && matches!(depth.freshness, Freshness::Live { .. })
    })
    .await;
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, VenueError>, want: Rejection) {
    match outcome {
        Err(VenueError::Rejected { why, .. }) => assert_eq!(why, want),
        outcome => panic!("{want:?}: {outcome:?}"),
    }
}

#[tokio::test]
async fn a_book_converges_follows_and_trades_are_told() {
    let stage = Stage::open().await;
    let (maker, taker) = (stage.account(0), stage.account(1));
    maker.place(&order("early", Side::Buy, "0.01", "50000")).await.unwrap();
    following(&stage, async |cache, ear| {
        shows(cache, ear, "50000x0.01 | ").await;
        maker.place(&order("ask", Side::Sell, "0.02", "60000.1")).await.unwrap();
        shows(cache, ear, "50000x0.01 | 60000.1x0.02").await;
        taker.place(&order("take", Side::Buy, "0.015", "60000.1")).await.unwrap();
        shows(cache, ear, "50000x0.01 | 60000.1x0.005").await;
        wait_until(&ear.told, "a trade", || !ear.trades.lock().unwrap().is_empty()).await;
        let trade = ear.trades.lock().unwrap()[0];
        assert_eq!((trade.taker, trade.qty), (Side::Buy, number("0.015")));
        maker.cancel(pair(), &named("early")).await.unwrap();
        shows(cache, ear, " | 60000.1x0.005").await;
        assert!(ear.lost.lock().unwrap().is_empty());
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn a_message_that_never_came_is_found_by_the_checksum_and_the_book_comes_back() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    following(&stage, async |cache, ear| {
        account.place(&order("before", Side::Sell, "0.01", "60000")).await.unwrap();
        shows(cache, ear, " | 60000x0.01").await;
        stage.play("gaps", |scenario| scenario.ordeal.swallow_every = 2);
        for (name, price) in [("one", "59999"), ("two", "59998"), ("three", "59997")] {
            account.place(&order(name, Side::Sell, "0.02", price)).await.unwrap();
        }
        wait_until(&ear.told, "a gap", || ear.has_lost(Lost::Gap)).await;
        stage.play("usual", |_| {});
        account.place(&order("after", Side::Sell, "0.03", "60002")).await.unwrap();
        shows(cache, ear, " | 59997x0.02 59998x0.02 59999x0.02 60000x0.01 60002x0.03").await;
        assert!(!ear.has_lost(Lost::Connection));
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn after_an_outage_the_book_comes_back_without_a_restart() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    following(&stage, async |cache, ear| {
        account.place(&order("before", Side::Buy, "0.01", "50000")).await.unwrap();
        shows(cache, ear, "50000x0.01 | ").await;
        stage.play("outage", |_| {});
        wait_until(&ear.told, "the end", || ear.has_lost(Lost::Connection)).await;
        let during = account.place(&order("during", Side::Buy, "0.01", "50001")).await;
        assert!(matches!(during, Err(VenueError::TryLater { .. })), "{during:?}");
        stage.play("usual", |_| {});
        stage.pass(Duration::from_secs(20));
        account.place(&order("after", Side::Buy, "0.01", "50002")).await.unwrap();
        shows(cache, ear, "50002x0.01 50000x0.01 | ").await;
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn an_order_is_placed_found_by_both_names_and_cancelled() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    let placed = account.place(&order("mine", Side::Buy, "0.01", "50000")).await.unwrap();
    assert_eq!((placed.state, &*placed.client_id), (OrderState::Open, "mine"));
    let by_id = OrderName::Venue(placed.id.clone());
    for name in [&by_id, &named("mine")] {
        assert_eq!(account.order(pair(), name).await.unwrap().as_ref(), Some(&placed));
    }
    assert_eq!(account.open_orders(pair()).await.unwrap(), std::slice::from_ref(&placed));
    let elsewhere = Pair { base: "ETH".parse().unwrap(), ..pair() };
    assert_eq!(account.open_orders(elsewhere).await.unwrap(), []);
    let balances = account.balances().await.unwrap();
    let usd = balances.iter().find(|it| it.asset == pair().quote).unwrap();
    assert_eq!(usd.held, number("502"), "with the fee of who crosses");
    let ended = account.cancel(pair(), &by_id).await.unwrap();
    assert_eq!((ended.state, ended.id), (OrderState::Canceled, placed.id));
    stage.pass(Duration::from_secs(60));
    let found = account.order(pair(), &named("mine")).await.unwrap().unwrap();
    assert_eq!(found.state, OrderState::Canceled);
    refused(account.cancel(pair(), &by_id).await, Rejection::UnknownOrder);
    stage.venue.close().await;
}

#[tokio::test]
async fn what_happens_to_an_account_is_told_order_fill_and_balance() {
    let stage = Stage::open().await;
    let (mine, other) = (stage.account(0), stage.account(1));
    let ear = AccountEar::default();
    let script = async {
        wait_until(&ear.told, "listening", || *ear.is_listening.lock().unwrap()).await;
        let placed = mine.place(&order("mine", Side::Sell, "0.02", "60000")).await.unwrap();
        other.place(&order("theirs", Side::Buy, "0.02", "60000")).await.unwrap();
        let is_filled = || {
            let orders = ear.orders.lock().unwrap();
            orders.iter().any(|it| it.id == placed.id && it.state == OrderState::Filled)
        };
        wait_until(&ear.told, "filled", is_filled).await;
        let fill = ear.fills.lock().unwrap()[0].clone();
        assert_eq!((fill.qty, fill.is_maker), (number("0.02"), true));
        assert_eq!((fill.fee, fill.fee_asset), (number("3"), pair().quote));
        let usd = || ear.balances.lock().unwrap().iter().any(|it| it.asset == pair().quote);
        wait_until(&ear.told, "a balance", usd).await;
        stage.pass(Duration::from_secs(60));
        let of_order = mine.fills(pair(), Some(&placed.id)).await.unwrap();
        assert_eq!(of_order, std::slice::from_ref(&fill));
        assert_eq!(mine.fills(pair(), None).await.unwrap(), [fill]);
    };
    tokio::select! {
        end = mine.follow(&ear) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

#[tokio::test]
async fn every_kind_of_no_is_told_apart() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    account.place(&order("rests", Side::Sell, "0.01", "60000")).await.unwrap();
    let post_only = NewOrder {
        terms: Terms::PostOnly { price: number("60000"), qty: number("0.01") },
        ..order("post", Side::Buy, "0.01", "60000")
    };
    let elsewhere = Pair { base: "NONE".parse().unwrap(), ..pair() };
    for (order, want) in [
        (order("rests", Side::Sell, "0.01", "60000"), Rejection::Duplicate),
        (order("funds", Side::Sell, "21", "60000"), Rejection::Funds),
        (order("tick", Side::Sell, "0.01", "60000.01"), Rejection::Filter),
        (order("small", Side::Sell, "0.000001", "60000"), Rejection::Filter),
        (post_only, Rejection::WouldTake),
        (NewOrder { pair: elsewhere, ..post_only }, Rejection::UnknownMarket),
        (order("a-name-that-is-too-long", Side::Sell, "0.01", "60000"), Rejection::Other),
    ] {
        refused(account.place(&order).await, want);
    }
    assert_eq!(account.order(pair(), &named("nobody")).await, Ok(None));
    refused(account.cancel(pair(), &named("nobody")).await, Rejection::UnknownOrder);
    let api_key = stage.venue.accounts()[1].api_key.clone();
    let guessed = Secret::new("Z3Vlc3NlZA==".to_owned());
    let stranger = KrakenCredentials::new(api_key, &guessed).unwrap();
    let stranger = stage.connector().account(stranger);
    refused(stranger.balances().await, Rejection::Key);
    refused(stranger.follow(&AccountEar::default()).await, Rejection::Key);
    let ear_of = PriceCache::new([]);
    let nowhere = [elsewhere];
    let ear = MarketEar::new(ear_of.sink(Venue::Kraken));
    refused(stage.feed().follow(&nowhere, &ear).await, Rejection::UnknownMarket);
    stage.venue.close().await;
}

#[tokio::test]
async fn markets_are_told_with_their_rules_and_a_key_with_what_it_may_and_pays() {
    let stage = Stage::open().await;
    let feed = stage.feed();
    let markets = feed.markets().await.unwrap();
    let market = markets.iter().find(|it| it.pair == pair()).unwrap();
    assert!(market.is_open && market.symbol == "BTC/USD");
    assert_eq!(market.price.step, Some(number("0.1")));
    assert_eq!(market.qty.step, Some(number("0.00000001")));
    assert_eq!(market.notional.min, Some(number("0.5")));
    assert_eq!(market.fees.asset, FeeAsset::Quote);
    let time = feed.server_time().await.unwrap();
    assert!((1_795_000_000..1_795_000_060).contains(&(time.millis() / 1_000)));
    let account = stage.account(1);
    let may = account.permissions().await.unwrap();
    assert!(may.read && may.trade && !may.withdraw && !may.is_bound_to_addresses);
    let fees = account.fees(pair()).await.unwrap();
    assert_eq!((fees.maker, fees.taker), (number("0.0025"), number("0.004")));
    assert_eq!(account.balances().await.unwrap().len(), 8);
    assert_eq!(account.deposits(Time(0)).await.unwrap(), []);
    account.place(&order("bid", Side::Buy, "0.01", "50000")).await.unwrap();
    account.place(&order("ask", Side::Sell, "0.02", "60000")).await.unwrap();
    let snapshot = feed.snapshot(pair()).await.unwrap();
    assert_eq!((snapshot.bids[0].price, snapshot.asks[0].qty), (number("50000"), number("0.02")));
    let tickers = feed.tickers().await.unwrap();
    let ticker = tickers.iter().find(|it| it.pair == pair()).unwrap();
    assert_eq!((ticker.bid, ticker.ask), (Some(number("50000")), Some(number("60000"))));
    assert_eq!(tickers.len(), markets.len());
    stage.venue.close().await;
}
