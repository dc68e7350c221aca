//! Requests that nobody would write, and what must never be said about any.

use std::io::Write;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Builder;

use crate::stage::{ALICE, SECRET, Stage, sign, with_time};

const PATHS: [(&str, &str); 9] = [
    ("GET", "/api/v3/account"),
    ("POST", "/api/v3/order"),
    ("DELETE", "/api/v3/order"),
    ("POST", "/api/v3/order/cancelReplace"),
    ("PUT", "/api/v3/order/amend/keepPriority"),
    ("POST", "/api/v3/orderList/oco"),
    ("GET", "/api/v3/allOrders"),
    ("GET", "/api/v3/depth"),
    ("GET", "/api/v3/klines"),
];

/// What values are made of: numbers too large, too long, empty; encodings that end early.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("BTCUSDT".to_owned()),
        Just("LIMIT".to_owned()),
        Just("BUY".to_owned()),
        Just("GTC".to_owned()),
        Just("99999999999999999999999999999999999999999".to_owned()),
        Just("0.00000000000000000000000000000000000001".to_owned()),
        Just("%".to_owned()),
        Just("%F".to_owned()),
        Just("%ff%fe".to_owned()),
        "[0-9]{1,21}(\\.[0-9]{0,21})?",
        "[ -~&&[^#]]{0,12}".prop_map(|text| text.replace([' ', '"', '<', '>', '`', '{', '}'], "")),
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "symbol",
        "side",
        "type",
        "timeInForce",
        "quantity",
        "quoteOrderQty",
        "price",
        "stopPrice",
        "trailingDelta",
        "icebergQty",
        "newClientOrderId",
        "orderId",
        "limit",
        "startTime",
        "recvWindow",
        "cancelReplaceMode",
        "newQty",
        "interval",
        "",
        "=",
    ])
}

#[test]
fn no_request_breaks_the_server_or_goes_unanswered() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(async { Stage::new() });
    let mut runner = TestRunner::new(Config { cases: 400, ..Config::default() });
    let pairs = prop::collection::vec((name(), value()), 0..14);
    let request = (prop::sample::select(&PATHS[..]), pairs, any::<bool>());
    let outcome = runner.run(&request, |((method, path), pairs, is_signed)| {
        let pairs: Vec<String> = pairs.iter().map(|(n, value)| format!("{n}={value}")).collect();
        let params = with_time(&pairs.join("&"), stage.now());
        let reply = runtime.block_on(async {
            if is_signed {
                stage.signed_at(ALICE, method, path, &params).await
            } else {
                stage.send(method, path, &params, ALICE).await
            }
        });
        prop_assert!(reply.status < 500, "{method} {path} {params}: {}", reply.json);
        prop_assert!(
            is_signed || path.contains("depth") || path.contains("klines") || reply.status != 200
        );
        if reply.status != 200 && !reply.json["code"].is_i64() {
            return Err(TestCaseError::fail(format!("no documented error: {}", reply.json)));
        }
        Ok(())
    });
    outcome.unwrap();
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_and_no_signature_is_ever_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::trace!("the log is written");
    let stage = Stage::new();
    let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=20000";
    let params = with_time(order, stage.now());
    let signature = sign(&params);
    stage.signed_at(ALICE, "POST", "/api/v3/order", &params).await;
    stage.signed_at(ALICE, "POST", "/api/v3/order", &params).await;
    stage.signed_at(ALICE, "POST", "/api/v3/order", &format!("{params}&x=1")).await;
    stage.send("POST", "/api/v3/order", &format!("{params}&signature={SECRET}"), ALICE).await;
    stage.send("GET", "/api/v3/account", "", SECRET).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("the log is written"));
    for secret in [SECRET, &signature, "canary"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(!format!("{:?}", stage.exchange).contains("canary"));
}
