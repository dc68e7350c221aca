//! What a refusal of the venue means for who asked.
//!
//! Keeps   only what the venue says it has not begun is to be tried again; a failure of its own is
//!         an unknown outcome. An error is a refusal where its class says so; one that is of no
//!         class, or of one in which failures are as well, leaves the outcome unknown.
//! Source  docs.kraken.com, "Spot REST errors", "Spot Error Messages": an internal error may have a
//!         number behind it.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::port::{Rejection, VenueError};
use crate::sense::{leaves_open, plain_text, without_words};

/// How long to stay away where it is too much, and nobody says for how long.
const STAY_AWAY: Duration = Duration::from_secs(10);
/// How long a venue that locked somebody out does so.
const LOCKOUT: Duration = Duration::from_secs(15 * 60);
/// How long to stay away where the venue says that it is busy.
const BUSY: Duration = Duration::from_secs(1);
/// How the errors begin by which nothing was done, and never will be.
const REFUSALS: [&str; 16] = [
    "EAPI:",
    "EAccount:",
    "EAuth:",
    "EFunding:",
    "EOrder:",
    "EQuery:",
    "ESession:",
    "ETrade:",
    "EGeneral:Invalid arguments",
    "EGeneral:Permission denied",
    "EGeneral:Unknown method",
    "EGeneral:Unknown symbol",
    "EService:Market in ",
    "EService:Deadline elapsed",
    // Without a class, at the sockets.
    "Currency pair not supported",
    "Permission denied",
];

/// What an answer of this HTTP status means that is no success; `retry_after` as the header says.
#[must_use]
pub fn outcome(status: u16, body: &[u8], retry_after: Option<Duration>) -> VenueError {
    let refused = serde_json::from_slice::<Errors<'_>>(body).ok();
    if let Some(error) = refused.as_ref().and_then(|refused| refused.first()) {
        return match meaning(error) {
            VenueError::TryLater { after, text } => {
                VenueError::TryLater { after: retry_after.unwrap_or(after), text }
            }
            VenueError::Rejected { text, .. } if leaves_open(status) => {
                VenueError::Unknown { text }
            }
            other => other,
        };
    }
    without_words(status, retry_after.unwrap_or(STAY_AWAY))
}

/// What an answer of HTTP status 200 refuses; `None` where it does not.
#[must_use]
pub fn refusal_of(body: &[u8]) -> Option<VenueError> {
    let refused: Errors<'_> = serde_json::from_slice(body).ok()?;
    refused.first().map(meaning)
}

/// What was asked for, out of an answer of HTTP status 200.
///
/// # Errors
/// What the venue says; [`VenueError::Unknown`] where it makes no sense.
pub fn result_of<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, VenueError> {
    let nonsense = |error: serde_json::Error| VenueError::Unknown {
        text: plain_text(format_args!("the answer cannot be read: {error}")),
    };
    let answer: Answered<'a> = serde_json::from_slice(body).map_err(nonsense)?;
    if let Some(error) = answer.errors.first() {
        return Err(meaning(error));
    }
    let result = answer.result.map_or("null", RawValue::get);
    serde_json::from_str(result).map_err(nonsense)
}

#[derive(Deserialize)]
struct Errors<'a> {
    #[serde(borrow)]
    error: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Answered<'a> {
    #[serde(borrow, flatten)]
    errors: Errors<'a>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

impl Errors<'_> {
    /// The first that is no mere warning.
    fn first(&self) -> Option<&str> {
        self.error.iter().find(|error| !error.starts_with('W')).map(AsRef::as_ref)
    }
}

/// What an error of the venue means.
#[must_use]
pub fn meaning(error: &str) -> VenueError {
    let text = plain_text(error);
    match error {
        "EAPI:Rate limit exceeded"
        | "EOrder:Rate limit exceeded"
        | "EGeneral:Too many requests" => VenueError::TryLater { after: STAY_AWAY, text },
        "EGeneral:Temporary lockout" => VenueError::TryLater { after: LOCKOUT, text },
        "EService:Busy" => VenueError::TryLater { after: BUSY, text },
        _ if error.starts_with("EService:Throttled") => {
            VenueError::TryLater { after: STAY_AWAY, text }
        }
        _ if REFUSALS.iter().any(|refusal| error.starts_with(refusal)) => {
            let code = plain_text(error.split_once(':').map_or(error, |(class, _)| class));
            VenueError::Rejected { why: why(error), code, text }
        }
        _ => VenueError::Unknown { text },
    }
}

fn why(error: &str) -> Rejection {
    match error {
        "EAPI:Invalid key"
        | "EAPI:Invalid signature"
        | "EGeneral:Permission denied"
        | "ESession:Invalid session"
        | "EAccount:Invalid permissions"
        | "EAuth:Account temporary disabled" => Rejection::Key,
        // Nothing was done: the next nonce is greater, and the next deadline later.
        "EAPI:Invalid nonce"
        | "EService:Deadline elapsed"
        | "EGeneral:Invalid arguments:deadline" => Rejection::Clock,
        "EQuery:Unknown asset pair" | "EQuery:Invalid asset pair" | "EGeneral:Unknown symbol" => {
            Rejection::UnknownMarket
        }
        "EService:Market in cancel_only mode"
        | "EService:Market in post_only mode"
        | "EService:Market in limit_only mode"
        | "EOrder:Trading agreement required" => Rejection::MarketClosed,
        "EOrder:Unknown order" | "EOrder:Invalid order" => Rejection::UnknownOrder,
        "EOrder:Insufficient funds" | "EOrder:Insufficient margin" => Rejection::Funds,
        "EOrder:Post only order" => Rejection::WouldTake,
        "EOrder:Duplicate cl_ord_id" => Rejection::Duplicate,
        "EOrder:Order minimum not met"
        | "EOrder:Cost minimum not met"
        | "EOrder:Tick size check failed"
        | "EOrder:Orders limit exceeded" => Rejection::Filter,
        _ if error.starts_with("EOrder:Invalid price") => Rejection::Filter,
        _ if error.starts_with("Currency pair not supported") => Rejection::UnknownMarket,
        _ => match error.strip_prefix("EGeneral:Invalid arguments:") {
            Some("price" | "price2" | "volume" | "volume minimum not met") => Rejection::Filter,
            _ => Rejection::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::Refusal;
    use super::*;

    #[test]
    fn every_kind_of_no_is_told_apart() {
        for (refusal, want) in [
            (Refusal::InvalidKey, Rejection::Key),
            (Refusal::InvalidSignature, Rejection::Key),
            (Refusal::InvalidNonce, Rejection::Clock),
            (Refusal::PermissionDenied, Rejection::Key),
            (Refusal::InvalidSession, Rejection::Key),
            (Refusal::TooManyOpen, Rejection::Filter),
            (Refusal::InvalidArguments("volume"), Rejection::Filter),
            (Refusal::InvalidArguments("price"), Rejection::Filter),
            (Refusal::InvalidArguments("ordertype"), Rejection::Other),
            (Refusal::InvalidArguments(""), Rejection::Other),
            (Refusal::UnknownMethod, Rejection::Other),
            (Refusal::UnknownPair, Rejection::UnknownMarket),
            (Refusal::UnknownOrder, Rejection::UnknownOrder),
            (Refusal::Funds, Rejection::Funds),
            (Refusal::OrderMinimum, Rejection::Filter),
            (Refusal::CostMinimum, Rejection::Filter),
            (Refusal::InvalidPrice, Rejection::Filter),
            (Refusal::PostOnly, Rejection::WouldTake),
            (Refusal::DuplicateName, Rejection::Duplicate),
            (Refusal::CancelOnly, Rejection::MarketClosed),
        ] {
            let body = format!(r#"{{"error":["{}"],"result":{{}}}}"#, refusal.text());
            let answers = [
                result_of::<bool>(body.as_bytes()).unwrap_err(),
                outcome(400, body.as_bytes(), None),
            ];
            for answer in answers {
                let VenueError::Rejected { why, text, .. } = answer else { panic!("{refusal:?}") };
                assert_eq!((why, text), (want, refusal.text().into_owned()));
            }
        }
    }

    #[test]
    fn what_the_venue_has_not_begun_may_be_tried_again_and_nothing_else() {
        let (later, unknown) = (Some(true), Some(false));
        for (status, body, want) in [
            (200, r#"{"error":["EAPI:Rate limit exceeded"]}"#, later),
            (200, r#"{"error":["EOrder:Rate limit exceeded"]}"#, later),
            (200, r#"{"error":["EGeneral:Temporary lockout"]}"#, later),
            (200, r#"{"error":["EService:Throttled: 1700000000"]}"#, later),
            (200, r#"{"error":["EService:Busy"]}"#, later),
            (200, r#"{"error":["WGeneral:Danger","EService:Busy"]}"#, later),
            (200, r#"{"error":["EService:Unavailable"]}"#, unknown),
            (200, r#"{"error":["EGeneral:Internal error"]}"#, unknown),
            (200, r#"{"error":["EGeneral:Internal error:1000"]}"#, unknown),
            (200, r#"{"error":["EDatabase:Internal error"]}"#, unknown),
            (200, r#"{"error":["EService:Timeout"]}"#, unknown),
            (200, r#"{"error":["EService:Of tomorrow"]}"#, unknown),
            (200, r#"{"error":["EGeneral:Unknown error"]}"#, unknown),
            (200, r#"{"error":["Of tomorrow"]}"#, unknown),
            (200, r#"{"error":["EOrder:Of tomorrow"]}"#, None),
            (200, r#"{"error":["EService:Deadline elapsed"]}"#, None),
            (502, r#"{"error":["EOrder:Insufficient funds"]}"#, unknown),
            (408, "<html>", unknown),
            (429, "", later),
            (403, "<html>", later),
            (502, "<html>", unknown),
            (503, r#"{"error":["EService:Unavailable"]}"#, unknown),
            (400, "<html>", None),
        ] {
            let answer = match status {
                200 => result_of::<bool>(body.as_bytes()).unwrap_err(),
                status => outcome(status, body.as_bytes(), None),
            };
            let is_later = match answer {
                VenueError::TryLater { .. } => Some(true),
                VenueError::Unknown { .. } => Some(false),
                VenueError::Rejected { .. } => None,
            };
            assert_eq!(is_later, want, "{status} {body}");
        }
        let told = Some(Duration::from_secs(7));
        let VenueError::TryLater { after, .. } = outcome(429, b"", told) else {
            panic!("to be tried later");
        };
        assert_eq!(Some(after), told);
    }

    #[test]
    fn a_warning_is_no_refusal_and_nonsense_leaves_the_outcome_unknown() {
        let body = br#"{"error":["WGeneral:Slow"],"result":true,"new":1}"#;
        assert_eq!(result_of::<bool>(body), Ok(true));
        for body in ["", "[]", r#"{"error":[]}"#, r#"{"error":[],"result":{}}"#] {
            let answer = result_of::<bool>(body.as_bytes());
            assert!(matches!(answer, Err(VenueError::Unknown { .. })), "{body}");
        }
    }
}
