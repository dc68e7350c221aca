//! Orders through the port, from placing to the money that moved.

use model::{ClientOrderId, Side};
use venue::port::{
    NewOrder, OrderName, OrderState, Pair, Rejection, Terms, TradingAccount, VenueError,
};

use crate::stage::{AccountEar, Stage, limit, number, pair, wait_until};

async fn free(account: &dyn TradingAccount, asset: &str) -> String {
    let balances = account.balances().await.unwrap();
    let found = balances.iter().find(|it| it.asset.as_str() == asset);
    found.map_or_else(String::new, |it| it.free.trimmed().to_string())
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
            let is_filled = |order: &venue::port::Order| order.state == OrderState::Filled;
            ear.orders.lock().unwrap().iter().any(is_filled)
                && !ear.balances.lock().unwrap().is_empty()
        })
        .await;
        let fill = ear.fills.lock().unwrap()[0].clone();
        assert_eq!((&fill.order_id, fill.price), (&bought.id, number("60000")));
        assert_eq!((fill.fee, fill.fee_asset.as_str()), (number("0.00001"), "BTC"));
        assert!(fill.side == Side::Buy && !fill.is_maker);
        assert_eq!(buyer.fills(pair(), Some(&bought.id)).await.unwrap(), [fill]);
        let names = [OrderName::Venue(rests.id), OrderName::Client(asked.client_id)];
        for name in &names {
            let found = seller.order(pair(), name).await.unwrap().unwrap();
            assert_eq!((found.state, found.filled), (OrderState::Filled, number("0.01")));
            refused(seller.cancel(pair(), name).await, Rejection::UnknownOrder);
        }
        assert_eq!(seller.open_orders(pair()).await.unwrap(), []);
        assert_eq!(free(&*buyer, "BTC").await, "20.00999");
        assert_eq!(free(&*buyer, "USDT").await, "999400");
        assert_eq!(free(&*seller, "USDT").await, "1000599.4");
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
        assert_eq!(ended.client_id, "mine");
        wait_until(&ear.told, "the cancel", || {
            let orders = ear.orders.lock().unwrap();
            orders.iter().any(|it| it.state == OrderState::Canceled && it.client_id == "mine")
        })
        .await;
        let found = account.order(pair(), &name).await.unwrap().unwrap();
        assert_eq!(found.state, OrderState::Canceled);
    };
    tokio::select! {
        end = account.follow(&ear) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, VenueError>, want: Rejection) {
    match outcome {
        Err(VenueError::Rejected { why, .. }) => assert_eq!(why, want),
        outcome => panic!("{want:?}: {outcome:?}"),
    }
}

#[tokio::test]
async fn every_kind_of_no_is_told_apart() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    account.place(&limit("rests", Side::Sell, "0.01", "60000")).await.unwrap();
    let post_only = NewOrder {
        terms: Terms::PostOnly { price: number("60000"), qty: number("0.01") },
        ..limit("post", Side::Buy, "0.01", "60000")
    };
    let elsewhere = Pair { base: "NONE".parse().unwrap(), ..pair() };
    for (order, want) in [
        (limit("rests", Side::Sell, "0.01", "60000"), Rejection::Duplicate),
        (limit("funds", Side::Sell, "21", "60000"), Rejection::Funds),
        (limit("tick", Side::Sell, "0.01", "60000.001"), Rejection::Filter),
        (limit("small", Side::Sell, "0.00001", "60000"), Rejection::Filter),
        (post_only, Rejection::WouldTake),
        (NewOrder { pair: elsewhere, ..post_only }, Rejection::UnknownMarket),
    ] {
        refused(account.place(&order).await, want);
    }
    let nobody = OrderName::Client(ClientOrderId::new("nobody").unwrap());
    assert_eq!(account.order(pair(), &nobody).await, Ok(None));
    refused(account.cancel(pair(), &nobody).await, Rejection::UnknownOrder);
    let stranger = stage.stranger();
    refused(stranger.balances().await, Rejection::Key);
    refused(stranger.follow(&AccountEar::default()).await, Rejection::Key);
    stage.venue.close().await;
}

#[tokio::test]
async fn a_key_tells_what_it_may_and_what_it_pays() {
    let stage = Stage::open().await;
    let account = stage.account(1);
    let may = account.permissions().await.unwrap();
    assert!(may.read && may.trade && !may.withdraw && !may.is_bound_to_addresses);
    let fees = account.fees(pair()).await.unwrap();
    assert_eq!((fees.maker, fees.taker), (number("0.001"), number("0.001")));
    assert_eq!(account.balances().await.unwrap().len(), 7);
    stage.venue.close().await;
}
