//! A KuCoin of ours and its connector: books, orders and what becomes of both.

use std::sync::Arc;

use arbitrage::{Freshness, PriceCache};
use connector::{Dialer, KucoinConnector, KucoinCredentials, KucoinEndpoints};
use model::{ClientOrderId, Secret, Side};
use venue::port::{
    FeeAsset, Lost, MarketFeed, OrderName, OrderState, Rejection, Terms, TradingAccount, Venue,
    VenueError,
};

use crate::following::shown;
use crate::stage::{AccountEar, MarketEar, Stage, limit, number, pair, wait_until};

fn connector(stage: &Stage) -> KucoinConnector {
    let endpoints = KucoinEndpoints::at(&format!("http://{}/", stage.address));
    KucoinConnector::new(Dialer::new(), endpoints, stage.clock())
}

fn credentials(stage: &Stage, number: usize) -> KucoinCredentials {
    let account = &stage.venue.accounts()[number];
    let passphrase = account.passphrase.as_ref().unwrap();
    KucoinCredentials::new(account.api_key.clone(), &account.api_secret, passphrase)
}

fn account(stage: &Stage, number: usize) -> Arc<dyn TradingAccount> {
    connector(stage).account(credentials(stage, number))
}

/// Follows the market through `feed` while `script` goes on.
async fn following(
    feed: Arc<dyn MarketFeed>,
    script: impl AsyncFnOnce(&PriceCache, &MarketEar<'_>),
) {
    let cache = PriceCache::new([(Venue::Kucoin, pair())]);
    let ear = MarketEar::new(cache.sink(Venue::Kucoin));
    let pairs = [pair()];
    tokio::select! {
        end = feed.follow(&pairs, &ear) => panic!("it ended: {end:?}"),
        () = script(&cache, &ear) => {}
    }
}

async fn shows(cache: &PriceCache, ear: &MarketEar<'_>, want: &str) {
    wait_until(&ear.told, want, || {
        let depth = cache.depth(Venue::Kucoin, pair()).unwrap();
        shown(&depth) == want && matches!(depth.freshness, Freshness::Live { .. })
    })
    .await;
}

#[tokio::test]
async fn a_book_converges_and_follows_with_a_key_and_without() {
    let stage = Stage::of(Venue::Kucoin).await;
    let seller = account(&stage, 0);
    for (round, feed) in [
        ("one", connector(&stage).feed()),
        ("two", connector(&stage).feed_as(credentials(&stage, 1))),
    ] {
        let name = |what: &str| format!("{what}-{round}");
        seller.place(&limit(&name("ask"), Side::Sell, "0.01", "60000")).await.unwrap();
        following(feed, async |cache, ear| {
            shows(cache, ear, " | 60000x0.01").await;
            let bid = limit(&name("bid"), Side::Buy, "0.02", "59999.5");
            seller.place(&bid).await.unwrap();
            shows(cache, ear, "59999.5x0.02 | 60000x0.01").await;
            let taker = limit(&name("taker"), Side::Buy, "0.01", "60000");
            account(&stage, 1).place(&taker).await.unwrap();
            shows(cache, ear, "59999.5x0.02 | ").await;
            wait_until(&ear.told, "the trade", || !ear.trades.lock().unwrap().is_empty()).await;
            let trade = ear.trades.lock().unwrap()[0];
            assert_eq!(
                (trade.taker, trade.price, trade.qty),
                (Side::Buy, number("60000"), number("0.01"))
            );
            seller.cancel(pair(), &OrderName::Client(bid.client_id)).await.unwrap();
            shows(cache, ear, " | ").await;
            assert!(ear.lost.lock().unwrap().is_empty());
        })
        .await;
    }
    stage.venue.close().await;
}

#[tokio::test]
async fn after_a_gap_or_the_end_of_a_connection_the_book_comes_back() {
    let stage = Stage::of(Venue::Kucoin).await;
    let seller = account(&stage, 0);
    let rest = async |name: &str, price: &str| {
        seller.place(&limit(name, Side::Sell, "0.01", price)).await.unwrap();
    };
    rest("first", "60000").await;
    following(connector(&stage).feed(), async |cache, ear| {
        shows(cache, ear, " | 60000x0.01").await;
        stage.play_with("gaps", |scenario| scenario.ordeal.swallow_every = 2);
        for (name, price) in [("a", "60001"), ("b", "60002"), ("c", "60003"), ("d", "60004")] {
            rest(name, price).await;
        }
        wait_until(&ear.told, "the gap", || ear.has_lost(Lost::Gap)).await;
        stage.play("usual");
        rest("e", "60005").await;
        let all = "60000x0.01 60001x0.01 60002x0.01 60003x0.01 60004x0.01 60005x0.01";
        shows(cache, ear, &format!(" | {all}")).await;
        stage.play("outage");
        wait_until(&ear.told, "the end", || ear.has_lost(Lost::Connection)).await;
        stage.play("usual");
        shows(cache, ear, &format!(" | {all}")).await;
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn an_order_placed_through_the_port_is_seen_filled() {
    let stage = Stage::of(Venue::Kucoin).await;
    let (seller, buyer) = (account(&stage, 0), account(&stage, 1));
    let ear = AccountEar::default();
    let script = async {
        wait_until(&ear.told, "listening", || *ear.is_listening.lock().unwrap()).await;
        let asked = limit("to-sell", Side::Sell, "0.01", "60000");
        let rests = seller.place(&asked).await.unwrap();
        assert_eq!((rests.state, rests.client_id.as_str()), (OrderState::Open, "to-sell"));
        assert_eq!(seller.open_orders(pair()).await.unwrap().len(), 1);
        let bought = buyer.place(&limit("to-buy", Side::Buy, "0.01", "60100")).await.unwrap();
        assert_eq!((bought.state, bought.quote_filled), (OrderState::Filled, number("600")));
        wait_until(&ear.told, "the fill and what it left", || {
            let is_filled = |order: &venue::port::Order| order.state == OrderState::Filled;
            ear.orders.lock().unwrap().iter().any(is_filled)
                && !ear.balances.lock().unwrap().is_empty()
        })
        .await;
        let fill = ear.fills.lock().unwrap()[0].clone();
        assert_eq!((&fill.order_id, fill.price), (&bought.id, number("60000")));
        assert_eq!((fill.fee, fill.fee_asset.as_str()), (number("0.6"), "USDT"));
        assert_eq!(buyer.fills(pair(), Some(&bought.id)).await.unwrap(), [fill]);
        for name in [OrderName::Venue(rests.id), OrderName::Client(asked.client_id)] {
            let found = seller.order(pair(), &name).await.unwrap().unwrap();
            assert_eq!((found.state, found.filled), (OrderState::Filled, number("0.01")));
            let again = seller.cancel(pair(), &name).await;
            let is_unknown =
                matches!(again, Err(VenueError::Rejected { why: Rejection::UnknownOrder, .. }));
            assert!(is_unknown, "{again:?}");
        }
    };
    tokio::select! {
        end = buyer.follow(&ear) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

#[tokio::test]
async fn what_is_refused_is_told_apart_and_an_account_is_known() {
    let stage = Stage::of(Venue::Kucoin).await;
    let known = account(&stage, 0);
    let permissions = known.permissions().await.unwrap();
    assert!(permissions.read && permissions.trade && !permissions.withdraw);
    let fees = known.fees(pair()).await.unwrap();
    assert_eq!((fees.taker, fees.asset), (number("0.001"), FeeAsset::Quote));
    let deposits = known.deposits(model::Time(0)).await.unwrap();
    assert!(deposits.iter().any(|it| (it.asset.as_str(), it.qty) == ("BTC", number("20"))));
    assert_eq!(known.withdrawals(model::Time(0)).await.unwrap(), []);
    known.place(&limit("rests", Side::Sell, "0.01", "60000")).await.unwrap();
    let mut post_only = limit("post", Side::Buy, "0.01", "60000");
    post_only.terms = Terms::PostOnly { price: number("60000"), qty: number("0.01") };
    let other = &stage.venue.accounts()[0];
    let wrong = KucoinCredentials::new(
        other.api_key.clone(),
        &other.api_secret,
        &Secret::new("guessed".to_owned()),
    );
    let stranger = connector(&stage).account(wrong);
    for (outcome, want) in [
        (known.place(&post_only).await.map(drop), Rejection::WouldTake),
        (
            known.place(&limit("rests", Side::Sell, "0.01", "61000")).await.map(drop),
            Rejection::Duplicate,
        ),
        (known.place(&limit("much", Side::Buy, "30", "50000")).await.map(drop), Rejection::Funds),
        (
            known.place(&limit("step", Side::Buy, "1", "50000.05")).await.map(drop),
            Rejection::Filter,
        ),
        (stranger.balances().await.map(drop), Rejection::Key),
    ] {
        let is_so = matches!(&outcome, Err(VenueError::Rejected { why, .. }) if *why == want);
        assert!(is_so, "{outcome:?} is no {want:?}");
    }
    let none = OrderName::Client(ClientOrderId::new("nothing").unwrap());
    assert_eq!(known.order(pair(), &none).await.unwrap(), None);
    let market = connector(&stage).feed().markets().await.unwrap();
    let market = market.into_iter().find(|it| it.pair == pair()).unwrap();
    assert!(market.is_open && market.symbol == "BTC-USDT");
    assert_eq!(market.price.step, Some(number("0.1")));
    stage.venue.close().await;
}
