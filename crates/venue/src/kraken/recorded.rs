//! What the tests of every wire type ask: does a payload come out as it went in? And what others
//! recorded or captured: do we read it?

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::value::RawValue;

use super::*;
use crate::DecimalText;

/// Every leaf of `json` by its path; of an array each element in its place.
fn leaves(json: &str) -> BTreeMap<String, String> {
    fn gather(path: &str, raw: &RawValue, leaves: &mut BTreeMap<String, String>) {
        let text = raw.get();
        if text.starts_with('{') {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
            fields.iter().for_each(|(name, raw)| gather(&format!("{path}.{name}"), raw, leaves));
        } else if text.starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap();
            leaves.insert(format!("{path}[]"), items.len().to_string());
            for (place, raw) in items.iter().enumerate() {
                gather(&format!("{path}[{place}]"), raw, leaves);
            }
        } else {
            leaves.insert(path.to_owned(), text.to_owned());
        }
    }
    let mut found = BTreeMap::new();
    gather("", serde_json::from_str(json).unwrap(), &mut found);
    found
}

/// Decodes and encodes again.
macro_rules! through {
    ($type:ty) => {
        |json: &str| {
            let value: $type =
                serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
            serde_json::to_string(&value).unwrap()
        }
    };
}

/// Every leaf of `json` as it was after decoding and encoding, but those whose path ends as one of
/// `ignored` does, each of which is there and is gone.
#[track_caller]
fn check(json: &str, through: fn(&str) -> String, ignored: &[&str]) {
    let (mut want, got) = (leaves(json), leaves(&through(json)));
    let mut gone = BTreeSet::new();
    want.retain(|path, _| {
        let of = ignored.iter().find(|name| path.ends_with(&format!(".{name}")));
        gone.extend(of);
        of.is_none()
    });
    assert_eq!(got, want);
    assert_eq!(gone, ignored.iter().collect(), "what is ignored is there");
}

fn shared(path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("RIALTO_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        Into::into,
    );
    let path = shared.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// A payload by its name, how it is decoded and encoded, and what of it is ignored.
type Recorded = (&'static str, fn(&str) -> String, &'static [&'static str]);

#[test]
fn every_modelled_field_of_a_recorded_payload_survives_decode_and_encode() {
    const CHECKS: &[Recorded] = &[
        ("http_server_time", through!(Answer<'_, ServerTime<'_>>), &[]),
        ("http_system_status", through!(Answer<'_, SystemStatus<'_>>), &[]),
        (
            "http_asset_pairs",
            through!(Answer<'_, Named<'_, PairInfo<'_>>>),
            &["long_position_limit", "short_position_limit"],
        ),
        (
            "http_asset_pairs_tokenized",
            through!(Answer<'_, Named<'_, PairInfo<'_>>>),
            &["execution_venue", "long_position_limit", "short_position_limit"],
        ),
        ("http_ticker", through!(Answer<'_, Named<'_, TickerInfo>>), &[]),
        ("http_order_book", through!(Answer<'_, Named<'_, Depth>>), &[]),
        ("http_trades", through!(Answer<'_, Rows<'_, Trade<'_>, String>>), &[]),
        ("http_ohlc", through!(Answer<'_, Rows<'_, Candle, u64>>), &[]),
        ("http_spot_balance", through!(Answer<'_, Named<'_, DecimalText>>), &[]),
        ("http_spot_trade_balance", through!(Answer<'_, TradeBalance>), &[]),
        (
            "http_add_order_spot",
            through!(Answer<'_, AddedOrder<'_>>),
            &[
                "descr.pair",
                "descr.type",
                "descr.ordertype",
                "descr.price",
                "descr.price2",
                "descr.leverage",
            ],
        ),
        ("http_cancel_order_spot", through!(Answer<'_, CanceledCount>), &[]),
        ("http_open_orders", through!(Answer<'_, Open<'_>>), &[]),
        ("http_closed_orders", through!(Answer<'_, Closed<'_>>), &[]),
        (
            "http_trades_history",
            through!(Answer<'_, TradeHistory<'_>>),
            &["ledgers[]", "ledgers[0]"],
        ),
        ("ws_subscribe_response", through!(Reply<'_, Subscribed<'_>>), &[]),
        ("ws_pong", through!(Reply<'_, ()>), &[]),
        ("ws_book_snapshot", through!(Push<'_, [BookData<'_>; 1]>), &[]),
        ("ws_book_update", through!(Push<'_, [BookData<'_>; 1]>), &[]),
        ("ws_batch_add_request", through!(Request<'_, BatchAdd<'_>>), &[]),
        ("ws_ticker_snapshot", through!(Push<'_, [TickerData<'_>; 1]>), &[]),
        ("ws_trade_update", through!(Push<'_, Vec<TradeData<'_>>>), &[]),
        ("ws_ohlc_update", through!(Push<'_, [OhlcData<'_>; 1]>), &[]),
        ("ws_add_order_request", through!(Request<'_, AddOrder<'_>>), &[]),
        ("ws_add_order_response_success", through!(Reply<'_, OrderResult<'_>>), &[]),
        ("ws_add_order_response_failure", through!(Reply<'_, OrderResult<'_>>), &[]),
        ("ws_amend_order_request", through!(Request<'_, AmendOrder<'_>>), &[]),
        ("ws_cancel_order_request", through!(Request<'_, CancelOrder<'_>>), &[]),
        ("ws_batch_add_response_partial", through!(Reply<'_, BatchResult<'_>>), &[]),
    ];
    let Some(folder) = shared("venues/nautilus-testdata/kraken") else { return };
    for (name, through, ignored) in CHECKS {
        eprintln!("{name}");
        let json = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        check(&json, *through, ignored);
    }
}

/// Documented examples, as a client of many venues keeps them.
#[test]
fn documented_examples_survive_decode_and_encode() {
    for json in [
        r#"{"channel":"executions","type":"update","data":[{"order_id":"O6NTZC-K6FRH-ATWBCK",
            "exec_id":"T5DIUI-5N4KO-Z5BPXK","exec_type":"trade","trade_id":8253473,
            "symbol":"USDC/USD","side":"sell","last_qty":15.44,"last_price":1.0002,
            "liquidity_ind":"t","cost":15.443088,"order_userref":0,"order_status":"filled",
            "order_type":"market","fee_usd_equiv":0.03088618,
            "fees":[{"asset":"USD","qty":0.3458}]}],"sequence":10}"#,
        r#"{"channel":"executions","type":"update","data":[{"order_id":"OK4GJX-KSTLS-7DZZO5",
            "order_userref":3,"symbol":"BTC/USD","order_qty":0.005,"cum_cost":0.0,
            "time_in_force":"GTC","exec_type":"pending_new","side":"sell","order_type":"limit",
            "limit_price_type":"static","limit_price":26500.0,"stop_price":0.0,
            "order_status":"pending_new","fee_usd_equiv":0.0,"fee_ccy_pref":"fciq",
            "timestamp":"2023-09-22T10:33:05.709950Z"}],"sequence":8}"#,
    ] {
        check(json, through!(Push<'_, Vec<Execution<'_>>>), &[]);
    }
    let balances = r#"{"channel":"balances","data":[{"asset":"BTC","asset_class":"currency",
        "balance":1.2,"wallets":[{"type":"spot","id":"main","balance":1.2}]}],
        "type":"snapshot","sequence":1}"#;
    check(balances, through!(Push<'_, Vec<WalletBalance<'_>>>), &[]);
    let candle = r#"{"channel":"ohlc","type":"update",
        "timestamp":"2023-10-04T16:26:30.524394914Z","data":[{"symbol":"MATIC/USD","open":0.5624,
        "high":0.5628,"low":0.5622,"close":0.5627,"trades":12,"volume":30927.68066226,
        "vwap":0.5626,"interval_begin":"2023-10-04T16:25:00.000000000Z","interval":5,
        "timestamp":"2023-10-04T16:30:00.000000Z"}]}"#;
    check(candle, through!(Push<'_, [OhlcData<'_>; 1]>), &[]);
    let volume = r#"{"error":[],"result":{"currency":"ZUSD","volume":"0.0000","fees":{"XXBTZUSD":
        {"fee":"0.2600","minfee":"0.1000","maxfee":"0.2600","nextfee":"0.2400",
        "tiervolume":"0.0000","nextvolume":"50000.0000"}},"fees_maker":{"XXBTZUSD":{"fee":"0.1600",
        "minfee":"0.0000","maxfee":"0.1600","nextfee":"0.1400","tiervolume":"0.0000",
        "nextvolume":"50000.0000"}}}}"#;
    check(volume, through!(Answer<'_, TradeVolume<'_>>), &[]);
    let key = r#"{"error":[],"result":{"apiKeyName":"my-api-key","apiKey":"4/SD",
        "nonce":"1772627060997","nonceWindow":0,"permissions":["query-funds","modify-trades"],
        "iban":"AA88","validUntil":"0","queryFrom":"0","queryTo":"0","createdTime":"1772542900",
        "modifiedTime":"1772543095","ipAllowlist":[],"lastUsed":"1772627061"}}"#;
    let ignored = ["iban", "queryFrom", "queryTo", "createdTime", "modifiedTime", "lastUsed"];
    check(key, through!(Answer<'_, ApiKeyInfo<'_>>), &ignored);
    let token = r#"{"error":[],"result":{"token":"xeAQ/RCChBYNVh53sTv1yZ5H4wIbwDF20PiHtTF+4UI",
        "expires":900}}"#;
    check(token, through!(Answer<'_, SocketToken<'_>>), &[]);
}

/// A captured request.
#[derive(serde::Deserialize)]
struct Captured {
    kind: String,
    #[serde(default)]
    raw_path: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    data: Option<String>,
}

#[derive(serde::Deserialize)]
struct Capture {
    credentials_used: BTreeMap<String, serde_json::Value>,
    ops: Vec<CapturedOperation>,
}

#[derive(serde::Deserialize)]
struct CapturedOperation {
    events: Vec<Captured>,
}

#[test]
fn captured_requests_of_stock_clients_are_signed_as_we_check_them() {
    let Some(folder) = shared("venues/captured") else { return };
    let (mut signed, mut frames) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if !entry.file_name().to_string_lossy().starts_with("kraken__") {
            continue;
        }
        let capture: Capture =
            serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
        let credentials = capture.credentials_used;
        let secret = credentials.get("secret").and_then(|secret| secret.as_str()).unwrap();
        let key = SigningKey::new(secret).unwrap();
        for event in capture.ops.iter().flat_map(|operation| &operation.events) {
            if event.kind == "ws_recv" {
                let text = event.data.as_deref().unwrap();
                let request: Request<'_, &RawValue> = serde_json::from_str(text).unwrap();
                if let Some(params) = request.params
                    && request.method == "subscribe"
                {
                    serde_json::from_str::<Subscription<'_>>(params.get()).unwrap();
                } else if let Some(params) = request.params {
                    serde_json::from_str::<AddOrder<'_>>(params.get()).unwrap();
                }
                frames += 1;
            }
            let of_name = |(name, _): &&(String, String)| name == "API-Sign";
            let Some((_, signature)) = event.headers.iter().find(of_name) else { continue };
            let (nonce, _) = nonce_of(&event.body).unwrap();
            assert!(
                key.verify(&event.raw_path, nonce, event.body.as_bytes(), signature),
                "{} {}",
                event.raw_path,
                event.body
            );
            signed += 1;
        }
    }
    eprintln!("{signed} signatures, {frames} frames");
    assert!(20 < signed && 8 < frames, "{signed} {frames}");
}
