//! For tests: what holds at each of the four venues alike.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arbitrage::{Freshness, PriceCache, VenueSink};
use model::Time;
use tokio::sync::Notify;
use venue::port::{
    BookTold, Lost, MarketSink, OrderName, Pair, TopTold, TradeTold, Venue, VenueError,
};

use crate::scripted::{LASTED, Request, Stage, count, order, placing, too_poor};
use crate::socket::SILENCE_MAX;

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(30);

macro_rules! at_every_venue {
    ($($what:ident),* $(,)?) => {$(
        mod $what {
            use venue::port::Venue;

            #[tokio::test]
            async fn at_binance() {
                super::$what(Venue::Binance).await;
            }

            #[tokio::test]
            async fn at_coinbase() {
                super::$what(Venue::Coinbase).await;
            }

            #[tokio::test]
            async fn at_kraken() {
                super::$what(Venue::Kraken).await;
            }

            #[tokio::test]
            async fn at_kucoin() {
                super::$what(Venue::Kucoin).await;
            }
        }
    )*};
}

at_every_venue! {
    a_socket_that_stands_open_and_says_nothing_is_stale_and_then_begun_anew,
    none_is_said_to_be_to_come_neither_while_an_order_is_placed_nor_by_a_question_of_that_time,
    what_may_still_arrive_is_known_to_all_who_ask_by_its_key_and_nothing_is_certain_at_first,
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "{what}");
}

/// Tells a price cache, and counts what is lost.
struct Ear<'a> {
    sink: VenueSink<'a>,
    lost: AtomicUsize,
}

impl MarketSink for Ear<'_> {
    fn book(&self, told: &BookTold<'_>) {
        self.sink.book(told);
    }
    fn top(&self, told: &TopTold) {
        self.sink.top(told);
    }
    fn trade(&self, told: &TradeTold) {
        self.sink.trade(told);
    }
    fn lost(&self, pair: Pair, why: Lost, at: Time) {
        self.lost.fetch_add(1, Ordering::SeqCst);
        self.sink.lost(pair, why, at);
    }
    fn heard(&self, at: Time) {
        self.sink.heard(at);
    }
}

async fn a_socket_that_stands_open_and_says_nothing_is_stale_and_then_begun_anew(venue: Venue) {
    let stage = Stage::open(venue, |_| std::future::ready(None)).await;
    let (pairs, cache) = ([stage.pair], PriceCache::new([(venue, stage.pair)]));
    let ear = Ear { sink: cache.sink(venue), lost: AtomicUsize::new(0) };
    let freshness = || cache.quote(venue, stage.pair).unwrap().freshness;
    let is_live = || matches!(freshness(), Freshness::Live { .. });
    let is_within =
        |seconds| freshness().is_within(Duration::from_secs(seconds), stage.clocks.now());
    let told = async {
        until("a book", || is_live() && stage.sockets.opened() == 1).await;
        assert!(is_within(1));
        stage.clocks.pass(SILENCE_MAX - Duration::from_secs(1));
        // Whatever else is asked meanwhile is answered.
        for _ in 0..4 {
            stage.feed.server_time().await.unwrap();
        }
        assert!(is_live() && !is_within(40), "it stands open, and is old");
        assert_eq!(ear.lost.load(Ordering::SeqCst), 0);
        stage.clocks.pass(Duration::from_secs(1));
        until("that it is lost", || ear.lost.load(Ordering::SeqCst) == 1).await;
        until("another book", || is_live() && stage.sockets.opened() == 2).await;
        assert!(is_within(1));
        assert_eq!(ear.lost.load(Ordering::SeqCst), 1);
    };
    tokio::select! {
        ended = stage.feed.follow(&pairs, &ear) => panic!("{ended:?}"),
        () = told => {}
    }
}

async fn none_is_said_to_be_to_come_neither_while_an_order_is_placed_nor_by_a_question_of_that_time(
    venue: Venue,
) {
    let (asked, told) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (is_asked, tell) = (Arc::clone(&asked), Arc::clone(&told));
    let stage = Stage::open(venue, move |request| {
        let (is_asked, tell) = (Arc::clone(&is_asked), Arc::clone(&tell));
        async move {
            if request.what != placing(venue) {
                return None;
            }
            is_asked.notify_one();
            tell.notified().await;
            Some(too_poor(venue))
        }
    })
    .await;
    let order = order(stage.pair, "ours");
    let name = OrderName::Client(order.client_id);
    let found = || stage.account.order(stage.pair, &name);
    let meanwhile = async {
        asked.notified().await;
        if venue == Venue::Kraken {
            // Whatever is asked by a key waits for what was asked before.
            let answer = async {
                stage.clocks.pass(Duration::from_micros(1));
                told.notify_one();
            };
            return tokio::join!(found(), answer).0;
        }
        let found = found().await;
        told.notify_one();
        found
    };
    let (placed, meanwhile) = tokio::join!(stage.account.place(&order), meanwhile);
    assert!(matches!(placed, Err(VenueError::Rejected { .. })), "{placed:?}");
    assert!(matches!(meanwhile, Err(VenueError::TryLater { .. })), "{meanwhile:?}");
    assert_eq!(count(&stage.noted, placing(venue)), 1);
    stage.clocks.pass(Duration::from_micros(1));
    assert_eq!(found().await, Ok(None), "nothing is under way");
}

async fn what_may_still_arrive_is_known_to_all_who_ask_by_its_key_and_nothing_is_certain_at_first(
    venue: Venue,
) {
    let script = move |request: Request| ready((request.what == placing(venue)).then_some(None));
    let stage = Stage::open(venue, script).await;
    let order = order(stage.pair, "ours");
    let [ours, other] = ["ours", "other"]
        .map(|name| OrderName::Client(crate::scripted::order(stage.pair, name).client_id));
    let lost = stage.account.place(&order).await;
    assert!(matches!(lost, Err(VenueError::Unknown { .. })), "{lost:?}");
    let found = stage.again.order(stage.pair, &ours).await;
    assert!(matches!(found, Err(VenueError::TryLater { .. })), "{found:?}");
    assert_eq!(stage.again.order(stage.pair, &other).await, Ok(None));
    stage.clocks.pass(LASTED);
    assert_eq!(stage.again.order(stage.pair, &ours).await, Ok(None));
    let (_, [begun, _]) = (stage.begin)();
    for name in [&ours, &other] {
        let found = begun.order(stage.pair, name).await;
        assert!(matches!(found, Err(VenueError::TryLater { .. })), "{found:?}");
    }
    stage.clocks.pass(LASTED);
    assert_eq!(begun.order(stage.pair, &other).await, Ok(None));
}
