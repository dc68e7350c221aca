//! Books as the connector keeps them, whatever happens on the way.

use arbitrage::PriceCache;
use model::Side;
use venue::port::{Lost, Rejection, Venue, VenueError};

use crate::following::{following, rest, shows};
use crate::proxy::Proxy;
use crate::stage::{MarketEar, Stage, limit, number, pair, wait_until};

#[tokio::test]
async fn a_book_converges_and_follows() {
    let stage = Stage::open().await;
    rest(&stage, "before", Side::Sell, "0.01", "60000").await;
    following(&stage, stage.address, async |cache, ear| {
        shows(cache, ear, " | 60000x0.01").await;
        rest(&stage, "bid", Side::Buy, "0.02", "59999.5").await;
        rest(&stage, "ask", Side::Sell, "0.03", "60000.5").await;
        shows(cache, ear, "59999.5x0.02 | 60000x0.01 60000.5x0.03").await;
        let taker = limit("taker", Side::Buy, "0.01", "60000");
        stage.account(1).place(&taker).await.unwrap();
        shows(cache, ear, "59999.5x0.02 | 60000.5x0.03").await;
        wait_until(&ear.told, "the trade", || !ear.trades.lock().unwrap().is_empty()).await;
        let trade = ear.trades.lock().unwrap()[0];
        assert_eq!(
            (trade.taker, trade.price, trade.qty),
            (Side::Buy, number("60000"), number("0.01"))
        );
        let best = || cache.quote(Venue::Binance, pair()).unwrap();
        wait_until(&ear.told, "the top", || {
            best().ask.is_some_and(|ask| ask.price == number("60000.5"))
        })
        .await;
        assert_eq!(best().bid.unwrap().qty, number("0.02"));
        assert!(ear.lost.lock().unwrap().is_empty());
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn after_a_gap_the_book_is_asked_for_anew() {
    let stage = Stage::open().await;
    let (proxy, streams) = Proxy::open(stage.address).await;
    following(&stage, streams, async |cache, ear| {
        rest(&stage, "snapshot", Side::Sell, "0.01", "60000").await;
        shows(cache, ear, " | 60000x0.01").await;
        // It came by the socket, and so did all before it.
        rest(&stage, "first", Side::Sell, "0.01", "60001").await;
        shows(cache, ear, " | 60000x0.01 60001x0.01").await;
        proxy.swallow();
        rest(&stage, "unheard", Side::Sell, "0.02", "60002").await;
        proxy.swallowed.notified().await;
        rest(&stage, "heard", Side::Sell, "0.03", "60003").await;
        shows(cache, ear, " | 60000x0.01 60001x0.01 60002x0.02 60003x0.03").await;
        assert!(ear.has_lost(Lost::Gap) && !ear.has_lost(Lost::Connection));
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn after_the_connection_ends_or_talks_nonsense_the_book_comes_back() {
    let stage = Stage::open().await;
    let (proxy, streams) = Proxy::open(stage.address).await;
    following(&stage, streams, async |cache, ear| {
        rest(&stage, "first", Side::Buy, "0.01", "50000").await;
        shows(cache, ear, "50000x0.01 | ").await;
        for (name, price) in [("second", "50001"), ("third", "50002")] {
            ear.lost.lock().unwrap().clear();
            if name == "second" {
                proxy.cut()
            } else {
                proxy.garble()
            }
            wait_until(&ear.told, "the end", || ear.has_lost(Lost::Connection)).await;
            rest(&stage, name, Side::Buy, "0.01", price).await;
            let want = match name {
                "second" => "50001x0.01 50000x0.01 | ",
                _ => "50002x0.01 50001x0.01 50000x0.01 | ",
            };
            shows(cache, ear, want).await;
        }
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn a_market_that_does_not_exist_is_refused() {
    let stage = Stage::open().await;
    let none = venue::port::Pair { base: "NONE".parse().unwrap(), ..pair() };
    let cache = PriceCache::new([]);
    let ear = MarketEar::new(cache.sink(Venue::Binance));
    let feed = stage.connector(stage.address).feed();
    let Err(error) = feed.follow(&[none], &ear).await;
    assert!(
        matches!(error, VenueError::Rejected { why: Rejection::UnknownMarket, .. }),
        "{error:?}"
    );
    stage.venue.close().await;
}

#[tokio::test]
async fn markets_are_told_with_their_rules() {
    let stage = Stage::open().await;
    let feed = stage.connector(stage.address).feed();
    let markets = feed.markets().await.unwrap();
    let market = markets.iter().find(|it| it.pair == pair()).unwrap();
    assert!(market.is_open && market.symbol == "BTCUSDT");
    assert_eq!(market.price.step, Some(number("0.01")));
    assert_eq!(
        (market.qty.step, market.notional.min),
        (Some(number("0.00001")), Some(number("5")))
    );
    assert_eq!(feed.tickers().await.unwrap().len(), markets.len());
    let time = feed.server_time().await.unwrap();
    assert!((1_795_000_000..1_795_000_060).contains(&(time.millis() / 1_000)));
    stage.venue.close().await;
}
