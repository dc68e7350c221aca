//! The client's end of a request: what is asked, as the text that is sent.
//!
//! Keeps   a secret is in no text; what names a request is signed for that request alone.

use model::Side;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::number::DecimalText;
use super::order::{
    CancelOrders, LimitSize, MarketSize, NewOrder, OrderConfiguration, OrderSide, RestingLimit,
};
use super::stream_frame::{Channel, Subscribe, Wish};
use crate::port::{self, Pair, Terms, TimeInForce};

/// The path that all others begin with.
pub const API: &str = "/api/v3/brokerage";

/// How the venue spells a market.
#[must_use]
pub fn symbol_of(pair: Pair) -> String {
    format!("{}-{}", pair.base, pair.quote)
}

/// What a token names a request by; `host` is the venue's as it knows itself.
#[must_use]
pub fn request_uri(method: &str, host: &str, path: &str) -> String {
    format!("{method} {host}{path}")
}

/// The body that places an order.
///
/// # Panics
/// Never: strings can be written as JSON.
#[must_use]
pub fn order_body(order: &port::NewOrder) -> String {
    let number = DecimalText;
    let order_configuration = match order.terms {
        Terms::Limit { price, qty, time_in_force } => {
            let limit = LimitSize { base_size: number(qty), limit_price: number(price) };
            match time_in_force {
                TimeInForce::Gtc => OrderConfiguration::LimitLimitGtc(RestingLimit {
                    base_size: limit.base_size,
                    limit_price: limit.limit_price,
                    post_only: false,
                }),
                TimeInForce::Ioc => OrderConfiguration::SorLimitIoc(limit),
                TimeInForce::Fok => OrderConfiguration::LimitLimitFok(limit),
            }
        }
        Terms::PostOnly { price, qty } => OrderConfiguration::LimitLimitGtc(RestingLimit {
            base_size: number(qty),
            limit_price: number(price),
            post_only: true,
        }),
        Terms::Market { qty } => OrderConfiguration::MarketMarketIoc(MarketSize {
            base_size: Some(number(qty)),
            quote_size: None,
        }),
    };
    let side = match order.side {
        Side::Buy => OrderSide::Buy,
        Side::Sell => OrderSide::Sell,
    };
    let body = NewOrder {
        client_order_id: order.client_id.as_str().into(),
        product_id: symbol_of(order.pair).into(),
        side,
        order_configuration,
    };
    serde_json::to_string(&body).expect("strings can be written")
}

/// The body that cancels an order.
///
/// # Panics
/// Never: strings can be written as JSON.
#[must_use]
pub fn cancel_body(order_id: &str) -> String {
    let body = CancelOrders { order_ids: vec![order_id.into()] };
    serde_json::to_string(&body).expect("strings can be written")
}

/// What asks for the next page of a list: the venue's own word for it, whatever is in it.
#[must_use]
pub fn cursor_query(cursor: &str) -> String {
    format!("&cursor={}", utf8_percent_encode(cursor, NON_ALPHANUMERIC))
}

/// Whether a text may be the venue's name for an order: it goes into a path.
#[must_use]
pub fn is_order_id(text: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(is_fine)
}

/// The frame that begins to listen to a channel; with a token where it is private.
///
/// # Panics
/// Never: strings can be written as JSON.
#[must_use]
pub fn subscribe_frame(channel: Channel, symbols: &[String], token: Option<&str>) -> String {
    let frame = Subscribe {
        wish: Wish::Subscribe,
        product_ids: symbols.iter().map(|symbol| symbol.as_str().into()).collect(),
        channel,
        jwt: token.map(Into::into),
    };
    serde_json::to_string(&frame).expect("strings can be written")
}

#[cfg(test)]
mod tests {
    use model::ClientOrderId;

    use super::*;

    #[test]
    fn orders_are_asked_for_in_the_venues_words() {
        let (price, qty) = ("25000.10".parse().unwrap(), "0.001".parse().unwrap());
        let (base, cost) = (r#""base_size":"0.001""#, r#""limit_price":"25000.10""#);
        let limit = |time_in_force| Terms::Limit { price, qty, time_in_force };
        for (terms, want) in [
            (
                limit(TimeInForce::Gtc),
                format!(r#""limit_limit_gtc":{{{base},{cost},"post_only":false}}"#),
            ),
            (limit(TimeInForce::Ioc), format!(r#""sor_limit_ioc":{{{base},{cost}}}"#)),
            (limit(TimeInForce::Fok), format!(r#""limit_limit_fok":{{{base},{cost}}}"#)),
            (
                Terms::PostOnly { price, qty },
                format!(r#""limit_limit_gtc":{{{base},{cost},"post_only":true}}"#),
            ),
            (Terms::Market { qty }, format!(r#""market_market_ioc":{{{base}}}"#)),
        ] {
            let pair = Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() };
            let client_id = ClientOrderId::new("ours-1").unwrap();
            let order = port::NewOrder { pair, client_id, side: Side::Buy, terms };
            let whole = format!(
                r#"{{"client_order_id":"ours-1","product_id":"BTC-USD","side":"BUY","order_configuration":{{{want}}}}}"#
            );
            assert_eq!(order_body(&order), whole);
            assert!(serde_json::from_str::<NewOrder<'_>>(&whole).is_ok());
        }
    }

    #[test]
    fn what_goes_into_a_path_is_no_path() {
        for (text, want) in [
            ("a1b2c3d4-e5f6-7890-abcd-ef1234567890", true),
            ("0000-000000-000000", true),
            ("", false),
            ("../accounts", false),
            ("a?b", false),
        ] {
            assert_eq!(is_order_id(text), want, "{text}");
        }
    }
}
