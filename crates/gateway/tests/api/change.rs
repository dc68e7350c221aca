//! Changing an order: what is said where that is done by halves, or not at all.

use engine::{Command, MarketState};
use model::{AccountId, AssetId};
use serde_json::{Value, json};

use crate::stage::{ALICE, BOB, Reply, Stage};

const ORDERS: &str = "/api/v1/trading/orders";

async fn change(stage: &Stage, who: &str, order: &Value, change: Value) -> Reply {
    let path = format!("{ORDERS}/{}", order["id"].as_str().unwrap());
    stage.say(who, "PATCH", &path, change).await
}

async fn now(stage: &Stage, who: &str, order: &Value) -> Value {
    let path = format!("{ORDERS}/{}", order["id"].as_str().unwrap());
    stage.ask(who, "GET", &path).await.good()
}

#[tokio::test]
async fn a_change_that_leaves_nothing_in_place_of_an_order_says_that_it_is_gone() {
    for filled in [false, true] {
        let stage = Stage::new().await;
        let order = stage.limit(ALICE, "sell", "1", "20000").await;
        if filled {
            stage.limit(BOB, "buy", "0.3", "20000").await;
        }
        stage.limit(BOB, "buy", "1", "19000").await;
        stage.set_state(MarketState::PostOnly).await;
        let crossing = json!({ "price": "19000" });
        let reply = change(&stage, ALICE, &order, crossing.clone()).await;
        assert_eq!(reply.problem(), (409, "orderCanceled", vec![]), "{}", reply.json);
        let detail = reply.json["detail"].as_str().unwrap();
        assert!(detail.starts_with("the order was cancelled, and no other was placed"), "{detail}");
        assert_eq!(now(&stage, ALICE, &order).await["status"], "canceled");

        let order = stage.limit(ALICE, "sell", "1", "21000").await;
        stage.set_state(MarketState::Halted).await;
        let reply = change(&stage, ALICE, &order, crossing).await;
        assert_eq!(reply.problem(), (422, "marketHalted", vec![]), "nothing was done");
        assert_eq!(now(&stage, ALICE, &order).await, order);
    }
}

#[tokio::test]
async fn an_order_is_not_cancelled_for_another_where_none_can_be_placed() {
    let stage = Stage::new().await;
    let order = stage.limit(ALICE, "sell", "1", "20000").await;
    stage.limit(BOB, "buy", "0.3", "20000").await;
    stage.disk.set_capacity(Some(0));
    let (account, asset) = (AccountId(2), AssetId(0));
    for reference in 1_000.. {
        let more = Command::Adjust { account, asset, amount: 1, reference };
        let Ok(pending) = stage.exchange.sequencer.submit(more) else { break };
        if pending.await.is_err() {
            break;
        }
    }
    assert!(stage.exchange.sequencer.is_disk_full());
    let raised = json!({ "price": "20100" });
    let reply = change(&stage, ALICE, &order, raised.clone()).await;
    assert_eq!(reply.problem(), (503, "busy", vec![]), "{}", reply.json);
    assert_eq!(now(&stage, ALICE, &order).await["status"], "partiallyFilled");
    stage.disk.set_capacity(None);
    while stage.exchange.sequencer.is_disk_full() {
        tokio::task::yield_now().await;
    }
    let moved = change(&stage, ALICE, &order, raised).await.good();
    assert_eq!((&moved["price"], &moved["quantity"]), (&"20100.00".into(), &"0.70000".into()));
}

#[tokio::test]
async fn an_order_is_not_cancelled_for_another_in_a_market_that_takes_none() {
    let stage = Stage::new().await;
    let order = stage.limit(ALICE, "sell", "1", "20000").await;
    stage.limit(BOB, "buy", "0.3", "20000").await;
    let before = now(&stage, ALICE, &order).await;
    for state in [MarketState::CancelOnly, MarketState::Halted] {
        stage.set_state(state).await;
        let reply = change(&stage, ALICE, &order, json!({ "price": "20100" })).await;
        assert_eq!(reply.problem(), (422, "marketHalted", vec![]), "{}", reply.json);
        assert_eq!(now(&stage, ALICE, &order).await, before, "{state:?}");
    }
    let (stage, order) = with_stop(json!({ "type": "stopLoss", "stopPrice": "19500" })).await;
    stage.set_state(MarketState::PostOnly).await;
    let reply = change(&stage, BOB, &order, json!({ "quantity": "0.1" })).await;
    assert_eq!(reply.problem(), (422, "marketHalted", vec![]), "{}", reply.json);
    assert_eq!(now(&stage, BOB, &order).await, order, "none that waits is taken");
}

/// The last price is 20000, and Bob has bitcoin and a stop below.
async fn with_stop(stop: Value) -> (Stage, Value) {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    stage.limit(BOB, "buy", "0.5", "20000").await;
    let mut order = json!({ "symbol": "BTC-USDT", "side": "sell", "quantity": "0.2" });
    order.as_object_mut().unwrap().extend(stop.as_object().unwrap().clone());
    let order = stage.place(BOB, order).await;
    (stage, order)
}

#[tokio::test]
async fn an_order_that_was_triggered_does_not_wait_again_because_it_is_changed() {
    let stop = json!({ "type": "stopLossLimit", "stopPrice": "19500", "price": "19400" });
    let (stage, order) = with_stop(stop).await;
    stage.limit(ALICE, "buy", "0.1", "19500").await;
    stage.limit(BOB, "sell", "0.1", "19500").await;
    assert!(now(&stage, BOB, &order).await["triggeredAt"].is_string());
    let moved = change(&stage, BOB, &order, json!({ "price": "19300" })).await.good();
    let told = ["replaces", "type", "price", "quantity"].map(|name| &moved[name]);
    assert_eq!(told, [&order["id"], &"limit".into(), &"19300.00".into(), &"0.20000".into()]);
    stage.limit(ALICE, "buy", "0.1", "20000").await;
    assert_eq!(now(&stage, BOB, &moved).await["status"], "partiallyFilled", "it is in the book");
    let less = change(&stage, BOB, &moved, json!({ "quantity": "0.15" })).await.good();
    assert_eq!((&less["id"], &less["quantity"]), (&moved["id"], &"0.15000".into()));
}

#[tokio::test]
async fn an_order_that_waits_is_changed_and_goes_on_waiting() {
    let (stage, order) = with_stop(json!({ "type": "stopLoss", "stopPrice": "19500" })).await;
    let less = change(&stage, BOB, &order, json!({ "quantity": "0.1" })).await.good();
    let told = ["replaces", "type", "stopPrice", "quantity"].map(|name| &less[name]);
    assert_eq!(told, [&order["id"], &"stopLoss".into(), &"19500.00".into(), &"0.10000".into()]);
    assert_eq!(now(&stage, BOB, &order).await["status"], "canceled");
}

#[tokio::test]
async fn what_trails_the_price_is_not_begun_anew() {
    let (stage, order) = with_stop(json!({ "type": "trailingStop", "trailingDelta": 100 })).await;
    for quantity in ["0.1", "0.3"] {
        let reply = change(&stage, BOB, &order, json!({ "quantity": quantity })).await;
        assert_eq!(reply.problem(), (400, "invalid", vec!["id"]), "{quantity}");
    }
    assert_eq!(now(&stage, BOB, &order).await, order);
}

#[tokio::test]
async fn an_order_is_not_lost_because_the_market_does_not_admit_what_it_should_become() {
    let stage = Stage::new().await;
    stage.limit(BOB, "sell", "0.1", "20000").await;
    stage.limit(ALICE, "buy", "0.1", "20000").await;
    let whole = stage.limit(ALICE, "buy", "0.5", "19000").await;
    let begun = stage.limit(ALICE, "buy", "0.5", "19500").await;
    stage.limit(BOB, "sell", "0.2", "19500").await;
    let maker = json!({ "symbol": "BTC-USDT", "side": "buy", "type": "limitMaker",
        "quantity": "0.5", "price": "19000" });
    let maker = stage.place(ALICE, maker).await;
    stage.limit(BOB, "sell", "1", "19600").await;
    for (order, change, reason) in [
        (&whole, json!({ "price": "1000000.01" }), "filterPrice"),
        (&whole, json!({ "price": "195001" }), "filterPriceBand"),
        (&whole, json!({ "price": "0.01" }), "filterNotional"),
        (&whole, json!({ "quantity": "500" }), "filterNotional"),
        (&whole, json!({ "quantity": "9001", "price": "0.5" }), "filterLot"),
        (&begun, json!({ "price": "195001" }), "filterPriceBand"),
        (&begun, json!({ "quantity": "0.20001", "price": "19400" }), "filterNotional"),
        (&maker, json!({ "price": "19600" }), "postOnlyWouldTake"),
    ] {
        let before = now(&stage, ALICE, order).await;
        let reply = change_of(&stage, order, change.clone()).await;
        assert_eq!(reply.problem(), (422, reason, vec![]), "{change}: {}", reply.json);
        assert_eq!(now(&stage, ALICE, order).await, before, "{change}");
    }
}

async fn change_of(stage: &Stage, order: &Value, asked: Value) -> Reply {
    change(stage, ALICE, order, asked).await
}
