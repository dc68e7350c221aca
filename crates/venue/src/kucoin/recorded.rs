//! Payloads that we did not produce: those of the venue's specification and those that ccxt shows.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;

fn shared() -> PathBuf {
    std::env::var_os("RIALTO_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), Into::into)
}

/// Whether there are recordings; says so where there are none.
fn is_there(folder: &Path) -> bool {
    let is_there = folder.is_dir();
    if !is_there {
        eprintln!("skipped: recorded payloads of KuCoin: {} is not there", folder.display());
    }
    is_there
}

/// Takes `ignored` out of `value`, wherever it stands, and tells how often it stood there.
fn remove(value: &mut Value, ignored: &str) -> usize {
    match value {
        Value::Object(fields) => {
            let here = usize::from(fields.remove(ignored).is_some());
            here + fields.values_mut().map(|field| remove(field, ignored)).sum::<usize>()
        }
        Value::Array(items) => items.iter_mut().map(|item| remove(item, ignored)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Decodes `json` and encodes it again: every field but those that are `ignored` survives.
#[track_caller]
fn check<'a, T: Serialize + Deserialize<'a>>(json: &'a str, ignored: &[&str]) {
    let value: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let written: Value = serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
    let mut read: Value = serde_json::from_str(json).unwrap();
    for field in ignored {
        assert_ne!(remove(&mut read, field), 0, "{field} is not there");
    }
    assert_eq!(written, read);
}

type Check = fn(&str, &[&str]);

/// How a payload of that type is checked.
macro_rules! of {
    ($type:ty) => {
        |json, ignored| check::<$type>(json, ignored)
    };
}

/// Each payload of the specification that we read or write: its file, path and method, how it is
/// checked, and the fields that mean nothing to us.
type Payload = (&'static str, &'static str, &'static str, Check, &'static [&'static str]);

/// Of markets and of accounts.
fn documented() -> Vec<Payload> {
    const MARKET: &str = "openapi-spot-market.json";
    const ACCOUNT: &str = "openapi-account-account.json";
    vec![
        (MARKET, "/api/v1/timestamp", "get", of!(Envelope<u64>), &[]),
        (MARKET, "/api/v1/status", "get", of!(Envelope<ServiceStatus<'_>>), &[]),
        (MARKET, "/api/v2/symbols", "get", of!(Envelope<Vec<SymbolInfo<'_>>>), &[]),
        (MARKET, "/api/v2/symbols/{symbol}", "get", of!(Envelope<SymbolInfo<'_>>), &[]),
        (MARKET, "/api/v3/currencies", "get", of!(Envelope<Vec<CurrencyInfo<'_>>>), &[]),
        (MARKET, "/api/v3/currencies/{currency}", "get", of!(Envelope<CurrencyInfo<'_>>), &[]),
        (MARKET, "/api/v1/market/orderbook/level1", "get", of!(Envelope<Level1>), &[]),
        (MARKET, "/api/v1/market/orderbook/level2_{size}", "get", of!(Envelope<FullBook>), &[]),
        (MARKET, "/api/v3/market/orderbook/level2", "get", of!(Envelope<FullBook>), &[]),
        (MARKET, "/api/v1/market/allTickers", "get", of!(Envelope<AllTickers<'_>>), &[]),
        (MARKET, "/api/v1/market/stats", "get", of!(Envelope<Stats<'_>>), &[]),
        (MARKET, "/api/v1/market/histories", "get", of!(Envelope<Vec<TradeRow<'_>>>), &[]),
        (MARKET, "/api/v1/market/candles", "get", of!(Envelope<Vec<Candle>>), &[]),
        (MARKET, "/api/v1/bullet-public", "post", of!(Envelope<Bullet<'_>>), &[]),
        (MARKET, "/api/v1/bullet-private", "post", of!(Envelope<Bullet<'_>>), &[]),
        (ACCOUNT, "/api/v2/user-info", "get", of!(Envelope<UserInfo>), &[]),
        (ACCOUNT, "/api/v1/user/api-key", "get", of!(Envelope<ApiKeyInfo<'_>>), &[]),
        (ACCOUNT, "/api/v1/hf/accounts/opened", "get", of!(Envelope<bool>), &[]),
        (ACCOUNT, "/api/v1/accounts", "get", of!(Envelope<Vec<AccountRow<'_>>>), &[]),
        (ACCOUNT, "/api/v1/accounts/{accountId}", "get", of!(Envelope<AccountBalance<'_>>), &[]),
        ("openapi-account-fee.json", "/api/v1/base-fee", "get", of!(Envelope<BaseFee>), &[]),
        (
            "openapi-account-fee.json",
            "/api/v1/trade-fees",
            "get",
            of!(Envelope<Vec<SymbolFee<'_>>>),
            &[],
        ),
        (
            "openapi-account-deposit.json",
            "/api/v1/deposits",
            "get",
            of!(Envelope<Page<DepositRow<'_>>>),
            &[],
        ),
        (
            "openapi-account-withdrawal.json",
            "/api/v1/withdrawals",
            "get",
            of!(Envelope<Page<WithdrawalRow<'_>>>),
            &[],
        ),
    ]
}

/// Of orders and fills.
fn documented_orders() -> Vec<Payload> {
    const ORDER: &str = "openapi-spot-order.json";
    vec![
        (ORDER, "/api/v1/hf/orders", "post", of!(Envelope<Placed<'_>>), &[]),
        (ORDER, "/api/v1/hf/orders/sync", "post", of!(Envelope<PlacedSync<'_>>), &[]),
        (ORDER, "/api/v1/hf/orders/multi", "post", of!(Envelope<Vec<PlacedOne>>), &[]),
        (ORDER, "/api/v1/hf/orders/multi/sync", "post", of!(Envelope<Vec<PlacedOne>>), &[]),
        (ORDER, "/api/v1/hf/orders/{orderId}", "delete", of!(Envelope<CanceledOrder<'_>>), &[]),
        (ORDER, "/api/v1/hf/orders/{orderId}", "get", of!(Envelope<OrderRow<'_>>), &[]),
        (ORDER, "/api/v1/hf/orders/sync/{orderId}", "delete", of!(Envelope<SyncCanceled>), &[]),
        (
            ORDER,
            "/api/v1/hf/orders/client-order/{clientOid}",
            "delete",
            of!(Envelope<CanceledByClient<'_>>),
            &[],
        ),
        (ORDER, "/api/v1/hf/orders/cancelAll", "delete", of!(Envelope<CanceledAll>), &[]),
        (ORDER, "/api/v1/hf/orders/active", "get", of!(Envelope<Vec<OrderRow<'_>>>), &[]),
        (ORDER, "/api/v1/hf/orders/active/page", "get", of!(Envelope<Page<OrderRow<'_>>>), &[]),
        (ORDER, "/api/v1/hf/orders/active/symbols", "get", of!(Envelope<RestingSymbols>), &[]),
        (ORDER, "/api/v1/hf/orders/done", "get", of!(Envelope<Orders<OrderRow<'_>>>), &[]),
        (ORDER, "/api/v1/hf/fills", "get", of!(Envelope<Orders<Fill<'_>>>), &[]),
        (ORDER, "/api/v1/orders", "post", of!(Envelope<Placed<'_>>), &[]),
        (ORDER, "/api/v1/orders", "delete", of!(Envelope<CanceledIds>), &[]),
        (ORDER, "/api/v1/orders/{orderId}", "get", of!(Envelope<ClassicOrder<'_>>), &[]),
        (ORDER, "/api/v1/orders", "get", of!(Envelope<Page<ClassicOrder<'_>>>), &[]),
        (
            ORDER,
            "/api/v1/order/client-order/{clientOid}",
            "delete",
            of!(Envelope<CanceledClassic>),
            &[],
        ),
        (ORDER, "/api/v1/fills", "get", of!(Envelope<Page<OldFill<'_>>>), &[]),
        (ORDER, "/api/v1/limit/fills", "get", of!(Envelope<Vec<OldFill<'_>>>), &[]),
    ]
}

/// What is told on sockets: its file, path, how its data is checked, and what means nothing to us.
fn told() -> Vec<(&'static str, &'static str, Check, &'static [&'static str])> {
    const PUBLIC: &str = "openapi-spot-public.json";
    const PRIVATE: &str = "openapi-spot-private.json";
    vec![
        (PUBLIC, "/allTickers/market/ticker:all", of!(TickerEvent), &[]),
        (PUBLIC, "/orderbookLevel1/spotMarket/level1:_symbol_,_symbol_", of!(TopEvent), &[]),
        (PUBLIC, "/orderbookLevel5/spotMarket/level2Depth5:_symbol_,_symbol_", of!(BookEvent), &[]),
        (
            PUBLIC,
            "/orderbookLevel50/spotMarket/level2Depth50:_symbol_,_symbol_",
            of!(BookEvent),
            &[],
        ),
        (PUBLIC, "/orderbookIncrement/market/level2:_symbol_,_symbol_", of!(L2Update<'_>), &[]),
        (PUBLIC, "/klines/market/candles:_symbol___type_", of!(CandlesEvent<'_>), &[]),
        (PUBLIC, "/trade/market/match:_symbol_,_symbol_", of!(MatchEvent<'_>), &[]),
        (PUBLIC, "/symbolSnapshot/market/snapshot:_symbol_", of!(SnapshotEvent<'_>), &[]),
        (PUBLIC, "/marketSnapshot/market/snapshot:_market_", of!(SnapshotEvent<'_>), &[]),
        (PRIVATE, "/orderV2/spotMarket/tradeOrdersV2", of!(OrderChange<'_>), &[]),
        (PRIVATE, "/orderV1/spotMarket/tradeOrders", of!(OrderChange<'_>), &[]),
        (PRIVATE, "/account/account/balance", of!(BalanceEvent<'_>), &[]),
    ]
}

/// The example at that place of the specification, which has each quote escaped.
fn example(folder: &Path, file: &str, path: &str, method: &str) -> String {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let escaped = document["paths"][path][method]["x-response-example"].as_str().unwrap();
    escaped.replace("\\\"", "\"").replace("\\n", "\n").replace("\\t", "\t")
}

#[test]
fn every_modelled_field_of_a_documented_answer_survives_decode_and_encode() {
    let folder = shared().join("venues/docs/kucoin");
    if !is_there(&folder) {
        return;
    }
    for (file, path, method, check, ignored) in documented().into_iter().chain(documented_orders())
    {
        check(&example(&folder, file, path, method), ignored);
    }
}

#[test]
fn every_modelled_field_of_a_documented_message_survives_decode_and_encode() {
    let folder = shared().join("venues/docs/kucoin");
    if !is_there(&folder) {
        return;
    }
    for (file, path, check, ignored) in told() {
        let text = example(&folder, file, path, "trace");
        let frame: ServerFrame<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(frame.kind, FrameKind::Message);
        check(frame.data.unwrap().get(), ignored);
        let written: Value = serde_json::from_str(&serde_json::to_string(&frame).unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(&text).unwrap());
    }
}

/// What ccxt shows of messages: by the function that reads them, how the data of those with this
/// subject is checked, and what means nothing to us.
const SHOWN: [(&str, &str, Check, &[&str]); 5] = [
    ("handle_ticker", "trade.ticker", of!(TickerEvent), &[]),
    ("handle_ohlcv", "trade.candles.update", of!(CandlesEvent<'_>), &[]),
    ("handle_trade", "trade.l3match", of!(MatchEvent<'_>), &[]),
    ("handle_order_book", "level2", of!(BookEvent), &[]),
    ("handle_my_trade", "orderChange", of!(OrderChange<'_>), &[]),
];

#[test]
fn every_modelled_field_of_a_message_that_others_show_survives_decode_and_encode() {
    let folder = shared().join("venues/ccxt-inline");
    if !is_there(&folder) {
        return;
    }
    let text = std::fs::read_to_string(folder.join("kucoin.ws.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    for (function, subject, check, ignored) in SHOWN {
        let examples = document["functions"][function].as_array().unwrap();
        let shown = examples.iter().map(|it| &it["example"]);
        let known: Vec<_> = shown.filter(|it| it["subject"] == subject).collect();
        assert!(!known.is_empty(), "{function} {subject}");
        for message in known {
            check(&message["data"].to_string(), ignored);
        }
    }
}
