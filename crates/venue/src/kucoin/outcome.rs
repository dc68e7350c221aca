//! What a refusal of the venue means for who asked.
//!
//! Keeps   only what the venue says it has not begun is to be tried again; a failure of its own is
//!         an unknown outcome, also where it comes as a code in an answer with the status of a
//!         success. Codes that say nothing of their own are told apart by their text.
//! Source  as [`super::error`].

use std::time::Duration;

use super::error::ErrorBody;
use crate::port::{Rejection, VenueError};
use crate::sense::{leaves_open, plain_text, without_words};

/// How long to stay away where the venue says that it is too much, and not for how long: the
/// length of a window.
const STAY_AWAY: Duration = Duration::from_secs(30);
/// Codes below this are the HTTP status of that number.
const STATUS_CODES_END: u16 = 1_000;

/// What an answer of this HTTP status means that is no success, or an envelope of it with a code
/// that is none; `retry_after` as the headers say.
#[must_use]
pub fn outcome(status: u16, body: &[u8], retry_after: Option<Duration>) -> VenueError {
    let stay_away = retry_after.unwrap_or(STAY_AWAY);
    let Ok(ErrorBody { code, msg }) = serde_json::from_slice::<ErrorBody<'_>>(body) else {
        return without_words(status, stay_away);
    };
    let text = plain_text(&msg);
    match (status, &*code) {
        (429, _) | (_, "429000") => VenueError::TryLater { after: stay_away, text },
        (status, _) if leaves_open(status) => VenueError::Unknown { text },
        (_, "408000") => VenueError::Unknown { text },
        (_, code) if code.starts_with('5') || !is_number(code) => VenueError::Unknown { text },
        (_, code) => match code.parse::<u16>() {
            Ok(status) if status < STATUS_CODES_END => without_words(status, stay_away),
            Ok(_) | Err(_) => {
                VenueError::Rejected { why: why(code, &text), code: plain_text(code), text }
            }
        },
    }
}

fn is_number(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit())
}

fn why(code: &str, text: &str) -> Rejection {
    match code {
        "400002" => Rejection::Clock,
        "400001" | "400003" | "400004" | "400005" | "400006" | "400007" | "411100" => {
            Rejection::Key
        }
        "400600" | "900001" => Rejection::UnknownMarket,
        "200001" | "400200" => Rejection::MarketClosed,
        "200004" | "210021" | "230003" | "300003" => Rejection::Funds,
        "400370" | "400760" | "600101" => Rejection::Filter,
        "300000" => Rejection::WouldTake,
        "400100" => of_text(text),
        _ => Rejection::Other,
    }
}

/// The code for anything that is wrong with parameters.
fn of_text(text: &str) -> Rejection {
    match text {
        "order_not_exist_or_not_allow_to_cancel"
        | "Order not exist or not allow to be cancelled"
        | "The order does not exist."
        | "order_not_exist"
        | "order not exist"
        | "order not exist." => Rejection::UnknownOrder,
        "clientOid duplicate" => Rejection::Duplicate,
        "Unsupported trading pair." => Rejection::UnknownMarket,
        "Order size below the minimum requirement."
        | "Order size above the maximum requirement."
        | "Order size increment invalid."
        | "The quantity is below the minimum requirement."
        | "The order funds is below the minimum requirement."
        | "Price increment invalid." => Rejection::Filter,
        text if text.starts_with("The order funds should more then") => Rejection::Filter,
        _ => Rejection::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::{OrderRule, Refusal};
    use super::*;

    #[test]
    fn every_kind_of_no_is_told_apart() {
        for (refusal, want) in [
            (Refusal::MissingHeader, Rejection::Key),
            (Refusal::Timestamp, Rejection::Clock),
            (Refusal::UnknownKey, Rejection::Key),
            (Refusal::Passphrase, Rejection::Key),
            (Refusal::Signature, Rejection::Key),
            (Refusal::Permission, Rejection::Key),
            (Refusal::UnknownSymbol, Rejection::UnknownMarket),
            (Refusal::UnknownOrderSymbol, Rejection::UnknownMarket),
            (Refusal::SymbolClosed, Rejection::MarketClosed),
            (Refusal::UnknownOrder, Rejection::UnknownOrder),
            (Refusal::NothingToCancel, Rejection::UnknownOrder),
            (Refusal::DuplicateName, Rejection::Duplicate),
            (Refusal::Balance, Rejection::Funds),
            (Refusal::Rule(OrderRule::PriceStep), Rejection::Filter),
            (Refusal::Rule(OrderRule::PriceRange), Rejection::Filter),
            (Refusal::Rule(OrderRule::SizeMin), Rejection::Filter),
            (Refusal::Rule(OrderRule::SizeMax), Rejection::Filter),
            (Refusal::Rule(OrderRule::SizeStep), Rejection::Filter),
            (Refusal::Rule(OrderRule::FundsMin), Rejection::Filter),
            (Refusal::WouldTake, Rejection::WouldTake),
            (Refusal::Parameter("side is invalid"), Rejection::Other),
            (Refusal::UnknownPath, Rejection::Other),
        ] {
            let body = serde_json::to_vec(&refusal.body()).unwrap();
            let VenueError::Rejected { why, code, .. } = outcome(refusal.status(), &body, None)
            else {
                panic!("{refusal:?}");
            };
            assert_eq!((why, code.as_str()), (want, refusal.code()), "{refusal:?}");
        }
    }

    #[test]
    fn what_the_venue_has_not_begun_may_be_tried_again_and_nothing_else() {
        let (later, unknown) = (Some(true), Some(false));
        for (status, body, want) in [
            (429, r#"{"code":"429000","msg":"Too many requests"}"#, later),
            (200, r#"{"code":"429000","msg":"Too many requests"}"#, later),
            (429, "", later),
            (403, "<html>", later),
            (503, r#"{"code":"503000","msg":"Busy"}"#, unknown),
            (200, r#"{"code":"503000","msg":"Busy"}"#, unknown),
            (200, r#"{"code":"500","msg":"x"}"#, unknown),
            (200, r#"{"code":"503","msg":"x"}"#, unknown),
            (200, r#"{"code":"408","msg":"x"}"#, unknown),
            (200, r#"{"code":"429","msg":"x"}"#, later),
            (200, r#"{"code":"400","msg":"x"}"#, None),
            (200, r#"{"code":"200","msg":"x"}"#, unknown),
            (200, r#"{"code":"","msg":"x"}"#, unknown),
            (499, r#"{"code":"400100","msg":"x"}"#, unknown),
            (408, "<html>", unknown),
            (504, r#"{"code":"408000","msg":"Timeout"}"#, unknown),
            (200, r#"{"code":"500000","msg":"Internal Server Error"}"#, unknown),
            (502, "<html>", unknown),
            (503, "", unknown),
            (400, "<html>", None),
            (401, r#"{"code":"400003","msg":"KC-API-KEY not exists"}"#, None),
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
