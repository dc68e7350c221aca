//! What changes, over a socket.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gateway::{Hosts, ServerLimits};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::stage::{ALICE, Asking, BOB, Person, Stage, limit};

/// Nothing takes that long: a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client of the stream.
pub struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    /// Connects.
    pub async fn open(stage: &Stage) -> Self {
        let (socket, _) =
            connect_async(format!("ws://{}/api/v1/stream", serve(stage).await)).await.unwrap();
        Self(socket)
    }

    async fn say(&mut self, said: Value) {
        self.0.send(Message::Text(said.to_string().into())).await.unwrap();
    }

    /// The next message, or the code by which the socket was closed.
    async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap();
            match message.unwrap().unwrap() {
                Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
                Message::Close(frame) => return Err(frame.map_or(0, |frame| frame.code.into())),
                _ => {}
            }
        }
    }

    /// Says something, and waits for the answer to it.
    pub async fn ask(&mut self, said: Value) -> Value {
        self.say(said).await;
        loop {
            let next = self.next().await.unwrap();
            if next.get("op").is_some() {
                return next;
            }
        }
    }

    /// The next message on a channel.
    async fn hear_any(&mut self, channel: &str) -> Value {
        loop {
            let next = self.next().await.unwrap();
            if next["channel"] == channel {
                return next;
            }
        }
    }

    /// The next message on a channel, whose number must follow.
    pub async fn hear(&mut self, channel: &str, seq: u64) -> Value {
        loop {
            let next = self.next().await.unwrap();
            if next["channel"] == channel {
                assert_eq!(next["seq"], seq, "{next}");
                let kind = if seq == 1 { "snapshot" } else { "update" };
                assert_eq!(next["type"], kind, "{next}");
                return next;
            }
        }
    }
}

async fn serve(stage: &Stage) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = stage.router.clone();
    let limits = ServerLimits { hosts: Hosts::new(address.ip(), &[]), ..ServerLimits::default() };
    tokio::spawn(gateway::serve(listener, router, limits, std::future::pending()));
    address
}

/// Asks to hear channels.
pub fn subscribe(channels: &[&str]) -> Value {
    json!({ "op": "subscribe", "channels": channels })
}

/// Applies levels as a client does.
fn apply(book: &mut BTreeMap<String, String>, levels: &Value) {
    for level in levels.as_array().unwrap() {
        let (price, qty) = (level[0].as_str().unwrap(), level[1].as_str().unwrap());
        if qty == "0" {
            assert!(book.remove(price).is_some(), "{price} was never there");
        } else {
            book.insert(price.to_owned(), qty.to_owned());
        }
    }
}

#[tokio::test]
async fn a_snapshot_and_its_updates_make_the_book_that_is_there() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    stage.limit(ALICE, "buy", "1", "19000").await;
    let mut client = Client::open(&stage).await;
    let said = client.ask(subscribe(&["book:BTC-USDT", "trades:BTC-USDT"])).await;
    assert_eq!(said, json!({ "op": "subscribe", "ok": true }));
    let first = client.hear("book:BTC-USDT", 1).await;
    let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
    apply(&mut bids, &first["bids"]);
    apply(&mut asks, &first["asks"]);
    assert!(first["at"].as_str().unwrap().starts_with("2023-11-14T22:13:20"));
    stage.limit(BOB, "buy", "1", "20000").await;
    stage.limit(BOB, "sell", "0.25", "19000").await;
    stage.limit(ALICE, "sell", "3", "20500").await;
    let wanted = [("19000.00".to_owned(), "0.75000".to_owned())].into();
    let asked = [("20500.00".to_owned(), "3.00000".to_owned())].into();
    for seq in 2.. {
        let update = client.hear("book:BTC-USDT", seq).await;
        apply(&mut bids, &update["bids"]);
        apply(&mut asks, &update["asks"]);
        if (&bids, &asks) == (&wanted, &asked) {
            break;
        }
    }
}

#[tokio::test]
async fn trades_tickers_and_candles_are_told_as_they_happen() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    stage.limit(BOB, "buy", "0.1", "20000").await;
    let mut client = Client::open(&stage).await;
    client.say(subscribe(&["trades:BTC-USDT"])).await;
    let first = client.hear("trades:BTC-USDT", 1).await;
    assert_eq!(first["items"][0]["quantity"], "0.10000");
    stage.limit(BOB, "buy", "0.2", "20000").await;
    let trade = client.hear("trades:BTC-USDT", 2).await;
    assert_eq!(trade["items"][0]["id"], "2");
    client.say(subscribe(&["ticker:BTC-USDT", "tickers", "candles:BTC-USDT:1m"])).await;
    assert_eq!(client.hear("ticker:BTC-USDT", 1).await["ticker"]["volume"], "0.3");
    assert_eq!(client.hear("tickers", 1).await["items"].as_array().unwrap().len(), 2);
    assert_eq!(client.hear("candles:BTC-USDT:1m", 1).await["items"][0]["volume"], "0.3");
    stage.limit(BOB, "buy", "0.3", "20000").await;
    let (mut heard, mut open) = (Vec::new(), 3);
    while 0 < open {
        let update = client.next().await.unwrap();
        if update["type"] == "update" && update["channel"] != "trades:BTC-USDT" {
            assert_eq!(update["seq"], 2);
            heard.push(update["channel"].as_str().unwrap().to_owned());
            open -= 1;
        }
    }
    heard.sort();
    assert_eq!(heard, ["candles:BTC-USDT:1m", "ticker:BTC-USDT", "tickers"]);
}

/// Together they are more than may wait for one connection.
#[tokio::test]
async fn snapshots_that_are_too_much_together_all_come_one_by_one() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    stage.limit(BOB, "buy", "0.1", "20000").await;
    stage.pass_ms(120 * 24 * 3_600_000);
    let intervals = model::Interval::ALL.map(|it| format!("candles:BTC-USDT:{}", it.as_str()));
    let mut waiting: Vec<String> =
        intervals.into_iter().chain(["book:BTC-USDT".to_owned(), "tickers".to_owned()]).collect();
    let mut client = Client::open(&stage).await;
    client.say(json!({ "op": "subscribe", "channels": waiting })).await;
    let mut bytes = 0;
    while !waiting.is_empty() {
        let next = client.next().await.unwrap();
        bytes += next.to_string().len();
        if next["type"] == "snapshot" {
            waiting.retain(|name| next["channel"] != **name);
        }
    }
    assert!(1024 * 1024 < bytes, "{bytes} would not have been too much");
    assert_eq!(client.ask(json!({ "op": "ping" })).await, json!({ "op": "pong" }));
}

#[tokio::test]
async fn who_has_seen_a_gap_subscribes_again_and_gets_a_snapshot() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    let mut client = Client::open(&stage).await;
    client.say(subscribe(&["book:BTC-USDT"])).await;
    client.hear("book:BTC-USDT", 1).await;
    client.say(subscribe(&["book:BTC-USDT"])).await;
    let again = client.hear_any("book:BTC-USDT").await;
    assert_eq!((&again["type"], &again["seq"]), (&"snapshot".into(), &2.into()));
    client.say(json!({ "op": "unsubscribe", "channels": ["book:BTC-USDT"] })).await;
    client.say(subscribe(&["book:BTC-USDT"])).await;
    let first = client.hear_any("book:BTC-USDT").await;
    assert_eq!((&first["type"], &first["seq"]), (&"snapshot".into(), &1.into()));
}

#[tokio::test]
async fn what_is_heard_costs_weight_and_who_has_none_left_is_cut() {
    let stage = Stage::new().await;
    let intervals = model::Interval::ALL.map(|it| format!("candles:BTC-USDT:{}", it.as_str()));
    let all: Vec<&str> = intervals.iter().map(String::as_str).collect();
    let mut client = Client::open(&stage).await;
    // Of the million that the stage has, three rounds are left, and not one message more.
    let round = u32::try_from(all.len() + 1).unwrap();
    let from = IpAddr::from([127, 0, 0, 1]);
    stage.exchange.charge_request(from, 1_000_000 - 1 - 3 * round).unwrap();
    for _ in 0..3 {
        assert_eq!(client.ask(subscribe(&all)).await["ok"], true);
    }
    client.say(json!({ "op": "ping" })).await;
    let code = loop {
        match client.next().await {
            Ok(told) => assert_ne!(told["op"], "pong"),
            Err(code) => break code,
        }
    };
    assert_eq!(code, 1008);
}

#[tokio::test]
async fn one_s_own_orders_and_money_are_told_to_nobody_else() {
    let stage = Stage::new().await;
    let (ann, bob) = (stage.register("ann@a.example").await, stage.register("bob@b.example").await);
    for person in [&ann, &bob] {
        stage.fund(person).await;
    }
    let mut listening = Client::open(&stage).await;
    let refused = listening.ask(subscribe(&["orders"])).await;
    assert_eq!(
        (&refused["error"]["code"], &refused["channels"]),
        (&"unauthorized".into(), &json!(["orders"]))
    );
    let auth = |person: &Person| json!({ "op": "auth", "token": person.access });
    let wrong = json!({ "op": "auth", "token": "x.y.z" });
    assert_eq!(listening.ask(wrong).await["error"]["code"], "unauthorized");
    assert_eq!(listening.ask(auth(&bob)).await, json!({ "op": "auth", "ok": true }));
    assert_eq!(listening.ask(auth(&ann)).await["ok"], false, "a socket has one owner");
    let own = ["orders", "balances", "fills", "notifications"];
    assert_eq!(listening.ask(subscribe(&own)).await["ok"], true);
    for channel in own {
        listening.hear(channel, 1).await;
    }
    let place = |person: &Person, price: &str| {
        person.asks("POST", "/api/v1/trading/orders").saying(limit("buy", "0.01", price))
    };
    stage.send(place(&ann, "18000")).await.good();
    let mine = stage.send(place(&bob, "18001")).await.good();
    let told = listening.hear("orders", 2).await;
    assert_eq!(told["items"], json!([mine]), "and nothing of Ann's before it");
    let path = format!("/api/v1/trading/orders/{}", mine["id"].as_str().unwrap());
    stage.send(bob.asks("DELETE", &path)).await.good();
    let ended = listening.hear("orders", 3).await;
    assert_eq!(ended["items"][0]["status"], "canceled");
}

#[tokio::test]
async fn an_order_that_comes_and_ends_at_once_is_told_once() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@a.example").await;
    stage.fund(&ann).await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    let mut client = Client::open(&stage).await;
    client.ask(json!({ "op": "auth", "token": ann.access })).await;
    client.ask(subscribe(&["orders", "fills"])).await;
    client.hear("orders", 1).await;
    let order = ann.asks("POST", "/api/v1/trading/orders").saying(limit("buy", "0.1", "20000"));
    let order = stage.send(order).await.good();
    assert_eq!(order["status"], "filled");
    assert_eq!(client.hear("orders", 2).await["items"], json!([order]));
}

#[tokio::test]
async fn a_socket_of_an_ended_session_is_closed() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@a.example").await;
    let mut client = Client::open(&stage).await;
    client.ask(json!({ "op": "auth", "token": ann.access })).await;
    client.ask(subscribe(&["balances"])).await;
    let out = ann.asks("POST", "/api/v1/auth/logout");
    assert_eq!(stage.send(out).await.status, 204);
    let code = loop {
        if let Err(code) = client.next().await {
            break code;
        }
    };
    assert_eq!(code, 4401);
}

#[tokio::test]
async fn what_is_no_operation_is_refused_and_too_many_end_the_connection() {
    let stage = Stage::new().await;
    let mut client = Client::open(&stage).await;
    assert_eq!(client.ask(json!({ "op": "ping" })).await, json!({ "op": "pong" }));
    for said in [json!({}), json!({ "op": "fly" }), json!({ "op": "subscribe" }), json!(5)] {
        assert_eq!(client.ask(said.clone()).await["ok"], false, "{said}");
    }
    let unknown = ["book:NO-SUCH", "book:BTCUSDT", "candles:BTC-USDT:7m", "orders:1", "rates", ""];
    let refused = client.ask(subscribe(&unknown)).await;
    assert_eq!(refused["channels"], json!(unknown));
    let mut code = Ok(Value::Null);
    for _ in 0..100 {
        if client.0.send(Message::Text("{\"op\":\"ping\"}".into())).await.is_err() {
            break;
        }
    }
    while code.is_ok() {
        code = client.next().await;
    }
    assert_eq!(code, Err(1008));
}

#[tokio::test]
async fn a_page_of_another_site_opens_no_socket() {
    let stage = Stage::new().await;
    let reply = Asking::new("GET", "/api/v1/stream")
        .with("connection", "upgrade")
        .with("upgrade", "websocket")
        .with("sec-websocket-version", "13")
        .with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .with("host", "localhost")
        .with("origin", "https://evil.example");
    // Without a connection beneath it no upgrade succeeds, but this is refused before.
    let status = stage.send(reply).await.status;
    assert!(matches!(status, 403 | 426), "{status}");
}
