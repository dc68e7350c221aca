//! Asking again with an `Idempotency-Key`.

use serde_json::json;

use crate::stage::{ALICE, Asking, BOB, Stage, limit};

const ORDERS: &str = "/api/v1/trading/orders";

#[tokio::test]
async fn the_same_order_asked_twice_is_placed_once_and_answered_alike() {
    let stage = Stage::new().await;
    let ask = |key: &'static str, body: serde_json::Value| {
        Asking::new("POST", ORDERS).saying(body).with("idempotency-key", key)
    };
    let order = limit("buy", "1", "19000");
    let first = stage.signed(ALICE, ask("k", order.clone())).await;
    stage.pass_ms(23 * 3_600_000);
    let second = stage.signed(ALICE, ask("k", order.clone())).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.json, second.json);
    assert_eq!(second.headers["idempotency-replayed"], "true");
    assert_eq!(second.headers["content-type"], "application/json");
    let other = stage.signed(ALICE, ask("k", limit("buy", "2", "19000"))).await;
    assert_eq!(other.problem(), (409, "conflict", vec![]), "another body");
    let open = stage.ask(ALICE, "GET", ORDERS).await.good();
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
    let bob = stage.signed(BOB, ask("k", order.clone())).await;
    assert_ne!(bob.json["id"], first.json["id"], "a key is its account's own");
    let refused = limit("buy", "60", "19000");
    for _ in 0..2 {
        let reply = stage.signed(ALICE, ask("no", refused.clone())).await;
        assert_eq!(reply.problem(), (422, "insufficientFunds", vec![]));
    }
    let wrong = Asking::new("POST", ORDERS).saying(json!({})).with("idempotency-key", "");
    assert_eq!(stage.signed(ALICE, wrong).await.problem().2, ["Idempotency-Key"]);
}

#[tokio::test]
async fn what_a_key_was_used_for_includes_the_query_but_not_its_signature() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "buy", "1", "19000").await;
    let cancel = |symbol: &str| {
        let asking = Asking::new("DELETE", format!("{ORDERS}?symbol={symbol}"));
        asking.with("idempotency-key", "k")
    };
    let first = stage.signed(ALICE, cancel("BTC-USDT")).await;
    let again = stage.signed(ALICE, cancel("BTC-USDT")).await;
    assert_eq!((first.status, again.status, &again.json), (200, 200, &first.json));
    assert_eq!(again.headers["idempotency-replayed"], "true", "signed at another time");
    let other = stage.signed(ALICE, cancel("ETH-USDT")).await;
    assert_eq!(other.problem(), (409, "conflict", vec![]), "another market");
}

#[tokio::test]
async fn what_was_refused_may_be_corrected_under_the_same_key() {
    let stage = Stage::new().await;
    let ask = |body| Asking::new("POST", ORDERS).saying(body).with("idempotency-key", "k");
    for (wrong, status) in [(json!({}), 400), (limit("buy", "60", "19000"), 422)] {
        assert_eq!(stage.signed(ALICE, ask(wrong)).await.status, status);
    }
    assert_eq!(stage.signed(ALICE, ask(limit("buy", "1", "19000"))).await.status, 201);
    assert_eq!(stage.signed(ALICE, ask(limit("buy", "2", "19000"))).await.status, 409);
}

#[tokio::test]
async fn an_order_asked_again_after_a_restart_is_not_placed_again() {
    let mut stage = Stage::new().await;
    stage.limit(BOB, "sell", "1", "20000").await;
    let market = json!({ "symbol": "BTC-USDT", "side": "buy", "type": "market",
        "quoteQuantity": "1000" });
    for order in [limit("buy", "1", "19000"), market] {
        let key = order["type"].as_str().unwrap().to_owned();
        let ask = |body: &serde_json::Value| {
            Asking::new("POST", ORDERS).saying(body).with("idempotency-key", key.clone())
        };
        let first = stage.signed(ALICE, ask(&order)).await;
        let before = stage.state();
        stage.restart();
        for _ in 0..2 {
            let second = stage.signed(ALICE, ask(&order)).await;
            assert_eq!((second.status, &second.json), (201, &first.json));
            assert_eq!(second.headers["idempotency-replayed"], "true");
        }
        stage.restart();
        let mut other = order.clone();
        other["side"] = "sell".into();
        let other = stage.signed(ALICE, ask(&other)).await;
        assert_eq!(other.problem(), (409, "conflict", vec![]), "another body");
        assert_eq!(stage.state(), before, "nothing was placed");
        stage.pass_ms(24 * 3_600_000);
        let next_day = stage.signed(ALICE, ask(&order)).await;
        assert_eq!(next_day.status, 201, "{}", next_day.json);
        assert_ne!(next_day.json["id"], first.json["id"], "a key is good for a day");
    }
}

#[tokio::test]
async fn a_list_asked_again_after_a_restart_is_not_placed_again() {
    let mut stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    stage.limit(BOB, "buy", "0.5", "20000").await;
    let list = json!({ "symbol": "BTC-USDT", "type": "oco", "side": "sell", "quantity": "0.2",
        "above": { "type": "limitMaker", "price": "21000" },
        "below": { "type": "stopLossLimit", "stopPrice": "19000", "price": "18900" } });
    let ask = |body: &serde_json::Value| {
        let asking = Asking::new("POST", "/api/v1/trading/order-lists");
        asking.saying(body).with("idempotency-key", "k")
    };
    let first = stage.signed(BOB, ask(&list)).await;
    let before = stage.state();
    stage.restart();
    let second = stage.signed(BOB, ask(&list)).await;
    assert_eq!((second.status, &second.json), (201, &first.json));
    assert_eq!(second.headers["idempotency-replayed"], "true");
    stage.restart();
    let mut other = list.clone();
    other["above"]["price"] = "22000".into();
    assert_eq!(stage.signed(BOB, ask(&other)).await.problem(), (409, "conflict", vec![]));
    assert_eq!(stage.state(), before, "nothing was placed");
}
