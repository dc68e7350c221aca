//! What a refusal of the venue means for who asked.
//!
//! Keeps   only what the venue says it has not begun is to be tried again; a failure of its own is
//!         an unknown outcome, and so are the words of gRPC for a call that may have been taken in:
//!         `UNAVAILABLE` is a connection that broke, before the call or behind it. A clock that is
//!         wrong looks like any token that is no good.

use std::time::Duration;

use super::error::ErrorBody;
use super::order::NotPlaced;
use crate::port::{Rejection, VenueError};
use crate::sense::{leaves_open, plain_text, without_words};

/// How long to stay away where the venue says that it is too much, and not for how long: its limits
/// are of seconds.
const STAY_AWAY: Duration = Duration::from_secs(1);

/// What an answer of this HTTP status means that is no success; `retry_after` as the header says.
#[must_use]
pub fn outcome(status: u16, body: &[u8], retry_after: Option<Duration>) -> VenueError {
    let error: Option<ErrorBody<'_>> = serde_json::from_slice(body).ok();
    let stay_away = retry_after.unwrap_or(STAY_AWAY);
    let Some(ErrorBody { error, message, .. }) = &error else {
        return without_words(status, stay_away);
    };
    let code = plain_text(error);
    let text = if message.is_empty() { code.clone() } else { plain_text(message) };
    match (status, code.as_str()) {
        (429 | 418, _) => VenueError::TryLater { after: stay_away, text },
        (status, _) if leaves_open(status) => VenueError::Unknown { text },
        (_, "rate_limit_exceeded" | "resource_exhausted" | "RESOURCE_EXHAUSTED") => {
            VenueError::TryLater { after: stay_away, text }
        }
        (
            _,
            "UNAVAILABLE"
            | "DEADLINE_EXCEEDED"
            | "CANCELLED"
            | "ABORTED"
            | "INTERNAL"
            | "UNKNOWN"
            | "DATA_LOSS"
            | "internal_server_error",
        ) => VenueError::Unknown { text },
        (401, _) | (_, "PERMISSION_DENIED" | "unauthorized") => {
            VenueError::Rejected { why: Rejection::Key, code, text }
        }
        (_, _) => {
            let why = match text.as_str() {
                "order with this orderID was not found" => Rejection::UnknownOrder,
                "Product not found" => Rejection::UnknownMarket,
                _ => Rejection::Other,
            };
            VenueError::Rejected { why, code, text }
        }
    }
}

/// What it means that an order was not placed.
#[must_use]
pub fn not_placed(told: &NotPlaced<'_>) -> VenueError {
    let reasons = [&told.error, &told.new_order_failure_reason, &told.preview_failure_reason];
    let code =
        reasons.into_iter().find(|reason| !reason.is_empty() && !reason.starts_with("UNKNOWN"));
    let code = code.unwrap_or(&told.error);
    let why = match &**code {
        "INSUFFICIENT_FUND" | "INSUFFICIENT_FUNDS" | "PREVIEW_INSUFFICIENT_FUND" => {
            Rejection::Funds
        }
        "INVALID_PRODUCT_ID" => Rejection::UnknownMarket,
        "ORDER_ENTRY_DISABLED" => Rejection::MarketClosed,
        "INVALID_LIMIT_PRICE_POST_ONLY" | "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY" => {
            Rejection::WouldTake
        }
        "INVALID_PRICE_PRECISION" | "INVALID_SIZE_PRECISION" | "INVALID_LIMIT_PRICE" => {
            Rejection::Filter
        }
        _ if told.preview_failure_reason.contains("_SIZE_TOO_") => Rejection::Filter,
        _ => Rejection::Other,
    };
    let text = if told.message.is_empty() { &told.error_details } else { &told.message };
    VenueError::Rejected { why, code: plain_text(&**code), text: plain_text(&**text) }
}

/// What it means that an order was not cancelled.
#[must_use]
pub fn not_canceled(reason: &str) -> VenueError {
    let why = match reason {
        "UNKNOWN_CANCEL_ORDER" => Rejection::UnknownOrder,
        "DUPLICATE_CANCEL_REQUEST" => Rejection::Duplicate,
        _ => Rejection::Other,
    };
    VenueError::Rejected { why, code: plain_text(reason), text: plain_text(reason) }
}

#[cfg(test)]
mod tests {
    use super::super::error::{CancelFailure, OrderFailure, Refusal};
    use super::*;

    #[test]
    fn every_kind_of_no_is_told_apart() {
        for (refusal, want) in [
            (Refusal::Unauthorized, Rejection::Key),
            (Refusal::Forbidden, Rejection::Key),
            (Refusal::NotFound("order with this orderID was not found"), Rejection::UnknownOrder),
            (Refusal::NotFound("Product not found"), Rejection::UnknownMarket),
            (Refusal::Invalid("limit"), Rejection::Other),
        ] {
            let body = serde_json::to_vec(&refusal.body()).unwrap();
            let told = outcome(refusal.status(), &body, None);
            let VenueError::Rejected { why, code, .. } = told else { panic!("{refusal:?}") };
            assert_eq!((why, code.as_str()), (want, refusal.code()), "{refusal:?}");
        }
        for failure in OrderFailure::ALL {
            let want = match failure {
                OrderFailure::Funds => Rejection::Funds,
                OrderFailure::Product => Rejection::UnknownMarket,
                OrderFailure::Closed => Rejection::MarketClosed,
                OrderFailure::PostOnly => Rejection::WouldTake,
                OrderFailure::PriceStep
                | OrderFailure::SizeStep
                | OrderFailure::Price
                | OrderFailure::TooSmall
                | OrderFailure::TooLarge => Rejection::Filter,
                OrderFailure::StopAbove
                | OrderFailure::StopBelow
                | OrderFailure::Configuration
                | OrderFailure::TooMany
                | OrderFailure::Liquidity
                | OrderFailure::Unknown => Rejection::Other,
            };
            let VenueError::Rejected { why, .. } = not_placed(&failure.body()) else {
                panic!("{failure:?}");
            };
            assert_eq!(why, want, "{failure:?}");
        }
        for (failure, want) in [
            (CancelFailure::Unknown, Rejection::UnknownOrder),
            (CancelFailure::Duplicate, Rejection::Duplicate),
            (CancelFailure::Other, Rejection::Other),
        ] {
            let told = not_canceled(failure.code());
            assert!(matches!(told, VenueError::Rejected { why, .. } if why == want), "{failure:?}");
        }
    }

    #[test]
    fn what_the_venue_has_not_begun_may_be_tried_again_and_nothing_else() {
        let (later, unknown) = (Some(true), Some(false));
        for (status, body, want) in [
            (429, r#"{"error":"rate_limit_exceeded","message":"Too much"}"#, later),
            (429, "Too many requests", later),
            (503, r#"{"error":"UNAVAILABLE"}"#, unknown),
            (503, r#"{"error":"RESOURCE_EXHAUSTED"}"#, unknown),
            (400, r#"{"error":"ABORTED"}"#, unknown),
            (400, r#"{"error":"RESOURCE_EXHAUSTED"}"#, later),
            (409, r#"{"error":"CONFLICT"}"#, unknown),
            (408, "<html>", unknown),
            (499, "", unknown),
            (403, "<html>", later),
            (503, "<html>", unknown),
            (504, r#"{"error":"DEADLINE_EXCEEDED"}"#, unknown),
            (500, r#"{"error":"internal_server_error"}"#, unknown),
            (401, "Unauthorized\n", None),
            (403, r#"{"error":"PERMISSION_DENIED"}"#, None),
            (400, "<html>", None),
        ] {
            let is_later = match outcome(status, body.as_bytes(), None) {
                VenueError::TryLater { .. } => Some(true),
                VenueError::Unknown { .. } => Some(false),
                VenueError::Rejected { .. } => None,
            };
            assert_eq!(is_later, want, "{status} {body}");
        }
    }
}
