//! What a question costs.

use gateway::POLICY;
use serde_json::json;

use crate::stage::{ALICE, Asking, Stage, limit};
use crate::stream::{Client, subscribe};

/// What its address has used in this minute, and one more for asking.
async fn used(stage: &Stage) -> u32 {
    let reply = stage.see("/api/v3/ping").await;
    reply.headers["x-mbx-used-weight-1m"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn who_asks_for_more_pays_more_and_nothing_is_free() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@example.com").await;
    let see = |url: &str| Asking::new("GET", url);
    let orders = "/api/v1/trading/orders";
    for (asking, weight) in [
        (see("/api/v1/market/pairs"), 1),
        (see("/api/v1/trading/orderbook/BTC-USDT"), 5),
        (see("/api/v1/trading/orderbook/BTC-USDT?depth=500"), 25),
        (see("/api/v1/trading/orderbook/BTC-USDT?depth=5000"), 250),
        (see("/api/v1/trading/trades/BTC-USDT?limit=1000"), 50),
        (see("/api/v1/market/candles/BTC-USDT?interval=1m&limit=1000"), 47),
        (stage.sign(ALICE, see(&format!("{orders}?status=open"))), 5),
        (stage.sign(ALICE, see(&format!("{orders}?limit=1000"))), 50),
        (stage.sign(ALICE, see(&format!("{orders}?status=closed&limit=1000"))), 200),
        (stage.sign(ALICE, see("/api/v1/trading/fills?limit=1000")), 50),
        (stage.sign(ALICE, see("/api/v1/trading/order-lists")), 10),
        (stage.sign(ALICE, see("/api/v1/trading/order-lists?limit=100")), 50),
        (ann.asks("DELETE", "/api/v1/auth/sessions"), 20),
        (ann.asks("POST", "/api/v1/notifications/read").saying(json!({ "throughId": "1" })), 5),
        (see("/docs/openapi.json"), 1),
        (see("/docs/"), 1),
        (see("/"), 1),
        (see("/assets/none.js"), 1),
        (see("/api/v1/none"), 1),
    ] {
        let before = used(&stage).await;
        let name = format!("{asking:?}");
        let reply = stage.send(asking).await;
        assert!(matches!(reply.status, 200..300 | 404), "{name} {}", reply.json);
        assert_eq!(used(&stage).await - before - 1, weight, "{name}");
    }
}

#[tokio::test]
async fn every_answer_tells_how_its_address_stands() {
    let stage = Stage::new().await;
    let told = |reply: &crate::stage::Reply| {
        let names = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"];
        names.map(|name| reply.headers[name].to_str().unwrap().parse::<u32>().unwrap())
    };
    let first = told(&stage.see("/api/v1/market/pairs").await);
    assert_eq!(first, [1_000_000, 999_999, 40]);
    let book = "/api/v1/trading/orderbook/BTC-USDT?depth=500";
    assert_eq!(told(&stage.see(book).await), [1_000_000, 999_974, 40]);
    let refused = stage.see("/api/v1/auth/me").await;
    assert_eq!((refused.status, told(&refused)[1]), (401, 999_973));
    let _ = stage.exchange.charge_request([127, 0, 0, 1].into(), 1_000_000);
    stage.pass_ms(30_000);
    let over = stage.see("/api/v1/market/pairs").await;
    assert_eq!((over.status, told(&over)), (429, [1_000_000, 0, 10]));
    assert_eq!(told(&stage.send_from([192, 0, 2, 1], Asking::new("GET", book)).await)[1], 999_975);
}

#[tokio::test]
async fn who_hears_of_many_orders_pays_for_them() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@example.com").await;
    stage.fund(&ann).await;
    for _ in 0..121 {
        let order = ann.asks("POST", "/api/v1/trading/orders");
        stage.send(order.saying(limit("buy", "0.002", "19000"))).await.good();
    }
    let mut client = Client::open(&stage).await;
    client.ask(json!({ "op": "auth", "token": ann.access })).await;
    let before = used(&stage).await;
    client.ask(subscribe(&["orders"])).await;
    let snapshot = client.hear("orders", 1).await;
    assert_eq!(snapshot["items"].as_array().unwrap().len(), 121);
    assert_eq!(used(&stage).await - before - 1, 1 + 1 + 2);
}

#[tokio::test]
async fn the_document_is_what_is_committed_and_who_has_no_weight_left_does_not_get_it() {
    let stage = Stage::new().await;
    let told = stage.see("/docs/openapi.json").await;
    assert_eq!(told.headers["content-type"], "application/json");
    let document: serde_json::Value = serde_json::from_str(&gateway::document_text()).unwrap();
    assert_eq!(told.json, document);
    let _ = stage.exchange.charge_request([127, 0, 0, 1].into(), 1_000_000);
    for url in ["/docs/openapi.json", "/docs/", "/", "/api/v1/market/pairs"] {
        assert_eq!(stage.see(url).await.status, 429, "{url}");
    }
}

/// What costs 1: memory, one command, a question or two to the database; or it is the operators'.
const CHEAP: [&str; 26] = [
    "GET /api/v1/auth/public-key",
    "GET /api/v1/auth/csrf",
    "GET /api/v1/auth/me",
    "POST /api/v1/auth/activity",
    "GET /api/v1/auth/sessions",
    "GET /api/v1/security/2fa",
    "GET /api/v1/api-keys",
    "GET /api/v1/notifications",
    "GET /api/v1/stream",
    "GET /api/v1/about",
    "GET /api/v1/market/pairs",
    "GET /api/v1/market/prices",
    "GET /api/v1/market/ticker/{symbol}",
    "GET /api/v1/market/stats",
    "POST /api/v1/trading/orders",
    "DELETE /api/v1/trading/orders",
    "GET /api/v1/trading/orders/{id}",
    "PATCH /api/v1/trading/orders/{id}",
    "DELETE /api/v1/trading/orders/{id}",
    "POST /api/v1/trading/order-lists",
    "POST /api/v1/trading/cancel-after",
    "GET /api/v1/wallet/balances",
    "GET /api/v1/admin/engine",
    "GET /api/v1/admin/audit-log",
    "POST /api/v1/admin/markets/{symbol}/halt",
    "POST /api/v1/admin/markets/{symbol}/resume",
];

#[test]
fn whoever_adds_a_route_says_what_it_costs() {
    let cheap = POLICY.iter().filter(|row| row.weight == 1 && !row.credential);
    let cheap: Vec<String> = cheap.map(|row| format!("{} {}", row.method, row.path)).collect();
    assert_eq!(cheap, CHEAP);
}
