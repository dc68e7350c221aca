//! Requests as clients sign them, against an engine of its own.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use model::{Secret, UserId};
use serde_json::{Value, json};
use tower::ServiceExt;
use venue::kucoin::{KeyVersion, SigningKey, headers};

use super::{open, router};
use crate::desk::tests::{ALICE, BOB, NOW, Stage, forgetful};
use crate::keyring::{Scopes, VenueKey};

const SECRET: &str = "3f2a9c1e-5b7d-4c8e-9f10-a1b2c3d4e5f6";
const PASSPHRASE: &str = "kucoin-passphrase";
const ALICES_KEY: &str = "670e0a1b2c3d4e5f60718293";
const BOBS_KEY: &str = "670e0a1b2c3d4e5f60718294";
const READERS_KEY: &str = "670e0a1b2c3d4e5f60718295";

fn key(user: UserId, api_key: &str, trade: bool) -> VenueKey {
    VenueKey {
        user,
        api_key: api_key.to_owned(),
        secret: Secret::new(SECRET.to_owned()),
        passphrase: Some(Secret::new(PASSPHRASE.to_owned())),
        scopes: Scopes { read: true, trade, transfer: false, admin: false },
    }
}

/// A client that may send what is wrong.
struct Client {
    router: Router,
    api_key: &'static str,
    version: KeyVersion,
    passphrase: &'static str,
    secret: &'static str,
    late: i64,
}

impl Client {
    fn new(stage: &Stage) -> Self {
        let keys = vec![
            key(ALICE, ALICES_KEY, true),
            key(BOB, BOBS_KEY, true),
            key(BOB, READERS_KEY, false),
        ];
        let router = router(open(stage.desk.exchange().clone(), keys));
        let (version, passphrase) = (KeyVersion::Three, PASSPHRASE);
        Self { router, api_key: ALICES_KEY, version, passphrase, secret: SECRET, late: 0 }
    }

    fn of(&self, api_key: &'static str) -> Self {
        Self { router: self.router.clone(), api_key, ..*self }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value, Option<String>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let left = response.headers().get(headers::REMAINING);
        let left = left.map(|left| left.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap(), left)
    }

    /// Sends what was signed for `signed`.
    async fn ask_signed_as(&self, method: &str, target: &str, signed: &str, body: &str) -> Value {
        let signing = SigningKey::new(self.secret.as_bytes());
        let stamp = NOW.millis().checked_add_signed(-self.late).unwrap().to_string();
        let parts = [stamp.as_str(), method, signed, body].map(str::as_bytes);
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(headers::KEY, self.api_key)
            .header(headers::SIGN, signing.sign(&parts))
            .header(headers::TIMESTAMP, &stamp)
            .header(headers::PASSPHRASE, signing.passphrase(self.version, self.passphrase));
        if self.version != KeyVersion::One {
            request = request.header(headers::VERSION, self.version.number());
        }
        let (_, answer, _) = self.send(request.body(body.to_owned().into()).unwrap()).await;
        answer
    }

    async fn ask(&self, method: &str, target: &str, body: &str) -> Value {
        self.ask_signed_as(method, target, target, body).await
    }

    /// What is asked for; anything else is a failure.
    async fn data(&self, method: &str, target: &str, body: &str) -> Value {
        let answer = self.ask(method, target, body).await;
        assert_eq!(answer["code"], "200000", "{method} {target} {body}: {answer}");
        answer["data"].clone()
    }

    async fn public(&self, target: &str) -> (StatusCode, Value, Option<String>) {
        self.send(Request::builder().uri(target).body(Body::empty()).unwrap()).await
    }
}

fn order(name: &str, side: &str, price: &str, size: &str) -> String {
    json!({"clientOid": name, "symbol": "BTC-USD", "type": "limit", "side": side,
        "price": price, "size": size})
    .to_string()
}

#[tokio::test]
async fn what_an_order_cost_is_told_when_its_fills_are_forgotten() {
    let stage = Stage::remembering(forgetful()).await;
    let ask = stage.trade(10).await;
    let client = Client::new(&stage);
    let target = format!("/api/v1/hf/orders/{}?symbol=BTC-USD", super::names::order_name(ask.id));
    let told = client.data("GET", &target, "").await;
    assert_eq!((&told["fee"], &told["dealFunds"]), (&json!("25"), &json!("12500")), "{told}");
    stage.close();
}

#[tokio::test]
async fn a_key_asks_in_any_of_the_three_dialects_and_whatever_is_off_is_told_apart() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    let target = "/api/v1/user/api-key";
    for version in [KeyVersion::One, KeyVersion::Two, KeyVersion::Three] {
        let client = Client { version, ..client.of(ALICES_KEY) };
        let told = client.data("GET", target, "").await;
        assert_eq!(
            (&told["apiKey"], &told["permission"]),
            (&ALICES_KEY.into(), &"General,Spot".into())
        );
    }
    let of = || client.of(ALICES_KEY);
    for (client, code) in [
        (client.of("670e0a1b2c3d4e5f60718200"), "400003"),
        (Client { passphrase: "another", ..of() }, "400004"),
        (Client { secret: "another", ..of() }, "400004"),
        (Client { late: 5_001, ..of() }, "400002"),
        (Client { late: -5_001, ..of() }, "400002"),
        (Client { late: 5_000, ..of() }, "200000"),
    ] {
        assert_eq!(client.ask("GET", target, "").await["code"], code);
    }
    let forged = client.ask_signed_as("GET", target, "/api/v1/accounts", "").await;
    assert_eq!(forged["code"], "400005");
    let body = order("a", "buy", "50000", "0.1");
    let reads = client.of(READERS_KEY).ask("POST", "/api/v1/hf/orders", &body).await;
    assert_eq!(reads["code"], "400007");
    let bare = Request::builder().uri(target).body(Body::empty()).unwrap();
    let (status, answer, _) = client.send(bare).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &"400001".into()));
    stage.close();
}

#[tokio::test]
async fn a_query_may_be_signed_before_it_is_encoded() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    let (sent, signed) =
        ("/api/v1/trade-fees?symbols=BTC%2DUSD", "/api/v1/trade-fees?symbols=BTC-USD");
    for (signed, code) in
        [(sent, "200000"), (signed, "200000"), ("/api/v1/trade-fees?symbols=ETH-USD", "400005")]
    {
        assert_eq!(client.ask_signed_as("GET", sent, signed, "").await["code"], code, "{signed}");
    }
    stage.close();
}

#[tokio::test]
async fn what_one_account_places_another_fills_and_both_find_it() {
    let stage = Stage::open().await;
    let alice = Client::new(&stage);
    let bob = alice.of(BOBS_KEY);
    let placed =
        alice.data("POST", "/api/v1/hf/orders", &order("rests", "sell", "50000", "0.5")).await;
    let id = placed["orderId"].as_str().unwrap();
    assert_eq!((id.len(), &placed["clientOid"]), (24, &"rests".into()));
    let (_, book, _) = alice.public("/api/v1/market/orderbook/level2_20?symbol=BTC-USD").await;
    assert_eq!(book["data"]["asks"], json!([["50000", "0.5"]]));
    let body = json!({"symbol": "BTC-USD", "type": "market", "side": "buy", "size": "0.2"});
    let taken = bob.data("POST", "/api/v1/hf/orders/sync", &body.to_string()).await;
    assert_eq!((&taken["status"], &taken["dealSize"]), (&"done".into(), &"0.2".into()));
    let target = format!("/api/v1/hf/orders/{id}?symbol=BTC-USD");
    let found = alice.data("GET", &target, "").await;
    assert_eq!(
        [&found["dealSize"], &found["dealFunds"], &found["remainSize"], &found["fee"]],
        [&json!("0.2"), &json!("10000"), &json!("0.3"), &json!("20")]
    );
    assert_eq!((&found["active"], &found["feeCurrency"]), (&true.into(), &"USD".into()));
    let by_name = "/api/v1/hf/orders/client-order/rests?symbol=BTC-USD";
    assert_eq!(alice.data("GET", by_name, "").await, found);
    assert_eq!(bob.ask("GET", &target, "").await["code"], "400100", "it is not his");
    let fills = bob.data("GET", "/api/v1/hf/fills?symbol=BTC-USD", "").await;
    let fill = &fills["items"][0];
    assert_eq!(
        [&fill["liquidity"], &fill["price"], &fill["fee"], &fill["feeRate"]],
        [&json!("taker"), &json!("50000"), &json!("40"), &json!("0.004")]
    );
    let canceled = alice.data("DELETE", &target.replace("orders/", "orders/sync/"), "").await;
    assert_eq!((&canceled["status"], &canceled["canceledSize"]), (&"done".into(), &"0.3".into()));
    let done = alice.data("GET", "/api/v1/hf/orders/done?symbol=BTC-USD", "").await;
    assert_eq!(
        (&done["items"][0]["id"], &done["items"][0]["cancelExist"]),
        (&id.into(), &true.into())
    );
    assert_eq!(
        alice.ask("DELETE", &target, "").await["msg"],
        "order_not_exist_or_not_allow_to_cancel"
    );
    let accounts = bob.data("GET", "/api/v1/accounts?currency=BTC", "").await;
    assert_eq!((&accounts[0]["balance"], &accounts[0]["holds"]), (&"10.2".into(), &"0".into()));
    stage.close();
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_as_the_venue_says_it() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    let limit = |price: &str, size: &str| order("a", "buy", price, size);
    let post_only = json!({"symbol": "BTC-USD", "side": "buy", "price": "50000", "size": "0.1",
        "postOnly": true});
    client.data("POST", "/api/v1/hf/orders", &order("rests", "sell", "50000", "0.5")).await;
    for (body, code) in [
        (limit("50000.05", "0.1"), "400100"),
        (limit("50000", "0.00001"), "400100"),
        (limit("50000", "0.0001"), "400100"),
        (limit("0.5", "1"), "400370"),
        (limit("40000", "9"), "200004"),
        (post_only.to_string(), "300000"),
        (order("rests", "sell", "51000", "0.1"), "400100"),
        (order("a b", "sell", "51000", "0.1"), "400100"),
        (limit("50000", "0.1").replace("BTC-USD", "ETH-USD"), "400600"),
        (limit("50000", "0.1").replace("limit", "stop"), "400000"),
        ("{".to_owned(), "400000"),
    ] {
        let answer = client.ask("POST", "/api/v1/hf/orders", &body).await;
        assert_eq!(answer["code"], code, "{body}: {answer}");
    }
    let many = json!({"orderList": [
        {"symbol": "BTC-USD", "type": "limit", "side": "sell", "price": "52000", "size": "0.1"},
        {"symbol": "BTC-USD", "type": "limit", "side": "buy", "price": "0.5", "size": "99"}]});
    let placed = client.data("POST", "/api/v1/hf/orders/multi", &many.to_string()).await;
    assert_eq!((&placed[0]["success"], &placed[1]["success"]), (&true.into(), &false.into()));
    assert_eq!(client.data("DELETE", "/api/v1/hf/orders?symbol=BTC-USD", "").await, "success");
    let open = client.data("GET", "/api/v1/hf/orders/active?symbol=BTC-USD", "").await;
    assert_eq!(open, json!([]));
    let (status, answer, _) = client.public("/api/v1/nowhere").await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &"404000".into()));
    stage.close();
}

#[tokio::test]
async fn a_window_that_is_used_up_is_told_in_every_answer_and_then_refused() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    for left in [1_985, 1_970] {
        let (status, _, told) = client.public("/api/v1/market/allTickers").await;
        assert_eq!((status, told), (StatusCode::OK, Some(left.to_string())));
    }
    let mut last = client.public("/api/v1/market/allTickers").await;
    for _ in 0..2_000 / 15 {
        last = client.public("/api/v1/market/allTickers").await;
    }
    let (status, answer, left) = last;
    assert_eq!((status, &answer["code"]), (StatusCode::TOO_MANY_REQUESTS, &"429000".into()));
    assert_eq!(left, Some("5".to_owned()));
    let key = client.data("GET", "/api/v1/user/api-key", "").await;
    assert_eq!(key["apiVersion"], 3, "another pool");
    stage.close();
}

#[tokio::test]
async fn what_stock_clients_ask_at_their_start_is_answered() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    let (_, time, _) = client.public("/api/v1/timestamp").await;
    assert_eq!(time["data"], NOW.millis());
    for target in [
        "/api/v1/status",
        "/api/v2/symbols",
        "/api/v2/symbols/BTC-USD",
        "/api/v3/currencies",
        "/api/v3/currencies/BTC",
        "/api/v1/markets",
        "/api/v3/margin/symbols",
        "/api/v1/isolated/symbols",
        "/api/v1/contracts/active",
        "/api/v1/market/orderbook/level1?symbol=BTC-USD",
        "/api/v1/market/stats?symbol=BTC-USD",
        "/api/v1/market/histories?symbol=BTC-USD",
        "/api/v1/market/candles?symbol=BTC-USD&type=1min&startAt=0&endAt=0",
    ] {
        let (status, answer, _) = client.public(target).await;
        assert_eq!((status, &answer["code"]), (StatusCode::OK, &"200000".into()), "{target}");
    }
    for target in [
        "/api/ua/v1/account/mode",
        "/api/v1/hf/accounts/opened",
        "/api/v1/accounts?type=trade_hf",
        "/api/v1/base-fee",
        "/api/v1/deposits?pageSize=10",
        "/api/v1/withdrawals?pageSize=10",
        "/api/v2/user-info",
        "/api/v3/market/orderbook/level2?symbol=BTC-USD",
        "/api/v1/orders?status=active",
        "/api/v1/limit/orders",
        "/api/v1/fills",
        "/api/v1/limit/fills",
    ] {
        client.data("GET", target, "").await;
    }
    let deposits = client.data("GET", "/api/v1/deposits?currency=BTC", "").await;
    assert_eq!((&deposits["totalNum"], &deposits["items"][0]["amount"]), (&1.into(), &"10".into()));
    let (_, unknown, _) = client.public("/api/v1/market/stats?symbol=NO-NE").await;
    assert_eq!(unknown["code"], "900001");
    stage.close();
}

#[tokio::test]
async fn an_order_is_altered_into_another_and_cancelled_in_parts() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    let placed = client.data("POST", "/api/v1/hf/orders", &order("a", "buy", "40000", "0.5")).await;
    let id = placed["orderId"].as_str().unwrap();
    let part = format!("/api/v1/hf/orders/cancel/{id}?symbol=BTC-USD&cancelSize=0.2");
    let told = client.data("DELETE", &part, "").await;
    assert_eq!(told, json!({"orderId": id, "cancelSize": "0.2"}));
    let of = |id: &str| format!("/api/v1/hf/orders/{id}?symbol=BTC-USD");
    assert_eq!(client.data("GET", &of(id), "").await["size"], "0.3");
    let alter = |rest: Value| {
        let mut body = json!({"symbol": "BTC-USD"});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body.to_string()
    };
    let target = "/api/v1/hf/orders/alter";
    let body = alter(json!({"orderId": id, "newPrice": "41000", "newSize": "0.4"}));
    let told = client.data("POST", target, &body).await;
    assert_eq!(told["clientOid"], "a");
    let next = told["newOrderId"].as_str().unwrap();
    assert_eq!(client.data("GET", &of(id), "").await["active"], false);
    let row = client.data("GET", &of(next), "").await;
    assert_eq!((&row["price"], &row["size"]), (&"41000".into(), &"0.4".into()));
    for (body, code) in [
        (alter(json!({"orderId": id, "newPrice": "42000"})), "400100"),
        (alter(json!({"clientOid": "a", "newPrice": "42000.05"})), "400100"),
        (alter(json!({"clientOid": "a", "newSize": "9"})), "200004"),
        (alter(json!({"clientOid": "a"})), "400100"),
        (alter(json!({"newSize": "9"})), "400100"),
        ("{}".to_owned(), "400000"),
    ] {
        assert_eq!(client.ask("POST", target, &body).await["code"], code, "{body}");
    }
    assert_eq!(client.data("GET", &of(next), "").await["active"], true, "as it was");
    stage.close();
}

#[tokio::test]
async fn what_waits_is_among_stop_orders_until_it_wakes() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    let other = client.of(BOBS_KEY);
    for (name, price) in [("a", "50000"), ("b", "51000")] {
        client.data("POST", "/api/v1/hf/orders", &order(name, "sell", price, "0.1")).await;
    }
    let taken = order("t", "buy", "50000", "0.01");
    other.data("POST", "/api/v1/hf/orders", &taken).await;
    let stop = |name: &str, rest: Value| {
        let mut body: Value = serde_json::from_str(&order(name, "buy", "51000", "0.1")).unwrap();
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body.to_string()
    };
    let target = "/api/v1/stop-order";
    let body = stop("s", json!({"stopPrice": "51000"}));
    let placed = other.data("POST", target, &body).await;
    let id = placed["orderId"].as_str().unwrap();
    let body = stop("l", json!({"stopPrice": "30000", "stop": "loss"}));
    other.data("POST", target, &body).await;
    for (rest, code) in [
        (json!({}), "400100"),
        (json!({"stopPrice": "49000", "stop": "entry"}), "400100"),
        (json!({"stopPrice": "51000", "stop": "odd"}), "400100"),
        (json!({"stopPrice": "51000", "postOnly": true}), "400100"),
        (json!({"stopPrice": "51000", "type": "market", "size": null, "funds": "5"}), "400100"),
    ] {
        let answer = other.ask("POST", target, &stop("no", rest.clone())).await;
        assert_eq!(answer["code"], code, "{rest} {answer}");
    }
    let list = other.data("GET", "/api/v1/stop-order?symbol=BTC-USD", "").await;
    let told: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["clientOid"], &it["stop"]))
        .collect();
    assert_eq!(told, [(&"l".into(), &"loss".into()), (&"s".into(), &"entry".into())]);
    let standing = "/api/v1/hf/orders/active?symbol=BTC-USD";
    assert_eq!(other.data("GET", standing, "").await, json!([]), "none that stands");
    let all = other.data("DELETE", "/api/v1/hf/orders/cancelAll", "").await;
    assert_eq!(all["succeedSymbols"], json!([]), "what waits is left");
    let by_client = "/api/v1/stop-order/queryOrderByClientOid?clientOid=s&symbol=BTC-USD";
    assert_eq!(other.data("GET", by_client, "").await[0]["status"], "NEW");
    // Somebody trades at its price.
    client.data("POST", "/api/v1/hf/orders", &order("c", "sell", "51000", "0.2")).await;
    other.data("POST", "/api/v1/hf/orders", &order("u", "buy", "51000", "0.1")).await;
    let target = format!("/api/v1/stop-order/{id}");
    let row = other.data("GET", &target, "").await;
    assert_eq!((&row["status"], &row["stopPrice"]), (&"TRIGGERED".into(), &"51000".into()));
    let woken = other.data("GET", &format!("/api/v1/hf/orders/{id}?symbol=BTC-USD"), "").await;
    assert_eq!((&woken["dealSize"], &woken["active"]), (&"0.1".into(), &false.into()));
    assert_eq!(other.ask("DELETE", &target, "").await["code"], "400100", "it waits no more");
    let cancel = "/api/v1/stop-order/cancelOrderByClientOid?clientOid=l&symbol=BTC-USD";
    assert_eq!(other.data("DELETE", cancel, "").await["clientOid"], "l");
    let many = other.data("DELETE", "/api/v1/stop-order/cancel", "").await;
    assert_eq!(many["cancelledOrderIds"], json!([]));
    stage.close();
}

#[tokio::test]
async fn a_switch_is_told_as_it_was_set() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    let (set, query) =
        ("/api/v1/hf/orders/dead-cancel-all", "/api/v1/hf/orders/dead-cancel-all/query");
    assert_eq!(client.data("GET", query, "").await, Value::Null);
    let body = r#"{"timeout":5,"symbols":"BTC-USD"}"#;
    let told = client.data("POST", set, body).await;
    let now = NOW.micros() / 1_000_000;
    assert_eq!(told, json!({"currentTime": now, "triggerTime": now + 5}));
    let row = client.data("GET", query, "").await;
    assert_eq!((&row["timeout"], &row["symbols"]), (&5.into(), &"BTC-USD".into()));
    for body in [r#"{"timeout":4}"#, r#"{"timeout":86401}"#, r#"{"timeout":-2}"#] {
        assert_eq!(client.ask("POST", set, body).await["code"], "400100", "{body}");
    }
    assert_eq!(client.ask("POST", set, r#"{"timeout":5,"symbols":"X-Y"}"#).await["code"], "900001");
    client.data("POST", set, r#"{"timeout":-1}"#).await;
    assert_eq!(client.data("GET", query, "").await, Value::Null);
    stage.close();
}

#[tokio::test]
async fn a_ledger_leads_from_what_there_is_back_to_what_there_was() {
    let stage = Stage::open().await;
    let alice = Client::new(&stage);
    let bob = alice.of(BOBS_KEY);
    alice.data("POST", "/api/v1/hf/orders", &order("rests", "sell", "50000", "0.5")).await;
    bob.data("POST", "/api/v1/hf/orders", &order("takes", "buy", "50000", "0.2")).await;
    let told = bob.data("GET", "/api/v1/hf/accounts/ledgers?bizType=TRADE_EXCHANGE", "").await;
    let rows = told.as_array().unwrap();
    let parts = |row: &Value| {
        ["currency", "direction", "amount", "fee", "balance", "accountType"]
            .map(|name| row[name].as_str().unwrap().to_owned())
    };
    assert_eq!(
        rows.iter().map(parts).collect::<Vec<_>>(),
        [
            ["USD", "out", "10040", "40", "89960", "TRADE_HF"],
            ["BTC", "in", "0.2", "0", "10.2", "TRADE_HF"],
        ]
    );
    let context: Value = serde_json::from_str(rows[0]["context"].as_str().unwrap()).unwrap();
    assert_eq!((&context["symbol"], &context["tradeId"]), (&json!("BTC-USD"), &json!("1")));
    // All of it, row by row, and in pages.
    let all = bob.data("GET", "/api/v1/hf/accounts/ledgers", "").await;
    let all = all.as_array().unwrap();
    let mut known: Vec<Value> = Vec::new();
    loop {
        let last = known.last().map_or("", |row| row["id"].as_str().unwrap()).to_owned();
        let target = format!("/api/v1/hf/accounts/ledgers?limit=1&lastId={last}");
        let told = bob.data("GET", &target, "").await;
        match told.as_array().unwrap().as_slice() {
            [row] => known.push(row.clone()),
            rows => break assert!(rows.is_empty()),
        }
    }
    assert_eq!(known, *all);
    assert_eq!(parts(all.last().unwrap())[1..], ["in", "100000", "0", "100000", "TRADE_HF"]);
    let page = bob.data("GET", "/api/v1/accounts/ledgers?currency=USD&direction=out", "").await;
    assert_eq!((&page["totalNum"], &page["items"][0]["accountType"]), (&1.into(), &json!("TRADE")));
    assert!(page["items"][0]["createdAt"].is_u64());
    for query in ["limit=0", "limit=201", "direction=up", "currency=A,B,C,D,E,F,G,H,I,J,K"] {
        let target = format!("/api/v1/hf/accounts/ledgers?{query}");
        assert_eq!(bob.ask("GET", &target, "").await["code"], "400100", "{query}");
    }
    stage.close();
}

#[tokio::test]
async fn older_clients_place_several_in_one_market_and_hear_of_each() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    let one = |name: &str, side: &str, price: &str| json!({"clientOid": name, "side": side, "price": price, "size": "0.1"});
    let list = |orders: Value| json!({"symbol": "BTC-USD", "orderList": orders}).to_string();
    let (a, b, c) = (one("a", "buy", "40000"), one("b", "buy", "40000.001"), one("a", "buy", "1"));
    let told = client.data("POST", "/api/v1/orders/multi", &list(json!([a, b, c]))).await;
    let rows = told["data"].as_array().unwrap();
    let parts = |row: &Value| (row["status"].clone(), row["failMsg"].clone());
    assert_eq!(
        rows.iter().map(parts).collect::<Vec<_>>(),
        [
            (json!("success"), Value::Null),
            (json!("fail"), json!("Price increment invalid.")),
            (json!("fail"), json!("clientOid duplicate")),
        ]
    );
    let target = format!("/api/v1/orders/{}", rows[0]["id"].as_str().unwrap());
    assert_eq!(client.data("GET", &target, "").await["clientOid"], "a");
    for (body, code) in [
        (list(json!([])), "400100"),
        (list(json!([a, a, a, a, a, a])), "400100"),
        (json!({"orderList": [a]}).to_string(), "400100"),
        (list(json!([{"side": "up"}])), "400000"),
    ] {
        let answer = client.ask("POST", "/api/v1/orders/multi", &body).await;
        assert_eq!(answer["code"], code, "{body}");
    }
    stage.close();
}

#[tokio::test]
async fn what_is_beyond_spot_is_refused_as_a_key_without_that_right_is() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    let order = order("a", "buy", "40000", "0.1");
    for (method, target, code) in [
        ("POST", "/api/v3/hf/margin/order", "400007"),
        ("POST", "/api/v3/withdrawals", "400007"),
        ("POST", "/api/v3/accounts/universal-transfer", "400007"),
        ("GET", "/api/v1/withdrawals/quotas?currency=BTC", "400007"),
        ("GET", "/api/v2/sub-accounts", "400007"),
        ("POST", "/api/v1/st-orders", "400007"),
        ("GET", "/api/v3/deposit-addresses?currency=BTC", "260220"),
        ("POST", "/api/v3/oco/order", "400100"),
        ("DELETE", "/api/v3/oco/order/7269616c0000000000000001", "400100"),
        ("GET", "/api/v3/oco/orders", "400100"),
        ("POST", "/api/v1/nothing-like-it", "404000"),
        ("PATCH", "/api/v1/hf/orders", "404000"),
    ] {
        let answer = client.ask(method, target, &order).await;
        assert_eq!(answer["code"], code, "{method} {target}: {answer}");
    }
    let (status, answer, _) = client.public("/api/v3/hf/margin/orders/active").await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("400001")));
    let forged = Client { secret: "another", ..client.of(ALICES_KEY) };
    assert_eq!(forged.ask("POST", "/api/v3/withdrawals", "").await["code"], "400004");
    let (_, told, _) = client.public("/api/v3/currencies/BTC").await;
    let chain = &told["data"]["chains"][0];
    assert_eq!(
        (&chain["isDepositEnabled"], &chain["isWithdrawEnabled"]),
        (&false.into(), &false.into())
    );
    stage.close();
}

#[tokio::test]
async fn numbers_of_an_order_are_text_or_numbers_and_mean_the_same() {
    let stage = Stage::open().await;
    let client = Client::new(&stage);
    for (name, price, size) in
        [("a", r#""40000.1""#, r#""0.1""#), ("b", "40000.1", "0.1"), ("c", "40000.10", r#""0.10""#)]
    {
        let body = format!(
            r#"{{"clientOid":"{name}","symbol":"BTC-USD","type":"limit","side":"buy",
            "price":{price},"size":{size},"funds":null,"visibleSize":""}}"#
        );
        client.data("POST", "/api/v1/hf/orders", &body).await;
        let target = format!("/api/v1/hf/orders/client-order/{name}?symbol=BTC-USD");
        let found = client.data("GET", &target, "").await;
        assert_eq!((&found["price"], &found["size"]), (&json!("40000.1"), &json!("0.1")), "{body}");
    }
    for price in ["4e4", "[1]", "true", r#""x""#, "NaN", r#"" 1""#] {
        let body = format!(
            r#"{{"symbol":"BTC-USD","type":"limit","side":"buy","size":"1","price":{price}}}"#
        );
        assert_eq!(
            client.ask("POST", "/api/v1/hf/orders", &body).await["code"],
            "400000",
            "{body}"
        );
    }
    let body = r#"{"symbol":"BTC-USD","type":"limit","side":"buy","size":"1","price":null}"#;
    assert_eq!(client.ask("POST", "/api/v1/hf/orders", body).await["msg"], "price is required");
    stage.close();
}
