//! What is asked of the venue, as its client sends it.
//!
//! Keeps   what is signed is what is sent, byte for byte; a secret is in no text.
//! Source  docs.kraken.com, "Spot REST".

use model::{ClientOrderId, Side, Time};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::frame::{Request, Subscription};
use super::symbol::altname;
use super::txid::is_txid;
use crate::instant;
use crate::port::{NewOrder, OrderName, Pair, Terms, TimeInForce};

/// The longest name of an order that the venue takes as it is.
const NAME_CHARS_MAX: usize = 18;
/// Parts of a UUID, in characters.
const UUID_PARTS: [usize; 5] = [8, 4, 4, 4, 12];

/// The body of a request that says no more.
#[must_use]
pub fn empty_body(nonce: u64) -> String {
    format!("nonce={nonce}")
}

/// The body that places an order, which the venue takes in before `deadline` or not at all; `None`
/// where it takes no such name. Fees are to be taken in quote, whoever sells: by itself the venue
/// may take those of a seller in base, and tells nobody who asks for the fill.
#[must_use]
pub fn order_body(order: &NewOrder, deadline: Time, nonce: u64) -> Option<String> {
    let pair = altname(order.pair);
    let side = match order.side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    };
    let terms = match order.terms {
        Terms::Limit { price, qty, time_in_force } => {
            let lasting = match time_in_force {
                TimeInForce::Gtc => "GTC",
                TimeInForce::Ioc => "IOC",
                TimeInForce::Fok => "FOK",
            };
            format!("ordertype=limit&oflags=fciq&timeinforce={lasting}&price={price}&volume={qty}")
        }
        Terms::PostOnly { price, qty } => {
            format!("ordertype=limit&oflags=post,fciq&price={price}&volume={qty}")
        }
        Terms::Market { qty } => format!("ordertype=market&oflags=fciq&volume={qty}"),
    };
    let name = name_parameter(&order.client_id)?;
    let deadline = instant::text(deadline);
    let deadline = utf8_percent_encode(&deadline, NON_ALPHANUMERIC);
    Some(format!("nonce={nonce}&pair={pair}&type={side}&{terms}&deadline={deadline}&{name}"))
}

fn name_parameter(name: &ClientOrderId) -> Option<String> {
    let text = name.as_str();
    let is_uuid = || {
        let parts = text.split('-').map(str::len);
        let is_hex = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        is_hex && (parts.eq(UUID_PARTS) || text.len() == 32 && !text.contains('-'))
    };
    let is_taken = text.len() <= NAME_CHARS_MAX || is_uuid();
    is_taken.then(|| format!("cl_ord_id={}", utf8_percent_encode(text, NON_ALPHANUMERIC)))
}

/// The body that asks about an order by its name; `None` where the venue gives or takes no such
/// names.
#[must_use]
pub fn name_body(name: &OrderName, nonce: u64) -> Option<String> {
    let parameter = match name {
        OrderName::Venue(id) => is_txid(id).then(|| format!("txid={id}"))?,
        OrderName::Client(name) => name_parameter(name)?,
    };
    Some(format!("nonce={nonce}&{parameter}&trades=true"))
}

/// The body that cancels an order; `None` as for [`name_body`].
#[must_use]
pub fn cancel_body(name: &OrderName, nonce: u64) -> Option<String> {
    name_body(name, nonce).map(|body| body.trim_end_matches("&trades=true").to_owned())
}

/// The body that asks for fills by their names; `None` where one is none.
#[must_use]
pub fn fills_body(names: &[&str], nonce: u64) -> Option<String> {
    let are_names = names.iter().all(|name| is_txid(name));
    are_names.then(|| format!("nonce={nonce}&txid={}", names.join(",")))
}

/// The body that asks for the fees of a market.
#[must_use]
pub fn volume_body(pair: Pair, nonce: u64) -> String {
    format!("nonce={nonce}&pair={}", altname(pair))
}

/// The body that asks for what came or went since then.
#[must_use]
pub fn since_body(since: Time, nonce: u64) -> String {
    format!("nonce={nonce}&start={}", since.0 / 1_000_000)
}

/// The frame that subscribes.
#[must_use]
pub fn subscribe_frame(subscription: &Subscription<'_>, number: u64) -> String {
    frame("subscribe", subscription, number)
}

/// The frame that ends a subscription.
#[must_use]
pub fn unsubscribe_frame(subscription: &Subscription<'_>, number: u64) -> String {
    frame("unsubscribe", subscription, number)
}

fn frame(method: &'static str, subscription: &Subscription<'_>, number: u64) -> String {
    let params = Some(subscription);
    let request = Request { method: method.into(), params, req_id: Some(number) };
    serde_json::to_string(&request).expect("texts and numbers are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() }
    }

    #[test]
    fn orders_are_asked_for_in_the_venues_words() {
        let (price, qty) = ("25000.1".parse().unwrap(), "0.001".parse().unwrap());
        for (terms, want) in [
            (
                Terms::Limit { price, qty, time_in_force: TimeInForce::Gtc },
                "ordertype=limit&oflags=fciq&timeinforce=GTC&price=25000.1&volume=0.001",
            ),
            (
                Terms::Limit { price, qty, time_in_force: TimeInForce::Ioc },
                "ordertype=limit&oflags=fciq&timeinforce=IOC&price=25000.1&volume=0.001",
            ),
            (
                Terms::Limit { price, qty, time_in_force: TimeInForce::Fok },
                "ordertype=limit&oflags=fciq&timeinforce=FOK&price=25000.1&volume=0.001",
            ),
            (
                Terms::PostOnly { price, qty },
                "ordertype=limit&oflags=post,fciq&price=25000.1&volume=0.001",
            ),
            (Terms::Market { qty }, "ordertype=market&oflags=fciq&volume=0.001"),
        ] {
            let until = "2023%2D11%2D14T22%3A13%3A20%2E000000Z";
            let client_id = ClientOrderId::new("ours-1").unwrap();
            let order = NewOrder { pair: pair(), client_id, side: Side::Buy, terms };
            let rest = format!("deadline={until}&cl_ord_id=ours%2D1");
            let whole = format!("nonce=7&pair=XBTUSD&type=buy&{want}&{rest}");
            assert_eq!(order_body(&order, Time(1_700_000_000_000_000), 7), Some(whole));
        }
    }

    #[test]
    fn an_order_is_named_by_the_venue_or_by_a_name_that_the_venue_takes() {
        let client = |text: &str| OrderName::Client(ClientOrderId::new(text).unwrap());
        let venue = |text: &str| OrderName::Venue(text.to_owned());
        for (name, want) in [
            (venue("OUF4EM-FRGI2-MQMWZD"), Some("txid=OUF4EM-FRGI2-MQMWZD")),
            (client("a:1"), Some("cl_ord_id=a%3A1")),
            (
                client("a1b2c3d4-0000-4000-8000-000000000001"),
                Some("cl_ord_id=a1b2c3d4%2D0000%2D4000%2D8000%2D000000000001"),
            ),
            (client("longer-than-eighteen"), None),
            (client("a1b2c3d4-0000-4000-8000-00000000000g"), None),
            (venue("O&type=sell"), None),
            (venue(""), None),
        ] {
            let want = want.map(|want| format!("nonce=7&{want}"));
            assert_eq!(cancel_body(&name, 7), want, "{name:?}");
            assert_eq!(name_body(&name, 7), want.map(|want| want + "&trades=true"));
        }
        assert_eq!(fills_body(&["TA-B", "TC-D"], 7).as_deref(), Some("nonce=7&txid=TA-B,TC-D"));
        assert_eq!(fills_body(&["TA-B&x=1"], 7), None);
    }

    #[test]
    fn a_subscription_says_only_what_is_wanted() {
        let symbol = Some(vec!["BTC/USD".into()]);
        let wanted = Subscription { channel: "book".into(), symbol, ..Subscription::default() };
        let want =
            r#"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"]},"req_id":3}"#;
        assert_eq!(subscribe_frame(&wanted, 3), want);
    }
}
