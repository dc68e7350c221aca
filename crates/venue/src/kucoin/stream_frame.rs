//! What goes over a socket: what a client asks, and whatever it is told.

use std::borrow::Cow;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// What a client asks on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum ClientFrameKind {
    Ping,
    Subscribe,
    Unsubscribe,
}

/// A request on a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientFrame<'a> {
    /// By which the answer is known. Clients send text or a number.
    #[serde(borrow, default, deserialize_with = "text_or_number")]
    pub id: Cow<'a, str>,
    /// What is asked.
    #[serde(rename = "type")]
    pub kind: ClientFrameKind,
    /// Of what.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub topic: Cow<'a, str>,
    /// Whether it is one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_channel: Option<bool>,
    /// Whether to answer where it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<bool>,
}

fn text_or_number<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Cow<'a, str>, D::Error> {
    struct IdVisitor;
    impl<'de> Visitor<'de> for IdVisitor {
        type Value = Cow<'de, str>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a text or a whole number")
        }

        fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok(Cow::Borrowed(text))
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Cow::Owned(text.to_owned()))
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Cow::Owned(number.to_string()))
        }
    }
    deserializer.deserialize_any(IdVisitor)
}

/// What a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FrameKind {
    /// The socket is open.
    Welcome,
    /// The answer to a ping.
    Pong,
    /// It was done.
    Ack,
    /// It was not done.
    Error,
    /// Something happened.
    Message,
    /// Something that nobody knows yet.
    #[serde(other)]
    Other,
}

/// Whatever the venue says on a socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerFrame<'a> {
    /// Of a message: of which topic.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub topic: Cow<'a, str>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: FrameKind,
    /// Of a message: of which kind.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub subject: Cow<'a, str>,
    /// Of an answer: to which request.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub id: Cow<'a, str>,
    /// Of a message of one's own: whose.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub user_id: Cow<'a, str>,
    /// Of a message of one's own: `private`.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub channel_type: Cow<'a, str>,
    /// Of an error: which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// What happened; of an error a text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a RawValue>,
}

impl<'a> ServerFrame<'a> {
    /// An answer without more in it.
    #[must_use]
    pub const fn answer(kind: FrameKind, id: Cow<'a, str>) -> Self {
        Self {
            topic: Cow::Borrowed(""),
            kind,
            subject: Cow::Borrowed(""),
            id,
            user_id: Cow::Borrowed(""),
            channel_type: Cow::Borrowed(""),
            code: None,
            data: None,
        }
    }

    /// Something that happened in a market.
    #[must_use]
    pub const fn message(topic: &'a str, subject: &'a str, data: &'a RawValue) -> Self {
        Self {
            topic: Cow::Borrowed(topic),
            kind: FrameKind::Message,
            subject: Cow::Borrowed(subject),
            id: Cow::Borrowed(""),
            user_id: Cow::Borrowed(""),
            channel_type: Cow::Borrowed(""),
            code: None,
            data: Some(data),
        }
    }
}

/// Why a request on a socket is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketRefusal {
    /// It cannot be read.
    Malformed,
    /// There is no such topic.
    UnknownTopic,
    /// It names too many topics, or there are too many on the connection.
    TooManyTopics,
    /// It is for whom the topic concerns.
    NotPrivate,
    /// Too many requests.
    TooMany,
}

impl SocketRefusal {
    /// Its code.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Malformed => 400,
            Self::UnknownTopic => 404,
            Self::TooManyTopics | Self::TooMany => 509,
            Self::NotPrivate => 403,
        }
    }

    /// Its text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Malformed => "the request cannot be read",
            Self::UnknownTopic => "topic is not found",
            Self::TooManyTopics => "exceed max permits number of topics",
            Self::NotPrivate => "the private channel needs a private token",
            Self::TooMany => "exceed max permits per second",
        }
    }

    /// It as the wire carries it, in answer to the request of that name.
    ///
    /// # Panics
    /// Never: its texts are texts.
    #[must_use]
    pub fn frame(self, id: &str) -> String {
        let text = serde_json::value::to_raw_value(self.text()).expect("a text");
        let answer = ServerFrame::answer(FrameKind::Error, Cow::Borrowed(id));
        let frame = ServerFrame { code: Some(self.code()), data: Some(&text), ..answer };
        serde_json::to_string(&frame).expect("texts and numbers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_with_the_fields_and_names_that_clients_choose() {
        for (text, id, topic) in [
            (r#"{"id":"1","type":"ping"}"#, "1", ""),
            (r#"{"id":1545910660739,"type":"ping"}"#, "1545910660739", ""),
            (
                concat!(
                    r#"{"id":"/market/level2@@BTC-USDT","type":"subscribe","#,
                    r#""topic":"/market/level2:BTC-USDT","privateChannel":false,"response":true}"#
                ),
                "/market/level2@@BTC-USDT",
                "/market/level2:BTC-USDT",
            ),
            (
                r#"{"type":"unsubscribe","topic":"/account/balance","new":{}}"#,
                "",
                "/account/balance",
            ),
        ] {
            let frame: ClientFrame<'_> = serde_json::from_str(text).unwrap();
            assert_eq!((&*frame.id, &*frame.topic), (id, topic), "{text}");
        }
        for text in [r#"{"id":"1"}"#, r#"{"id":"1","type":"openTunnel"}"#, "[]", r#"{"id":1.5}"#] {
            assert!(serde_json::from_str::<ClientFrame<'_>>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_nobody_knows_yet_is_a_frame_all_the_same() {
        let frame: ServerFrame<'_> =
            serde_json::from_str(r#"{"type":"notice","id":"7","x":[]}"#).unwrap();
        assert_eq!((frame.kind, &*frame.id), (FrameKind::Other, "7"));
        let refused = SocketRefusal::UnknownTopic.frame("9");
        assert_eq!(refused, r#"{"type":"error","id":"9","code":404,"data":"topic is not found"}"#);
        let welcome = ServerFrame::answer(FrameKind::Welcome, "x".into());
        assert_eq!(serde_json::to_string(&welcome).unwrap(), r#"{"type":"welcome","id":"x"}"#);
    }
}
