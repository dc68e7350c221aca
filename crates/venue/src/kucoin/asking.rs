//! The client's end of a request: what is asked, as the text that is signed and sent.
//!
//! Keeps   what is signed is what is sent, byte for byte; a secret is in no text; what comes from
//!         outside goes into a path or a query only where it holds nothing that they would read.
//! Source  the venue's documentation, "Authentication", "Add Order", "Websocket Introduction".

use std::borrow::Cow;

use super::operation::Operation;
use super::order::{Lasting, NewOrder, OrderKind};
use super::stream::{Bullet, Channel, TOPICS_MAX};
use super::stream_frame::{ClientFrame, ClientFrameKind};
use crate::number::DecimalText;
use crate::port::{self, OrderName, Pair, Terms};

/// The longest name of an order that the venue takes.
const NAME_CHARS_MAX: usize = 40;

/// How the venue spells a market.
#[must_use]
pub fn symbol_of(pair: Pair) -> String {
    format!("{}-{}", pair.base, pair.quote)
}

/// What is asked, ready to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Which operation: its method, its right, its price.
    pub operation: Operation,
    /// Its path, and its query where it has one.
    pub target: String,
    /// Its body, or nothing.
    pub body: String,
}

impl Asking {
    /// An operation whose path has no parts of its own; `query` without a question mark.
    #[must_use]
    pub fn plain(operation: Operation, query: &str) -> Self {
        let joint = if query.is_empty() { "" } else { "?" };
        let target = format!("{}{joint}{query}", operation.path());
        Self { operation, target, body: String::new() }
    }

    /// An operation on what is named in the path; `None` where that is no name.
    #[must_use]
    pub fn named(operation: Operation, name: &str, query: &str) -> Option<Self> {
        let may = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if name.is_empty() || !name.bytes().all(may) {
            return None;
        }
        let (before, _) = operation.path().split_once('{')?;
        let joint = if query.is_empty() { "" } else { "?" };
        let target = format!("{before}{name}{joint}{query}");
        Some(Self { operation, target, body: String::new() })
    }

    /// The path with nothing behind it.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// What stands behind the path, without a question mark.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// Whether the venue takes an order of that name: then it can be asked for by it.
#[must_use]
pub fn is_client_name(name: &str) -> bool {
    let may = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !name.is_empty() && name.len() <= NAME_CHARS_MAX && name.bytes().all(may)
}

/// The body that places an order; `None` where the venue takes no such name.
///
/// # Panics
/// Never: an order is numbers and texts.
#[must_use]
pub fn order_body(order: &port::NewOrder) -> Option<String> {
    if !is_client_name(order.client_id.as_str()) {
        return None;
    }
    let symbol = symbol_of(order.pair);
    let client_oid = Some(Cow::Borrowed(order.client_id.as_str()));
    let (mut price, mut time_in_force, mut post_only) = (None, None, None);
    let (kind, size) = match order.terms {
        Terms::Limit { price: limit, qty, time_in_force: lasting } => {
            price = Some(DecimalText(limit));
            time_in_force = Some(match lasting {
                port::TimeInForce::Gtc => Lasting::Gtc,
                port::TimeInForce::Ioc => Lasting::Ioc,
                port::TimeInForce::Fok => Lasting::Fok,
            });
            (OrderKind::Limit, qty)
        }
        Terms::PostOnly { price: limit, qty } => {
            price = Some(DecimalText(limit));
            (time_in_force, post_only) = (Some(Lasting::Gtc), Some(true));
            (OrderKind::Limit, qty)
        }
        Terms::Market { qty } => (OrderKind::Market, qty),
    };
    let body = NewOrder {
        client_oid,
        side: order.side.into(),
        symbol: symbol.into(),
        kind,
        remark: None,
        stp: None,
        price,
        size: Some(DecimalText(size)),
        time_in_force,
        post_only,
        hidden: None,
        iceberg: None,
        visible_size: None,
        tags: None,
        cancel_after: None,
        funds: None,
        allow_max_time_window: None,
        client_timestamp: None,
        stop: None,
        stop_price: None,
    };
    Some(serde_json::to_string(&body).expect("numbers and texts"))
}

/// What asks for an order; `None` where the venue gives no such names.
#[must_use]
pub fn name_asking(pair: Pair, name: &OrderName) -> Option<Asking> {
    let by = (Operation::Order, Operation::OrderByClient);
    named(pair, name, by)
}

/// What cancels an order, and tells how it stood; `None` where the venue gives no such names.
#[must_use]
pub fn cancel_asking(pair: Pair, name: &OrderName) -> Option<Asking> {
    let by = (Operation::CancelSync, Operation::CancelByClientSync);
    named(pair, name, by)
}

fn named(pair: Pair, name: &OrderName, by: (Operation, Operation)) -> Option<Asking> {
    let query = format!("symbol={}", symbol_of(pair));
    match name {
        OrderName::Venue(id) => {
            let is_id = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            is_id.then(|| Asking::named(by.0, id, &query)).flatten()
        }
        OrderName::Client(name) => {
            let name = Some(name.as_str()).filter(|name| is_client_name(name));
            name.and_then(|name| Asking::named(by.1, name, &query))
        }
    }
}

/// The address of a socket; `None` where none was offered.
#[must_use]
pub fn socket_url(bullet: &Bullet<'_>, connection: &str) -> Option<String> {
    let server = bullet.instance_servers.first()?;
    let token =
        percent_encoding::utf8_percent_encode(&bullet.token, percent_encoding::NON_ALPHANUMERIC);
    let joint = if server.endpoint.contains('?') { '&' } else { '?' };
    Some(format!("{}{joint}token={token}&connectId={connection}", server.endpoint))
}

/// The frames that begin to listen to a channel in markets; of none for a channel of one's own.
///
/// # Panics
/// Never: a frame is texts.
#[must_use]
pub fn subscribe_frames(channel: Channel, symbols: &[String]) -> Vec<String> {
    let topics: Vec<String> = if channel.is_private() {
        vec![channel.topic("")]
    } else {
        symbols.chunks(TOPICS_MAX).map(|part| channel.topic(&part.join(","))).collect()
    };
    let frame = |(number, topic): (usize, &String)| {
        // Short, however many markets the topic names.
        let path = topic.split(':').next().unwrap_or_default();
        let id = if number == 0 { path.to_owned() } else { format!("{path}/{number}") };
        let frame = ClientFrame {
            id: Cow::Owned(id),
            kind: ClientFrameKind::Subscribe,
            topic: Cow::Borrowed(topic),
            private_channel: Some(channel.is_private()),
            response: Some(true),
        };
        serde_json::to_string(&frame).expect("texts")
    };
    topics.iter().enumerate().map(frame).collect()
}

/// The frame that asks whether the venue lives.
#[must_use]
pub const fn ping_frame() -> &'static str {
    r#"{"id":"ping","type":"ping"}"#
}

#[cfg(test)]
mod tests {
    use model::{ClientOrderId, Side};

    use super::super::stream::InstanceServer;
    use super::*;

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }
    }

    #[test]
    fn orders_are_asked_for_in_the_venues_words() {
        let (price, qty) = ("25000.10".parse().unwrap(), "0.001".parse().unwrap());
        let limit = |time_in_force| Terms::Limit { price, qty, time_in_force };
        let priced = r#""type":"limit","price":"25000.10","size":"0.001""#;
        for (terms, want) in [
            (limit(port::TimeInForce::Gtc), format!(r#"{priced},"timeInForce":"GTC""#)),
            (limit(port::TimeInForce::Ioc), format!(r#"{priced},"timeInForce":"IOC""#)),
            (limit(port::TimeInForce::Fok), format!(r#"{priced},"timeInForce":"FOK""#)),
            (
                Terms::PostOnly { price, qty },
                format!(r#"{priced},"timeInForce":"GTC","postOnly":true"#),
            ),
            (Terms::Market { qty }, r#""type":"market","size":"0.001""#.to_owned()),
        ] {
            let client_id = ClientOrderId::new("ours-1").unwrap();
            let order = port::NewOrder { pair: pair(), client_id, side: Side::Buy, terms };
            let whole =
                format!(r#"{{"clientOid":"ours-1","side":"buy","symbol":"BTC-USDT",{want}}}"#);
            assert_eq!(order_body(&order), Some(whole));
        }
    }

    #[test]
    fn what_an_order_may_be_called_is_what_it_can_be_asked_for_by() {
        let long = "x".repeat(36);
        for (name, is_taken) in
            [("a-1_B", true), (&*long, true), ("a/1", false), ("a.1", false), ("a:1", false)]
        {
            let client_id = ClientOrderId::new(name).unwrap();
            let terms = Terms::Market { qty: "1".parse().unwrap() };
            let order = port::NewOrder { pair: pair(), client_id, side: Side::Buy, terms };
            assert_eq!(order_body(&order).is_some(), is_taken, "{name}");
            let asked = name_asking(pair(), &OrderName::Client(client_id));
            assert_eq!(asked.is_some(), is_taken, "{name}");
        }
    }

    #[test]
    fn an_order_is_named_by_its_id_or_by_our_name() {
        let ours = |name: &str| OrderName::Client(ClientOrderId::new(name).unwrap());
        for (name, want) in [
            (
                OrderName::Venue("6717422bd51c29000775ea03".to_owned()),
                Some("/api/v1/hf/orders/6717422bd51c29000775ea03?symbol=BTC-USDT"),
            ),
            (ours("a-1"), Some("/api/v1/hf/orders/client-order/a-1?symbol=BTC-USDT")),
            (ours("a/1"), None),
            (OrderName::Venue("1?symbol=X".to_owned()), None),
            (OrderName::Venue("../../v1".to_owned()), None),
            (OrderName::Venue(String::new()), None),
        ] {
            let asked = name_asking(pair(), &name);
            assert_eq!(asked.as_ref().map(|it| it.target.as_str()), want, "{name:?}");
            if let Some(asked) = asked {
                assert_eq!(format!("{}?{}", asked.path(), asked.query()), asked.target);
            }
        }
    }

    #[test]
    fn a_socket_is_opened_by_its_token_and_listens_to_so_many_markets_at_once() {
        let server = InstanceServer {
            endpoint: "wss://example.test/".into(),
            encrypt: true,
            protocol: "websocket".into(),
            ping_interval: 18_000,
            ping_timeout: 10_000,
        };
        let mut bullet = Bullet { token: "a-_=.b".into(), instance_servers: vec![server] };
        let url = socket_url(&bullet, "c1").unwrap();
        assert_eq!(url, "wss://example.test/?token=a%2D%5F%3D%2Eb&connectId=c1");
        bullet.instance_servers.clear();
        assert_eq!(socket_url(&bullet, "c1"), None);
        let symbols: Vec<_> = (0..=TOPICS_MAX).map(|number| format!("A{number}-B")).collect();
        let frames = subscribe_frames(Channel::Level2, &symbols);
        assert_eq!(frames.len(), 2);
        assert!(frames[1].contains(r#""topic":"/market/level2:A100-B""#), "{}", frames[1]);
        assert!(frames[0].starts_with(r#"{"id":"/market/level2","#), "{}", frames[0]);
        assert!(frames[1].starts_with(r#"{"id":"/market/level2/1","#), "{}", frames[1]);
        assert_eq!(
            subscribe_frames(Channel::Balance, &[]),
            [concat!(
                r#"{"id":"/account/balance","type":"subscribe","topic":"/account/balance","#,
                r#""privateChannel":true,"response":true}"#
            )]
        );
        assert!(serde_json::from_str::<ClientFrame<'_>>(ping_frame()).is_ok());
    }
}
