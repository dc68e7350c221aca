//! What every answer of REST lies in.
//!
//! Keeps   a refusal may come with the status of a success: only the code tells.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::ErrorBody;

/// The code of what was done.
pub const SUCCESS: &str = "200000";

/// An answer that says what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// [`SUCCESS`].
    pub code: Cow<'static, str>,
    /// What was asked for.
    pub data: T,
}

impl<T> Envelope<T> {
    /// What was asked for, in its envelope.
    #[must_use]
    pub const fn new(data: T) -> Self {
        Self { code: Cow::Borrowed(SUCCESS), data }
    }
}

/// What lies in an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// What was asked for.
    Data(&'a str),
    /// Nothing: there is no such thing.
    Nothing,
    /// A refusal.
    Refused(ErrorBody<'a>),
    /// No envelope at all.
    Nonsense,
}

#[derive(Deserialize)]
struct Any<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow, default)]
    msg: Cow<'a, str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Opens an envelope.
#[must_use]
pub fn open(body: &[u8]) -> Found<'_> {
    let Ok(Any { code, msg, data }) = serde_json::from_slice(body) else { return Found::Nonsense };
    if code != SUCCESS {
        return Found::Refused(ErrorBody { code, msg });
    }
    data.map_or(Found::Nothing, |data| Found::Data(data.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_tells_whether_it_was_done() {
        let refused = |code, msg| Found::Refused(ErrorBody { code, msg });
        for (body, want) in [
            (r#"{"code":"200000","data":{"a":1}}"#, Found::Data(r#"{"a":1}"#)),
            (r#"{"code":"200000","data":null}"#, Found::Nothing),
            (r#"{"code":"200000"}"#, Found::Nothing),
            (r#"{"code":"400100","msg":"x"}"#, refused("400100".into(), "x".into())),
            (r#"{"code":"400100","data":{}}"#, refused("400100".into(), "".into())),
            (r#"{"data":{}}"#, Found::Nonsense),
            ("<html>", Found::Nonsense),
        ] {
            assert_eq!(open(body.as_bytes()), want, "{body}");
        }
        let written = serde_json::to_string(&Envelope::new(7)).unwrap();
        assert_eq!(open(written.as_bytes()), Found::Data("7"));
    }
}
