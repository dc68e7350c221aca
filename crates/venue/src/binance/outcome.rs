//! What a refusal of the venue means for who asked.
//!
//! Keeps   only what the venue says it has not begun is to be tried again; a failure of its own is
//!         an unknown outcome, as its documentation has it. So is any code of its first hundred,
//!         which are of server and network, that is not known for a refusal.
//! Source  rest-api.md, "HTTP Return Codes"; errors.md.

use std::time::Duration;

use super::error::ErrorBody;
use crate::port::{Rejection, STAY_AWAY, VenueError};
use crate::sense::{leaves_open, plain_text, without_words};

/// How long to stay away where the venue says that it is busy.
const BUSY: Duration = Duration::from_secs(1);

/// Of the codes of server and network, those that refuse.
const REFUSALS_OF_THE_SERVER: [i32; 10] =
    [-1002, -1010, -1013, -1014, -1020, -1021, -1022, -1033, -1034, -1035];

/// What an answer of this HTTP status means that is no success; `retry_after` as the header says.
#[must_use]
pub fn outcome(status: u16, body: &[u8], retry_after: Option<Duration>) -> VenueError {
    let stay_away = retry_after.unwrap_or(STAY_AWAY);
    let Ok(ErrorBody { code, msg }) = serde_json::from_slice::<ErrorBody<'_>>(body) else {
        return without_words(status, stay_away);
    };
    let text = plain_text(&msg);
    match (status, code) {
        (429 | 418, _) | (_, -1003 | -1015) => VenueError::TryLater { after: stay_away, text },
        (_, -1008 | -1016) => VenueError::TryLater { after: retry_after.unwrap_or(BUSY), text },
        (status, _) if leaves_open(status) => VenueError::Unknown { text },
        (_, -1099..=-1000) if !REFUSALS_OF_THE_SERVER.contains(&code) => {
            VenueError::Unknown { text }
        }
        _ => VenueError::Rejected { why: why(code, &text), code: code.to_string(), text },
    }
}

fn why(code: i32, text: &str) -> Rejection {
    match code {
        -1021 => Rejection::Clock,
        -1022 | -2014 | -2015 => Rejection::Key,
        -1121 => Rejection::UnknownMarket,
        -1013 | -1111 => Rejection::Filter,
        -2013 => Rejection::UnknownOrder,
        // One number for every reason why an order was not taken, and one why it was not ended.
        -2010 | -2011 => match text {
            "Unknown order sent." => Rejection::UnknownOrder,
            "Account has insufficient balance for requested action." => Rejection::Funds,
            "Duplicate order sent." => Rejection::Duplicate,
            "Market is closed." => Rejection::MarketClosed,
            "Order would immediately match and take." => Rejection::WouldTake,
            _ => Rejection::Other,
        },
        _ => Rejection::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::{Filter, OrderProblem, Refusal};
    use super::*;

    #[test]
    fn every_kind_of_no_is_told_apart() {
        for (refusal, want) in [
            (Refusal::KeyRefused, Rejection::Key),
            (Refusal::BadSignature, Rejection::Key),
            (Refusal::OutsideRecvWindow, Rejection::Clock),
            (Refusal::BadSymbol, Rejection::UnknownMarket),
            (Refusal::Filter(Filter::LotSize), Rejection::Filter),
            (Refusal::NoSuchOrder, Rejection::UnknownOrder),
            (Refusal::CancelRejected(OrderProblem::Unknown), Rejection::UnknownOrder),
            (Refusal::CancelRejected(OrderProblem::MarketClosed), Rejection::MarketClosed),
            (Refusal::CancelRejected(OrderProblem::AccountDisabled), Rejection::Other),
            (Refusal::OrderRejected(OrderProblem::InsufficientBalance), Rejection::Funds),
            (Refusal::OrderRejected(OrderProblem::Duplicate), Rejection::Duplicate),
            (Refusal::OrderRejected(OrderProblem::MarketClosed), Rejection::MarketClosed),
            (Refusal::OrderRejected(OrderProblem::WouldTake), Rejection::WouldTake),
            (Refusal::BadSide, Rejection::Other),
        ] {
            let body = serde_json::to_vec(&refusal.body()).unwrap();
            let VenueError::Rejected { why, code, .. } = outcome(refusal.status(), &body, None)
            else {
                panic!("{refusal:?}");
            };
            assert_eq!((why, code), (want, refusal.code().to_string()), "{refusal:?}");
        }
    }

    #[test]
    fn what_the_venue_has_not_begun_may_be_tried_again_and_nothing_else() {
        let (later, unknown) = (Some(true), Some(false));
        for (status, body, want) in [
            (429, r#"{"code":-1003,"msg":"Too much"}"#, later),
            (418, r#"{"code":-1003,"msg":"Banned"}"#, later),
            (429, r#"{"code":-1015,"msg":"Too many new orders"}"#, later),
            (403, "<html>", later),
            (503, r#"{"code":-1008,"msg":"Busy"}"#, later),
            (504, r#"{"code":-1007,"msg":"Timeout"}"#, unknown),
            (500, r#"{"code":-1000,"msg":"Unknown"}"#, unknown),
            (400, r#"{"code":-1006,"msg":"Unexpected"}"#, unknown),
            (502, "<html>", unknown),
            (503, "", unknown),
            (408, "<html>", unknown),
            (499, r#"{"code":-2010,"msg":"x"}"#, unknown),
            (302, "", unknown),
            (400, r#"{"code":-1044,"msg":"of tomorrow"}"#, unknown),
            (400, r#"{"code":-1144,"msg":"of tomorrow"}"#, None),
            (400, "<html>", None),
            (404, "", None),
            (401, r#"{"code":-2015,"msg":"Key"}"#, None),
        ] {
            let is_later = match outcome(status, body.as_bytes(), None) {
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
}
