//! Errors of the product's own API: RFC 9457 `application/problem+json` with a stable `code`.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Rejection;
use identity::{IdentityError, Kyc};
use projection::HistoryError;
use serde::Serialize;
use utoipa::ToSchema;
use venue::binance::Refusal;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, for a program (`code`) and for a person (`detail`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// Never changes its meaning: `unauthorized`, `forbidden`, `unavailable`, …
    pub code: &'static str,
    /// What a person can do about it.
    pub detail: Cow<'static, str>,
    /// Which fields of the request are wrong, where it is about fields.
    pub errors: Vec<FieldError>,
    /// For how many seconds to stay away, where that helps.
    pub retry_after_seconds: Option<u64>,
    /// Whether nothing more is heard on this connection.
    pub closes: bool,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Its name, as a path where it is nested: `above.price`.
    #[schema(examples("price"))]
    pub field: String,
    /// What is wrong with it.
    #[schema(examples("not a multiple of the tick 0.01"))]
    pub message: String,
}

/// A problem as it is sent.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemShape<'a> {
    /// Always `about:blank`: the code says more.
    pub r#type: &'a str,
    /// The HTTP status in words.
    pub title: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// What a person can do about it.
    pub detail: &'a str,
    /// What a program can branch on.
    pub code: &'a str,
    /// Which fields of the request are wrong.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    pub errors: &'a [FieldError],
}

impl Problem {
    /// A problem without fields.
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        let detail = detail.into();
        let (errors, retry_after_seconds, closes) = (Vec::new(), None, false);
        Self { status, code, detail, errors, retry_after_seconds, closes }
    }

    /// 403: the exchange does not know who calls so far.
    #[must_use]
    pub fn kyc_required(needed: Kyc, stands: Kyc) -> Self {
        let detail = format!("this is for users whose verification is {needed}; yours is {stands}");
        let error = FieldError { field: "kyc".to_owned(), message: needed.to_string() };
        let problem = Self::new(StatusCode::FORBIDDEN, "kycRequired", detail);
        Self { errors: vec![error], ..problem }
    }

    /// 400: these fields are wrong.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.field, one.message).into(),
            _ => Cow::Borrowed("some fields are wrong"),
        };
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, "invalid", detail) }
    }

    /// 400: this field is wrong.
    #[must_use]
    pub fn wrong(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// 404.
    #[must_use]
    pub fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "notFound", detail)
    }

    /// 401.
    #[must_use]
    pub fn unauthorized(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// 403.
    #[must_use]
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 409.
    #[must_use]
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 503: nothing was done.
    #[must_use]
    pub fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }

    /// 500: a bug of ours; what is known of it is in the log.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "that should not have happened")
    }

    /// 504: it was done, and what came of it cannot be told.
    #[must_use]
    pub fn untold() -> Self {
        let detail =
            "it was done, but what came of it cannot be read now: look before you ask again";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "outcomeUnknown", detail)
    }

    /// 429.
    #[must_use]
    pub fn rate_limited(detail: impl Into<Cow<'static, str>>, retry_after_seconds: u64) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "rateLimited", detail);
        Self { retry_after_seconds: Some(retry_after_seconds), ..problem }
    }

    /// 422, or what fits better: the engine said no, and nothing changed.
    #[must_use]
    pub fn rejected(reason: Rejection) -> Self {
        let (code, detail) = rejection_words(reason);
        let status = match reason {
            Rejection::UnknownOrder
            | Rejection::UnknownList
            | Rejection::UnknownMarket
            | Rejection::UnknownAsset => StatusCode::NOT_FOUND,
            Rejection::CancelRestricted | Rejection::CancelFailed => StatusCode::CONFLICT,
            Rejection::UnknownAccount
            | Rejection::DuplicateClientId
            | Rejection::DuplicateReference
            | Rejection::InsufficientFunds
            | Rejection::MarketClosed
            | Rejection::WouldTake
            | Rejection::WouldTrigger
            | Rejection::PriceRange
            | Rejection::PriceBand
            | Rejection::QtyRange
            | Rejection::MarketQtyRange
            | Rejection::Notional
            | Rejection::TooManyOrders
            | Rejection::TooManyAlgoOrders
            | Rejection::TooManyIcebergs
            | Rejection::IcebergParts
            | Rejection::TooManyLists
            | Rejection::TooManyAmends
            | Rejection::PositionMax
            | Rejection::TrailingDelta
            | Rejection::ListLegs
            | Rejection::AmendQty
            | Rejection::GoodTillPassed
            | Rejection::Overflow
            | Rejection::BadConfiguration => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, code, detail)
    }
}

/// What a reason means, for a person.
#[must_use]
pub const fn rejection_text(reason: Rejection) -> &'static str {
    rejection_words(reason).1
}

/// The stable word for a reason, and what it means.
const fn rejection_words(reason: Rejection) -> (&'static str, &'static str) {
    match reason {
        Rejection::UnknownAccount => ("unknownAccount", "there is no such account"),
        Rejection::UnknownAsset => ("notFound", "there is no such asset"),
        Rejection::UnknownMarket => ("notFound", "there is no such market"),
        Rejection::UnknownOrder => ("notFound", "there is no such open order"),
        Rejection::UnknownList => ("notFound", "there is no such open list"),
        Rejection::CancelRestricted => ("conflict", "the order does not stand as it was demanded"),
        Rejection::DuplicateClientId => {
            ("duplicateClientOrderId", "an open order has this clientOrderId")
        }
        Rejection::DuplicateReference => ("conflict", "this reference has been used"),
        Rejection::InsufficientFunds => ("insufficientFunds", "not enough is available"),
        Rejection::MarketClosed => ("marketHalted", "the market does not admit this now"),
        Rejection::WouldTake => ("postOnlyWouldTake", "the order would trade at once"),
        Rejection::WouldTrigger => ("wouldTrigger", "the order would be triggered at once"),
        Rejection::PriceRange => ("filterPrice", "the price is outside the market's range"),
        Rejection::PriceBand => ("filterPriceBand", "the price is too far from the market"),
        Rejection::QtyRange => ("filterLot", "the quantity is outside the market's range"),
        Rejection::MarketQtyRange => {
            ("filterMarketLot", "the quantity is outside the range of market orders")
        }
        Rejection::Notional => ("filterNotional", "price times quantity is outside the range"),
        Rejection::TooManyOrders => ("tooManyOrders", "too many orders are open"),
        Rejection::TooManyAlgoOrders => {
            ("tooManyConditionalOrders", "too many conditional orders are open")
        }
        Rejection::TooManyIcebergs => ("tooManyIcebergs", "too many icebergs are open"),
        Rejection::IcebergParts => ("icebergParts", "the iceberg shows too little at once"),
        Rejection::TooManyLists => ("tooManyLists", "too many lists are open"),
        Rejection::TooManyAmends => ("tooManyAmends", "the order was amended too often"),
        Rejection::PositionMax => ("positionMax", "the position would grow too large"),
        Rejection::TrailingDelta => ("trailingDelta", "the trailing delta is out of range"),
        Rejection::ListLegs => ("listLegs", "the legs of the list do not belong together"),
        Rejection::AmendQty => ("amendQuantity", "an amendment only lowers the quantity"),
        Rejection::GoodTillPassed => ("goodTillPassed", "its time has passed"),
        Rejection::Overflow => ("overflow", "a number is too large"),
        Rejection::CancelFailed => ("conflict", "the order could not be cancelled"),
        Rejection::BadConfiguration => ("badConfiguration", "the configuration contradicts itself"),
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.text();
        match refusal {
            Refusal::TooMuchWeight { retry_after_seconds, .. }
            | Refusal::TooManyOrders { retry_after_seconds, .. } => {
                Self::rate_limited(detail, retry_after_seconds)
            }
            Refusal::Banned { retry_after_seconds, .. } => {
                Self { closes: true, ..Self::rate_limited(detail, retry_after_seconds) }
            }
            Refusal::TooManyQueued => Self::rate_limited(detail, 1),
            Refusal::Busy => {
                let busy = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "busy",
                    "the exchange is busy, nothing was done: try again",
                );
                Self { retry_after_seconds: Some(1), ..busy }
            }
            Refusal::ShuttingDown => Self::unavailable("the exchange is stopping"),
            Refusal::Timeout => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "outcomeUnknown",
                "whether it was done is not known: look before you ask again",
            ),
            Refusal::Unknown | Refusal::Internal => Self::internal(),
            Refusal::OrderRejected(_) => {
                Self::conflict("this signed request was used before: sign another one")
            }
            Refusal::KeyFormat
            | Refusal::KeyRefused
            | Refusal::BadSignature
            | Refusal::OutsideRecvWindow
            | Refusal::AheadOfServer => Self::unauthorized(detail),
            _ => Self::new(StatusCode::BAD_REQUEST, "invalid", detail),
        }
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        let unauthorized = |code, detail| Self::new(StatusCode::UNAUTHORIZED, code, detail);
        let text = error.to_string();
        match error {
            IdentityError::EmailTaken | IdentityError::FactorOn | IdentityError::FactorOff => {
                Self::conflict(text)
            }
            IdentityError::UnknownUser | IdentityError::UnknownKey => Self::not_found(text),
            IdentityError::Claim => Self::forbidden(text),
            IdentityError::Unowned => Self::new(StatusCode::FORBIDDEN, "unowned", text),
            IdentityError::Credentials | IdentityError::Code => {
                unauthorized("invalidCredentials", text)
            }
            IdentityError::FactorNeeded => unauthorized("twoFactorRequired", text),
            IdentityError::Token => Self::unauthorized(text),
            IdentityError::SessionEnded => unauthorized("sessionEnded", text),
            IdentityError::StepUp => Self::new(StatusCode::FORBIDDEN, "stepUpRequired", text),
            IdentityError::Busy => Refusal::Busy.into(),
            IdentityError::PasswordShort | IdentityError::PasswordCommon => {
                Self::wrong("password", text)
            }
            IdentityError::Envelope => Self::new(StatusCode::BAD_REQUEST, "staleEncryption", text),
            IdentityError::TooManyTries { seconds } | IdentityError::TooManyActs { seconds } => {
                Self::rate_limited(text, seconds)
            }
            IdentityError::CodesOver => Self::new(StatusCode::TOO_MANY_REQUESTS, "codesOver", text),
            IdentityError::Scopes => Self::wrong("scopes", text),
            IdentityError::KeyName => Self::wrong("name", text),
            IdentityError::AllowIps => Self::wrong("allowIps", text),
            IdentityError::Expires => Self::wrong("expiresAt", text),
            IdentityError::RequestsPerMinute => Self::wrong("requestsPerMinute", text),
            IdentityError::PublicKey => Self::wrong("publicKey", text),
            IdentityError::TooManyKeys => Self::conflict(text),
            IdentityError::MasterKeyGiven
            | IdentityError::AuditBroken { .. }
            | IdentityError::Vault(_)
            | IdentityError::KeyFile(_)
            | IdentityError::Database(_) => {
                tracing::error!(%error, "people cannot be served");
                Self::unavailable("this cannot be done now")
            }
        }
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Busy => Refusal::Busy.into(),
            HistoryError::Database(_) | HistoryError::Row | HistoryError::Unread => {
                tracing::error!(%error, "the history cannot be read");
                Self::unavailable("what is older cannot be read now")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let shape = ProblemShape {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            errors: &self.errors,
        };
        let json = serde_json::to_vec(&shape).expect("text and numbers are JSON");
        let mut response = Response::new(Body::from(json));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.closes {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
