//! Frames of the WebSocket API.
//!
//! Source  web-socket-api.md, "Request format", "Response format", "Authentication requests".

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::limits::RateLimit;

/// The longest `id`, in bytes of JSON.
pub const SOCKET_ID_BYTES_MAX: usize = 128;

/// A request.
#[derive(Debug, Serialize, Deserialize)]
pub struct SocketRequest<'a> {
    /// Comes back in the answer, as it is.
    #[serde(borrow, default)]
    pub id: Option<&'a RawValue>,
    /// Which method, with or without its version.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// Its parameters.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub params: Option<&'a RawValue>,
}

impl SocketRequest<'_> {
    /// The method without its version.
    #[must_use]
    pub fn method_name(&self) -> &str {
        self.method.strip_prefix("v3/").unwrap_or(&self.method)
    }

    /// The `id` as JSON; `None` if it is neither a number, nor a text, nor `null`, or too long.
    #[must_use]
    pub fn id_json(&self) -> Option<&str> {
        let json = self.id.map_or("null", RawValue::get);
        let first = *json.as_bytes().first()?;
        let scalar = matches!(first, b'"' | b'-' | b'0'..=b'9') || json == "null";
        (scalar && json.len() <= SOCKET_ID_BYTES_MAX).then_some(json)
    }
}

/// An answer, as a client reads it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketReply<'a> {
    /// That of the request.
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    /// As in HTTP.
    pub status: u16,
    /// What was asked for.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub result: Option<&'a RawValue>,
    /// Why not.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a RawValue>,
    /// How much is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limits: Option<Vec<RateLimit>>,
}

/// When a refused request may come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryAfter {
    /// Now, in milliseconds.
    pub server_time: u64,
    /// Then, in milliseconds.
    pub retry_after: u64,
}

/// A refusal as the socket carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketError<'a> {
    /// The documented code.
    pub code: i32,
    /// For people.
    pub msg: Cow<'a, str>,
    /// Where it may come again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<RetryAfter>,
}

/// The answer to `session.logon`, `session.status` and `session.logout`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionStatus<'a> {
    /// The key of the session.
    pub api_key: Option<Cow<'a, str>>,
    /// Since when.
    pub authorized_since: Option<u64>,
    /// Since when the connection stands.
    pub connected_since: u64,
    /// Whether answers tell limits.
    pub return_rate_limits: bool,
    /// Now.
    pub server_time: u64,
    /// Whether an account is listened to.
    pub user_data_stream: bool,
}

/// An event on the socket, under the number of its subscription where it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionEvent<T> {
    /// Whose it is; `None` for what concerns the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<u32>,
    /// What it says.
    pub event: T,
}

/// The number of a subscription: the answer to subscribing, and a row of the list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionNumber {
    /// From 0, unique on the connection.
    pub subscription_id: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_came_or_not_at_all() {
        for (json, want) in [
            (r#"{"id":"a\u0062","method":"ping"}"#, Some(r#""a\u0062""#)),
            (r#"{"id":-7,"method":"ping"}"#, Some("-7")),
            (r#"{"id":null,"method":"ping"}"#, Some("null")),
            (r#"{"method":"ping"}"#, Some("null")),
            (r#"{"id":[1],"method":"ping"}"#, None),
            (r#"{"id":{},"method":"ping"}"#, None),
            (r#"{"id":true,"method":"ping"}"#, None),
        ] {
            let request: SocketRequest<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(request.id_json(), want, "{json}");
        }
    }

    #[test]
    fn a_method_may_name_its_version() {
        for (method, want) in [("v3/order.place", "order.place"), ("time", "time")] {
            let json = format!(r#"{{"id":1,"method":"{method}"}}"#);
            let request: SocketRequest<'_> = serde_json::from_str(&json).unwrap();
            assert_eq!(request.method_name(), want);
        }
    }
}
