//! What a client says on a market stream, and what it hears back.
//!
//! Fails   [`FrameError`], with the venue's own codes and texts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What comes back with the answer.
    pub id: RequestId,
    /// What is asked.
    pub method: Method,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Listen to these as well. The names are as sent: not every one need be a stream.
    Subscribe(Vec<String>),
    /// Listen to these no more.
    Unsubscribe(Vec<String>),
    /// Say what is listened to.
    ListSubscriptions,
    /// Wrap messages with the name of their stream, or don't.
    SetCombined(bool),
    /// Say whether they are wrapped.
    GetCombined,
}

/// Names a request, so that its answer is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RequestId {
    /// A whole number.
    Number(i64),
    /// At most 36 letters and digits; hyphens too, since stock clients send UUIDs.
    Text(String),
    /// `null`
    Null,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Response {
    /// Done, or the answer.
    Result {
        /// `null` where there is nothing to tell.
        result: Outcome,
        /// That of the request.
        id: RequestId,
    },
    /// Refused.
    Error {
        /// What kind of refusal.
        code: u8,
        /// Why.
        msg: String,
        /// That of the request, where it could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RequestId>,
    },
}

/// What a request comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Names of streams.
    Streams(Vec<String>),
    /// The value of a property.
    Property(bool),
    /// Done.
    Done,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A property other than `combined`.
    UnknownProperty,
    /// The value of a property is not `true` or `false`.
    ValueType,
    /// Something else is wrong with it; how it goes on after `Invalid request: `.
    Request(String),
    /// No JSON; how it goes on after `Invalid JSON: `.
    Json(String),
}

impl FrameError {
    /// The answer that says so.
    #[must_use]
    pub fn response(self, id: Option<RequestId>) -> Response {
        let (code, msg) = match self {
            Self::UnknownProperty => (0, "Unknown property".to_owned()),
            Self::ValueType => (1, "Invalid value type: expected Boolean".to_owned()),
            Self::Request(why) => (2, format!("Invalid request: {why}")),
            Self::Json(why) => (3, format!("Invalid JSON: {why}")),
        };
        Response::Error { code, msg, id }
    }
}

#[derive(Deserialize)]
struct Frame {
    method: Verb,
    #[serde(default)]
    params: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Verb {
    Subscribe,
    Unsubscribe,
    ListSubscriptions,
    SetProperty,
    GetProperty,
}

/// Tells `null` from absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Request {
    /// Reads one text message.
    ///
    /// # Errors
    /// The answer to give instead: a [`FrameError`], with the request's id where it has one.
    pub fn parse(text: &str) -> Result<Self, Response> {
        let frame: Frame = serde_json::from_str(text).map_err(|error| {
            let why = error.to_string();
            let error =
                if error.is_data() { FrameError::Request(why) } else { FrameError::Json(why) };
            error.response(None)
        })?;
        let id = frame.id.and_then(RequestId::of).ok_or_else(|| {
            let why = "request ID must be an unsigned integer".to_owned();
            FrameError::Request(why).response(None)
        })?;
        match Method::of(frame.method, frame.params.unwrap_or_default()) {
            Ok(method) => Ok(Self { id, method }),
            Err(error) => Err(error.response(Some(id))),
        }
    }
}

impl RequestId {
    const LEN_MAX: usize = 36;

    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Number(number) => number.as_i64().map(Self::Number),
            Value::String(text) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                let fits = text.len() <= Self::LEN_MAX && text.bytes().all(plain);
                fits.then_some(Self::Text(text))
            }
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl Method {
    fn of(verb: Verb, params: Vec<Value>) -> Result<Self, FrameError> {
        let params_max = match verb {
            Verb::Subscribe | Verb::Unsubscribe => usize::MAX,
            Verb::ListSubscriptions => 0,
            Verb::SetProperty => 2,
            Verb::GetProperty => 1,
        };
        if params_max < params.len() {
            return Err(refusal("too many parameters"));
        }
        match verb {
            Verb::Subscribe => stream_names(params).map(Self::Subscribe),
            Verb::Unsubscribe => stream_names(params).map(Self::Unsubscribe),
            Verb::ListSubscriptions => Ok(Self::ListSubscriptions),
            Verb::SetProperty => {
                check_property(params.first())?;
                let value = params.get(1).and_then(Value::as_bool);
                value.map(Self::SetCombined).ok_or(FrameError::ValueType)
            }
            Verb::GetProperty => check_property(params.first()).map(|()| Self::GetCombined),
        }
    }
}

fn stream_names(params: Vec<Value>) -> Result<Vec<String>, FrameError> {
    let name = |value| match value {
        Value::String(name) => Ok(name),
        _ => Err(refusal("stream name must be a string")),
    };
    params.into_iter().map(name).collect()
}

fn check_property(param: Option<&Value>) -> Result<(), FrameError> {
    match param {
        Some(Value::String(name)) if name == "combined" => Ok(()),
        Some(Value::String(_)) => Err(FrameError::UnknownProperty),
        _ => Err(refusal("property name must be a string")),
    }
}

fn refusal(why: &str) -> FrameError {
    FrameError::Request(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn every_documented_request_is_understood() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        for (text, id, method) in [
            (
                r#"{"method":"SUBSCRIBE","params":["btcusdt@aggTrade","btcusdt@depth"],"id":1}"#,
                RequestId::Number(1),
                Method::Subscribe(names(&["btcusdt@aggTrade", "btcusdt@depth"])),
            ),
            (
                r#"{"method": "UNSUBSCRIBE", "params": ["btcusdt@depth"], "id": -312}"#,
                RequestId::Number(-312),
                Method::Unsubscribe(names(&["btcusdt@depth"])),
            ),
            (
                r#"{"method":"LIST_SUBSCRIPTIONS","id":null}"#,
                RequestId::Null,
                Method::ListSubscriptions,
            ),
            (
                r#"{"method":"SET_PROPERTY","params":["combined",true],"id":"a1"}"#,
                RequestId::Text("a1".to_owned()),
                Method::SetCombined(true),
            ),
            (
                r#"{"method":"GET_PROPERTY","params":["combined"],
                    "id":"923e6436-cf13-4281-a13b-976520ab7cc1"}"#,
                RequestId::Text("923e6436-cf13-4281-a13b-976520ab7cc1".to_owned()),
                Method::GetCombined,
            ),
        ] {
            assert_eq!(Request::parse(text), Ok(Request { id, method }), "{text}");
        }
    }

    #[test]
    fn every_documented_refusal_is_said_in_the_venue_s_words() {
        let id_wanted = "Invalid request: request ID must be an unsigned integer";
        let name_wanted = "Invalid request: property name must be a string";
        for (text, want) in [
            (r#"{"method":"GET_PROPERTY","params":["x"],"id":1}"#, (0, "Unknown property")),
            (
                r#"{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}"#,
                (1, "Invalid value type: expected Boolean"),
            ),
            (r#"{"method":"SET_PROPERTY","params":[1,true],"id":1}"#, (2, name_wanted)),
            (r#"{"method":"GET_PROPERTY","id":1}"#, (2, name_wanted)),
            (r#"{"method":"LIST_SUBSCRIPTIONS"}"#, (2, id_wanted)),
            (r#"{"method":"LIST_SUBSCRIPTIONS","id":1.5}"#, (2, id_wanted)),
            (r#"{"method":"LIST_SUBSCRIPTIONS","id":"a b"}"#, (2, id_wanted)),
            (
                r#"{"method":"SUBSCRIB","id":1}"#,
                (
                    2,
                    "Invalid request: unknown variant `SUBSCRIB`, expected one of `SUBSCRIBE`, \
                     `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line \
                     1 column 20",
                ),
            ),
            (
                r#"{"method":"GET_PROPERTY","params":["combined",1],"id":1}"#,
                (2, "Invalid request: too many parameters"),
            ),
            (r#"{"id":1}"#, (2, "Invalid request: missing field `method` at line 1 column 8")),
            ("hello", (3, "Invalid JSON: expected value at line 1 column 1")),
        ] {
            let Err(Response::Error { code, msg, .. }) = Request::parse(text) else {
                panic!("{text} is refused");
            };
            assert_eq!((code, msg.as_str()), want, "{text}");
        }
    }

    #[test]
    fn every_documented_response_survives_decode_and_encode() {
        for json in [
            r#"{"result": null, "id": 1}"#,
            r#"{"result": ["btcusdt@aggTrade"], "id": 3}"#,
            r#"{"result": true, "id": "two"}"#,
            r#"{"result": null, "id": null}"#,
            r#"{"code": 0, "msg": "Unknown property", "id": 7}"#,
            r#"{"code": 2, "msg": "Invalid request: too many parameters"}"#,
        ] {
            check::<Response>(json);
        }
    }
}
