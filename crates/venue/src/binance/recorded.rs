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
        eprintln!("skipped: no recorded payloads in {}", folder.display());
        return;
    }
    for (name, check) in checks {
        check(&std::fs::read_to_string(folder.join(format!("{name}_response.json"))).unwrap());
    }
}
