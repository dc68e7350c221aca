//! What is Kraken's own.

use model::{Side, Time};
use venue::port::{OrderName, OrderState, Rejection, Venue};

use crate::ears::{AccountEar, wait_until};
use crate::stage::{Stage, named, number, pair_of, refused};

#[tokio::test]
async fn an_order_is_placed_found_by_both_names_and_cancelled() {
    let stage = Stage::open(Venue::Kraken).await;
    let (account, pair) = (stage.account(0), stage.pair());
    let order = stage.limit("mine", Side::Buy, "0.01", "50000");
    let placed = account.place(&order).await.unwrap();
    assert_eq!((placed.state, &*placed.client_id), (OrderState::Open, "mine"));
    let by_id = OrderName::Venue(placed.id.clone());
    for name in [&by_id, &named("mine")] {
        assert_eq!(account.order(pair, name).await.unwrap().as_ref(), Some(&placed));
    }
    assert_eq!(account.open_orders(pair).await.unwrap(), std::slice::from_ref(&placed));
    assert_eq!(account.open_orders(pair_of("ETH", "USD")).await.unwrap(), []);
    let balances = account.balances().await.unwrap();
    let usd = balances.iter().find(|it| it.asset == pair.quote).unwrap();
    assert_eq!(usd.held, number("502"), "with the fee of who crosses");
    let ended = account.cancel(pair, &by_id).await.unwrap();
    assert_eq!((ended.state, ended.id), (OrderState::Canceled, placed.id));
    stage.pass_seconds(60);
    let found = account.order(pair, &named("mine")).await.unwrap().unwrap();
    assert_eq!(found.state, OrderState::Canceled);
    refused(account.cancel(pair, &by_id).await, Rejection::UnknownOrder);
    stage.venue.close().await;
}

#[tokio::test]
async fn what_happens_to_who_made_the_market_is_told_order_fill_and_balance() {
    let stage = Stage::open(Venue::Kraken).await;
    let (mine, other) = (stage.account(0), stage.account(1));
    let (ear, pair) = (AccountEar::default(), stage.pair());
    let script = async {
        ear.listens().await;
        let sell = stage.limit("mine", Side::Sell, "0.02", "60000");
        let placed = mine.place(&sell).await.unwrap();
        other.place(&stage.limit("theirs", Side::Buy, "0.02", "60000")).await.unwrap();
        let is_filled = OrderState::Filled;
        ear.hears_of_order("filled", |it| it.id == placed.id && it.state == is_filled).await;
        let fill = ear.fills.lock().unwrap()[0].clone();
        assert_eq!((fill.qty, fill.is_maker), (number("0.02"), true));
        assert_eq!((fill.fee, fill.fee_asset), (number("3"), pair.quote));
        let usd = || ear.balances.lock().unwrap().iter().any(|it| it.asset == pair.quote);
        wait_until(&ear.told, "a balance", usd).await;
        stage.pass_seconds(60);
        let of_order = mine.fills(pair, Some(&placed.id)).await.unwrap();
        assert_eq!(of_order, std::slice::from_ref(&fill));
        assert_eq!(mine.fills(pair, None).await.unwrap(), [fill]);
    };
    tokio::select! {
        end = mine.follow(&ear) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused_and_what_came_is_told() {
    let stage = Stage::open(Venue::Kraken).await;
    let account = stage.account(0);
    let long = stage.limit("a-name-that-is-too-long", Side::Sell, "0.01", "60000");
    refused(account.place(&long).await, Rejection::Other);
    let deposits = account.deposits(Time(0)).await.unwrap();
    let is_it = |asset: &str, qty| (asset, qty) == ("BTC", number("20"));
    assert!(deposits.iter().any(|it| is_it(it.asset.as_str(), it.qty)));
    assert_eq!(account.withdrawals(Time(0)).await.unwrap(), []);
    stage.venue.close().await;
}
