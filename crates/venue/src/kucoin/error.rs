//! Refusals: code, text and HTTP status of each.
//!
//! Keeps   a refusal repeats nothing that a client sent, so that no secret can travel back in it.
//! Source  the venue's list of error codes as ccxt tells them apart; the examples in its
//!         specification. The texts of what no client tells apart are our own.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// An error as the wire carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody<'a> {
    /// Six digits; see [`Refusal::code`].
    #[serde(borrow)]
    pub code: Cow<'a, str>,
    /// For people, mostly.
    #[serde(borrow, default)]
    pub msg: Cow<'a, str>,
}

/// A rule of a market that an order broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderRule {
    /// The price is not a whole number of steps.
    PriceStep,
    /// The price is too far from the market.
    PriceRange,
    /// The size is too small.
    SizeMin,
    /// The size is too large.
    SizeMax,
    /// The size is not a whole number of steps.
    SizeStep,
    /// Price × size is too small.
    FundsMin,
    /// Too many orders stand already.
    OpenOrders,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// One of the headers of a signed request is missing.
    MissingHeader,
    /// The stamp is no number or more than five seconds off.
    Timestamp,
    /// No such key.
    UnknownKey,
    /// The passphrase is not that of the key.
    Passphrase,
    /// The signature is not that of the request.
    Signature,
    /// The key does not work from there.
    Address,
    /// The key may not do that.
    Permission,
    /// A parameter makes no sense: which, and why.
    Parameter(&'static str),
    /// The body is no JSON of the right shape.
    Body,
    /// No such market.
    UnknownSymbol,
    /// An order names a market that does not exist.
    UnknownOrderSymbol,
    /// The market takes no orders.
    SymbolClosed,
    /// No such order.
    UnknownOrder,
    /// It cannot be cancelled: there is no such order, or it is done.
    NothingToCancel,
    /// Nobody has an address to pay in at.
    NoAddress,
    /// An open order has that name.
    DuplicateName,
    /// Not enough free.
    Balance,
    /// The order breaks a rule.
    Rule(OrderRule),
    /// An order that must rest would have traded.
    WouldTake,
    /// No such path.
    UnknownPath,
    /// Too much was asked.
    TooMany,
    /// The venue takes nothing in just now. Nothing was done, which whoever asks cannot know.
    Busy,
    /// The venue goes down; as [`Self::Busy`].
    ShuttingDown,
    /// Nobody knows whether it was done.
    Timeout,
    /// A fault of the venue; nothing was done.
    Internal,
}

impl Refusal {
    /// Its code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingHeader => "400001",
            Self::Timestamp => "400002",
            Self::UnknownKey => "400003",
            Self::Passphrase => "400004",
            Self::Signature => "400005",
            Self::Address => "400006",
            Self::Permission => "400007",
            Self::Parameter(_)
            | Self::UnknownOrder
            | Self::NothingToCancel
            | Self::DuplicateName
            | Self::Rule(
                OrderRule::PriceStep
                | OrderRule::SizeMin
                | OrderRule::SizeMax
                | OrderRule::SizeStep
                | OrderRule::FundsMin,
            ) => "400100",
            Self::NoAddress => "260220",
            Self::Body => "400000",
            Self::UnknownSymbol => "900001",
            Self::UnknownOrderSymbol => "400600",
            Self::SymbolClosed => "200001",
            Self::Balance => "200004",
            Self::Rule(OrderRule::PriceRange) => "400370",
            Self::Rule(OrderRule::OpenOrders) => "200003",
            Self::WouldTake => "300000",
            Self::UnknownPath => "404000",
            Self::TooMany => "429000",
            Self::Busy | Self::ShuttingDown => "503000",
            Self::Timeout => "408000",
            Self::Internal => "500000",
        }
    }

    /// Its text.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self {
            Self::MissingHeader => {
                "Please check the header of your request for KC-API-KEY, KC-API-SIGN, \
                 KC-API-TIMESTAMP, KC-API-PASSPHRASE"
            }
            Self::Timestamp => "KC-API-TIMESTAMP Invalid",
            Self::UnknownKey => "KC-API-KEY not exists",
            Self::Passphrase => "KC-API-PASSPHRASE error",
            Self::Signature => "Signature error",
            Self::Address => "The requested ip address is not in the api whitelist",
            Self::Permission => "Access denied, require more permission.",
            Self::Parameter(which) => which,
            Self::Body => "Bad Request",
            Self::UnknownSymbol => "symbol not exists",
            Self::UnknownOrderSymbol => "validation.createOrder.symbolNotAvailable",
            Self::SymbolClosed => "Order creation for this pair suspended",
            Self::UnknownOrder => "order not exist.",
            Self::NothingToCancel => "order_not_exist_or_not_allow_to_cancel",
            Self::NoAddress => "deposit.address.not.exists",
            Self::DuplicateName => "clientOid duplicate",
            Self::Balance => "Balance insufficient!",
            Self::Rule(OrderRule::PriceStep) => "Price increment invalid.",
            Self::Rule(OrderRule::PriceRange) => "Order price is out of the allowed range.",
            Self::Rule(OrderRule::SizeMin) => "Order size below the minimum requirement.",
            Self::Rule(OrderRule::SizeMax) => "Order size above the maximum requirement.",
            Self::Rule(OrderRule::SizeStep) => "Order size increment invalid.",
            Self::Rule(OrderRule::FundsMin) => "The order funds is below the minimum requirement.",
            Self::Rule(OrderRule::OpenOrders) => "Number of orders breached the limit",
            Self::WouldTake => "The post only order would be executed immediately.",
            Self::UnknownPath => "Url Not Found",
            Self::TooMany => "Too many requests. Please try again later.",
            Self::Busy => "The system is busy. Please try again later.",
            Self::ShuttingDown => "The service is going down.",
            Self::Timeout => "Request Timeout",
            Self::Internal => "Internal Server Error",
        }
    }

    /// The HTTP status that comes with it. What concerns an order is told with that of a success.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::MissingHeader
            | Self::Timestamp
            | Self::UnknownKey
            | Self::Passphrase
            | Self::Signature => 401,
            Self::Address | Self::Permission => 403,
            Self::Body => 400,
            Self::UnknownPath => 404,
            Self::TooMany => 429,
            Self::Busy | Self::ShuttingDown => 503,
            Self::Timeout => 504,
            Self::Internal => 500,
            Self::Parameter(_)
            | Self::UnknownSymbol
            | Self::UnknownOrderSymbol
            | Self::SymbolClosed
            | Self::UnknownOrder
            | Self::NothingToCancel
            | Self::NoAddress
            | Self::DuplicateName
            | Self::Balance
            | Self::Rule(_)
            | Self::WouldTake => 200,
        }
    }

    /// It as the wire carries it.
    #[must_use]
    pub const fn body(&self) -> ErrorBody<'static> {
        ErrorBody { code: Cow::Borrowed(self.code()), msg: Cow::Borrowed(self.text()) }
    }
}
