//! The WebSocket API and the events of accounts, over a real socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use venue::binance::{
    SignatureKey, SocketReply, StreamEvent, SubscriptionEvent, UserEvent, socket_payload,
};
use venue_server::{KeyEntry, Ordeal, RequestOrdeal};

use crate::signed::ed25519;
use crate::stage::{ALICE, BOB, BOUND, READER, SECRET, Stage, sign};

/// Nothing takes that long: a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is put together by hand is what the venue's own type writes.
fn check_shape(value: &Value, text: &str) {
    let again = if value.get("status").is_some() {
        serde_json::to_string(&serde_json::from_str::<SocketReply<'_>>(text).unwrap())
    } else if value.get("subscriptionId").is_some() {
        let event: SubscriptionEvent<UserEvent<'static>> = serde_json::from_str(text).unwrap();
        serde_json::to_string(&event)
    } else if value.get("event").is_some() {
        let event: SubscriptionEvent<StreamEvent<'static>> = serde_json::from_str(text).unwrap();
        serde_json::to_string(&event)
    } else {
        return;
    };
    assert_eq!(again.unwrap(), text);
}

/// One connection.
pub struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub async fn send(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("an answer");
            match message.expect("an open connection").unwrap() {
                Message::Text(text) => {
                    assert!(!text.contains("canary"), "a secret in an answer");
                    let value = serde_json::from_str(&text).unwrap();
                    check_shape(&value, &text);
                    return value;
                }
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Whether nothing more comes but the end.
    async fn is_closed(&mut self) -> bool {
        let next = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("an end");
        matches!(next, None | Some(Ok(Message::Close(_)) | Err(_)))
    }

    /// Whether the other side ends it, whatever it answers before.
    pub async fn ends(&mut self) -> bool {
        let ending = async {
            while let Some(Ok(message)) = self.0.next().await {
                if let Message::Close(_) = message {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, ending).await.is_ok()
    }

    pub async fn ask(&mut self, frame: Value) -> Value {
        self.send(&frame).await;
        self.next().await
    }
}

/// Serves the stage on a port of its own.
pub async fn serve(stage: &Stage) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = stage.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// Opens a connection.
pub async fn connect(address: SocketAddr, path: &str) -> Client {
    Client(connect_async(format!("ws://{address}{path}")).await.unwrap().0)
}

/// A request with key, time and signature.
fn signed(stage: &Stage, api_key: &str, method: &str, params: &[(&str, &str)]) -> Value {
    let now = stage.now().to_string();
    let mut pairs = vec![("apiKey", api_key), ("timestamp", now.as_str())];
    pairs.extend_from_slice(params);
    let payload = socket_payload(&pairs);
    let signature = sign(std::str::from_utf8(&payload).unwrap());
    pairs.push(("signature", &signature));
    let params: serde_json::Map<String, Value> =
        pairs.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    json!({"id": method, "method": method, "params": params})
}

fn limit<'a>(side: &'a str, qty: &'a str, price: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("symbol", "BTCUSDT"),
        ("side", side),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", qty),
        ("price", price),
    ]
}

#[tokio::test]
async fn public_methods_answer_with_limits_unless_told_otherwise() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let mut client = connect(address, "/ws-api/v3").await;
    let reply = client.ask(json!({"id": 1, "method": "time"})).await;
    assert_eq!(reply["result"]["serverTime"], stage.now());
    assert_eq!((&reply["id"], &reply["status"]), (&json!(1), &json!(200)));
    assert_eq!(reply["rateLimits"][0]["rateLimitType"], "REQUEST_WEIGHT");
    assert_eq!(reply["rateLimits"][0]["count"], 3, "2 for the connection");
    let quiet = json!({"id": "q", "method": "v3/ping", "params": {"returnRateLimits": false}});
    assert_eq!(client.ask(quiet).await, json!({"id": "q", "status": 200, "result": {}}));
    let mut client = connect(address, "/ws-api/v3?returnRateLimits=false").await;
    let reply = client.ask(json!({"id": null, "method": "ping"})).await;
    assert_eq!(reply, json!({"id": null, "status": 200, "result": {}}));
    let mut client = connect(address, "/ws-api/v3?timeUnit=MICROSECOND").await;
    let reply = client.ask(json!({"id": 1, "method": "time"})).await;
    assert_eq!(reply["result"]["serverTime"], stage.now() * 1_000);
}

#[tokio::test]
async fn an_order_placed_over_the_socket_is_found_over_it() {
    let stage = Stage::new();
    let mut client = connect(serve(&stage).await, "/ws-api/v3").await;
    let place = signed(&stage, ALICE, "order.place", &limit("BUY", "0.5", "20000"));
    let reply = client.ask(place.clone()).await;
    assert_eq!(reply["status"], 200, "{reply}");
    assert_eq!(reply["result"]["status"], "NEW");
    assert_eq!(reply["rateLimits"][0]["rateLimitType"], "ORDERS");
    assert_eq!(reply["rateLimits"].as_array().unwrap().len(), 3);
    let again = client.ask(place).await;
    assert_eq!(again["error"], json!({"code": -2010, "msg": "Duplicate order sent."}));
    let params = [("symbol", "BTCUSDT"), ("orderId", "1")];
    let reply = client.ask(signed(&stage, ALICE, "order.status", &params)).await;
    assert_eq!(reply["result"]["price"], "20000.00000000");
    let cancel = signed(&stage, ALICE, "order.cancel", &params);
    let reply = client.ask(cancel.clone()).await;
    assert_eq!(reply["result"]["status"], "CANCELED", "in the millisecond of the question");
    let replayed = client.ask(cancel).await;
    assert_eq!(replayed["error"]["code"], -2010, "the method is not signed");
}

#[tokio::test]
async fn what_a_scenario_does_to_requests_it_does_over_the_socket() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let (mut client, mut other) =
        (connect(address, "/ws-api/v3").await, connect(address, "/ws-api/v3").await);
    let begin = |requests| stage.exchange.trouble.begin(Ordeal { requests, ..Ordeal::default() });
    let place = signed(&stage, ALICE, "order.place", &limit("BUY", "0.5", "20000"));
    let before = stage.state();
    begin(RequestOrdeal::Unanswered);
    client.0.send(Message::text(place.to_string())).await.unwrap();
    while stage.state() == before {
        tokio::task::yield_now().await;
    }
    // It is done, and found by who asks for it.
    let params = [("symbol", "BTCUSDT"), ("orderId", "1")];
    let found = other.ask(signed(&stage, ALICE, "order.status", &params)).await;
    assert_eq!(found["result"]["status"], "NEW");
    begin(RequestOrdeal::None);
    assert_eq!(client.next().await["error"]["code"], -1007, "nobody is told what became of it");
    begin(RequestOrdeal::TooMany { warnings: 1 });
    for status in [429, 418] {
        let refused = client.ask(json!({"id": 1, "method": "time"})).await;
        assert_eq!(
            (&refused["status"], &refused["error"]["code"]),
            (&json!(status), &json!(-1003))
        );
    }
    begin(RequestOrdeal::None);
    assert_eq!(client.ask(json!({"id": 1, "method": "time"})).await["status"], 200);
}

#[tokio::test]
async fn a_wrong_signature_over_the_socket_is_refused_and_changes_nothing() {
    let stage = Stage::new();
    let mut client = connect(serve(&stage).await, "/ws-api/v3").await;
    let before = stage.state();
    let mut place = signed(&stage, ALICE, "order.place", &limit("BUY", "0.5", "20000"));
    place["params"]["price"] = json!("20001");
    let reply = client.ask(place).await;
    assert_eq!((&reply["status"], &reply["error"]["code"]), (&json!(400), &json!(-1022)));
    assert_eq!(stage.state(), before);
}

#[tokio::test]
async fn frames_that_are_no_requests_are_answered_with_an_error() {
    let stage = Stage::new();
    let mut client = connect(serve(&stage).await, "/ws-api/v3?returnRateLimits=false").await;
    for (frame, code) in [
        ("{", -1135),
        ("[]", -1135),
        ("7", -1135),
        (r#"{"id":1}"#, -1135),
        (r#"{"id":[],"method":"ping"}"#, -1130),
        (r#"{"id":1,"method":"session.nothing"}"#, -1130),
        (r#"{"id":1,"method":"ping","params":[1]}"#, -1135),
        (r#"{"id":1,"method":"ping","params":{"x":1}}"#, -1104),
        (r#"{"id":1,"method":"order.place","params":{}}"#, -1102),
        (r#"{"id":1,"method":"userDataStream.subscribe"}"#, -2015),
        (r#"{"id":1,"method":"userDataStream.unsubscribe"}"#, -2036),
    ] {
        client.0.send(Message::text(frame)).await.unwrap();
        assert_eq!(client.next().await["error"]["code"], code, "{frame}");
    }
}

#[tokio::test]
async fn pipelined_requests_happen_and_are_answered_in_their_order() {
    let stage = Stage::new();
    let mut client = connect(serve(&stage).await, "/ws-api/v3?returnRateLimits=false").await;
    for number in 0..100 {
        let price = (20_000 + number).to_string();
        let mut frame = signed(&stage, ALICE, "order.place", &limit("BUY", "0.001", &price));
        frame["id"] = json!(number);
        client.0.feed(Message::text(frame.to_string())).await.unwrap();
    }
    client.0.flush().await.unwrap();
    for number in 0..100 {
        let reply = client.next().await;
        assert_eq!(
            (&reply["id"], &reply["result"]["orderId"]),
            (&json!(number), &json!(number + 1))
        );
    }
}

#[tokio::test]
async fn a_session_stands_for_its_key_until_it_ends_or_the_key_does() {
    let stage = Stage::new();
    let (pair, public) = ed25519();
    stage.ring.add("modern", 1, public, |_| {});
    let mut client = connect(serve(&stage).await, "/ws-api/v3?returnRateLimits=false").await;
    let logon = |stage: &Stage| {
        let now = stage.now();
        let payload = format!("apiKey=modern&timestamp={now}");
        let signature = STANDARD.encode(pair.sign(payload.as_bytes()).as_ref());
        let params = json!({"apiKey": "modern", "timestamp": now, "signature": signature});
        json!({"id": 1, "method": "session.logon", "params": params})
    };
    let reply = client.ask(signed(&stage, ALICE, "session.logon", &[])).await;
    assert_eq!(reply["error"]["code"], -2015, "a shared secret opens no session");
    let reply = client.ask(logon(&stage)).await;
    assert_eq!(reply["result"]["apiKey"], "modern", "{reply}");
    let ask = json!({"id": 2, "method": "account.status", "params": {"timestamp": stage.now()}});
    assert_eq!(client.ask(ask.clone()).await["status"], 200);
    let untimed = json!({"id": 2, "method": "account.status"});
    assert_eq!(client.ask(untimed).await["error"]["code"], -1102);
    let reply = client.ask(json!({"id": 3, "method": "userDataStream.subscribe"})).await;
    assert_eq!(reply["result"]["subscriptionId"], 0);
    let reply = client.ask(json!({"id": 3, "method": "userDataStream.subscribe"})).await;
    assert_eq!(reply["error"]["code"], -2035);
    client.send(&json!({"id": 4, "method": "session.logout"})).await;
    let (one, other) = (client.next().await, client.next().await);
    let (event, reply) = if one.get("event").is_some() { (one, other) } else { (other, one) };
    assert_eq!(event["event"]["e"], "eventStreamTerminated");
    assert_eq!(reply["result"]["apiKey"], Value::Null);
    assert_eq!(client.ask(ask.clone()).await["error"]["code"], -1102);
    let reply = client.ask(logon(&stage)).await;
    assert_eq!(reply["error"]["code"], -2010, "a logon that was heard opens nothing");
    stage.pass_ms(1);
    assert_eq!(client.ask(logon(&stage)).await["status"], 200);
    stage.ring.revoke("modern");
    assert_eq!(client.ask(ask).await["error"]["code"], -2015, "a revoked key ends it");
}

#[tokio::test]
async fn what_is_asked_in_a_session_counts_for_its_key() {
    let stage = Stage::new();
    let (pair, public) = ed25519();
    let tally = stage.ring.add_tallied("modern", 1, public, 3);
    let mut client = connect(serve(&stage).await, "/ws-api/v3?returnRateLimits=false").await;
    let now = stage.now();
    let signature = pair.sign(format!("apiKey=modern&timestamp={now}").as_bytes());
    let signature = STANDARD.encode(signature.as_ref());
    let params = json!({"apiKey": "modern", "timestamp": now, "signature": signature});
    let logon = json!({"id": 1, "method": "session.logon", "params": params});
    assert_eq!(client.ask(logon).await["status"], 200);
    let look = json!({"id": 2, "method": "openOrders.status", "params": {"timestamp": now}});
    assert_eq!(client.ask(look.clone()).await["status"], 200);
    let untimed = json!({"id": 3, "method": "openOrders.status"});
    assert_eq!(client.ask(untimed).await["error"]["code"], -1102);
    let listen = json!({"id": 4, "method": "userDataStream.subscribe"});
    assert_eq!(client.ask(listen).await["status"], 200);
    assert_eq!(client.ask(look).await["error"]["code"], -1003, "three a minute");
    let told = [&tally.used, &tally.refused].map(|count| count.load(Ordering::Relaxed));
    assert_eq!(told, [3, 2]);
}

#[tokio::test]
async fn what_is_asked_of_a_listen_key_counts_for_the_api_key() {
    let stage = Stage::new();
    let tally = stage.ring.add_tallied("older", 1, SignatureKey::hmac(b"secret"), 1);
    let created = stage.send("POST", "/api/v3/userDataStream", "", "older").await;
    let body = format!("listenKey={}", created.json["listenKey"].as_str().unwrap());
    let refused = stage.send("PUT", "/api/v3/userDataStream", &body, "older").await;
    assert_eq!((refused.status, refused.error().1), (429, -1003));
    let told = [&tally.used, &tally.refused].map(|count| count.load(Ordering::Relaxed));
    assert_eq!(told, [1, 1]);
}

#[tokio::test]
async fn a_session_may_do_what_its_key_may() {
    let stage = Stage::new();
    let (pair, public) = ed25519();
    stage.ring.add("looker", 1, public, |key| key.scopes.trade = false);
    let mut client = connect(serve(&stage).await, "/ws-api/v3?returnRateLimits=false").await;
    let now = stage.now();
    let signature = pair.sign(format!("apiKey=looker&timestamp={now}").as_bytes());
    let signature = STANDARD.encode(signature.as_ref());
    let params = json!({"apiKey": "looker", "timestamp": now, "signature": signature});
    let logon = json!({"id": 1, "method": "session.logon", "params": params});
    assert_eq!(client.ask(logon).await["status"], 200);
    let look = json!({"id": 2, "method": "openOrders.status", "params": {"timestamp": now}});
    assert_eq!(client.ask(look).await["status"], 200);
    let before = stage.state();
    let mut order: serde_json::Map<String, Value> = limit("BUY", "0.5", "20000")
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    order.insert("timestamp".to_owned(), json!(now));
    let place = json!({"id": 3, "method": "order.place", "params": order});
    assert_eq!(client.ask(place).await["error"]["code"], -2015);
    assert_eq!(stage.state(), before);
}

#[tokio::test]
async fn an_account_is_told_what_happens_to_it_and_to_nobody_else() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let mut alice = connect(address, "/ws-api/v3?returnRateLimits=false").await;
    let subscribe = signed(&stage, READER, "userDataStream.subscribe.signature", &[]);
    assert_eq!(alice.ask(subscribe).await["result"]["subscriptionId"], 0);
    stage.place(BOB, "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=10000").await;
    let sell = "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=30000\
                &newClientOrderId=mine";
    stage.place(ALICE, sell).await;
    let accepted = alice.next().await;
    assert_eq!(accepted["subscriptionId"], 0);
    let event = &accepted["event"];
    assert_eq!(
        [&event["e"], &event["x"], &event["X"], &event["c"]],
        ["executionReport", "NEW", "NEW", "mine"]
    );
    let balances = alice.next().await;
    assert_eq!(balances["event"]["e"], "outboundAccountPosition");
    assert_eq!(
        balances["event"]["B"],
        json!([{"a": "BTC", "f": "99.00000000", "l": "1.00000000"}])
    );
    stage.place(BOB, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.4").await;
    let traded = alice.next().await;
    let event = &traded["event"];
    assert_eq!(
        [&event["x"], &event["X"], &event["l"], &event["L"]],
        ["TRADE", "PARTIALLY_FILLED", "0.40000000", "30000.00000000"]
    );
    assert_eq!(
        (&event["n"], &event["N"], &event["m"]),
        (&json!("12.00000000"), &json!("USDT"), &json!(true))
    );
    assert_eq!(alice.next().await["event"]["e"], "outboundAccountPosition");
    let cancel = "symbol=BTCUSDT&origClientOrderId=mine";
    stage.ask(ALICE, "DELETE", "/api/v3/order", cancel).await;
    let canceled = alice.next().await;
    assert_eq!([&canceled["event"]["x"], &canceled["event"]["C"]], ["CANCELED", "mine"]);
}

/// Reads events up to the next report of what happened to an order: execution, `c` and `C`.
async fn next_names(client: &mut Client) -> [String; 3] {
    loop {
        let message = client.next().await;
        let event = &message["event"];
        if event["e"] == "executionReport" {
            return ["x", "c", "C"].map(|key| event[key].as_str().unwrap().to_owned());
        }
    }
}

#[tokio::test]
async fn a_report_names_the_cancel_and_what_it_cancelled() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let mut told = connect(address, "/ws-api/v3?returnRateLimits=false").await;
    told.ask(signed(&stage, ALICE, "userDataStream.subscribe.signature", &[])).await;
    let order = "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=30000";
    let place = async |name: &str| {
        stage.place(ALICE, &format!("{order}&newClientOrderId={name}")).await;
    };
    place("a").await;
    assert_eq!(next_names(&mut told).await, ["NEW", "a", ""]);
    let cancel = "symbol=BTCUSDT&origClientOrderId=a&newClientOrderId=bye";
    stage.ask(ALICE, "DELETE", "/api/v3/order", cancel).await;
    assert_eq!(next_names(&mut told).await, ["CANCELED", "bye", "a"]);
    place("b").await;
    assert_eq!(next_names(&mut told).await, ["NEW", "b", ""]);
    let amend = "symbol=BTCUSDT&origClientOrderId=b&newQty=0.5&newClientOrderId=c";
    stage.ask(ALICE, "PUT", "/api/v3/order/amend/keepPriority", amend).await;
    assert_eq!(next_names(&mut told).await, ["REPLACED", "c", "b"]);
    let replace = format!(
        "{order}&newClientOrderId=d&cancelReplaceMode=STOP_ON_FAILURE\
         &cancelOrigClientOrderId=c&cancelNewClientOrderId=go"
    );
    stage.ask(ALICE, "POST", "/api/v3/order/cancelReplace", &replace).await;
    assert_eq!(next_names(&mut told).await, ["CANCELED", "go", "c"]);
    assert_eq!(next_names(&mut told).await, ["NEW", "d", ""]);
    let all = stage.ask(ALICE, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT").await;
    let name = all[0]["clientOrderId"].as_str().unwrap();
    assert_eq!(next_names(&mut told).await, ["CANCELED", name, "d"]);
    stage.place(BOB, "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=20000").await;
    stage.place(ALICE, "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1").await;
    assert_eq!(next_names(&mut told).await[0], "NEW");
    assert_eq!(next_names(&mut told).await[0], "TRADE");
    let list = "symbol=BTCUSDT&side=SELL&quantity=0.5&aboveType=LIMIT_MAKER&abovePrice=31000\
                &belowType=STOP_LOSS&belowStopPrice=15000&listClientOrderId=pair\
                &aboveClientOrderId=up&belowClientOrderId=down";
    stage.ask(ALICE, "POST", "/api/v3/orderList/oco", list).await;
    assert_eq!(next_names(&mut told).await, ["NEW", "up", ""]);
    assert_eq!(next_names(&mut told).await, ["NEW", "down", ""]);
    let cancel = "symbol=BTCUSDT&listClientOrderId=pair&newClientOrderId=both";
    stage.ask(ALICE, "DELETE", "/api/v3/orderList", cancel).await;
    assert_eq!(next_names(&mut told).await, ["CANCELED", "both", "up"]);
    assert_eq!(next_names(&mut told).await, ["CANCELED", "both", "down"]);
}

#[tokio::test]
async fn a_label_is_told_wherever_the_order_is() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let mut told = connect(address, "/ws-api/v3?returnRateLimits=false").await;
    told.ask(signed(&stage, ALICE, "userDataStream.subscribe.signature", &[])).await;
    let label = "strategyId=7&strategyType=1000001";
    let order = "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=30000";
    stage.place(ALICE, &format!("{order}&{label}")).await;
    let event = &told.next().await["event"];
    assert_eq!((&event["j"], &event["J"]), (&json!(7), &json!(1_000_001)));
    let list = "symbol=BTCUSDT&side=SELL&quantity=0.5&aboveType=LIMIT_MAKER&abovePrice=31000\
                &belowType=STOP_LOSS&belowStopPrice=25000&belowStrategyId=8";
    stage.ask(ALICE, "POST", "/api/v3/orderList/oco", list).await;
    let labels = |order: &Value| {
        assert!(order["strategyType"].is_null() || order["strategyId"] == 7, "{order}");
        order["strategyId"].as_u64()
    };
    for (path, params) in
        [("/api/v3/openOrders", "symbol=BTCUSDT"), ("/api/v3/allOrders", "symbol=BTCUSDT")]
    {
        let orders = stage.ask(ALICE, "GET", path, params).await;
        let found: Vec<_> = orders.as_array().unwrap().iter().map(labels).collect();
        assert_eq!(found, [Some(7), None, Some(8)], "{path}");
    }
    let found = stage.ask(ALICE, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1").await;
    assert_eq!((&found["strategyId"], &found["strategyType"]), (&json!(7), &json!(1_000_001)));
    let gone = "symbol=BTCUSDT&orderId=1";
    let canceled = stage.ask(ALICE, "DELETE", "/api/v3/order", gone).await;
    assert_eq!(canceled["strategyId"], 7);
}

#[tokio::test]
async fn a_listen_key_opens_the_older_stream() {
    let stage = Stage::new();
    let created = stage.send("POST", "/api/v3/userDataStream", "", ALICE).await;
    let key = created.json["listenKey"].as_str().unwrap().to_owned();
    let body = format!("listenKey={key}");
    assert_eq!(stage.send("PUT", "/api/v3/userDataStream", &body, ALICE).await.status, 200);
    let foreign = stage.send("PUT", "/api/v3/userDataStream", &body, BOB).await;
    assert_eq!(foreign.error().1, -1125);
    let mut client = connect(serve(&stage).await, &format!("/ws/{key}")).await;
    stage.place(ALICE, "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=10000").await;
    let event = client.next().await;
    assert_eq!([&event["e"], &event["x"]], ["executionReport", "NEW"]);
    let closed = stage.send("DELETE", "/api/v3/userDataStream", &body, ALICE).await;
    assert_eq!(closed.status, 200);
}

#[tokio::test]
async fn a_listen_key_is_silent_where_its_api_key_may_not_be_used() {
    let stage = Stage::new();
    let made = ("POST", "/api/v3/userDataStream", "");
    let created = stage.send_from("192.0.2.7", made, Some(BOUND)).await;
    let key = created.json["listenKey"].as_str().unwrap().to_owned();
    let mut client = connect(serve(&stage).await, &format!("/ws/{key}")).await;
    client.send(&json!({"method": "LIST_SUBSCRIPTIONS", "id": 1})).await;
    assert_eq!(client.next().await, json!({"result": [], "id": 1}), "heard from 127.0.0.1");
}

#[tokio::test]
async fn who_listens_by_a_key_that_is_revoked_hears_no_more() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let own = "own-key";
    stage.ring.add(own, 1, SignatureKey::hmac(SECRET.as_bytes()), |key| key.id = 99);
    let mut socket = connect(address, "/ws-api/v3?returnRateLimits=false").await;
    socket.ask(signed(&stage, own, "userDataStream.subscribe.signature", &[])).await;
    let mut other = connect(address, "/ws-api/v3?returnRateLimits=false").await;
    other.ask(signed(&stage, ALICE, "userDataStream.subscribe.signature", &[])).await;
    let created = stage.send("POST", "/api/v3/userDataStream", "", own).await;
    let listen_key = created.json["listenKey"].as_str().unwrap().to_owned();
    let mut stream = connect(address, &format!("/ws/{listen_key}")).await;
    stage.ring.revoke(own);
    let refused = stage.signed(own, "GET", "/api/v3/openOrders", "").await;
    assert_eq!(refused.error().1, -2015);
    stage.place(ALICE, "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=10000").await;
    let ended = socket.next().await;
    assert_eq!(ended["event"]["e"], "eventStreamTerminated", "and nothing of the order");
    let status = socket.ask(json!({"id": 1, "method": "session.subscriptions"})).await;
    assert_eq!(status["result"], json!([]));
    let ended = stream.next().await;
    assert_eq!([&ended["e"], &ended["listenKey"]], ["listenKeyExpired", &listen_key]);
    assert!(stream.is_closed().await);
    assert_eq!(other.next().await["event"]["e"], "executionReport", "another key's is not ended");
    let mut again = connect(address, &format!("/ws/{listen_key}")).await;
    again.send(&json!({"method": "LIST_SUBSCRIPTIONS", "id": 1})).await;
    assert_eq!(again.next().await["id"], 1, "a dead listen key is silent");
}

#[tokio::test]
async fn a_stream_ends_when_its_key_loses_what_it_stands_on_though_nothing_happens() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let changes: [fn(&mut KeyEntry); 2] = [
        |key| key.scopes.read = false,
        |key| key.allow_ips = vec!["192.0.2.0/24".parse().unwrap()],
    ];
    for change in changes {
        let secret = || SignatureKey::hmac(SECRET.as_bytes());
        stage.ring.add("own-key", 1, secret(), |_| {});
        let mut socket = connect(address, "/ws-api/v3?returnRateLimits=false").await;
        socket.ask(signed(&stage, "own-key", "userDataStream.subscribe.signature", &[])).await;
        stage.ring.add("own-key", 1, secret(), change);
        assert_eq!(socket.next().await["event"]["e"], "eventStreamTerminated");
        stage.pass_ms(1);
    }
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_answers_what_it_began() {
    let stage = Stage::new();
    let mut client = connect(serve(&stage).await, "/ws-api/v3?returnRateLimits=false").await;
    client.ask(json!({"id": 1, "method": "ping"})).await;
    Arc::clone(&stage.exchange).stop_streams();
    assert_eq!(client.next().await["event"]["e"], "serverShutdown");
}
