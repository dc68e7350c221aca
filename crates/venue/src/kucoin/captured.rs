//! Requests that stock clients sent: their signatures are good, byte for byte.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ClientFrame, KeyVersion, NewOrder, SigningKey, Topic, headers};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    api_key: String,
    secret: String,
    password: String,
}

#[derive(Deserialize)]
struct Capture {
    credentials_used: Credentials,
    ops: Vec<Op>,
}

#[derive(Deserialize)]
struct Op {
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    kind: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    raw_path: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    data: String,
}

/// Each capture and how many signed requests, orders and frames it has at least.
const CAPTURES: [(&str, KeyVersion, usize, usize, usize); 4] = [
    ("kucoin__ccxt.json", KeyVersion::Two, 15, 3, 0),
    ("kucoin__ccxt-default-options.json", KeyVersion::Two, 5, 1, 0),
    ("kucoin__ccxt-pro.json", KeyVersion::Two, 5, 0, 4),
    ("kucoin__kucoin-universal-sdk.json", KeyVersion::Three, 12, 1, 2),
];

fn folder() -> Option<PathBuf> {
    let shared = std::env::var_os("RIALTO_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), Into::into);
    let folder = shared.join("venues/captured");
    let found = folder.is_dir().then_some(folder);
    if found.is_none() {
        eprintln!("skipped: captured requests to KuCoin: the folder is not there");
    }
    found
}

fn read(folder: &Path, name: &str) -> Capture {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

impl Event {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

#[test]
fn the_signatures_of_captured_requests_are_good() {
    let Some(folder) = folder() else { return };
    for (name, version, signed_min, ..) in CAPTURES {
        let capture = read(&folder, name);
        let Credentials { api_key, secret, password } = &capture.credentials_used;
        let key = SigningKey::new(secret.as_bytes());
        let mut signed = 0;
        for event in capture.ops.iter().flat_map(|op| &op.events) {
            let Some(signature) = event.header(headers::SIGN) else { continue };
            let stamp = event.header(headers::TIMESTAMP).unwrap();
            let parts = [stamp, &event.method, &event.raw_path, &event.body].map(str::as_bytes);
            assert!(key.verify(&parts, signature), "{name}: {}", event.raw_path);
            let [_, method, path, body] = parts;
            assert!(!key.verify(&[b"1", method, path, body], signature));
            assert_eq!(event.header(headers::KEY), Some(api_key.as_str()));
            assert_eq!(KeyVersion::parse(event.header(headers::VERSION)), Some(version));
            let sent = event.header(headers::PASSPHRASE).unwrap();
            assert!(key.is_passphrase(version, password, sent), "{name}: {}", event.raw_path);
            signed += 1;
        }
        assert!(signed_min <= signed, "{name}: {signed}");
    }
}

#[test]
fn captured_orders_and_frames_are_understood() {
    let Some(folder) = folder() else { return };
    for (name, _, _, orders_min, frames_min) in CAPTURES {
        let (mut orders, mut frames) = (0, 0);
        let capture = read(&folder, name);
        for event in capture.ops.iter().flat_map(|op| &op.events) {
            if event.kind == "ws_recv" && event.data.contains("subscribe") {
                let frame: ClientFrame<'_> = serde_json::from_str(&event.data).unwrap();
                assert!(Topic::parse(&frame.topic).is_ok(), "{}", event.data);
                frames += 1;
            }
            if event.raw_path == "/api/v1/hf/orders" && event.method == "POST" {
                let order: NewOrder<'_> = serde_json::from_str(&event.body).unwrap();
                assert_eq!(order.symbol, "BTC-USDT");
                let again: serde_json::Value =
                    serde_json::from_str(&serde_json::to_string(&order).unwrap()).unwrap();
                assert_eq!(again, serde_json::from_str::<serde_json::Value>(&event.body).unwrap());
                orders += 1;
            }
        }
        assert!(orders_min <= orders && frames_min <= frames, "{name}: {orders} {frames}");
    }
}
