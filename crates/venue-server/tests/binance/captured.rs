//! Requests that stock clients sent, byte for byte: a few of our own recording, and, where the
//! folder of recordings is there, many more.

use std::path::PathBuf;

use serde_json::Value;
use serde_json::value::RawValue;
use venue::binance::{Payload, SignatureKey, SocketRequest, socket_payload};

/// Each of three clients: a query, an order, a cancel; and frames of two.
const OURS: &str = include_str!("../../fixtures/signed_by_clients.json");
const CLIENTS: [&str; 5] =
    ["python-binance", "binance-sdk-spot-py", "ccxt", "ccxt-default-options", "ccxt-pro"];

fn shared(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("RIALTO_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        Into::into,
    );
    let path = shared.join("venues").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: recorded requests of clients: {} is not there", path.display());
    None
}

fn read(path: PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Whether the signature of an HTTP request is good for `key`.
fn is_request_signed(query: &str, body: &str, key: &SignatureKey) -> bool {
    let payload = Payload::new(query, body).unwrap();
    key.verify(&payload.parts, &payload.signature_text().unwrap())
}

/// The same of a captured request.
fn is_signed(event: &Value, key: &SignatureKey) -> bool {
    let path = event["raw_path"].as_str().unwrap();
    let query = path.split_once('?').map_or("", |(_, query)| query);
    is_request_signed(query, event["body"].as_str().unwrap(), key)
}

/// The same of a captured frame.
fn is_frame_signed(event: &Value, key: &SignatureKey) -> bool {
    is_text_signed(event["data"].as_str().unwrap(), key)
}

/// The same of the text of a frame.
fn is_text_signed(text: &str, key: &SignatureKey) -> bool {
    let request: SocketRequest<'_> = serde_json::from_str(text).unwrap();
    let params: std::collections::BTreeMap<String, &RawValue> =
        serde_json::from_str(request.params.unwrap().get()).unwrap();
    let literal = |json: &RawValue| {
        serde_json::from_str::<String>(json.get()).unwrap_or_else(|_| json.get().to_owned())
    };
    let params: Vec<(String, String)> =
        params.into_iter().map(|(name, json)| (name, literal(json))).collect();
    let pairs: Vec<(&str, &str)> =
        params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let signature = pairs.iter().find(|(name, _)| *name == "signature").unwrap().1;
    key.verify(&[&socket_payload(&pairs)], signature)
}

#[test]
fn the_requests_of_stock_clients_are_signed_as_we_check() {
    let ours: Value = serde_json::from_str(OURS).unwrap();
    let secret = ours["secret"].as_str().unwrap();
    let (key, wrong) = (SignatureKey::hmac(secret.as_bytes()), SignatureKey::hmac(b"wrong"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for request in ours["requests"].as_array().unwrap() {
        let (query, body) = (text(&request["query"]), text(&request["body"]));
        assert!(is_request_signed(&query, &body, &key), "{request}");
        assert!(!is_request_signed(&query, &body, &wrong), "{request}");
        let dearer = body.replace("price=25000.5", "price=25000.6");
        assert!(dearer == body || !is_request_signed(&query, &dearer, &key), "{request}");
    }
    for frame in ours["frames"].as_array().unwrap() {
        let frame = text(&frame["frame"]);
        assert!(is_text_signed(&frame, &key), "{frame}");
        assert!(!is_text_signed(&frame, &wrong), "{frame}");
    }
}

#[test]
fn every_recorded_request_of_a_stock_client_is_signed_as_we_check() {
    let mut checked = 0;
    for client in CLIENTS {
        let Some(path) = shared(&format!("captured/binance__{client}.json")) else { return };
        let capture = read(path);
        let secret = capture["credentials_used"]["secret"].as_str().unwrap();
        let (key, wrong) = (SignatureKey::hmac(secret.as_bytes()), SignatureKey::hmac(b"wrong"));
        let operations = capture["ops"].as_array().unwrap().iter();
        for event in operations.flat_map(|op| op["events"].as_array().unwrap()) {
            let Some(check) = event["signature_check"].as_str() else { continue };
            if !check.contains("hmac") {
                continue;
            }
            let is_signed = if event["kind"] == "http" { is_signed } else { is_frame_signed };
            assert!(is_signed(event, &key), "{client}: {event}");
            assert!(!is_signed(event, &wrong), "{client}: {event}");
            checked += 1;
        }
    }
    assert!(40 <= checked, "only {checked} signed requests");
}

#[test]
fn the_documented_signatures_are_those_that_we_make() {
    let Some(path) = shared("signature_vectors.json") else { return };
    let vectors = read(path);
    let mut checked = 0;
    for vector in vectors.as_array().unwrap() {
        if vector["venue"] != "binance" || vector["verified"] != true {
            continue;
        }
        let key = SignatureKey::hmac(vector["secret"].as_str().unwrap().as_bytes());
        let payload = vector["payload"].as_str().unwrap().as_bytes();
        let expected = vector["expected"].as_str().unwrap();
        assert_eq!(key.sign(&[payload]).unwrap(), expected, "{}", vector["name"]);
        assert!(key.verify(&[payload], expected));
        checked += 1;
    }
    assert!(6 <= checked, "only {checked} vectors");
}
