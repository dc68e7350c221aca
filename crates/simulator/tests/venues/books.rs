//! Books as the connectors keep them, whatever happens on the way.

use model::Side;
use venue::port::{Lost, Venue};

use crate::ears::wait_until;
use crate::following::{following, following_by};
use crate::proxy::Proxy;
use crate::stage::{Stage, named, number};

at_every_venue! {
    a_book_converges_and_follows,
    markets_are_told_with_their_rules,
}

async fn a_book_converges_and_follows(venue: Venue) {
    let stage = Stage::open(venue).await;
    let (maker, taker) = (stage.account(0), stage.account(1));
    // What everybody is told, and what who has a key is told, where that is more.
    for (round, feed) in [("one", stage.feed()), ("two", stage.feed_as(1))] {
        let order = |what: &str, side, qty, price| {
            stage.limit(&format!("{what}-{round}"), side, qty, price)
        };
        maker.place(&order("before", Side::Sell, "0.01", "60000")).await.unwrap();
        following_by(feed, &stage, stage.pair(), async |market| {
            market.shows(" | 60000x0.01").await;
            let bid = order("bid", Side::Buy, "0.02", "59999.5");
            maker.place(&bid).await.unwrap();
            maker.place(&order("ask", Side::Sell, "0.03", "60000.5")).await.unwrap();
            market.shows("59999.5x0.02 | 60000x0.01 60000.5x0.03").await;
            taker.place(&order("taker", Side::Buy, "0.01", "60000")).await.unwrap();
            market.shows("59999.5x0.02 | 60000.5x0.03").await;
            let ear = market.ear;
            wait_until(&ear.told, "the trade", || !ear.trades.lock().unwrap().is_empty()).await;
            let trade = ear.trades.lock().unwrap()[0];
            let told = (trade.taker, trade.price, trade.qty);
            assert_eq!(told, (Side::Buy, number("60000"), number("0.01")));
            let best = || market.cache.quote(venue, stage.pair()).unwrap();
            let is_next = || best().ask.is_some_and(|ask| ask.price == number("60000.5"));
            wait_until(&ear.told, "the top", is_next).await;
            assert_eq!(best().bid.unwrap().qty, number("0.02"));
            for what in ["bid", "ask"] {
                maker.cancel(stage.pair(), &named(&format!("{what}-{round}"))).await.unwrap();
            }
            market.shows(" | ").await;
            market.agrees().await;
            assert!(ear.has_lost_nothing());
        })
        .await;
    }
    stage.venue.close().await;
}

async fn markets_are_told_with_their_rules(venue: Venue) {
    let stage = Stage::open(venue).await;
    let (feed, account) = (stage.feed(), stage.account(0));
    let (symbol, tick, lot, least) = match venue {
        Venue::Binance => ("BTCUSDT", "0.01", "0.00001", "5"),
        Venue::Coinbase => ("BTC-USD", "0.01", "0.00000001", "1"),
        Venue::Kraken => ("BTC/USD", "0.1", "0.00000001", "0.5"),
        Venue::Kucoin => ("BTC-USDT", "0.1", "0.00000001", "0.1"),
    };
    let markets = feed.markets().await.unwrap();
    let market = markets.iter().find(|it| it.pair == stage.pair()).unwrap();
    assert_eq!((market.symbol.as_str(), market.is_open), (symbol, true));
    assert_eq!((market.price.step, market.qty.step), (Some(number(tick)), Some(number(lot))));
    assert_eq!(market.notional.min, Some(number(least)));
    let time = feed.server_time().await.unwrap();
    assert!((1_795_000_000..1_795_000_060).contains(&(time.millis() / 1_000)));
    account.place(&stage.limit("bid", Side::Buy, "0.01", "50000")).await.unwrap();
    account.place(&stage.limit("ask", Side::Sell, "0.02", "60000")).await.unwrap();
    let snapshot = feed.snapshot(stage.pair()).await.unwrap();
    assert_eq!((snapshot.bids[0].price, snapshot.asks[0].qty), (number("50000"), number("0.02")));
    let tickers = feed.tickers().await.unwrap();
    let ticker = tickers.iter().find(|it| it.pair == stage.pair()).unwrap();
    assert_eq!((ticker.bid, ticker.ask), (Some(number("50000")), Some(number("60000"))));
    assert_eq!((tickers.len(), ticker.last), (markets.len(), None));
    stage.venue.close().await;
}

#[tokio::test]
async fn after_a_gap_the_book_is_asked_for_anew() {
    let stage = Stage::open(Venue::Binance).await;
    let (proxy, streams) = Proxy::open(stage.address).await;
    let feed = stage.feed_from(streams);
    following_by(feed, &stage, stage.pair(), async |market| {
        market.rests("snapshot", Side::Sell, "0.01", "60000").await;
        market.shows(" | 60000x0.01").await;
        // It came by the socket, and so did all before it.
        market.rests("first", Side::Sell, "0.01", "60001").await;
        market.shows(" | 60000x0.01 60001x0.01").await;
        proxy.swallow();
        market.rests("unheard", Side::Sell, "0.02", "60002").await;
        proxy.swallowed.notified().await;
        market.rests("heard", Side::Sell, "0.03", "60003").await;
        market.shows(" | 60000x0.01 60001x0.01 60002x0.02 60003x0.03").await;
        assert!(market.ear.has_lost(Lost::Gap) && !market.ear.has_lost(Lost::Connection));
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn after_the_connection_ends_or_talks_nonsense_the_book_comes_back() {
    let stage = Stage::open(Venue::Binance).await;
    let (proxy, streams) = Proxy::open(stage.address).await;
    let feed = stage.feed_from(streams);
    following_by(feed, &stage, stage.pair(), async |market| {
        market.rests("first", Side::Buy, "0.01", "50000").await;
        market.shows("50000x0.01 | ").await;
        for (name, price) in [("second", "50001"), ("third", "50002")] {
            market.ear.lost.lock().unwrap().clear();
            if name == "second" {
                proxy.cut()
            } else {
                proxy.garble()
            }
            market.loses(Lost::Connection).await;
            market.rests(name, Side::Buy, "0.01", price).await;
            market.agrees().await;
        }
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn one_who_listens_to_a_market_hears_nothing_of_others() {
    let stage = Stage::open(Venue::Kraken).await;
    following(&stage, async |market| {
        market.rests("mine", Side::Buy, "0.01", "50000").await;
        market.shows("50000x0.01 | ").await;
        let mut elsewhere = stage.limit("elsewhere", Side::Buy, "0.1", "3000");
        elsewhere.pair = crate::stage::pair_of("ETH", "USD");
        stage.account(0).place(&elsewhere).await.unwrap();
        market.rests("next", Side::Buy, "0.01", "50001").await;
        market.shows("50001x0.01 50000x0.01 | ").await;
        assert!(market.ear.has_lost_nothing());
    })
    .await;
    stage.venue.close().await;
}
