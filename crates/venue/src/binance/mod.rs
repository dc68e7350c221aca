//! Binance spot: requests, answers, errors, signatures and weights.
//!
//! Units   decimals are text, times are milliseconds since the epoch unless microseconds are asked.
//! Source  github `binance/binance-spot-api-docs`.

mod error;
mod limits;
mod number;
mod operation;
mod sign;

pub use error::{ErrorBody, Filter, OrderProblem, Refusal};
pub use limits::{
    Interval, IntervalUnit, OffTime, RECV_WINDOW_DEFAULT_MICROS, RECV_WINDOW_MAX_MICROS, RateLimit,
    RateLimitKind, TIMESTAMP_AHEAD_MICROS, in_window, recv_window_micros, timestamp_micros,
};
pub use number::DecimalText;
pub use operation::{Operation, REST_ROUTES, Security, WS_METHODS};
pub use sign::{KeyKind, Payload, SignatureKey, SignatureKeyError, socket_payload};
