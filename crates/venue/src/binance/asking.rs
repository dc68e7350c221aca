//! The client's end of a request: what is asked, as the text that is signed and sent.
//!
//! Shape   everything travels in the query, as Binance's own client sends it.
//! Keeps   what is signed is what is sent, byte for byte; a secret is in no text.
//! Source  rest-api.md, "SIGNED Endpoint security"; web-socket-api.md, "Request format".

use model::Side;

use super::sign::{SignatureKey, socket_payload};
use crate::port::{Lasting, NewOrder, OrderName, Pair, Terms};

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
    let side = match order.side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    };
    let terms = match order.terms {
        Terms::Limit { price, qty, lasting } => {
            let lasting = match lasting {
                Lasting::UntilCanceled => "GTC",
                Lasting::Immediate => "IOC",
                Lasting::AllOrNothing => "FOK",
            };
            format!("type=LIMIT&timeInForce={lasting}&price={price}&quantity={qty}")
        }
        Terms::PostOnly { price, qty } => format!("type=LIMIT_MAKER&price={price}&quantity={qty}"),
        Terms::Market { qty } => format!("type=MARKET&quantity={qty}"),
    };
    let name = order.client_id;
    format!("symbol={symbol}&side={side}&{terms}&newClientOrderId={name}&newOrderRespType=RESULT")
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
    Some(format!(
        r#"{{"id":1,"method":"userDataStream.subscribe.signature","params":{{"apiKey":"{api_key}","timestamp":{timestamp},"signature":"{signature}"}}}}"#
    ))
}

#[cfg(test)]
mod tests {
    use model::ClientOrderId;

    use super::super::sign::Payload;
    use super::*;

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }
    }

    #[test]
    fn orders_are_asked_for_in_the_venues_words() {
        let (price, qty) = ("25000.10".parse().unwrap(), "0.001".parse().unwrap());
        for (terms, want) in [
            (
                Terms::Limit { price, qty, lasting: Lasting::UntilCanceled },
                "type=LIMIT&timeInForce=GTC&price=25000.10&quantity=0.001",
            ),
            (
                Terms::Limit { price, qty, lasting: Lasting::Immediate },
                "type=LIMIT&timeInForce=IOC&price=25000.10&quantity=0.001",
            ),
            (
                Terms::Limit { price, qty, lasting: Lasting::AllOrNothing },
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
