//! Binance spot: requests, answers, errors, signatures, weights, market data and streams.
//!
//! Units   decimals are text, with the zeros they came with; times are milliseconds since the epoch
//!         unless microseconds are asked.
//! Shape   every message is one type that both ends read and write; its fields stand in the order
//!         in which the venue writes them.
//! Source  github `binance/binance-spot-api-docs`.

mod account;
mod asking;
mod error;
mod exchange_info;
mod kline;
mod limits;
mod market;
mod market_message;
mod operation;
mod order;
mod order_list;
mod outcome;
pub mod reading;
mod sign;
mod stream;
mod stream_event;
mod stream_frame;
mod ticker;
mod time_unit;
mod user_event;
mod ws_api;

#[cfg(test)]
mod recorded;

pub use crate::local_book::{Begun, Heard, LocalBook, WAITING_MAX};
pub use crate::number::DecimalText;

pub use account::{
    AccountCommission, AccountInfo, AccountStatus, ApiRestrictions, AssetBalance, CoinInfo,
    CoinNetwork, CommissionRates, DepositRow, Discount, FuturesInfo, MyFilters, MyTrade,
    NewListenKey, OrderCommission, PreventedMatch, SystemStatus, TestCommission, TradeFee,
    UserAsset, WithdrawRow,
};
pub use asking::{
    RECV_WINDOW_MILLIS, name_query, order_query, signed_query, subscribe_frame, symbol_of,
};
pub use error::{ErrorBody, Filter, OrderProblem, Refusal};
pub use exchange_info::{ExchangeInfo, SmartRoute, SymbolFilter, SymbolInfo, SymbolStatus};
pub use kline::{Kline, parse_offset};
pub use limits::{
    LimitInterval, LimitUnit, OffTime, RECV_WINDOW_DEFAULT_MICROS, RECV_WINDOW_MAX_MICROS,
    RateLimit, RateLimitKind, TIMESTAMP_AHEAD_MICROS, in_window, recv_window_micros,
    timestamp_micros,
};
pub use market::{AggTrade, AvgPrice, Depth, Level, ServerTime, Trade};
pub use market_message::{MarketMessage, MarketReader};
pub use operation::{Operation, REST_ROUTES, Security, WS_METHODS};
pub use order::{
    AmendReport, AmendedOrder, Amendment, CancelReplaceError, CancelReplaceReport,
    CancelRestriction, ExpiryReason, FillReport, HalfReport, HalfResult, OrderQuery, OrderReport,
    OrderReportState, OrderSide, OrderState, OrderType, ResponseType, SelfTradePreventionMode,
    TimeInForce,
};
pub use order_list::{
    CanceledItem, Contingency, ListMember, ListOrderStatus, ListReport, ListStatusType, ListSummary,
};
pub use outcome::outcome;
pub use sign::{KeyKind, Payload, SignatureKey, SignatureKeyError, socket_payload};
pub use stream::{Channel, Speed, StreamName};
pub use stream_event::{
    AggTradeEvent, AvgPriceEvent, BookTickerEvent, Combined, DepthEvent, KlineBody, KlineEvent,
    MiniTickerEvent, RollingTickerEvent, ServerShutdownEvent, StreamEvent, TickerEvent, TradeEvent,
};
pub use stream_frame::{FrameError, Method, Outcome, Request, RequestId, Response};
pub use ticker::{
    BookTicker, MiniTicker, OneOrMany, PriceTicker, RollingTicker, Ticker24h, Window, WindowUnit,
};
pub use time_unit::TimeUnit;
pub use user_event::{
    AccountPosition, BalanceUpdate, ExecutionReport, ExecutionType, ListEventMember,
    ListStatusEvent, ListenKeyExpired, PositionBalance, StreamTerminated, UserEvent,
};
pub use ws_api::{
    RetryAfter, SOCKET_ID_BYTES_MAX, SessionStatus, SocketError, SocketReply, SocketRequest,
    SubscriptionEvent, SubscriptionNumber,
};
