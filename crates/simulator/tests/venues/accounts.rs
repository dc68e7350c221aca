//! Orders through the port, from placing to the money that moved, at every venue.

use model::Side;
use venue::port::{
    FeeAsset, NewOrder, Order, OrderName, OrderState, Pair, Rejection, Terms, TradingAccount,
    Venue, VenueError,
};

use crate::ears::{AccountEar, MarketEar, wait_until};
use crate::stage::{Stage, named, number, refused};

at_every_venue! {
    an_order_placed_through_the_port_is_seen_filled,
    what_is_cancelled_is_told_under_its_own_name,
    every_kind_of_no_is_told_apart,
    a_key_tells_what_it_may_and_what_it_pays,
    a_venue_whose_disk_fails_ends_alone,
}

async fn free(account: &dyn TradingAccount, asset: &str) -> String {
    let balances = account.balances().await.unwrap();
    let found = balances.iter().find(|it| it.asset.as_str() == asset);
    found.map_or_else(String::new, |it| it.free.trimmed().to_string())
}

/// What the fee was of a hundredth of a bitcoin bought for 600, what who bought it had afterwards,
/// of both, and who sold it of what it was sold for.
const fn bought_for_600(venue: Venue) -> [&'static str; 5] {
    match venue {
        Venue::Binance => ["0.00001", "BTC", "20.00999", "999400", "1000599.4"],
        Venue::Coinbase => ["7.2", "USD", "20.01", "999392.8", "1000596.4"],
        Venue::Kraken => ["2.4", "USD", "20.01", "999397.6", "1000598.5"],
        Venue::Kucoin => ["0.6", "USDT", "20.01", "999399.4", "1000599.4"],
    }
}

async fn an_order_placed_through_the_port_is_seen_filled(venue: Venue) {
    let stage = Stage::open(venue).await;
    let (seller, buyer) = (stage.account(0), stage.account(1));
    let [fee, fee_asset, has_bought, has_left, has_earned] = bought_for_600(venue);
    let (pair, ear) = (stage.pair(), AccountEar::default());
    let script = async {
        ear.listens().await;
        let asked = stage.limit("to-sell", Side::Sell, "0.01", "60000");
        let rests = seller.place(&asked).await.unwrap();
        assert_eq!((rests.state, rests.client_id.as_str()), (OrderState::Open, "to-sell"));
        assert_eq!(seller.open_orders(pair).await.unwrap(), std::slice::from_ref(&rests));
        let order = stage.limit("to-buy", Side::Buy, "0.01", "60100");
        let bought = buyer.place(&order).await.unwrap();
        assert_eq!((bought.state, bought.quote_filled), (OrderState::Filled, number("600")));
        ear.hears_of_order("the fill", |order| order.state == OrderState::Filled).await;
        let is_bought = || {
            ear.balances.lock().unwrap().iter().any(|it| it.asset == pair.base)
                && !ear.fills.lock().unwrap().is_empty()
        };
        wait_until(&ear.told, "what it left", is_bought).await;
        let fills = ear.fills.lock().unwrap().clone();
        let [fill] = &fills[..] else { panic!("told once: {fills:?}") };
        assert_eq!((&fill.order_id, fill.price), (&bought.id, number("60000")));
        assert_eq!((fill.fee, fill.fee_asset.as_str()), (number(fee), fee_asset));
        assert!(fill.side == Side::Buy && !fill.is_maker);
        // Counters of who asks much have fallen.
        stage.pass_seconds(60);
        assert_eq!(buyer.fills(pair, Some(&bought.id)).await.unwrap(), fills);
        let names = [OrderName::Venue(rests.id), OrderName::Client(asked.client_id)];
        for name in &names {
            let found = seller.order(pair, name).await.unwrap().unwrap();
            assert_eq!((found.state, found.filled), (OrderState::Filled, number("0.01")));
            refused(seller.cancel(pair, name).await, Rejection::UnknownOrder);
        }
        stage.pass_seconds(60);
        assert_eq!(seller.open_orders(pair).await.unwrap(), []);
        assert_eq!(free(&*buyer, "BTC").await, has_bought);
        assert_eq!(free(&*buyer, pair.quote.as_str()).await, has_left);
        assert_eq!(free(&*seller, pair.quote.as_str()).await, has_earned);
    };
    tokio::select! {
        end = buyer.follow(&ear) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

async fn what_is_cancelled_is_told_under_its_own_name(venue: Venue) {
    let stage = Stage::open(venue).await;
    let (account, ear) = (stage.account(0), AccountEar::default());
    let script = async {
        ear.listens().await;
        let order = stage.limit("mine", Side::Buy, "0.01", "50000");
        let placed = account.place(&order).await.unwrap();
        let ended = account.cancel(stage.pair(), &named("mine")).await.unwrap();
        assert_eq!((ended.state, &ended.id), (OrderState::Canceled, &placed.id));
        assert_eq!(ended.client_id, "mine");
        let is_it = |order: &Order| order.state == OrderState::Canceled;
        ear.hears_of_order("the cancel", |order| is_it(order) && order.client_id == "mine").await;
        stage.pass_seconds(60);
        let found = account.order(stage.pair(), &named("mine")).await.unwrap().unwrap();
        assert_eq!(found.state, OrderState::Canceled);
    };
    tokio::select! {
        end = account.follow(&ear) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

async fn every_kind_of_no_is_told_apart(venue: Venue) {
    let stage = Stage::open(venue).await;
    let (account, pair) = (stage.account(0), stage.pair());
    let sell = |name: &str, qty, price| stage.limit(name, Side::Sell, qty, price);
    let rests = account.place(&sell("rests", "0.01", "60000")).await.unwrap();
    let again = account.place(&sell("rests", "0.01", "60000")).await;
    match venue {
        // The same name is the same order there.
        Venue::Coinbase => assert_eq!(again.unwrap(), rests),
        Venue::Binance | Venue::Kraken | Venue::Kucoin => refused(again, Rejection::Duplicate),
    }
    let terms = Terms::PostOnly { price: number("60000"), qty: number("0.01") };
    let post_only = NewOrder { terms, ..stage.limit("post", Side::Buy, "0.01", "60000") };
    let elsewhere = Pair { base: "NONE".parse().unwrap(), ..pair };
    for (order, want) in [
        (sell("funds", "21", "60000"), Rejection::Funds),
        (sell("tick", "0.01", "60000.001"), Rejection::Filter),
        (sell("lot", "0.000000001", "60000"), Rejection::Filter),
        (sell("small", "0.000001", "60000"), Rejection::Filter),
        (post_only, Rejection::WouldTake),
        (NewOrder { pair: elsewhere, ..post_only }, Rejection::UnknownMarket),
    ] {
        refused(account.place(&order).await, want);
    }
    stage.pass_seconds(60);
    assert_eq!(account.order(pair, &named("nobody")).await, Ok(None));
    refused(account.cancel(pair, &named("nobody")).await, Rejection::UnknownOrder);
    let stranger = stage.stranger();
    refused(stranger.balances().await, Rejection::Key);
    refused(stranger.follow(&AccountEar::default()).await, Rejection::Key);
    let nothing = arbitrage::PriceCache::new([]);
    let nobody = MarketEar::new(nothing.sink(venue));
    refused(stage.feed().follow(&[elsewhere], &nobody).await, Rejection::UnknownMarket);
    stage.venue.close().await;
}

async fn a_key_tells_what_it_may_and_what_it_pays(venue: Venue) {
    let stage = Stage::open(venue).await;
    let (maker, taker, asset, assets) = match venue {
        Venue::Binance => ("0.001", "0.001", FeeAsset::Received, 7),
        Venue::Coinbase => ("0.006", "0.012", FeeAsset::Quote, 8),
        Venue::Kraken => ("0.0025", "0.004", FeeAsset::Quote, 8),
        Venue::Kucoin => ("0.001", "0.001", FeeAsset::Quote, 7),
    };
    for account in [stage.account(0), stage.account(1)] {
        let may = account.permissions().await.unwrap();
        assert!(may.read && may.trade && !may.withdraw && !may.is_bound_to_addresses);
        let fees = account.fees(stage.pair()).await.unwrap();
        assert_eq!((fees.maker, fees.taker), (number(maker), number(taker)));
        assert_eq!(fees.asset, asset);
        assert_eq!(account.balances().await.unwrap().len(), assets);
    }
    stage.venue.close().await;
}

async fn a_venue_whose_disk_fails_ends_alone(venue: Venue) {
    let stage = Stage::open(venue).await;
    stage.disk.fail_sync_after(0);
    let order = stage.limit("never-kept", Side::Buy, "0.01", "60000");
    // This process lives to see it, and whoever else is in it.
    let outcome = stage.account(0).place(&order).await;
    assert!(matches!(outcome, Err(VenueError::Unknown { .. })), "{outcome:?}");
    let next = stage.limit("never-taken", Side::Buy, "0.01", "60000");
    let outcome = stage.account(1).place(&next).await;
    assert!(
        matches!(outcome, Err(VenueError::TryLater { .. } | VenueError::Unknown { .. })),
        "{outcome:?}"
    );
}
