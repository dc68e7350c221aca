//! What the venue refuses, and in which words.
//!
//! Shape   a request that cannot be answered has a status and an [`ErrorBody`], or plain text where
//!         the token is no good. An order that cannot be placed is answered with status 200 and an
//!         [`OrderFailure`] inside, a cancel with a [`CancelFailure`].
//! Keeps   a refusal repeats nothing that a client sent.
//! Source  the venue's documentation, "Error Responses"; the enumerations of `CreateOrder`,
//!         `EditOrder` and `CancelOrders`; what ccxt looks for.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::order::{EditError, NotPlaced};

/// An error as the wire carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody<'a> {
    /// The reason.
    #[serde(borrow)]
    pub error: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub error_details: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub message: Cow<'a, str>,
}

/// An error of the older paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletErrors<'a> {
    /// One.
    #[serde(borrow)]
    pub errors: Vec<WalletError<'a>>,
}

/// One error of the older paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletError<'a> {
    /// The reason.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// For people.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
}

/// The text where a token is no good: which check it failed is not told.
pub const UNAUTHORIZED: &str = "Unauthorized\n";

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No token, or one that is no good.
    Unauthorized,
    /// The key may not do this.
    Forbidden,
    /// There is no such thing, which is named for people.
    NotFound(&'static str),
    /// What was asked makes no sense; what of it is named for people.
    Invalid(&'static str),
    /// There is such a path, and it is asked otherwise.
    Method,
    /// Too much was asked.
    RateLimit,
    /// Not now. Nothing was done, which whoever asks cannot know from this.
    Unavailable,
    /// Whether it was done is not known.
    Timeout,
    /// Something of ours broke.
    Internal,
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound(_) => 404,
            Self::Invalid(_) => 400,
            Self::Method => 405,
            Self::RateLimit => 429,
            Self::Unavailable => 503,
            Self::Timeout => 504,
            Self::Internal => 500,
        }
    }

    /// The reason, on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "PERMISSION_DENIED",
            Self::NotFound(_) => "NOT_FOUND",
            Self::Invalid(_) => "INVALID_ARGUMENT",
            Self::Method => "UNIMPLEMENTED",
            Self::RateLimit => "rate_limit_exceeded",
            Self::Unavailable => "UNAVAILABLE",
            Self::Timeout => "DEADLINE_EXCEEDED",
            Self::Internal => "internal_server_error",
        }
    }

    /// For people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Missing required scopes",
            Self::NotFound(what) | Self::Invalid(what) => what,
            Self::Method => "Method Not Allowed",
            Self::RateLimit => "Rate limit exceeded",
            Self::Unavailable => "Service unavailable",
            Self::Timeout => "Deadline exceeded",
            Self::Internal => "Internal server error",
        }
    }

    /// Its body.
    #[must_use]
    pub const fn body(self) -> ErrorBody<'static> {
        let text = Cow::Borrowed(self.text());
        ErrorBody {
            error: Cow::Borrowed(self.code()),
            error_details: Cow::Borrowed(self.text()),
            message: text,
        }
    }

    /// Its body on the older paths.
    #[must_use]
    pub fn wallet_body(self) -> WalletErrors<'static> {
        let id = match self {
            Self::NotFound(_) => "not_found",
            Self::Forbidden => "invalid_scope",
            Self::Invalid(_) => "invalid_request",
            Self::Unauthorized
            | Self::Method
            | Self::RateLimit
            | Self::Unavailable
            | Self::Timeout
            | Self::Internal => self.code(),
        };
        WalletErrors { errors: vec![WalletError { id: id.into(), message: self.text().into() }] }
    }
}

/// Why an order was not placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderFailure {
    /// Not enough free.
    Funds,
    /// No such market.
    Product,
    /// The market takes no orders.
    Closed,
    /// It would have traded, and must not.
    PostOnly,
    /// The price is off its grid.
    PriceStep,
    /// The size is off its grid.
    SizeStep,
    /// The price is out of range.
    Price,
    /// Too little.
    TooSmall,
    /// Too much.
    TooLarge,
    /// It waits for a fall to a price above the last.
    StopAbove,
    /// It waits for a rise to a price below the last.
    StopBelow,
    /// No such kind of order, or not so.
    Configuration,
    /// Too many orders are open.
    TooMany,
    /// Nobody to trade with.
    Liquidity,
    /// Anything else.
    Unknown,
}

impl OrderFailure {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Funds,
        Self::Product,
        Self::Closed,
        Self::PostOnly,
        Self::PriceStep,
        Self::SizeStep,
        Self::Price,
        Self::TooSmall,
        Self::TooLarge,
        Self::StopAbove,
        Self::StopBelow,
        Self::Configuration,
        Self::TooMany,
        Self::Liquidity,
        Self::Unknown,
    ];

    /// The reason, on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Funds => "INSUFFICIENT_FUND",
            Self::Product => "INVALID_PRODUCT_ID",
            Self::Closed => "ORDER_ENTRY_DISABLED",
            Self::PostOnly => "INVALID_LIMIT_PRICE_POST_ONLY",
            Self::PriceStep => "INVALID_PRICE_PRECISION",
            Self::SizeStep => "INVALID_SIZE_PRECISION",
            Self::Price => "INVALID_LIMIT_PRICE",
            Self::TooSmall | Self::TooLarge => "INVALID_REQUEST",
            Self::StopAbove | Self::StopBelow => "INVALID_STOP_PRICE",
            Self::Configuration => "UNSUPPORTED_ORDER_CONFIGURATION",
            Self::TooMany => "MAX_NUM_ORDERS_EXCEEDED",
            Self::Liquidity => "INVALID_NO_LIQUIDITY",
            Self::Unknown => "UNKNOWN_FAILURE_REASON",
        }
    }

    /// The reason, as it is found before the book is asked.
    #[must_use]
    pub const fn preview(self) -> &'static str {
        match self {
            Self::Funds => "PREVIEW_INSUFFICIENT_FUND",
            Self::PostOnly => "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
            Self::PriceStep => "PREVIEW_INVALID_PRICE_PRECISION",
            Self::SizeStep => "PREVIEW_INVALID_SIZE_PRECISION",
            Self::Price => "PREVIEW_INVALID_LIMIT_PRICE",
            Self::TooSmall => "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL",
            Self::TooLarge => "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE",
            Self::StopAbove => "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
            Self::StopBelow => "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE",
            Self::Configuration => "PREVIEW_INVALID_ORDER_CONFIG",
            Self::Liquidity => "PREVIEW_INVALID_NO_LIQUIDITY",
            Self::Product | Self::Closed | Self::TooMany | Self::Unknown => {
                "UNKNOWN_PREVIEW_FAILURE_REASON"
            }
        }
    }

    /// For people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Funds => "Insufficient balance in source account",
            Self::Product => "Invalid product_id",
            Self::Closed => "Orderbook is not open for new orders",
            Self::PostOnly => "Post only limit order would take liquidity",
            Self::PriceStep => "Too many decimals in order price",
            Self::SizeStep => "Too many decimals in order amount",
            Self::Price => "Limit price is out of range",
            Self::TooSmall => "Order size is too small",
            Self::TooLarge => "Order size is too large",
            Self::StopAbove => "Stop price is above the last trade price",
            Self::StopBelow => "Stop price is below the last trade price",
            Self::Configuration => "Order configuration is not supported",
            Self::TooMany => "Too many open orders",
            Self::Liquidity => "No liquidity for this order",
            Self::Unknown => "The order was not accepted",
        }
    }

    /// As an answer to placing tells it.
    #[must_use]
    pub const fn body(self) -> NotPlaced<'static> {
        NotPlaced {
            error: Cow::Borrowed(self.code()),
            message: Cow::Borrowed(self.text()),
            error_details: Cow::Borrowed(""),
            preview_failure_reason: Cow::Borrowed(self.preview()),
            new_order_failure_reason: Cow::Borrowed(self.code()),
        }
    }
}

/// Why an order was not cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelFailure {
    /// No such open order.
    Unknown,
    /// It was named twice.
    Duplicate,
    /// Anything else.
    Other,
}

impl CancelFailure {
    /// What stands where a cancel did not fail.
    pub const NONE: &str = "UNKNOWN_CANCEL_FAILURE_REASON";

    /// The reason, on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN_CANCEL_ORDER",
            Self::Duplicate => "DUPLICATE_CANCEL_REQUEST",
            Self::Other => "COMMANDER_REJECTED_CANCEL_ORDER",
        }
    }
}

/// Why an order was not edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditFailure {
    /// No such order.
    Unknown,
    /// It has ended.
    NotOpen,
    /// It is no limit order that stands until it is cancelled.
    Kind,
    /// So much of it has traded already.
    BelowFilled,
    /// The size is off its grid or out of range.
    Size,
    /// The price is off its grid or out of range.
    Price,
    /// As an order it would be refused.
    Order(OrderFailure),
}

impl EditFailure {
    /// As an answer tells it.
    #[must_use]
    pub fn body(self) -> EditError<'static> {
        let edit = |code| EditError {
            edit_failure_reason: Some(Cow::Borrowed(code)),
            preview_failure_reason: None,
        };
        match self {
            Self::Unknown => edit("ORDER_NOT_FOUND"),
            Self::NotOpen => edit("ONLY_OPEN_ORDERS_CAN_BE_EDITED"),
            Self::Kind => edit("ONLY_LIMIT_ORDER_EDITS_SUPPORTED"),
            Self::BelowFilled => edit("CANNOT_EDIT_TO_BELOW_FILLED_SIZE"),
            Self::Size => edit("INVALID_EDITED_SIZE"),
            Self::Price => edit("INVALID_EDITED_PRICE"),
            Self::Order(failure) => EditError {
                edit_failure_reason: Some(Cow::Borrowed("COMMANDER_REJECTED_EDIT_ORDER")),
                preview_failure_reason: Some(Cow::Borrowed(failure.preview())),
            },
        }
    }
}
