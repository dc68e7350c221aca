//! What goes over a socket: requests one way, replies and pushes the other.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request<'a, P> {
    /// What is asked: `subscribe`, `add_order`, …
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// With what.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub params: Option<P>,
    /// The client's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub req_id: Option<u64>,
}

/// What one subscribes to, and unsubscribes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription<'a> {
    /// `book`, `executions`, …
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// Which markets, for channels of markets.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Vec<Cow<'a, str>>>,
    /// Levels of a side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// Minutes of a candle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u32>,
    /// `bbo` or `trades`: at what a ticker is told.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub event_trigger: Option<Cow<'a, str>>,
    /// Whether what is there already is told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<bool>,
    /// Whether open orders are told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snap_orders: Option<bool>,
    /// Whether the latest trades are told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snap_trades: Option<bool>,
    /// What names the account.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Cow<'a, str>>,
}

/// What a subscription is answered with, market by market.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed<'a> {
    /// To which channel.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// Which market.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Cow<'a, str>>,
    /// Levels of a side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// Minutes of a candle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u32>,
    /// At what a ticker is told.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub event_trigger: Option<Cow<'a, str>>,
    /// Whether what is there already is told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<bool>,
    /// Whether open orders are told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snap_orders: Option<bool>,
    /// Whether the latest trades are told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snap_trades: Option<bool>,
}

/// A reply.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply<'a, R> {
    /// To what.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// The client's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub req_id: Option<u64>,
    /// What came of it.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub result: Option<R>,
    /// Whether it was done; a pong says nothing of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<bool>,
    /// Why not.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Cow<'a, str>>,
    /// Of which market, where it was not done.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Cow<'a, str>>,
    /// When it arrived.
    #[serde(borrow)]
    pub time_in: Cow<'a, str>,
    /// When this was sent.
    #[serde(borrow)]
    pub time_out: Cow<'a, str>,
}

/// What is told without being asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push<'a, T> {
    /// By which channel.
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    /// `snapshot` or `update`; a heartbeat is neither.
    #[serde(rename = "type", borrow, default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Cow<'a, str>>,
    /// It.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
    /// When it was sent, where the channel says so.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Cow<'a, str>>,
    /// How many were sent of an account's channel, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// Whatever arrives at a client: a reply or a push, its contents not read yet. Nothing is copied.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Incoming<'a> {
    /// Of a push.
    pub channel: Option<&'a str>,
    /// Of a push: `snapshot` or `update`.
    #[serde(rename = "type")]
    pub kind: Option<&'a str>,
    /// Of a push.
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
    /// Of a push of an account.
    pub sequence: Option<u64>,
    /// Of a reply.
    pub method: Option<&'a str>,
    /// Of a reply.
    pub success: Option<bool>,
    /// Of a reply.
    #[serde(borrow)]
    pub error: Option<&'a RawValue>,
    /// Of a reply.
    #[serde(borrow)]
    pub result: Option<&'a RawValue>,
    /// Of a reply.
    pub req_id: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_arrives_is_told_apart() {
        let text = r#"{"channel":"heartbeat"}"#;
        let arrived: Incoming<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((arrived.channel, arrived.method), (Some("heartbeat"), None));
        let text = r#"{"method":"subscribe","success":false,"error":"no \"x\"","req_id":7}"#;
        let arrived: Incoming<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((arrived.success, arrived.req_id), (Some(false), Some(7)));
        assert_eq!(arrived.error.unwrap().get(), r#""no \"x\"""#);
        let text = r#"{"channel":"book","type":"update","data":[1, 2],"new":{}}"#;
        let arrived: Incoming<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((arrived.kind, arrived.data.unwrap().get()), (Some("update"), "[1, 2]"));
    }
}
