//! The documented errors: code, text and HTTP status of each.
//!
//! Keeps   a refusal names parameters by their wire name and repeats nothing a client sent, so
//!         that no secret can travel back in it.
//! Source  errors.md; rest-api.md, "HTTP Return Codes".

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::limits::LimitInterval;

/// An error as the wire carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody<'a> {
    /// Negative; see [`Refusal::code`].
    pub code: i32,
    /// For people.
    pub msg: Cow<'a, str>,
}

/// A rule of a symbol or of the exchange that an order broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Price out of range or off the tick.
    Price,
    /// Price too far from the average.
    PercentPriceBySide,
    /// Quantity out of range or off the lot.
    LotSize,
    /// Price × quantity out of range.
    Notional,
    /// Too many parts of an iceberg.
    IcebergParts,
    /// A market order's quantity out of range.
    MarketLotSize,
    /// Position too large.
    MaxPosition,
    /// Too many open orders.
    MaxNumOrders,
    /// Too many conditional orders.
    MaxNumAlgoOrders,
    /// Too many icebergs.
    MaxNumIcebergOrders,
    /// Too many amendments.
    MaxNumOrderAmends,
    /// Too many open lists.
    MaxNumOrderLists,
    /// Trailing delta out of range.
    TrailingDelta,
}

impl Filter {
    /// The filter's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Price => "PRICE_FILTER",
            Self::PercentPriceBySide => "PERCENT_PRICE_BY_SIDE",
            Self::LotSize => "LOT_SIZE",
            Self::Notional => "NOTIONAL",
            Self::IcebergParts => "ICEBERG_PARTS",
            Self::MarketLotSize => "MARKET_LOT_SIZE",
            Self::MaxPosition => "MAX_POSITION",
            Self::MaxNumOrders => "MAX_NUM_ORDERS",
            Self::MaxNumAlgoOrders => "MAX_NUM_ALGO_ORDERS",
            Self::MaxNumIcebergOrders => "MAX_NUM_ICEBERG_ORDERS",
            Self::MaxNumOrderAmends => "MAX_NUM_ORDER_AMENDS",
            Self::MaxNumOrderLists => "MAX_NUM_ORDER_LISTS",
            Self::TrailingDelta => "TRAILING_DELTA",
        }
    }
}

/// What the matching engine said, in the words of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderProblem {
    /// No such open order.
    Unknown,
    /// The client order id is in use, or the very request was seen before.
    Duplicate,
    /// The symbol is not trading.
    MarketClosed,
    /// Not enough free.
    InsufficientBalance,
    /// The account is not open for trading.
    AccountDisabled,
    /// price × quantity is nothing, or more than can be counted.
    NotionalZero,
    /// An iceberg that shows more than there is.
    IcebergExceeds,
    /// A combination of type, time in force, stop price and iceberg that does not exist.
    Combination,
    /// The stop price is already reached.
    WouldTrigger,
    /// A limit maker would take.
    WouldTake,
    /// Neither order id nor client order id.
    CancelInvalid,
    /// The prices of a list are on the wrong sides.
    ListPrices,
    /// The order's state does not allow the cancel that was asked.
    CancelRestricted,
    /// An amendment may only lower the quantity.
    AmendIncrease,
    /// Nothing would change.
    NoChange,
    /// The book is too thin for a market order by quote.
    Liquidity,
    /// The symbol takes no list of which one order triggers others.
    OtoUnsupported,
    /// The symbol takes no list of which one order pays for others.
    OpoUnsupported,
    /// The symbol is routed to one book alone.
    SorUnsupported,
}

impl OrderProblem {
    /// The documented text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown order sent.",
            Self::Duplicate => "Duplicate order sent.",
            Self::MarketClosed => "Market is closed.",
            Self::InsufficientBalance => "Account has insufficient balance for requested action.",
            Self::AccountDisabled => "This action is disabled on this account.",
            Self::NotionalZero => "Price * QTY is zero or less.",
            Self::IcebergExceeds => "IcebergQty exceeds QTY.",
            Self::Combination => "Unsupported order combination",
            Self::WouldTrigger => "Order would trigger immediately.",
            Self::WouldTake => "Order would immediately match and take.",
            Self::CancelInvalid => "Cancel order is invalid. Check origClOrdId and orderId.",
            Self::ListPrices => "The relationship of the prices for the orders is not correct.",
            Self::CancelRestricted => "Order was not canceled due to cancel restrictions.",
            Self::AmendIncrease => "Order amend (quantity increase) is not supported.",
            Self::NoChange => "The requested action would change no state; rejecting.",
            Self::OtoUnsupported => "OTO orders are not supported for this symbol.",
            Self::OpoUnsupported => "OPO orders are not supported for this symbol.",
            Self::SorUnsupported => "SOR orders are not supported for this symbol.",
            Self::Liquidity => {
                "Order book liquidity is less than `LOT_SIZE` filter minimum quantity."
            }
        }
    }
}

/// Why a request is refused. Parameter names are those of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// -1000: a failure of ours, and nothing is known of the request.
    Unknown,
    /// -1001: a failure of ours before the request was carried out.
    Internal,
    /// -1003: over the weight of its address.
    TooMuchWeight {
        /// The weight allowed.
        limit: u32,
        /// In which interval.
        interval: LimitInterval,
        /// When to come back, in milliseconds since the epoch.
        retry_at_millis: u64,
        /// How long to stay away, in seconds from now.
        retry_after_seconds: u64,
    },
    /// -1003: its address is banned.
    Banned {
        /// Until when, in milliseconds since the epoch.
        until_millis: u64,
        /// How long to stay away, in seconds from now.
        retry_after_seconds: u64,
    },
    /// -1003: the connection has too many requests under way.
    TooManyQueued,
    /// -1007: whether it was carried out is not known.
    Timeout,
    /// -1008: nothing was done, there is no room for it.
    Busy,
    /// -1013: a filter.
    Filter(Filter),
    /// -1013: the named value is not above zero.
    NotPositive(&'static str),
    /// -1014: no such combination.
    UnsupportedCombination,
    /// -1015: too many orders for the account.
    TooManyOrders {
        /// So many orders are allowed.
        limit: u32,
        /// In which interval.
        interval: LimitInterval,
        /// When to come back, in milliseconds since the epoch.
        retry_at_millis: u64,
        /// How long to stay away, in seconds from now.
        retry_after_seconds: u64,
    },
    /// -1016.
    ShuttingDown,
    /// -1020: the venue has it, we do not.
    Unsupported,
    /// -1021: too old.
    OutsideRecvWindow,
    /// -1021: from the future.
    AheadOfServer,
    /// -1022.
    BadSignature,
    /// -1100: a name or a value that is no text at all.
    IllegalText,
    /// -1100: the value is not of the parameter's form.
    IllegalCharacters {
        /// Which.
        parameter: &'static str,
        /// What it must match.
        legal: &'static str,
    },
    /// -1101: more parameters than any request has.
    TooManyParameters {
        /// So many are read.
        expected: usize,
        /// So many came.
        received: usize,
    },
    /// -1101: one parameter, two values.
    DuplicateParameter,
    /// -1102: a mandatory parameter is missing or malformed.
    Mandatory(&'static str),
    /// -1102: one of two must be sent.
    MandatoryEither(&'static str, &'static str),
    /// -1102: above its maximum.
    TooLarge {
        /// Which.
        parameter: &'static str,
        /// At most.
        max: u64,
    },
    /// -1104: parameters that nothing asked for.
    Unread {
        /// So many were of use.
        read: usize,
        /// So many came.
        sent: usize,
    },
    /// -1105.
    Empty(&'static str),
    /// -1106.
    NotRequired(&'static str),
    /// -1108.
    Overflow(&'static str),
    /// -1111.
    Precision(&'static str),
    /// -1115.
    BadTimeInForce,
    /// -1116.
    BadOrderType,
    /// -1117.
    BadSide,
    /// -1120.
    BadInterval,
    /// -1121.
    BadSymbol,
    /// -1122.
    BadSymbolStatus,
    /// -1125.
    BadListenKey,
    /// -1127: more than so many hours between start and end.
    LookupTooLong {
        /// So many.
        hours: u32,
    },
    /// -1128.
    BadOptionalCombination,
    /// -1130.
    BadValue(&'static str),
    /// -1134.
    BadStrategyType,
    /// -1135.
    BadJson,
    /// -1139.
    BadTickerType,
    /// -1145.
    BadCancelRestrictions,
    /// -1151.
    DuplicateSymbols,
    /// -1158.
    ListOrderType,
    /// -1160.
    ListIcebergTimeInForce(&'static str),
    /// -1165.
    BuyLimitMustBeBelow,
    /// -1166.
    SellLimitMustBeAbove,
    /// -1168.
    BothLegsLimit,
    /// -1194.
    BadTimeUnit,
    /// -1196.
    BuyStopMustBeAbove,
    /// -1197.
    SellStopMustBeBelow,
    /// -1198.
    BuyTakeProfitMustBeBelow,
    /// -1199.
    SellTakeProfitMustBeAbove,
    /// -1220.
    SymbolStatusMismatch,
    /// -2010.
    OrderRejected(OrderProblem),
    /// -2011.
    CancelRejected(OrderProblem),
    /// -2013.
    NoSuchOrder,
    /// -2014.
    KeyFormat,
    /// -2015.
    KeyRefused,
    /// -2035.
    AlreadySubscribed,
    /// -2036.
    NotSubscribed,
    /// -2038.
    AmendRejected(OrderProblem),
    /// -2043.
    NoReferencePrice,
    /// -2039.
    ClientOrderIdMismatch,
    /// -2042.
    TooManySubscriptions,
}

impl Refusal {
    /// The documented code.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Unknown => -1000,
            Self::Internal => -1001,
            Self::TooMuchWeight { .. } | Self::Banned { .. } | Self::TooManyQueued => -1003,
            Self::Timeout => -1007,
            Self::Busy => -1008,
            Self::Filter(_) | Self::NotPositive(_) => -1013,
            Self::UnsupportedCombination => -1014,
            Self::TooManyOrders { .. } => -1015,
            Self::ShuttingDown => -1016,
            Self::Unsupported => -1020,
            Self::OutsideRecvWindow | Self::AheadOfServer => -1021,
            Self::BadSignature => -1022,
            Self::IllegalText | Self::IllegalCharacters { .. } => -1100,
            Self::TooManyParameters { .. } | Self::DuplicateParameter => -1101,
            Self::Mandatory(_) | Self::MandatoryEither(..) | Self::TooLarge { .. } => -1102,
            Self::Unread { .. } => -1104,
            Self::Empty(_) => -1105,
            Self::NotRequired(_) => -1106,
            Self::Overflow(_) => -1108,
            Self::Precision(_) => -1111,
            Self::BadTimeInForce => -1115,
            Self::BadOrderType => -1116,
            Self::BadSide => -1117,
            Self::BadInterval => -1120,
            Self::BadSymbol => -1121,
            Self::BadSymbolStatus => -1122,
            Self::BadListenKey => -1125,
            Self::LookupTooLong { .. } => -1127,
            Self::BadOptionalCombination => -1128,
            Self::BadValue(_) => -1130,
            Self::BadStrategyType => -1134,
            Self::BadJson => -1135,
            Self::BadTickerType => -1139,
            Self::BadCancelRestrictions => -1145,
            Self::DuplicateSymbols => -1151,
            Self::ListOrderType => -1158,
            Self::ListIcebergTimeInForce(_) => -1160,
            Self::BuyLimitMustBeBelow => -1165,
            Self::SellLimitMustBeAbove => -1166,
            Self::BothLegsLimit => -1168,
            Self::BadTimeUnit => -1194,
            Self::BuyStopMustBeAbove => -1196,
            Self::SellStopMustBeBelow => -1197,
            Self::BuyTakeProfitMustBeBelow => -1198,
            Self::SellTakeProfitMustBeAbove => -1199,
            Self::SymbolStatusMismatch => -1220,
            Self::OrderRejected(_) => -2010,
            Self::CancelRejected(_) => -2011,
            Self::NoSuchOrder => -2013,
            Self::KeyFormat => -2014,
            Self::KeyRefused => -2015,
            Self::AlreadySubscribed => -2035,
            Self::NotSubscribed => -2036,
            Self::AmendRejected(_) => -2038,
            Self::ClientOrderIdMismatch => -2039,
            Self::NoReferencePrice => -2043,
            Self::TooManySubscriptions => -2042,
        }
    }

    /// The HTTP status, which is also the `status` of a WebSocket API answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::TooMuchWeight { .. } | Self::TooManyOrders { .. } | Self::TooManyQueued => 429,
            Self::Banned { .. } => 418,
            Self::KeyFormat | Self::KeyRefused => 401,
            Self::Unknown | Self::Internal => 500,
            Self::Busy | Self::ShuttingDown => 503,
            Self::Timeout => 504,
            _ => 400,
        }
    }

    /// For how many seconds the caller should stay away, where the answer says so.
    #[must_use]
    pub const fn retry_after_seconds(self) -> Option<u64> {
        match self {
            Self::TooMuchWeight { retry_after_seconds, .. }
            | Self::TooManyOrders { retry_after_seconds, .. }
            | Self::Banned { retry_after_seconds, .. } => Some(retry_after_seconds),
            _ => None,
        }
    }

    /// When to come back, in milliseconds since the epoch: the `retryAfter` of the socket.
    #[must_use]
    pub const fn retry_at_millis(self) -> Option<u64> {
        match self {
            Self::TooMuchWeight { retry_at_millis, .. }
            | Self::TooManyOrders { retry_at_millis, .. } => Some(retry_at_millis),
            Self::Banned { until_millis, .. } => Some(until_millis),
            _ => None,
        }
    }

    /// The documented text.
    #[must_use]
    pub fn text(self) -> Cow<'static, str> {
        if let Some(text) = self.fixed_text() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(match self {
            Self::TooMuchWeight { limit, interval, .. } => format!(
                "Too much request weight used; current limit is {limit} request weight per {}. \
                 Please use WebSocket Streams for live updates to avoid polling the API.",
                interval.phrase()
            ),
            Self::Banned { until_millis, .. } => format!(
                "Way too much request weight used; IP banned until {until_millis}. Please use \
                 WebSocket Streams for live updates to avoid bans."
            ),
            Self::Filter(filter) => format!("Filter failure: {}", filter.name()),
            Self::NotPositive(what) => format!("Invalid {what}."),
            Self::TooManyOrders { limit, interval, .. } => format!(
                "Too many new orders; current limit is {limit} orders per {}.",
                interval.phrase()
            ),
            Self::IllegalCharacters { parameter, legal } => format!(
                "Illegal characters found in parameter '{parameter}'; legal range is '{legal}'."
            ),
            Self::TooManyParameters { expected, received } => {
                format!("Too many parameters; expected '{expected}' and received '{received}'.")
            }
            Self::Mandatory(name) => {
                format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
            }
            Self::MandatoryEither(one, other) => {
                format!("Param '{one}' or '{other}' must be sent, but both were empty/null!")
            }
            Self::TooLarge { parameter, max } => {
                format!("'{parameter}' contains unexpected value. Cannot be greater than {max}.")
            }
            Self::Unread { read, sent } => format!(
                "Not all sent parameters were read; read '{read}' parameter(s) but was sent \
                 '{sent}'."
            ),
            Self::Empty(name) => format!("Parameter '{name}' was empty."),
            Self::NotRequired(name) => format!("Parameter '{name}' sent when not required."),
            Self::Overflow(name) => format!("Parameter '{name}' overflowed."),
            Self::Precision(name) => format!("Parameter '{name}' has too much precision."),
            Self::LookupTooLong { hours } => {
                format!("More than {hours} hours between startTime and endTime.")
            }
            Self::BadValue(name) => format!("Data sent for parameter '{name}' is not valid."),
            Self::ListIcebergTimeInForce(name) => format!(
                "Parameter '{name}' is not supported if `aboveTimeInForce`/`belowTimeInForce` is \
                 not GTC."
            ),
            _ => String::new(),
        })
    }

    const fn fixed_text(self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown => "An unknown error occurred while processing the request.",
            Self::Internal => "Internal error; unable to process your request. Please try again.",
            Self::TooManyQueued => "Too many requests queued.",
            Self::Timeout => {
                "Timeout waiting for response from backend server. Send status unknown; \
                 execution status unknown."
            }
            Self::Busy => {
                "Server is currently overloaded with other requests. Please try again in a few \
                 minutes."
            }
            Self::UnsupportedCombination => "Unsupported order combination.",
            Self::ShuttingDown => "This service is no longer available.",
            Self::Unsupported => "This operation is not supported.",
            Self::OutsideRecvWindow => "Timestamp for this request is outside of the recvWindow.",
            Self::AheadOfServer => {
                "Timestamp for this request was 1000ms ahead of the server's time."
            }
            Self::BadSignature => "Signature for this request is not valid.",
            Self::IllegalText => "Illegal characters found in a parameter.",
            Self::DuplicateParameter => "Duplicate values for a parameter detected.",
            Self::BadTimeInForce => "Invalid timeInForce.",
            Self::BadOrderType => "Invalid orderType.",
            Self::BadSide => "Invalid side.",
            Self::BadInterval => "Invalid interval.",
            Self::BadSymbol => "Invalid symbol.",
            Self::BadSymbolStatus => "Invalid symbolStatus.",
            Self::BadListenKey => "This listenKey does not exist.",
            Self::BadOptionalCombination => "Combination of optional parameters invalid.",
            Self::BadStrategyType => "`strategyType` was less than 1000000.",
            Self::BadJson => "Invalid JSON Request",
            Self::BadTickerType => "Invalid ticker type.",
            Self::BadCancelRestrictions => "Invalid cancelRestrictions",
            Self::DuplicateSymbols => "Symbol is present multiple times in the list.",
            Self::ListOrderType => "Order type not supported in OCO.",
            Self::BuyLimitMustBeBelow => "A limit order in a buy OCO must be below.",
            Self::SellLimitMustBeAbove => "A limit order in a sell OCO must be above.",
            Self::BothLegsLimit => "At least one OCO order must be contingent.",
            Self::SymbolStatusMismatch => {
                "The symbol's status does not match the requested symbolStatus."
            }
            Self::BadTimeUnit => {
                "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
            }
            Self::BuyStopMustBeAbove => "A stop loss order in a buy OCO must be above.",
            Self::SellStopMustBeBelow => "A stop loss order in a sell OCO must be below.",
            Self::BuyTakeProfitMustBeBelow => "A take profit order in a buy OCO must be below.",
            Self::SellTakeProfitMustBeAbove => "A take profit order in a sell OCO must be above.",
            Self::OrderRejected(problem)
            | Self::CancelRejected(problem)
            | Self::AmendRejected(problem) => problem.text(),
            Self::NoSuchOrder => "Order does not exist.",
            Self::KeyFormat => "API-key format invalid.",
            Self::KeyRefused => "Invalid API-key, IP, or permissions for action.",
            Self::AlreadySubscribed => "User Data Stream subscription already active.",
            Self::NotSubscribed => "User Data Stream subscription not active.",
            Self::NoReferencePrice => "This symbol doesn't have a reference price.",
            Self::ClientOrderIdMismatch => "Client order ID is not correct for this order ID.",
            Self::TooManySubscriptions => "Maximum subscription ID reached for this connection.",
            _ => return None,
        })
    }

    /// The error as the wire carries it.
    #[must_use]
    pub fn body(self) -> ErrorBody<'static> {
        ErrorBody { code: self.code(), msg: self.text() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_errors_have_their_code_status_and_text() {
        let interval = LimitInterval { unit: super::super::limits::LimitUnit::Minute, count: 1 };
        let weight = Refusal::TooMuchWeight {
            limit: 6000,
            interval,
            retry_at_millis: 7,
            retry_after_seconds: 3,
        };
        for (refusal, code, status, text) in [
            (Refusal::BadSymbol, -1121, 400, "Invalid symbol."),
            (Refusal::Filter(Filter::Price), -1013, 400, "Filter failure: PRICE_FILTER"),
            (Refusal::KeyRefused, -2015, 401, "Invalid API-key, IP, or permissions for action."),
            (
                Refusal::Mandatory("symbol"),
                -1102,
                400,
                "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
            ),
            (
                weight,
                -1003,
                429,
                "Too much request weight used; current limit is 6000 request weight per 1 \
                 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.",
            ),
        ] {
            assert_eq!((refusal.code(), refusal.status()), (code, status));
            assert_eq!(refusal.text(), text);
        }
    }
}
