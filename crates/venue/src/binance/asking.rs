//! The client's end of a request: what is asked, as the text that is signed and sent.
//!
//! Shape   everything travels in the query, as Binance's own client sends it.
//! Keeps   what is signed is what is sent, byte for byte; a secret is in no text.
//! Source  rest-api.md, "SIGNED Endpoint security"; web-socket-api.md, "Request format".

use std::borrow::Cow;

use serde_json::json;
use serde_json::value::to_raw_value;

use super::order::{OrderSide, OrderType, TimeInForce};
use super::sign::{SignatureKey, socket_payload};
use super::ws_api::SocketRequest;
use crate::port::{self, NewOrder, OrderName, Pair, Terms};

/// For how long after its stamp a request may be carried out, in milliseconds.
pub const RECV_WINDOW_MILLIS: u64 = 5_000;

/// How the venue spells a market.
#[must_use]
pub fn symbol_of(pair: Pair) -> String {
    format!("{}{}", pair.base, pair.quote)
}

/// The query that places an order. Its fills are not asked for: they come by themselves.
#[must_use]
pub fn order_query(order: &NewOrder) -> String {
    let symbol = symbol_of(order.pair);
    let side = word_of(OrderSide::WORDS, order.side);
    let (kind, terms) = match order.terms {
        Terms::Limit { price, qty, time_in_force } => {
            let lasting = word_of(TimeInForce::WORDS, lasting(time_in_force));
            (OrderType::Limit, format!("timeInForce={lasting}&price={price}&quantity={qty}"))
        }
        Terms::PostOnly { price, qty } => {
            (OrderType::LimitMaker, format!("price={price}&quantity={qty}"))
        }
        Terms::Market { qty } => (OrderType::Market, format!("quantity={qty}")),
    };
    let kind = word_of(OrderType::WORDS, kind);
    let name = order.client_id;
    format!(
        "symbol={symbol}&side={side}&type={kind}&{terms}&newClientOrderId={name}&newOrderRespType=RESULT"
    )
}

const fn lasting(time_in_force: port::TimeInForce) -> TimeInForce {
    match time_in_force {
        port::TimeInForce::Gtc => TimeInForce::Gtc,
        port::TimeInForce::Ioc => TimeInForce::Ioc,
        port::TimeInForce::Fok => TimeInForce::Fok,
    }
}

/// The word for `value`.
fn word_of<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    let found = words.iter().find(|(_, meant)| *meant == value);
    found.map(|(word, _)| *word).expect("each value has its word")
}

/// The query that names an order; `None` where the venue gives no such names.
#[must_use]
pub fn name_query(pair: Pair, name: &OrderName) -> Option<String> {
    let symbol = symbol_of(pair);
    match name {
        OrderName::Venue(id) => {
            let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| format!("symbol={symbol}&orderId={id}"))
        }
        OrderName::Client(name) => Some(format!("symbol={symbol}&origClientOrderId={name}")),
    }
}

/// `query` with its time, in microseconds, and its signature; `None` for a key that cannot sign
/// here.
#[must_use]
pub fn signed_query(key: &SignatureKey, query: &str, micros: u64) -> Option<String> {
    let joint = if query.is_empty() { "" } else { "&" };
    let stamped = format!("{query}{joint}recvWindow={RECV_WINDOW_MILLIS}&timestamp={micros}");
    let signature = key.sign(&[stamped.as_bytes()])?;
    Some(format!("{stamped}&signature={signature}"))
}

/// The frame that begins to listen to an account; `None` for a key that cannot sign here, or whose
/// name is no plain text.
#[must_use]
pub fn subscribe_frame(api_key: &str, key: &SignatureKey, micros: u64) -> Option<String> {
    if !api_key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let timestamp = micros.to_string();
    let payload = socket_payload(&[("apiKey", api_key), ("timestamp", &timestamp)]);
    let signature = key.sign(&[&payload])?;
    let params = json!({ "apiKey": api_key, "timestamp": micros, "signature": signature });
    let (id, params) = (to_raw_value(&1).ok()?, to_raw_value(&params).ok()?);
    let method = Cow::Borrowed("userDataStream.subscribe.signature");
    serde_json::to_string(&SocketRequest { id: Some(&id), method, params: Some(&params) }).ok()
}

#[cfg(test)]
mod tests {
    use model::{ClientOrderId, Side};

    use super::super::sign::Payload;
    use super::*;
    use crate::port::TimeInForce;

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }
    }

    #[test]
    fn orders_are_asked_for_in_the_venues_words() {
        let (price, qty) = ("25000.10".parse().unwrap(), "0.001".parse().unwrap());
        for (terms, want) in [
            (
                Terms::Limit { price, qty, time_in_force: TimeInForce::Gtc },
                "type=LIMIT&timeInForce=GTC&price=25000.10&quantity=0.001",
            ),
            (
                Terms::Limit { price, qty, time_in_force: TimeInForce::Ioc },
                "type=LIMIT&timeInForce=IOC&price=25000.10&quantity=0.001",
            ),
            (
                Terms::Limit { price, qty, time_in_force: TimeInForce::Fok },
                "type=LIMIT&timeInForce=FOK&price=25000.10&quantity=0.001",
            ),
            (Terms::PostOnly { price, qty }, "type=LIMIT_MAKER&price=25000.10&quantity=0.001"),
            (Terms::Market { qty }, "type=MARKET&quantity=0.001"),
        ] {
            let client_id = ClientOrderId::new("ours-1").unwrap();
            let order = NewOrder { pair: pair(), client_id, side: Side::Buy, terms };
            let whole = format!(
                "symbol=BTCUSDT&side=BUY&{want}&newClientOrderId=ours-1&newOrderRespType=RESULT"
            );
            assert_eq!(order_query(&order), whole);
        }
    }

    #[test]
    fn an_order_is_named_by_a_number_or_by_our_name() {
        let client = OrderName::Client(ClientOrderId::new("ours-1").unwrap());
        for (name, want) in [
            (OrderName::Venue("42".to_owned()), Some("symbol=BTCUSDT&orderId=42")),
            (client, Some("symbol=BTCUSDT&origClientOrderId=ours-1")),
            (OrderName::Venue("42&side=SELL".to_owned()), None),
            (OrderName::Venue(String::new()), None),
        ] {
            assert_eq!(name_query(pair(), &name).as_deref(), want, "{name:?}");
        }
    }

    #[test]
    fn the_other_end_finds_the_signature_good() {
        let key = SignatureKey::hmac(b"secret");
        for query in ["", "symbol=BTCUSDT"] {
            let signed = signed_query(&key, query, 1_700_000_000_000_001).unwrap();
            let payload = Payload::new(&signed, "").unwrap();
            assert!(key.verify(&payload.parts, payload.signature.unwrap()), "{signed}");
            assert!(signed.contains("timestamp=1700000000000001&"), "{signed}");
        }
        let frame = subscribe_frame("abc", &key, 7).unwrap();
        let frame: serde_json::Value = serde_json::from_str(&frame).unwrap();
        let signature = frame["params"]["signature"].as_str().unwrap();
        assert!(key.verify(&[b"apiKey=abc&timestamp=7"], signature));
        assert_eq!(subscribe_frame("a\"b", &key, 7), None);
    }
}
