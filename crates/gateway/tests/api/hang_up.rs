//! Who hangs up: what they asked for is done whole, or not at all, whenever they do.

use serde_json::json;

use crate::stage::{Asking, Person, Stage};

/// More turns of waiting than any request needs.
const TURNS_MAX: usize = 200;

#[tokio::test]
async fn a_key_that_is_deleted_and_nobody_waits_works_no_more() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@example.com").await;
    for turns in 0..TURNS_MAX {
        let new = json!({ "name": "bot", "scopes": ["read"] });
        let key = stage.send(ann.asks("POST", "/api/v1/api-keys").saying(new)).await.good();
        let (id, api_key) = (key["id"].as_str().unwrap(), key["apiKey"].as_str().unwrap());
        let delete = ann.asks("DELETE", &format!("/api/v1/api-keys/{id}"));
        let answered = stage.hang_up(delete, turns).await;
        let listed = stage.send(ann.asks("GET", "/api/v1/api-keys")).await.good();
        let is_listed = listed["items"].as_array().unwrap().iter().any(|it| it["id"] == id);
        let works = stage.identity.ring().find(api_key).is_some();
        assert_eq!((is_listed, works), (false, false), "after {turns} turns");
        if answered {
            return;
        }
    }
    panic!("it never answers");
}

async fn notes_of_markets(stage: &Stage, root: &Person) -> usize {
    let log = root.asks("GET", "/api/v1/admin/audit-log?limit=500");
    let log = stage.send(log).await.good();
    let told = log["items"].as_array().unwrap().iter();
    told.filter(|it| it["detail"].as_str().unwrap().starts_with("market state")).count()
}

#[tokio::test]
async fn a_market_that_an_administrator_halts_and_does_not_wait_is_noted() {
    let stage = Stage::new().await;
    let root = stage.admin("root@example.com").await;
    let state = async || {
        let pairs = stage.send(Asking::new("GET", "/api/v1/market/pairs")).await.good();
        pairs["items"][0]["status"].as_str().unwrap().to_owned()
    };
    for turns in 0..TURNS_MAX {
        let (noted, before) = (notes_of_markets(&stage, &root).await, state().await);
        let what = if before == "halted" { "resume" } else { "halt" };
        let ask = root.asks("POST", &format!("/api/v1/admin/markets/BTC-USDT/{what}"));
        let answered = stage.hang_up(ask, turns).await;
        assert_ne!(state().await, before, "after {turns} turns");
        assert_eq!(notes_of_markets(&stage, &root).await, noted + 1, "after {turns} turns");
        if answered {
            return;
        }
    }
    panic!("it never answers");
}
