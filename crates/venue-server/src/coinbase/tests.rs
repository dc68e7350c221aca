//! The venue's server on an engine of its own, asked without a network.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};

use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use model::Time;
use serde_json::{Value, json};
use tower::Service;
use venue::coinbase::{API, OrderSide, SigningKey};

use super::session::{Outgoing, Session};
use super::*;
use crate::desk;
use crate::desk::tests::{ALICE, BOB, NOW};
use crate::keyring::Scopes;

const TRADING: Scopes = Scopes { read: true, trade: true, transfer: false, admin: false };
const HOST: &str = "127.0.0.1:9102";

struct Stage {
    house: desk::tests::Stage,
    door: Arc<Door>,
    key: SigningKey,
    name: String,
    nonces: AtomicU64,
}

impl Stage {
    /// Alice has a key.
    async fn open(scopes: Scopes) -> Self {
        Self::in_house(desk::tests::Stage::open().await, scopes)
    }

    fn in_house(house: desk::tests::Stage, scopes: Scopes) -> Self {
        let (name, secret, passphrase) = draw_key(&mut || 7, 0);
        let key = SigningKey::parse(secret.expose()).unwrap();
        let given = VenueKey { user: ALICE, api_key: name.clone(), secret, passphrase, scopes };
        let door = open(Arc::clone(house.desk.exchange()), vec![given]);
        Self { house, door, key, name, nonces: AtomicU64::new(0) }
    }

    async fn trading() -> Self {
        Self::open(TRADING).await
    }

    fn now(&self) -> Time {
        self.door.desk.now()
    }

    fn wait(&self, seconds: u64) {
        self.house.wait(seconds);
    }

    fn token(&self, uri: Option<&str>) -> String {
        let nonce = self.nonces.fetch_add(1, Ordering::SeqCst).to_string();
        self.key.token(&self.name, uri, &nonce, self.now())
    }

    /// Status and body of a request with that token, and what is left of its rate.
    async fn send(
        &self,
        (method, target): (&str, &str),
        token: Option<&str>,
        body: &str,
    ) -> (u16, String, String) {
        let mut request = Request::builder().method(method).uri(target).header(header::HOST, HOST);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = router(Arc::clone(&self.door)).call(request).await.unwrap();
        let left = response.headers()["x-ratelimit-remaining"].to_str().unwrap().to_owned();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap(), left)
    }

    /// The same, signed as it should be, a second later each time.
    async fn ask(&self, method: &str, target: &str, body: Value) -> (u16, Value) {
        self.wait(1);
        let target = format!("{API}{target}");
        let path = target.split('?').next().unwrap();
        let token = self.token(Some(&format!("{method} {HOST}{path}")));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, text, _) = self.send((method, &target), Some(&token), &body).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// The answer to an order.
    async fn place(&self, name: &str, side: &str, configuration: Value) -> Value {
        let body = json!({"client_order_id": name, "product_id": "BTC-USD", "side": side,
            "order_configuration": configuration});
        let (status, answer) = self.ask("POST", "/orders", body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// The name of an order that was placed.
    async fn placed(&self, name: &str, side: &str, configuration: Value) -> String {
        let answer = self.place(name, side, configuration).await;
        assert_eq!(answer["success"], true, "{answer}");
        answer["success_response"]["order_id"].as_str().unwrap().to_owned()
    }

    /// Bob's order to sell: nobody trades with themselves.
    async fn sold_by_bob(&self, size: &str, price: &str) {
        let configuration = limit(size, price).to_string();
        let configuration = serde_json::from_str(&configuration).unwrap();
        let order = super::order::order_of_wire("BTC-USD", OrderSide::Sell, &configuration, None);
        self.door.desk.place(&BOB, &order.unwrap()).await.unwrap();
    }

    fn close(self) {
        self.house.close();
    }
}

#[tokio::test]
async fn fills_and_fees_of_an_order_are_counted_when_they_are_forgotten() {
    let house = desk::tests::Stage::remembering(desk::tests::forgetful()).await;
    let ask = house.trade(10).await;
    let stage = Stage::in_house(house, TRADING);
    let target = format!("/orders/historical/{}", ids::order_name(ask.id));
    let (_, told) = stage.ask("GET", &target, Value::Null).await;
    let order = &told["order"];
    assert_eq!(order["number_of_fills"], "10", "{told}");
    assert_eq!(order["total_fees"], "25");
    assert_eq!(order["total_value_after_fees"], "12475");
    let (_, all) = stage.ask("GET", "/orders/historical/batch", Value::Null).await;
    assert_eq!(&all["orders"][0], order);
    stage.close();
}

fn limit(size: &str, price: &str) -> Value {
    json!({"limit_limit_gtc": {"base_size": size, "limit_price": price, "post_only": false}})
}

#[tokio::test]
async fn a_token_is_good_for_one_request_and_once() {
    let stage = Stage::trading().await;
    let path = format!("{API}/key_permissions");
    let get = ("GET", path.as_str());
    let uri = format!("GET {HOST}{path}");
    let token = stage.token(Some(&uri));
    assert_eq!(stage.send(get, Some(&token), "{}").await.0, 200);
    let (status, body, _) = stage.send(get, Some(&token), "").await;
    assert_eq!((status, body.as_str()), (401, "Unauthorized\n"), "again");
    for (uri, want) in [
        (Some(format!("GET api.coinbase.com{path}")), 200),
        (Some(format!("GET http://{HOST}{path}")), 200),
        (Some(format!("POST {HOST}{path}")), 401),
        (Some(format!("GET {HOST}{API}/accounts")), 401),
        (Some(format!("GET elsewhere.com{path}")), 401),
        (None, 401),
    ] {
        stage.wait(1);
        let token = stage.token(uri.as_deref());
        assert_eq!(stage.send(get, Some(&token), "").await.0, want, "{uri:?}");
    }
    let token = stage.token(Some(&uri));
    stage.wait(121);
    assert_eq!(stage.send(get, Some(&token), "").await.0, 401, "old");
    assert_eq!(stage.send(get, None, "").await.0, 401);
    assert_eq!(stage.send(("POST", &path), Some(&stage.token(Some(&uri))), "").await.0, 401);
    stage.close();
}

#[tokio::test]
async fn a_key_that_may_only_look_places_nothing_and_a_stranger_sees_markets() {
    let stage =
        Stage::open(Scopes { read: true, trade: false, transfer: false, admin: false }).await;
    let (status, body) = stage.ask("POST", "/orders", json!({})).await;
    assert_eq!((status, &body["error"]), (403, &json!("PERMISSION_DENIED")));
    assert_eq!(stage.ask("GET", "/accounts", Value::Null).await.0, 200);
    for (target, want) in [
        ("/api/v3/brokerage/market/products", 200),
        ("/api/v3/brokerage/market/products/BTC-USD", 200),
        ("/api/v3/brokerage/market/products/BTC-EUR", 404),
        ("/api/v3/brokerage/market/product_book?product_id=BTC-USD&limit=5", 200),
        ("/api/v3/brokerage/market/product_book", 400),
        ("/api/v3/brokerage/market/products/BTC-USD/ticker?limit=x", 400),
        ("/api/v3/brokerage/market/products/BTC-USD/candles?granularity=ONE_MINUTE", 200),
        ("/api/v3/brokerage/market/products/BTC-USD/candles?granularity=ONE_YEAR", 400),
        ("/api/v3/brokerage/products", 401),
        ("/api/v3/brokerage/orders/historical/batch", 401),
        ("/v2/time", 200),
        ("/v2/currencies", 200),
        ("/v2/currencies/crypto", 200),
        ("/v2/exchange-rates", 200),
        ("/v2/accounts", 401),
        ("/v2/users", 404),
        ("/nowhere", 404),
    ] {
        stage.wait(1);
        assert_eq!(stage.send(("GET", target), None, "").await.0, want, "{target}");
    }
    stage.close();
}

#[tokio::test]
async fn a_second_has_ten_requests_for_an_address_and_thirty_for_a_key() {
    let stage = Stage::trading().await;
    let time = format!("{API}/time");
    for left in (0..10).rev() {
        let (status, _, told) = stage.send(("GET", &time), None, "").await;
        assert_eq!((status, told), (200, left.to_string()));
    }
    let (status, body, _) = stage.send(("GET", &time), None, "").await;
    assert!(status == 429 && body.contains("rate_limit_exceeded"), "{body}");
    let path = format!("{API}/accounts");
    for left in (0..30).rev() {
        let token = stage.token(Some(&format!("GET {HOST}{path}")));
        let (status, _, told) = stage.send(("GET", &path), Some(&token), "").await;
        assert_eq!((status, told), (200, left.to_string()));
    }
    let token = stage.token(Some(&format!("GET {HOST}{path}")));
    assert_eq!(stage.send(("GET", &path), Some(&token), "").await.0, 429);
    stage.wait(1);
    assert_eq!(stage.send(("GET", &time), None, "").await.0, 200);
    stage.close();
}

#[tokio::test]
async fn orders_of_every_kind_are_told_as_they_were_asked() {
    let stage = Stage::trading().await;
    let until = venue::coinbase::moment_text(Time(NOW.0 + 3_600_000_000));
    let stop = json!({"stop_limit_stop_limit_gtc": {"base_size": "0.1", "limit_price": "40000",
        "stop_price": "41000", "stop_direction": "STOP_DIRECTION_STOP_DOWN"}});
    let dated = json!({"limit_limit_gtd": {"base_size": "0.1", "limit_price": "60000",
        "end_time": until, "post_only": false}});
    for (name, side, configuration, status) in [
        ("gtc", "SELL", limit("0.1", "60000"), "OPEN"),
        ("gtd", "SELL", dated, "OPEN"),
        ("stop", "SELL", stop, "OPEN"),
        (
            "fok",
            "BUY",
            json!({"limit_limit_fok": {"base_size": "1", "limit_price": "60000"}}),
            "CANCELLED",
        ),
        (
            "ioc",
            "BUY",
            json!({"sor_limit_ioc": {"base_size": "0.1", "limit_price": "50000"}}),
            "CANCELLED",
        ),
    ] {
        let id = stage.placed(name, side, configuration.clone()).await;
        let (_, told) = stage.ask("GET", &format!("/orders/historical/{id}"), Value::Null).await;
        let order = &told["order"];
        assert_eq!(order["order_configuration"], configuration, "{name}");
        assert_eq!((&order["status"], &order["client_order_id"]), (&json!(status), &json!(name)));
    }
    let (_, open) =
        stage.ask("GET", "/orders/historical/batch?order_status=OPEN", Value::Null).await;
    let names: Vec<_> =
        open["orders"].as_array().unwrap().iter().map(|it| &it["client_order_id"]).collect();
    assert_eq!(names, ["stop", "gtd", "gtc"]);
    let (_, page) = stage.ask("GET", "/orders/historical/batch?limit=2", Value::Null).await;
    assert_eq!(
        (&page["has_next"], &page["orders"][0]["client_order_id"]),
        (&json!(true), &json!("ioc"))
    );
    let cursor = page["cursor"].as_str().unwrap();
    let target = format!("/orders/historical/batch?limit=3&cursor={cursor}");
    let (_, rest) = stage.ask("GET", &target, Value::Null).await;
    assert_eq!((&rest["has_next"], rest["orders"].as_array().unwrap().len()), (&json!(false), 3));
    stage.close();
}

#[tokio::test]
async fn what_is_refused_of_an_order_is_told_with_status_200() {
    let stage = Stage::trading().await;
    stage.placed("rests", "SELL", limit("0.1", "60000")).await;
    let post_only =
        json!({"limit_limit_gtc": {"base_size": "0.1", "limit_price": "60000", "post_only": true}});
    for (side, configuration, want) in [
        ("SELL", limit("11", "60000"), "INSUFFICIENT_FUND"),
        ("BUY", limit("0.1", "60000.01"), "INVALID_PRICE_PRECISION"),
        ("BUY", limit("0.00001", "60000"), "INVALID_SIZE_PRECISION"),
        ("BUY", limit("0.0001", "60000"), "INVALID_REQUEST"),
        ("BUY", limit("-1", "60000"), "INVALID_REQUEST"),
        ("BUY", post_only, "INVALID_LIMIT_PRICE_POST_ONLY"),
        ("BUY", json!({"market_market_ioc": {}}), "UNSUPPORTED_ORDER_CONFIGURATION"),
        ("BUY", json!({"twap_limit_gtd": {}}), "UNSUPPORTED_ORDER_CONFIGURATION"),
    ] {
        let answer = stage.place("no", side, configuration.clone()).await;
        assert_eq!(answer["success"], false, "{configuration}");
        assert_eq!(answer["error_response"]["error"], want, "{configuration}");
    }
    for body in [
        json!({}),
        json!({"client_order_id": "", "product_id": "BTC-USD", "side": "BUY",
            "order_configuration": limit("0.1", "50000")}),
        json!({"client_order_id": "a", "product_id": "BTC-USD", "side": "HOLD",
            "order_configuration": limit("0.1", "50000")}),
        json!({"client_order_id": "a", "product_id": "BTC-USD", "side": "BUY",
            "order_configuration": limit("NaN", "50000")}),
    ] {
        let (status, answer) = stage.ask("POST", "/orders", body.clone()).await;
        assert_eq!((status, &answer["error"]), (400, &json!("INVALID_ARGUMENT")), "{body}");
    }
    stage.close();
}

#[tokio::test]
async fn a_name_is_one_order_even_where_it_is_given_twice_at_once() {
    let stage = Stage::trading().await;
    let long = "ccxt-f0378ed3-e970-422a-9a3b-6f681de75c81";
    let (one, other) = tokio::join!(
        stage.placed(long, "SELL", limit("0.1", "60000")),
        stage.placed(long, "SELL", limit("0.1", "60000")),
    );
    assert_eq!(one, other);
    let results = stage.ask("POST", "/orders/batch_cancel", json!({"order_ids": [one, one, "x"]}));
    let (_, answer) = results.await;
    let reasons: Vec<_> =
        answer["results"].as_array().unwrap().iter().map(|it| &it["failure_reason"]).collect();
    assert_eq!(
        reasons,
        ["UNKNOWN_CANCEL_FAILURE_REASON", "DUPLICATE_CANCEL_REQUEST", "UNKNOWN_CANCEL_ORDER"]
    );
    let again = stage.placed(long, "SELL", limit("0.1", "60000")).await;
    assert_eq!(again, one, "also where it has ended");
    let (_, told) = stage.ask("GET", &format!("/orders/historical/{one}"), Value::Null).await;
    assert_eq!(
        (&told["order"]["client_order_id"], &told["order"]["status"]),
        (&json!(long), &json!("CANCELLED"))
    );
    stage.close();
}

#[tokio::test]
async fn an_order_of_somebody_who_went_away_is_not_placed_again() {
    let stage = Stage::trading().await;
    let asked = json!({"client_order_id": "ours", "product_id": "BTC-USD", "side": "BUY",
        "order_configuration": {"sor_limit_ioc": {"base_size": "0.1", "limit_price": "50000"}}});
    {
        let mut gone = pin!(stage.ask("POST", "/orders", asked.clone()));
        // It waits for the disk, but for one that is very fast.
        let _ = gone.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    let (status, answer) = stage.ask("POST", "/orders", asked).await;
    assert!(status == 504 || answer["success"] == true, "{status} {answer}");
    stage.placed("another", "SELL", limit("0.1", "60000")).await;
    let (_, all) = stage.ask("GET", "/orders/historical/batch", Value::Null).await;
    let orders = all["orders"].as_array().unwrap();
    let ours = orders.iter().filter(|order| order["client_order_id"] == "ours");
    assert_eq!(ours.count(), 1, "{all}");
    stage.close();
}

#[tokio::test]
async fn who_shows_no_token_shuts_nobody_out_who_has_one() {
    let stage = Stage::trading().await;
    let path = format!("{API}/accounts");
    let uri = format!("GET {HOST}{path}");
    for _ in 0..12 {
        stage.send(("GET", &path), None, "").await;
        stage.send(("GET", &path), Some("no.token.either"), "").await;
    }
    let known = |stage: &Stage| stage.token(Some(&uri));
    assert_eq!(stage.send(("GET", &path), Some(&known(&stage)), "").await.0, 200);
    let mut forged = known(&stage);
    forged.truncate(forged.len() - 8);
    for _ in 0..12 {
        assert_ne!(stage.send(("GET", &path), Some(&format!("{forged}AAAAAAAA")), "").await.0, 200);
    }
    let dear = stage.send(("GET", &path), Some(&known(&stage)), "").await.0;
    assert_eq!(dear, 429, "signatures are dear to check");
    stage.close();
}

/// What a message says, but for its time.
fn said(outgoing: &Outgoing) -> Value {
    let mut message: Value = serde_json::from_str(&outgoing.text).unwrap();
    message.as_object_mut().unwrap().remove("timestamp");
    message
}

#[tokio::test]
async fn every_message_of_a_connection_has_the_next_number_and_a_book_goes_on_from_its_snapshot() {
    let stage = Stage::trading().await;
    let feeding = feed(Arc::clone(&stage.door));
    stage.placed("first", "SELL", limit("0.1", "60000")).await;
    let from = "127.0.0.1".parse().unwrap();
    let mut session = Session::new(Arc::clone(&stage.door), from);
    let subscribe = r#"{"type":"subscribe","product_ids":["BTC-USD"],"channel":"level2"}"#;
    let told = session.hear(subscribe).unwrap();
    assert_eq!(said(&told[0])["events"], json!([{"subscriptions": {"level2": ["BTC-USD"]}}]));
    let snapshot = said(&told[1]);
    assert_eq!((&snapshot["channel"], &snapshot["sequence_num"]), (&json!("l2_data"), &json!(1)));
    let updates = &snapshot["events"][0]["updates"];
    assert_eq!(
        (updates[0]["side"].as_str(), updates.as_array().unwrap().len()),
        (Some("offer"), 1)
    );
    let token = stage.token(None);
    let asked = json!({"type": "subscribe", "product_ids": [], "channel": "user", "jwt": token});
    let told = session.hear(&asked.to_string()).unwrap();
    assert_eq!((told.len(), &said(&told[1])["sequence_num"]), (2, &json!(3)));
    assert_eq!(said(&told[1])["events"][0]["orders"][0]["client_order_id"], "first");
    stage.placed("second", "SELL", limit("0.2", "60001")).await;
    // What happened since the feed was there is told, however late it runs.
    let feeding = tokio::spawn(feeding);
    let (mut next, mut book, mut order) = (4, false, false);
    while !(book && order) {
        let Some(waiting) = session.outbox().take().unwrap() else {
            session.outbox().woken().await;
            continue;
        };
        for outgoing in session.tell(waiting).unwrap() {
            let message = said(&outgoing);
            assert_eq!(message["sequence_num"], next);
            next += 1;
            let is_book = message["channel"] == "l2_data";
            assert!(!is_book || !outgoing.text.contains("60000"), "the snapshot has it");
            book |= is_book && outgoing.text.contains("60001");
            order |= !is_book && outgoing.text.contains("second");
        }
    }
    let lost = session.tell(super::hub::Waiting::Anew);
    assert!(lost.is_none(), "what became of an order meanwhile is told by nothing");
    stop(&stage.door);
    feeding.await.unwrap();
    drop(session);
    stage.close();
}

#[tokio::test]
async fn an_account_is_told_to_nobody_without_its_token() {
    let stage = Stage::trading().await;
    let session = |from: &str| Session::new(Arc::clone(&stage.door), from.parse().unwrap());
    let (mut here, mut there) = (session("127.0.0.1"), session("192.0.2.1"));
    let refused = json!({"type": "error", "message": "authentication failure"});
    let asked = |token: &str| {
        json!({"type": "subscribe", "product_ids": [], "channel": "user", "jwt": token}).to_string()
    };
    let request = stage.token(Some(&format!("GET {HOST}{API}/accounts")));
    for token in ["", "a.b.c", &request] {
        assert_eq!(said(&here.hear(&asked(token)).unwrap()[0]), refused, "{token}");
    }
    let token = stage.token(None);
    assert_eq!(said(&here.hear(&asked(&token)).unwrap()[0])["channel"], "subscriptions");
    assert_eq!(said(&here.hear(&asked(&token)).unwrap()[0])["channel"], "subscriptions");
    assert_eq!(said(&there.hear(&asked(&token)).unwrap()[0]), refused, "from elsewhere");
    stage.wait(121);
    assert_eq!(said(&here.hear(&asked(&token)).unwrap()[0]), refused, "old");
    assert_eq!(said(&here.hear("{").unwrap()[0])["type"], "error");
    let asked = r#"{"type":"subscribe","product_ids":["NO-USD"],"channel":"level2"}"#;
    assert_eq!(said(&here.hear(asked).unwrap()[0])["type"], "error");
    for _ in 0..5 {
        here.hear("{").unwrap();
    }
    assert!(here.hear("{").is_none(), "nine in a second");
    drop((here, there));
    stage.close();
}

#[tokio::test]
async fn an_order_is_edited_under_its_name_and_looked_at_before() {
    let stage = Stage::trading().await;
    let limit = |price: &str, post_only: bool| {
        json!({"limit_limit_gtc": {"base_size": "0.5", "limit_price": price,
            "post_only": post_only}})
    };
    let placed = stage.place("a", "BUY", limit("40000", true)).await;
    let id = placed["success_response"]["order_id"].clone();
    let edit = |rest: Value| {
        let mut body = json!({"order_id": id});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body
    };
    let body = edit(json!({"price": "41000", "size": "0.4"}));
    let (_, told) = stage.ask("POST", "/orders/edit_preview", body.clone()).await;
    assert_eq!((&told["errors"], &told["quote_size"]), (&json!([]), &json!("16400")));
    let (_, told) = stage.ask("POST", "/orders/edit", body).await;
    assert_eq!((&told["success"], &told["success_response"]["order_id"]), (&json!(true), &id));
    let target = format!("/orders/historical/{}", id.as_str().unwrap());
    let (_, found) = stage.ask("GET", &target, Value::Null).await;
    let terms = &found["order"]["order_configuration"]["limit_limit_gtc"];
    let want = json!({"base_size": "0.4", "limit_price": "41000", "post_only": true});
    assert_eq!((terms, &found["order"]["client_order_id"]), (&want, &json!("a")));
    let (_, list) = stage.ask("GET", "/orders/historical/batch", Value::Null).await;
    assert_eq!(list["orders"].as_array().unwrap().len(), 1);
    let unknown = json!({"order_id": "00000000-0000-4000-8000-0000000a0000", "size": "1"});
    let fok = json!({"stop_limit_stop_limit_gtc": {"base_size": "0.1", "limit_price": "30000",
        "stop_price": "30000", "stop_direction": "STOP_DIRECTION_STOP_DOWN"}});
    let waits = stage.place("w", "SELL", fok).await["success_response"]["order_id"].clone();
    for (body, why) in [
        (unknown, "ORDER_NOT_FOUND"),
        (json!({"order_id": waits, "price": "31000"}), "ONLY_LIMIT_ORDER_EDITS_SUPPORTED"),
        (edit(json!({"price": "41000.05"})), "INVALID_EDITED_PRICE"),
        (edit(json!({"size": "0.00001"})), "INVALID_EDITED_SIZE"),
        (edit(json!({"size": "-1"})), "INVALID_EDITED_SIZE"),
        (edit(json!({"size": "9"})), "COMMANDER_REJECTED_EDIT_ORDER"),
    ] {
        let (_, told) = stage.ask("POST", "/orders/edit", body.clone()).await;
        assert_eq!(told["success"], false, "{body} {told}");
        assert_eq!(told["errors"][0]["edit_failure_reason"], why, "{body} {told}");
    }
    let (status, _) = stage.ask("POST", "/orders/edit", edit(json!({}))).await;
    assert_eq!(status, 400);
    stage.close();
}

#[tokio::test]
async fn a_preview_says_what_an_order_comes_to_and_places_nothing() {
    let stage = Stage::trading().await;
    let ask = |price: &str, size: &str| {
        let limit = json!({"base_size": size, "limit_price": price});
        json!({"limit_limit_gtc": limit})
    };
    stage.place("one", "SELL", ask("50000", "0.1")).await;
    stage.place("two", "SELL", ask("51000", "1")).await;
    let preview = async |side: &str, configuration: Value| {
        let body = json!({"product_id": "BTC-USD", "side": side,
            "order_configuration": configuration});
        stage.ask("POST", "/orders/preview", body).await.1
    };
    let told = preview("BUY", json!({"market_market_ioc": {"base_size": "0.2"}})).await;
    assert_eq!((&told["quote_size"], &told["errs"]), (&json!("10100"), &json!([])));
    assert_eq!(
        (&told["average_filled_price"], &told["slippage"]),
        (&json!("50500"), &json!("0.01"))
    );
    let told = preview("BUY", json!({"market_market_ioc": {"quote_size": "10100"}})).await;
    assert_eq!((&told["base_size"], &told["best_ask"]), (&json!("0.2"), &json!("50000")));
    let told = preview("BUY", ask("40000", "9")).await;
    assert_eq!(told["errs"], json!(["PREVIEW_INSUFFICIENT_FUND"]));
    let told = preview("BUY", ask("40000.05", "1")).await;
    assert_eq!(told["errs"], json!(["PREVIEW_INVALID_PRICE_PRECISION"]));
    let (_, list) = stage.ask("GET", "/orders/historical/batch", Value::Null).await;
    assert_eq!(list["orders"].as_array().unwrap().len(), 2, "nothing was placed");
    stage.close();
}

#[tokio::test]
async fn what_an_account_began_with_is_told_as_deposits() {
    let stage = Stage::trading().await;
    let (_, accounts) = stage.ask("GET", "/accounts", Value::Null).await;
    let wallet = |code: &str| {
        let all = accounts["accounts"].as_array().unwrap();
        let found = all.iter().find(|it| it["currency"] == code).unwrap();
        found["uuid"].as_str().unwrap().to_owned()
    };
    for (code, list, want) in [
        ("USD", "transactions", json!(["100000"])),
        ("BTC", "transactions", json!(["10"])),
        ("USD", "deposits", json!(["100000"])),
        ("BTC", "deposits", json!([])),
        ("USD", "withdrawals", json!([])),
    ] {
        stage.wait(1);
        let target = format!("/v2/accounts/{}/{list}", wallet(code));
        let token = stage.token(Some(&format!("GET {HOST}{target}")));
        let (status, body, _) = stage.send(("GET", &target), Some(&token), "").await;
        let told: Value = serde_json::from_str(&body).unwrap();
        let rows = told["data"].as_array().unwrap().iter();
        let amounts: Vec<_> = rows.map(|row| row["amount"]["amount"].clone()).collect();
        assert_eq!((status, json!(amounts)), (200, want), "{code} {list} {body}");
    }
    stage.close();
}

#[tokio::test]
async fn what_comes_with_an_order_and_is_not_served_is_refused_with_it() {
    let stage = Stage::trading().await;
    let bracket = json!({"trigger_bracket_gtc": {"base_size": "0.1", "limit_price": "70000",
        "stop_trigger_price": "40000"}});
    let twap = json!({"twap_limit_gtd": {"base_size": "0.1"}});
    let by_quote = json!({"market_market_ioc": {"quote_size": "50.05"}});
    let falls = json!({"stop_limit_stop_limit_gtc": {"base_size": "0.1", "limit_price": "60000",
        "stop_price": "61000", "stop_direction": "STOP_DIRECTION_STOP_DOWN"}});
    let rises = json!({"stop_limit_stop_limit_gtc": {"base_size": "0.1", "limit_price": "49000",
        "stop_price": "49000", "stop_direction": "STOP_DIRECTION_STOP_UP"}});
    stage.sold_by_bob("0.1", "50000").await;
    stage.placed("two", "BUY", limit("0.1", "50000")).await;
    let (unsupported, config) = ("UNSUPPORTED_ORDER_CONFIGURATION", "PREVIEW_INVALID_ORDER_CONFIG");
    let above = "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE";
    let below = "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE";
    for (configuration, attached, reason, preview) in [
        (bracket.clone(), Value::Null, unsupported, config),
        (twap, Value::Null, unsupported, config),
        (limit("0.1", "50000"), bracket, unsupported, config),
        (by_quote, Value::Null, "INVALID_SIZE_PRECISION", "PREVIEW_INVALID_SIZE_PRECISION"),
        (falls, Value::Null, "INVALID_STOP_PRICE", above),
        (rises, json!({}), "INVALID_STOP_PRICE", below),
    ] {
        let body = json!({"client_order_id": "not this", "product_id": "BTC-USD", "side": "BUY",
            "order_configuration": configuration, "attached_order_configuration": attached});
        let (status, told) = stage.ask("POST", "/orders", body.clone()).await;
        let error = &told["error_response"];
        assert_eq!((status, &told["success"]), (200, &json!(false)), "{body}");
        assert_eq!(
            (&error["error"], &error["preview_failure_reason"]),
            (&json!(reason), &json!(preview))
        );
        let (_, told) = stage.ask("POST", "/orders/preview", body).await;
        assert_eq!(told["errs"], json!([preview]));
    }
    let (_, list) = stage.ask("GET", "/orders/historical/batch", Value::Null).await;
    assert_eq!(list["orders"].as_array().unwrap().len(), 1, "nothing was placed");
    stage.close();
}

#[tokio::test]
async fn lists_of_orders_and_fills_are_of_what_was_asked_for_and_in_that_order() {
    let stage = Stage::trading().await;
    for (name, price) in [("low", "40000"), ("high", "42000"), ("middle", "41000")] {
        stage.placed(name, "BUY", limit("0.1", price)).await;
    }
    stage.sold_by_bob("0.1", "50000").await;
    stage.sold_by_bob("0.1", "51000").await;
    stage.placed("now", "BUY", json!({"market_market_ioc": {"base_size": "0.15"}})).await;
    let list = async |query: &str, of: &str, member: &str| {
        let (status, told) =
            stage.ask("GET", &format!("/orders/historical/{of}?{query}"), Value::Null).await;
        let rows = told[if of == "batch" { "orders" } else { "fills" }].as_array();
        let rows = rows.into_iter().flatten().map(|row| row[member].as_str().unwrap().to_owned());
        (status, rows.collect::<Vec<_>>(), told["cursor"].as_str().unwrap_or_default().to_owned())
    };
    for (query, want) in [
        ("", vec!["now", "middle", "high", "low"]),
        ("order_types=MARKET", vec!["now"]),
        ("order_types=LIMIT", vec!["middle", "high", "low"]),
        ("order_types=STOP_LIMIT", vec![]),
        ("time_in_forces=IMMEDIATE_OR_CANCEL", vec!["now"]),
        ("time_in_forces=GOOD_UNTIL_CANCELLED", vec!["middle", "high", "low"]),
        ("order_types=LIMIT&order_status=FILLED", vec![]),
        ("sort_by=LIMIT_PRICE", vec!["high", "middle", "low", "now"]),
        ("product_type=FUTURE", vec![]),
    ] {
        assert_eq!(list(query, "batch", "client_order_id").await.1, want, "{query}");
    }
    let (_, first, cursor) = list("sort_by=LIMIT_PRICE&limit=2", "batch", "client_order_id").await;
    let next = format!("sort_by=LIMIT_PRICE&limit=2&cursor={cursor}");
    let (_, second, cursor) = list(&next, "batch", "client_order_id").await;
    assert_eq!(
        (first, second),
        (vec!["high".into(), "middle".into()], vec!["low".into(), "now".into()])
    );
    assert_eq!(cursor, "");
    assert_eq!(list("sort_by=LUCK", "batch", "client_order_id").await.0, 400);
    let (_, newest, _) = list("", "fills", "price").await;
    assert_eq!(newest, ["51000", "50000"]);
    let (_, dearest, _) = list("sort_by=PRICE&limit=1", "fills", "price").await;
    assert_eq!(dearest, ["51000"]);
    let (_, trades, _) = list("", "fills", "trade_id").await;
    let (_, named, _) = list(&format!("trade_ids={}", trades[1]), "fills", "trade_id").await;
    assert_eq!(named, trades[1..]);
    assert_eq!(list("sort_by=LUCK", "fills", "price").await.0, 400);
    stage.close();
}

#[tokio::test]
async fn an_account_is_told_what_it_is_worth_and_what_nobody_here_has() {
    let stage = Stage::trading().await;
    stage.sold_by_bob("0.1", "50000").await;
    stage.placed("two", "BUY", limit("0.1", "50000")).await;
    let (_, told) = stage.ask("GET", "/portfolios", Value::Null).await;
    let name = told["portfolios"][0]["uuid"].as_str().unwrap().to_owned();
    let (_, told) = stage.ask("GET", &format!("/portfolios/{name}"), Value::Null).await;
    let positions = told["breakdown"]["spot_positions"].as_array().unwrap();
    let bitcoin = positions.iter().find(|it| it["asset"] == "BTC").unwrap();
    assert_eq!(
        (&bitcoin["total_balance_crypto"], &bitcoin["total_balance_fiat"], &bitcoin["is_cash"]),
        (&json!(10.1), &json!(505_000), &json!(false))
    );
    let balances = &told["breakdown"]["portfolio_balances"];
    assert_eq!(balances["total_crypto_balance"]["value"], "505000");
    for (method, target, status, member, want) in [
        ("GET", "/portfolios/another", 404, "error", json!("NOT_FOUND")),
        ("GET", "/payment_methods", 200, "payment_methods", json!([])),
        ("POST", "/convert/quote", 400, "error", json!("INVALID_ARGUMENT")),
        ("GET", "/convert/trade/x", 404, "error", json!("NOT_FOUND")),
        ("POST", "/orders/close_position", 200, "success", json!(false)),
    ] {
        let (told_status, told) = stage.ask(method, target, json!({})).await;
        assert_eq!((told_status, &told[member]), (status, &want), "{target}");
    }
    stage.close();
}

#[tokio::test]
async fn more_candles_than_one_answer_has_are_refused() {
    let stage = Stage::trading().await;
    let start = NOW.0 / 1_000_000;
    for (minutes, granularity, want) in [
        (349, "ONE_MINUTE", 200),
        (350, "ONE_MINUTE", 400),
        (350, "FIVE_MINUTE", 200),
        (60, "FORTNIGHT", 400),
    ] {
        let end = start + minutes * 60;
        let target =
            format!("/products/BTC-USD/candles?start={start}&end={end}&granularity={granularity}");
        let (status, told) = stage.ask("GET", &target, Value::Null).await;
        assert_eq!(status, want, "{minutes} {granularity} {told}");
    }
    stage.close();
}
