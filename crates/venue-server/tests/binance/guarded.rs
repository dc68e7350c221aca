//! What is done against those who ask too much.

use serde_json::json;
use venue_server::binance::Quotas;
use venue_server::{Bounds, Limits};

use crate::socket::{connect, serve};
use crate::stage::{ALICE, Stage};

/// So much weight that a minute is soon over it.
const WEIGHT: u32 = 20;
/// Refusals after which an address is certainly banned.
const INSISTING: u32 = 101;

fn strict() -> Limits {
    let quotas = Quotas { weight: WEIGHT, ..Quotas::default() };
    Limits { quotas, ..Limits::default() }
}

#[tokio::test]
async fn what_leads_nowhere_counts_and_is_closed_to_the_banned() {
    for url in ["/api/v3/nothing", "/", "/ws", "/ws/btcusdt@trade", "/stream?timeUnit=HOUR"] {
        let stage = Stage::with(strict());
        let ask = async || stage.send_from("192.0.2.1", ("GET", url, ""), None).await;
        for count in 1..=WEIGHT {
            let reply = ask().await;
            assert!((400..=426).contains(&reply.status), "{url}: {}", reply.status);
            let used = reply.header("x-mbx-used-weight").map(str::to_owned);
            assert_eq!(used, Some(count.to_string()), "{url}");
        }
        for _ in 1..INSISTING {
            assert_eq!(ask().await.status, 429, "{url}");
        }
        let banned = ask().await;
        assert_eq!((banned.status, banned.header("connection")), (418, Some("close")), "{url}");
        assert_eq!(ask().await.status, 418, "{url}");
        let other = stage.send_from("192.0.2.2", ("GET", "/api/v3/ping", ""), None).await;
        assert_eq!(other.status, 200);
    }
}

#[tokio::test]
async fn a_ban_closes_the_sockets_of_who_is_banned() {
    let stage = Stage::with(strict());
    let address = serve(&stage).await;
    let mut idle = connect(address, "/ws-api/v3").await;
    let mut busy = connect(address, "/ws-api/v3").await;
    let ping = json!({"id": 1, "method": "ping"});
    let mut statuses = Vec::new();
    // Two connections were opened, at 2 each. Broken frames count like others.
    for number in 4..WEIGHT + INSISTING {
        let frame = if number % 2 == 0 { ping.clone() } else { json!([]) };
        statuses.push(busy.ask(frame).await["status"].clone());
    }
    assert_eq!(statuses[..3], [json!(200), json!(400), json!(200)]);
    assert_eq!(statuses.pop(), Some(json!(418)));
    assert_eq!(statuses.pop(), Some(json!(429)));
    busy.send(&ping).await;
    assert!(busy.ends().await, "what comes after the ban is not answered for ever");
    idle.send(&ping).await;
    assert!(idle.ends().await, "nor on another connection");
}

#[tokio::test]
async fn listeners_to_markets_leave_room_to_customers() {
    let full = Bounds::new(0, 0);
    let stage = Stage::with(Limits { stream_sockets: full, ..Limits::default() });
    let address = serve(&stage).await;
    let refused = tokio_tungstenite::connect_async(format!("ws://{address}/ws/btcusdt@trade"));
    assert!(refused.await.unwrap_err().to_string().contains("503"));
    let created = stage.send("POST", "/api/v3/userDataStream", "", ALICE).await;
    let key = created.json["listenKey"].as_str().unwrap().to_owned();
    drop(connect(address, &format!("/ws/{key}")).await);
    drop(connect(address, &format!("/stream?streams=btcusdt@trade/{key}")).await);
    drop(connect(address, "/ws-api/v3").await);
}
