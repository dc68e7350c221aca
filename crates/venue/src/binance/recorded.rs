//! What the tests of every wire type ask: does a payload come out as it went in?

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    AvgPrice, BookTicker, Depth, ExchangeInfo, Kline, PriceTicker, ServerTime, Ticker24h, Trade,
};

/// Decodes `json` and encodes it again: every field, in the same order, to the same text.
#[track_caller]
pub fn check<T: Serialize + DeserializeOwned>(json: &str) {
    let value: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(serde_json::to_string(&value).unwrap(), without_space(json));
}

/// `json` without the space between its tokens.
fn without_space(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let significant = json.chars().filter(|&character| {
        let keep = quoted || !character.is_whitespace();
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        keep
    });
    significant.collect()
}

/// Short, of the documented shape; the tests beside the other types have theirs.
const EXCHANGE_INFO: &str = r#"{
    "timezone": "UTC", "serverTime": 1565246363776,
    "rateLimits": [
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100}],
    "exchangeFilters": [],
    "symbols": [{
        "symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "baseAssetPrecision": 8,
        "quoteAsset": "USDT", "quotePrecision": 8, "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8, "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT"],
        "icebergAllowed": true, "ocoAllowed": true, "otoAllowed": false, "opoAllowed": false,
        "quoteOrderQtyMarketAllowed": true, "allowTrailingStop": true,
        "cancelReplaceAllowed": true, "amendAllowed": true, "pegInstructionsAllowed": false,
        "isSpotTradingAllowed": true, "isMarginTradingAllowed": false,
        "filters": [{"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000",
            "stepSize": "0.00001000"}],
        "permissions": [], "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE", "EXPIRE_TAKER"]}],
    "sors": [{"baseAsset": "BTC", "symbols": ["BTCUSDT", "BTCUSDC"]}]
}"#;

#[test]
fn every_modelled_field_of_an_exchange_info_survives_decode_and_encode() {
    check::<ExchangeInfo>(EXCHANGE_INFO);
    let without_routes = EXCHANGE_INFO
        .split(
            r#",
    "sors""#,
        )
        .next()
        .unwrap();
    check::<ExchangeInfo>(&format!("{without_routes}}}"));
}

#[test]
fn every_modelled_field_of_a_recorded_payload_survives_decode_and_encode() {
    type Check = fn(&str);
    let checks: [(&str, Check); 10] = [
        ("server_time", check::<ServerTime>),
        ("exchange_info", check::<ExchangeInfo>),
        ("depth", check::<Depth>),
        ("trades", check::<Vec<Trade>>),
        ("klines", check::<Vec<Kline>>),
        ("avg_price", check::<AvgPrice>),
        ("ticker_24hr", check::<Ticker24h>),
        ("ticker_price", check::<PriceTicker>),
        ("book_ticker", check::<BookTicker>),
        ("book_ticker", check::<super::OneOrMany<BookTicker>>),
    ];
    let shared = std::env::var_os("RIALTO_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        Into::into,
    );
    let folder = shared.join("venues/nautilus-testdata/binance/spot/http_json");
    if !folder.is_dir() {
        eprintln!("skipped: recorded payloads of Binance: {} is not there", folder.display());
        return;
    }
    for (name, check) in checks {
        check(&std::fs::read_to_string(folder.join(format!("{name}_response.json"))).unwrap());
    }
}
