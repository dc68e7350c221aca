//! Requests as clients sign them, against an engine of its own.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use venue::kraken::SigningKey;

use super::*;
use crate::desk::tests::{ALICE, BOB, NOW, Stage};
use crate::keyring::Scopes;

/// One who asks.
struct Client {
    router: Router,
    name: String,
    signing: SigningKey,
    nonce: AtomicU64,
}

impl Client {
    fn all(stage: &Stage) -> [Self; 2] {
        let mut number = 0_u64;
        let mut next = || {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            number
        };
        let scopes = Scopes { read: true, trade: true, transfer: false, admin: false };
        let drawn = [ALICE, BOB].map(|user| {
            let (api_key, secret) = draw_key(&mut next);
            VenueKey { user, api_key, secret, passphrase: None, scopes }
        });
        let known = drawn
            .each_ref()
            .map(|key| (key.api_key.clone(), SigningKey::new(key.secret.expose()).unwrap()));
        let router = router(open(stage.desk.exchange().clone(), drawn.into()));
        known.map(|(name, signing)| Self {
            router: router.clone(),
            name,
            signing,
            nonce: AtomicU64::new(0),
        })
    }

    async fn ask(&self, operation: &str, form: &str) -> Value {
        let path = format!("/0/private/{operation}");
        let nonce = self.nonce.fetch_add(1, Ordering::SeqCst) + 1;
        let body = format!("nonce={nonce}&{form}");
        let sign = self.signing.sign(&path, &nonce.to_string(), body.as_bytes());
        let request = Request::builder()
            .method("POST")
            .uri(&path)
            .header("api-key", &self.name)
            .header("api-sign", sign)
            .body(Body::from(body))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }

    /// What is asked for; anything else is a failure.
    async fn result(&self, operation: &str, form: &str) -> Value {
        let answer = self.ask(operation, form).await;
        assert_eq!(answer["error"], json!([]), "{operation} {form}: {answer}");
        answer["result"].clone()
    }

    /// The name of an order that is placed.
    async fn place(&self, form: &str) -> String {
        let placed = self.result("AddOrder", &format!("pair=XBTUSD&{form}")).await;
        placed["txid"][0].as_str().unwrap().to_owned()
    }

    async fn order(&self, txid: &str) -> Value {
        self.result("QueryOrders", &format!("txid={txid}")).await[txid].clone()
    }
}

#[tokio::test]
async fn an_amended_order_keeps_its_name_and_an_edited_one_gets_another() {
    let stage = Stage::open().await;
    let [client, other] = Client::all(&stage);
    let txid = client.place("type=sell&ordertype=limit&price=50000&volume=0.5&cl_ord_id=a").await;
    other.place("type=buy&ordertype=market&volume=0.1").await;
    let told = client.result("AmendOrder", "cl_ord_id=a&limit_price=51000&order_qty=0.4").await;
    assert!(told["amend_id"].as_str().unwrap().starts_with('T'));
    let order = client.order(&txid).await;
    assert_eq!((&order["status"], &order["cl_ord_id"]), (&json!("open"), &json!("a")));
    assert_eq!((&order["vol"], &order["vol_exec"]), (&json!("0.40000000"), &json!("0.10000000")));
    assert_eq!(order["descr"]["price"], "51000.0");
    let form = format!("pair=XBTUSD&txid={txid}&price=52000");
    let looked = client.result("EditOrder", &format!("{form}&validate=true")).await;
    assert_eq!((&looked["txid"], &looked["orders_cancelled"]), (&Value::Null, &json!(0)));
    let edited = client.result("EditOrder", &form).await;
    let next = edited["txid"].as_str().unwrap();
    assert_eq!((&edited["originaltxid"], &edited["volume"]), (&json!(txid), &json!("0.30000000")));
    assert_eq!(client.order(&txid).await["status"], "canceled");
    assert_eq!(client.order(next).await["descr"]["price"], "52000.0");
    for (operation, form, want) in [
        ("AmendOrder", format!("txid={txid}&limit_price=1"), "EOrder:Unknown order"),
        (
            "AmendOrder",
            format!("txid={next}&limit_price=0"),
            "EGeneral:Invalid arguments:limit_price",
        ),
        ("AmendOrder", format!("txid={next}"), "EGeneral:Invalid arguments"),
        (
            "AmendOrder",
            format!("txid={next}&limit_price=50000.05"),
            "EOrder:Tick size check failed",
        ),
        ("AmendOrder", format!("txid={next}&order_qty=100"), "EOrder:Insufficient funds"),
        ("AmendOrder", "limit_price=50000".to_owned(), "EGeneral:Invalid arguments:txid"),
        (
            "AmendOrder",
            format!("txid={next}&limit_price=50000&deadline=2020-01-01T00:00:00Z"),
            "EService:Deadline elapsed",
        ),
        ("EditOrder", format!("pair=XBTUSD&txid={txid}&price=1"), "EOrder:Unknown order"),
        ("EditOrder", format!("pair=XBTUSD&txid={next}"), "EGeneral:Invalid arguments"),
    ] {
        assert_eq!(
            client.ask(operation, &form).await["error"],
            json!([want]),
            "{operation} {form}"
        );
    }
    let stands = other.ask("AmendOrder", &format!("txid={next}&limit_price=50000")).await;
    assert_eq!(stands["error"], json!(["EOrder:Unknown order"]), "it is another's");
    stage.close();
}

#[tokio::test]
async fn a_ledger_leads_from_what_there_was_to_what_there_is() {
    let stage = Stage::open().await;
    let [client, other] = Client::all(&stage);
    other.place("type=sell&ordertype=limit&price=50000&volume=1").await;
    client.place("type=buy&ordertype=market&volume=0.2").await;
    let told = client.result("Ledgers", "asset=ZUSD").await;
    let entries: Vec<_> = told["ledger"]
        .as_object()
        .unwrap()
        .values()
        .map(|it| {
            (it["type"].clone(), it["amount"].clone(), it["fee"].clone(), it["balance"].clone())
        })
        .collect();
    let entry = |kind: &str, numbers: [&str; 3]| {
        let [amount, fee, balance] = numbers.map(|number| json!(format!("{number}.0000000000")));
        (json!(kind), amount, fee, balance)
    };
    let want =
        [entry("trade", ["-10000", "40", "89960"]), entry("deposit", ["100000", "0", "100000"])];
    assert!(entries.len() == 2 && want.iter().all(|it| entries.contains(it)), "{entries:?}");
    let deposits = client.result("DepositStatus", "asset=XBT").await;
    assert_eq!(
        (&deposits[0]["asset"], &deposits[0]["amount"]),
        (&json!("XXBT"), &json!("10.0000000000"))
    );
    assert_eq!(client.result("WithdrawStatus", "").await, json!([]));
    for (operation, want) in [
        ("Withdraw", "EGeneral:Permission denied"),
        ("DepositAddresses", "EFunding:No funding method"),
        ("DepositMethods", "EFunding:No funding method"),
    ] {
        assert_eq!(client.ask(operation, "asset=XBT").await["error"], json!([want]));
    }
    assert_eq!(client.ask("Ledgers", "asset=ODD1").await["error"], json!(["EQuery:Unknown asset"]));
    stage.close();
}

#[tokio::test]
async fn a_switch_says_when_orders_end() {
    let stage = Stage::open().await;
    let [client, _] = Client::all(&stage);
    let told = client.result("CancelAllOrdersAfter", "timeout=60").await;
    let at = |micros: u64| json!(venue::instant::text(model::Time(micros)));
    assert_eq!(told, json!({"currentTime": at(NOW.0), "triggerTime": at(NOW.0 + 60_000_000)}));
    assert_eq!(client.result("CancelAllOrdersAfter", "timeout=0").await["triggerTime"], "0");
    for form in ["timeout=86401", "timeout=-1", "timeout=x", ""] {
        let answer = client.ask("CancelAllOrdersAfter", form).await;
        assert_eq!(answer["error"], json!(["EGeneral:Invalid arguments:timeout"]), "{form}");
    }
    stage.close();
}

#[tokio::test]
async fn all_that_an_order_asked_for_is_told_in_order() {
    let stage = Stage::open().await;
    let [client, other] = Client::all(&stage);
    let txid = client.place("type=sell&ordertype=limit&price=50000&volume=0.5&cl_ord_id=a").await;
    other.place("type=buy&ordertype=market&volume=0.1").await;
    let form = "cl_ord_id=a&limit_price=51000&order_qty=0.4&post_only=true";
    let amended = client.result("AmendOrder", form).await;
    client.result("AmendOrder", "cl_ord_id=a&order_qty=0.35").await;
    let told = client.result("OrderAmends", &format!("order_id={txid}")).await;
    let parts = |amend: &Value| {
        ["amend_type", "order_qty", "remaining_qty", "limit_price"]
            .map(|name| amend[name].as_str().unwrap().to_owned())
    };
    let amends = told["amends"].as_array().unwrap();
    assert_eq!(
        amends.iter().map(parts).collect::<Vec<_>>(),
        [
            ["original", "0.50000000", "0.50000000", "50000.0"],
            ["user", "0.40000000", "0.30000000", "51000.0"],
            ["user", "0.35000000", "0.25000000", "51000.0"],
        ]
    );
    assert_eq!((&told["count"], &amends[0]["post_only"]), (&json!(3), &Value::Null));
    assert_eq!(
        (&amends[1]["amend_id"], &amends[1]["post_only"]),
        (&amended["amend_id"], &json!(true))
    );
    for (client, form, want) in [
        (&other, format!("order_id={txid}"), "EOrder:Unknown order"),
        (&client, "order_id=OXXXXX-XXXXX-XXXXXX".to_owned(), "EOrder:Unknown order"),
        (&client, String::new(), "EGeneral:Invalid arguments:order_id"),
    ] {
        assert_eq!(client.ask("OrderAmends", &form).await["error"], json!([want]), "{form}");
    }
    stage.close();
}

#[tokio::test]
async fn what_no_key_here_may_do_is_refused_as_the_venue_refuses_it() {
    let stage = Stage::open().await;
    let [client, _] = Client::all(&stage);
    for (operation, want) in [
        ("AddExport", "EGeneral:Permission denied"),
        ("Earn/Strategies", "EGeneral:Permission denied"),
        ("WalletTransfer", "EGeneral:Permission denied"),
        ("AccountTransfer", "EGeneral:Permission denied"),
        ("Nothing", "EGeneral:Unknown method"),
    ] {
        assert_eq!(client.ask(operation, "").await["error"], json!([want]), "{operation}");
    }
    assert_eq!(client.result("OpenPositions", "consolidation=market").await, json!([]));
    assert_eq!(client.result("OpenPositions", "").await, json!({}));
    stage.close();
}

#[tokio::test]
async fn a_distance_is_from_the_last_price_and_orders_are_told_with_the_digits_of_the_market() {
    let stage = Stage::open().await;
    let [client, other] = Client::all(&stage);
    let form = "pair=XBTUSD&type=sell&ordertype=limit&volume=0.1";
    let nobody = client.ask("AddOrder", &format!("{form}&price=%2B5")).await;
    assert_eq!(nobody["error"], json!(["EGeneral:Invalid arguments:price"]), "of what?");
    let placed = client.result("AddOrder", &format!("{form}&price=50000")).await;
    assert_eq!(placed["descr"]["order"], "sell 0.10000000 XBTUSD @ limit 50000.0");
    other.place("type=buy&ordertype=market&volume=0.1").await;
    let placed = client.result("AddOrder", &format!("{form}&price=%2B2%25")).await;
    assert_eq!(placed["descr"]["order"], "sell 0.10000000 XBTUSD @ limit 51000.0");
    let txid = placed["txid"][0].as_str().unwrap();
    assert_eq!(client.order(txid).await["descr"]["price"], "51000.0");
    stage.close();
}
