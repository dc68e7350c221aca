//! What everybody may see.

use gateway::ApiSettings;

use crate::stage::{ALICE, BOB, Stage};

#[tokio::test]
async fn whose_money_is_play_money_says_so_to_everybody() {
    for paper in [false, true] {
        let stage = Stage::with(ApiSettings { paper, ..ApiSettings::default() }).await;
        let about = stage.see("/api/v1/about").await.good();
        assert_eq!(about, serde_json::json!({ "paper": paper }));
    }
}

#[tokio::test]
async fn a_market_tells_its_rules_and_what_happened_in_it() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "0.5", "20000").await;
    stage.limit(ALICE, "buy", "1", "19000.5").await;
    stage.pass_ms(1_000);
    stage.limit(BOB, "buy", "0.2", "20000").await;
    let pairs = stage.see("/api/v1/market/pairs").await.good();
    let pair = &pairs["items"][0];
    let texts = ["symbol", "base", "quote", "status", "tickSize", "lotSize", "minNotional"];
    let got = texts.map(|name| pair[name].as_str().unwrap());
    assert_eq!(got, ["BTC-USDT", "BTC", "USDT", "open", "0.01", "0.00001", "5"]);
    assert_eq!((&pair["takerFeeRate"], &pair["feeAsset"]), (&"0.002".into(), &"received".into()));
    assert_eq!(pair["minPrice"], serde_json::Value::Null, "one tick is no bound");
    assert_eq!(pairs["items"][1]["status"], "halted");
    let book = stage.see("/api/v1/trading/orderbook/BTC-USDT").await.good();
    assert_eq!(book["asks"], serde_json::json!([["20000.00", "0.30000"]]));
    assert_eq!(book["bids"], serde_json::json!([["19000.50", "1.00000"]]));
    let trades = stage.see("/api/v1/trading/trades/BTC-USDT").await.good();
    let trade = &trades["items"][0];
    assert_eq!((&trade["quantity"], &trade["takerSide"]), (&"0.20000".into(), &"buy".into()));
    let ticker = stage.see("/api/v1/market/ticker/BTC-USDT").await.good();
    let got = ["last", "bid", "ask", "volume", "quoteVolume"].map(|name| ticker[name].as_str());
    assert_eq!(got.map(Option::unwrap), ["20000.00", "19000.50", "20000.00", "0.2", "4000"]);
    let silent = stage.see("/api/v1/market/ticker/ETH-USDT").await.good();
    assert_eq!((&silent["last"], &silent["open"]), (&().into(), &().into()), "never traded");
    let candles = stage.see("/api/v1/market/candles/BTC-USDT?interval=1m").await.good();
    let candle = candles["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&candle["close"], &candle["trades"]), (&"20000.00".into(), &1.into()));
    assert_eq!(candle["openAt"], "2023-11-14T22:13:00Z");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_a_problem_that_names_the_field() {
    let stage = Stage::new().await;
    for (url, want) in [
        ("/api/v1/market/ticker/NO-SUCH", (404, "notFound", vec![])),
        ("/api/v1/market/candles/BTC-USDT?interval=7m", (400, "invalid", vec!["interval"])),
        ("/api/v1/market/candles/BTC-USDT?interval=1m&from=now", (400, "invalid", vec!["from"])),
        ("/api/v1/trading/orderbook/BTC-USDT?depth=0", (400, "invalid", vec!["depth"])),
        ("/api/v1/trading/orderbook/BTC-USDT?depth=9999", (400, "invalid", vec!["depth"])),
        ("/api/v1/trading/trades/BTC-USDT?cursor=x", (400, "invalid", vec!["cursor"])),
        ("/api/v1/trading/trades/BTC-USDT?limit=-1", (400, "invalid", vec!["limit"])),
    ] {
        let reply = stage.see(url).await;
        assert_eq!(reply.problem(), want, "{url}");
        assert_eq!(reply.headers["cache-control"], "no-store");
    }
    let reply = stage.see("/api/v1/trading/cancel-after").await;
    assert_eq!(reply.problem().0, 405);
}

#[tokio::test]
async fn trades_are_paged_backwards_without_a_gap() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    for _ in 0..5 {
        stage.limit(BOB, "buy", "0.1", "20000").await;
    }
    let mut ids: Vec<String> = Vec::new();
    let mut url = "/api/v1/trading/trades/BTC-USDT?limit=2".to_owned();
    loop {
        let page = stage.see(&url).await.good();
        let items = page["items"].as_array().unwrap();
        ids.extend(items.iter().map(|trade| trade["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        url = format!("/api/v1/trading/trades/BTC-USDT?limit=2&cursor={cursor}");
    }
    assert_eq!(ids, ["5", "4", "3", "2", "1"]);
}
