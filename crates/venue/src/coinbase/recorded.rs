//! What the tests of every wire type ask: does a payload come out as it went in, and what of it is
//! ignored?

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Accounts, BookEvent, Candles, CandlesEvent, Fills, HeartbeatEvent, MarketTrades, Message,
    OneOrder, OrderList, Product, ProductBook, Products, SubscriptionsEvent, TickerEvent,
    TradesEvent, UserEvent,
};

/// Decodes `json` and encodes it again: every field but those of these names comes out as it went
/// in, and each of these names is in it.
#[track_caller]
pub fn check<'a, T: Serialize + Deserialize<'a>>(json: &'a str, ignored: &[&str]) {
    let value: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let written = serde_json::to_value(&value).unwrap();
    let mut recorded: Value = serde_json::from_str(json).unwrap();
    for name in ignored {
        assert!(0 < remove(&mut recorded, name), "{name} is not in it");
    }
    assert_eq!(written, recorded);
}

/// Takes every field of that name away; tells how many there were.
fn remove(value: &mut Value, name: &str) -> usize {
    match value {
        Value::Object(fields) => {
            let here = usize::from(fields.remove(name).is_some());
            here + fields.values_mut().map(|field| remove(field, name)).sum::<usize>()
        }
        Value::Array(items) => items.iter_mut().map(|item| remove(item, name)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Of a product: what only the venue's own pages show.
const OF_PAGES: [&str; 11] = [
    "fcm_trading_session_details",
    "new_at",
    "market_cap",
    "base_cbrn",
    "quote_cbrn",
    "product_cbrn",
    "icon_color",
    "icon_url",
    "display_name_overwrite",
    "is_alpha_testing",
    "about_description",
];
/// Of a list of products, besides.
const OF_PRODUCTS: [&str; 12] = [
    "pagination",
    "fcm_trading_session_details",
    "new_at",
    "market_cap",
    "base_cbrn",
    "quote_cbrn",
    "product_cbrn",
    "icon_color",
    "icon_url",
    "display_name_overwrite",
    "is_alpha_testing",
    "about_description",
];

#[test]
fn every_modelled_field_of_a_recorded_payload_survives_decode_and_encode() {
    type Check = fn(&str, &[&str]);
    let checks: [(&str, Check, &[&str]); 17] = [
        ("http_accounts", |json, but| check::<Accounts<'_>>(json, but), &[]),
        ("http_candles", |json, but| check::<Candles<'_>>(json, but), &[]),
        ("http_fills", |json, but| check::<Fills<'_>>(json, but), &[]),
        ("http_order", |json, but| check::<OneOrder<'_>>(json, but), &[]),
        ("http_orders_list", |json, but| check::<OrderList<'_>>(json, but), &[]),
        ("http_product", |json, but| check::<Product<'_>>(json, but), &OF_PAGES),
        ("http_products", |json, but| check::<Products<'_>>(json, but), &OF_PRODUCTS),
        ("http_product_book", |json, but| check::<ProductBook<'_>>(json, but), &[]),
        ("http_ticker", |json, but| check::<MarketTrades<'_>>(json, but), &[]),
        ("ws_candles", |json, but| check::<Message<'_, CandlesEvent<'_>>>(json, but), &[]),
        ("ws_heartbeats", |json, but| check::<Message<'_, HeartbeatEvent<'_>>>(json, but), &[]),
        ("ws_l2_data_snapshot", |json, but| check::<Message<'_, BookEvent<'_>>>(json, but), &[]),
        ("ws_l2_data_update", |json, but| check::<Message<'_, BookEvent<'_>>>(json, but), &[]),
        ("ws_market_trades", |json, but| check::<Message<'_, TradesEvent<'_>>>(json, but), &[]),
        (
            "ws_subscriptions",
            |json, but| check::<Message<'_, SubscriptionsEvent<'_>>>(json, but),
            &[],
        ),
        ("ws_ticker", |json, but| check::<Message<'_, TickerEvent<'_>>>(json, but), &[]),
        ("ws_user", |json, but| check::<Message<'_, UserEvent<'_>>>(json, but), &[]),
    ];
    let Some(folder) = shared("venues/nautilus-testdata/coinbase") else { return };
    for (name, check, ignored) in checks {
        check(&std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap(), ignored);
    }
}

/// A folder of recordings that are no part of the repository; `None`, and said so, without them.
pub fn shared(folder: &str) -> Option<std::path::PathBuf> {
    let shared = std::env::var_os("RIALTO_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        Into::into,
    );
    let folder = shared.join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: recorded payloads of Coinbase: {} is not there", folder.display());
    None
}
