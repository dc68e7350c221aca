//! Who may ask what, when, and how often.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use venue::binance::SignatureKey;
use venue_server::Limits;
use venue_server::binance::Quotas;

use crate::stage::{ALICE, BOB, BOUND, READER, START_MILLIS, Stage, sign, with_time};

const ORDER: &str = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=20000";

/// A key pair as its owner has it, and the public half as the exchange has it.
pub fn ed25519() -> (Ed25519KeyPair, SignatureKey) {
    let pair = Ed25519KeyPair::generate().unwrap();
    let mut der = hex::decode("302a300506032b6570032100").unwrap();
    der.extend_from_slice(pair.public_key().as_ref());
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
    (pair, SignatureKey::public(&pem).unwrap())
}

/// Accepting any of these would be accepting a wrong signature.
#[tokio::test]
async fn a_wrong_signature_is_refused_and_changes_nothing() {
    let stage = Stage::new();
    let params = with_time(ORDER, stage.now());
    let good = sign(&params);
    let other = sign(&format!("{params}0"));
    let mut flipped = good.clone().into_bytes();
    flipped[0] = if flipped[0] == b'0' { b'1' } else { b'0' };
    let flipped = String::from_utf8(flipped).unwrap();
    let before = stage.state();
    let changed = params.replace("price=20000", "price=20001");
    for (params, signature) in [
        (&params, &other),
        (&params, &flipped),
        (&params, &good[..32].to_owned()),
        (&params, &"0".repeat(64)),
        (&params, &"not-hex".to_owned()),
        (&changed, &good),
    ] {
        let body = format!("{params}&signature={signature}");
        let reply = stage.send("POST", "/api/v3/order", &body, ALICE).await;
        let want = (400, -1022, "Signature for this request is not valid.".to_owned());
        assert_eq!(reply.error(), want, "{body}");
    }
    assert_eq!(stage.state(), before, "a refused request changes nothing");
    let body = format!("{params}&signature={}", good.to_uppercase());
    assert_eq!(stage.send("POST", "/api/v3/order", &body, ALICE).await.status, 200);
}

#[tokio::test]
async fn parameters_may_stand_in_query_and_body_and_the_signature_anywhere() {
    let stage = Stage::new();
    let (head, tail) = ORDER.split_once("&quantity").unwrap();
    let tail = with_time(&format!("quantity{tail}"), stage.now());
    let signature = sign(&format!("{head}{tail}"));
    let url = format!("/api/v3/order?{head}");
    let body = format!("signature={signature}&{tail}");
    let reply = stage.send("POST", &url, &body, ALICE).await;
    assert_eq!(reply.status, 200, "{}", reply.json);
    let query = with_time("symbol=BTCUSDT&orderId=1", stage.now());
    let url = format!("/api/v3/order?signature={}&{query}", sign(&query));
    assert_eq!(stage.send("DELETE", &url, "", ALICE).await.status, 200);
}

#[tokio::test]
async fn a_placing_request_is_good_once() {
    let stage = Stage::new();
    let params = with_time(ORDER, stage.now());
    let first = stage.signed_at(ALICE, "POST", "/api/v3/order", &params).await;
    assert_eq!(first.status, 200);
    let before = stage.state();
    stage.pass_ms(4_999);
    let second = stage.signed_at(ALICE, "POST", "/api/v3/order", &params).await;
    assert_eq!(second.error(), (400, -2010, "Duplicate order sent.".to_owned()));
    assert_eq!(stage.state(), before);
    // The same parameters under another key are another request.
    assert_eq!(stage.signed_at(BOB, "POST", "/api/v3/order", &params).await.status, 200);
    stage.pass_ms(2);
    let third = stage.signed_at(ALICE, "POST", "/api/v3/order", &params).await;
    assert_eq!(third.error().1, -1021, "after its window the window refuses it");
}

#[tokio::test]
async fn what_was_signed_to_read_changes_nothing_and_a_cancel_is_good_once() {
    let stage = Stage::new();
    stage.place(ALICE, ORDER).await;
    let duplicate = (400, -2010, "Duplicate order sent.".to_owned());
    let params = with_time("symbol=BTCUSDT", stage.now());
    for _ in 0..2 {
        let read = stage.signed_at(ALICE, "GET", "/api/v3/openOrders", &params).await;
        assert_eq!(read.json.as_array().unwrap().len(), 1, "reading is good again and again");
    }
    let before = stage.state();
    let url = format!("/api/v3/openOrders?{params}&signature={}", sign(&params));
    let elsewhere = stage.send_from("192.0.2.8", ("DELETE", &url, ""), Some(ALICE)).await;
    assert_eq!(elsewhere.error(), duplicate, "who heard it elsewhere");
    stage.pass_ms(1_001);
    let replayed = stage.signed_at(ALICE, "DELETE", "/api/v3/openOrders", &params).await;
    assert_eq!(replayed.error(), duplicate, "who read it in a log");
    assert_eq!(stage.state(), before);
    let params = with_time("symbol=BTCUSDT", stage.now() + 1);
    let cancel = stage.signed_at(ALICE, "DELETE", "/api/v3/openOrders", &params).await;
    assert_eq!(cancel.status, 200, "{}", cancel.json);
    stage.place(ALICE, ORDER).await;
    let before = stage.state();
    let again = stage.signed_at(ALICE, "DELETE", "/api/v3/openOrders", &params).await;
    assert_eq!(again.error(), duplicate);
    assert_eq!(stage.state(), before, "what was placed since stays");
}

#[tokio::test]
async fn who_asks_and_cancels_in_one_millisecond_is_served_once() {
    let stage = Stage::new();
    let order = format!("{ORDER}&newClientOrderId=mine");
    stage.place(ALICE, &order).await;
    let params = with_time("symbol=BTCUSDT&origClientOrderId=mine", stage.now());
    let (path, duplicate) = ("/api/v3/order", (400, -2010, "Duplicate order sent.".to_owned()));
    let read = stage.signed_at(ALICE, "GET", path, &params).await;
    assert_eq!((read.status, &read.json["status"]), (200, &"NEW".into()));
    let canceled = stage.signed_at(ALICE, "DELETE", path, &params).await;
    assert_eq!((canceled.status, &canceled.json["status"]), (200, &"CANCELED".into()));
    stage.place(ALICE, &order).await;
    let read = stage.signed_at(ALICE, "GET", path, &params).await;
    assert_eq!((read.status, &read.json["status"]), (200, &"NEW".into()), "the other of that name");
    let before = stage.state();
    let again = stage.signed_at(ALICE, "DELETE", path, &params).await;
    assert_eq!((again.error(), stage.state()), (duplicate.clone(), before));
    let params = with_time(ORDER, stage.now());
    assert_eq!(stage.signed_at(ALICE, "POST", "/api/v3/order/test", &params).await.status, 200);
    let before = stage.state();
    let placed = stage.signed_at(ALICE, "POST", path, &params).await;
    assert_eq!((placed.error(), stage.state()), (duplicate, before), "a test places nothing");
}

#[tokio::test]
async fn a_request_is_good_within_its_window_only() {
    let stage = Stage::new();
    stage.pass_ms(100_000);
    let now = stage.now();
    let late = "Timestamp for this request is outside of the recvWindow.";
    let ahead = "Timestamp for this request was 1000ms ahead of the server's time.";
    for (params, want) in [
        (format!("timestamp={now}"), None),
        (format!("timestamp={}", now - 5_000), None),
        (format!("timestamp={}", now - 5_001), Some((-1021, late))),
        (format!("timestamp={}", now + 999), None),
        (format!("timestamp={}", now + 1_000), Some((-1021, ahead))),
        (format!("timestamp={}000", now - 5_000), None),
        (format!("timestamp={}", now * 1_000 - 5_000_001), Some((-1021, late))),
        (format!("recvWindow=60000&timestamp={}", now - 60_000), None),
        (format!("recvWindow=0.5&timestamp={}", now * 1_000 - 500), None),
        (format!("recvWindow=0.5&timestamp={}", now * 1_000 - 501), Some((-1021, late))),
        (
            format!("recvWindow=60001&timestamp={now}"),
            Some((-1102, "'recvWindow' contains unexpected value. Cannot be greater than 60000.")),
        ),
        (
            format!("recvWindow=1.0001&timestamp={now}"),
            Some((
                -1102,
                "Mandatory parameter 'recvWindow' was not sent, was empty/null, or malformed.",
            )),
        ),
        (format!("timestamp={}", START_MILLIS - 1), Some((-1021, late))),
    ] {
        let reply = stage.signed_at(ALICE, "GET", "/api/v3/openOrderList", &params).await;
        let want = want.map(|(code, text)| (400, code, text.to_owned()));
        let got = (reply.status != 200).then(|| reply.error());
        assert_eq!(got, want, "{params}");
    }
}

#[tokio::test]
async fn what_was_signed_before_the_start_is_refused() {
    let stage = Stage::new();
    let before = stage.state();
    let params = with_time(ORDER, START_MILLIS - 1);
    let reply = stage.signed_at(ALICE, "POST", "/api/v3/order", &params).await;
    assert_eq!(reply.error().1, -1021);
    assert_eq!(stage.state(), before);
}

#[tokio::test]
async fn keys_open_what_they_are_for_and_from_where_they_are_bound() {
    let stage = Stage::new();
    let refused = "Invalid API-key, IP, or permissions for action.";
    let params = with_time(ORDER, stage.now());
    for (key, from, code, text) in [
        ("nobody", "127.0.0.1", -2015, refused),
        ("", "127.0.0.1", -2014, "API-key format invalid."),
        ("with space", "127.0.0.1", -2014, "API-key format invalid."),
        (READER, "127.0.0.1", -2015, refused),
        (BOUND, "127.0.0.1", -2015, refused),
    ] {
        let body = format!("{params}&signature={}", sign(&params));
        let request = ("POST", "/api/v3/order", body.as_str());
        let reply = stage.send_from(from, request, Some(key)).await;
        assert_eq!(reply.error(), (401, code, text.to_owned()), "{key}");
    }
    let query = with_time("", stage.now());
    let url = format!("/api/v3/account?{query}&signature={}", sign(&query));
    for (key, from, status) in [
        (Some(READER), "127.0.0.1", 200),
        (Some(BOUND), "192.0.2.7", 200),
        (Some(BOUND), "198.51.100.7", 401),
        (None, "127.0.0.1", 401),
    ] {
        let reply = stage.send_from(from, ("GET", &url, ""), key).await;
        assert_eq!(reply.status, status, "{key:?} {from}");
    }
    stage.ring.revoke(READER);
    assert_eq!(stage.send("GET", &url, "", READER).await.status, 401);
}

#[tokio::test]
async fn what_is_missing_from_a_signed_request_is_named() {
    let stage = Stage::new();
    let path = "/api/v3/account";
    for (params, name) in [("", "timestamp"), ("timestamp=abc", "timestamp")] {
        let reply = stage.signed_at(ALICE, "GET", path, params).await;
        let text =
            format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed.");
        assert_eq!(reply.error(), (400, -1102, text), "{params}");
    }
    let url = format!("{path}?timestamp={}", stage.now());
    for url in [url.clone(), format!("{url}&signature=")] {
        let reply = stage.send("GET", &url, "", ALICE).await;
        let text = "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.";
        assert_eq!(reply.error(), (400, -1102, text.to_owned()), "{url}");
    }
}

#[tokio::test]
async fn an_ed25519_key_signs_in_base64() {
    let stage = Stage::new();
    let (pair, public) = ed25519();
    stage.ring.add("modern", 1, public, |_| {});
    let query = with_time("recvWindow=5000", stage.now());
    let signature = STANDARD.encode(pair.sign(query.as_bytes()).as_ref());
    let encoded = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for (signature, status) in
        [(&encoded, 200), (&encoded.to_lowercase(), 400), (&encoded[4..].to_owned(), 400)]
    {
        let url = format!("/api/v3/account?{query}&signature={signature}");
        assert_eq!(stage.send("GET", &url, "", "modern").await.status, status, "{signature}");
    }
}

#[tokio::test]
async fn every_answer_tells_the_weight_and_too_much_of_it_is_refused() {
    let quotas = Quotas { weight: 30, ..Quotas::default() };
    let stage = Stage::with(Limits { quotas, ..Limits::default() });
    let reply = stage.send("GET", "/api/v3/time", "", ALICE).await;
    assert_eq!(reply.header("x-mbx-used-weight-1m"), Some("1"));
    let reply = stage.signed(ALICE, "GET", "/api/v3/account", "").await;
    assert_eq!((reply.status, reply.header("x-mbx-used-weight-1m")), (200, Some("21")));
    let reply = stage.signed(ALICE, "GET", "/api/v3/account", "").await;
    assert_eq!((reply.error().0, reply.error().1), (429, -1003));
    assert_eq!(reply.header("retry-after"), Some("40"), "the minute ends 40 s after the start");
    assert_eq!(reply.header("x-mbx-used-weight"), Some("41"));
    stage.pass_ms(40_000);
    assert_eq!(stage.signed(ALICE, "GET", "/api/v3/account", "").await.status, 200);
}

#[tokio::test]
async fn orders_are_counted_until_they_trade() {
    let quotas = Quotas { orders_short: 2, weight: 1_000_000, ..Quotas::default() };
    let stage = Stage::with(Limits { quotas, ..Limits::default() });
    for (price, count) in [(20_000, "1"), (20_001, "2")] {
        let params = ORDER.replace("20000", &price.to_string());
        let reply = stage.signed(ALICE, "POST", "/api/v3/order", &params).await;
        assert_eq!(reply.header("x-mbx-order-count-10s"), Some(count));
        assert_eq!(reply.header("x-mbx-order-count-1d"), Some(count));
    }
    let params = ORDER.replace("20000", "20002");
    let reply = stage.signed(ALICE, "POST", "/api/v3/order", &params).await;
    let text = "Too many new orders; current limit is 2 orders per 10 SECOND.";
    assert_eq!(reply.error(), (429, -1015, text.to_owned()));
    assert_eq!(reply.header("retry-after"), Some("10"));
    let sell = "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1";
    stage.place(BOB, sell).await;
    // The fill is noted by the task that follows the feed, a moment after it is readable.
    let mut count = stage.ask(ALICE, "GET", "/api/v3/rateLimit/order", "").await;
    for _ in 0..10_000 {
        if count[0]["count"] == 1 {
            break;
        }
        tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
        count = stage.ask(ALICE, "GET", "/api/v3/rateLimit/order", "").await;
    }
    assert_eq!(count[0]["count"], 1, "one of them traded");
    stage.place(ALICE, &params.replace("20002", "20003")).await;
}

/// A question for all that somebody has was not signed by who asked for a part.
#[tokio::test]
async fn the_end_of_what_was_signed_to_read_is_no_body_that_nobody_reads() {
    let stage = Stage::new();
    let words = format!("timestamp={}&symbol=BTCUSDT", stage.now());
    let signature = sign(&words);
    for cut in 0..words.len() {
        let (query, body) = words.split_at(cut);
        let url = format!("/api/v3/openOrders?{query}&signature={signature}");
        assert_eq!(stage.send("GET", &url, body, ALICE).await.status, 400, "{query} {body}");
    }
    let url = format!("/api/v3/openOrders?{words}&signature={signature}");
    assert_eq!(stage.send("GET", &url, "", ALICE).await.status, 200);
}
