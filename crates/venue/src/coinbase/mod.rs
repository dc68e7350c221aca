//! Coinbase Advanced Trade: requests, answers, errors, tokens, limits, market data and sockets.
//!
//! Units   decimals are text, empty where there is none; times are RFC 3339 in UTC, those of
//!         candles seconds since the epoch.
//! Shape   every message is one type that both ends read and write. What is refused of an order is
//!         told with status 200.
//! Source  docs.cdp.coinbase.com, "Advanced Trade API"; coinbase-advanced-py 1.8.4; ccxt 4.5.90.

mod account;
mod asking;
mod error;
mod limits;
mod local_book;
mod market;
mod market_message;
mod number;
mod order;
mod outcome;
mod product;
pub mod reading;
mod sign;
mod stream_event;
mod stream_frame;
mod wallet;

#[cfg(test)]
mod recorded;

pub use crate::instant::{parse as parse_moment, text as moment_text};
pub use account::{
    Account, Accounts, Balance, FeeTier, KeyPermissions, Portfolio, Portfolios, TransactionSummary,
};
pub use asking::{
    API, cancel_body, cursor_query, is_order_id, order_body, request_uri, subscribe_frame,
    symbol_of,
};
pub use error::{
    CancelFailure, EditFailure, ErrorBody, OrderFailure, Refusal, UNAUTHORIZED, WalletError,
    WalletErrors,
};
pub use limits::{
    CANDLES_MAX, HEARTBEAT_EVERY, MESSAGES_PER_SECOND, PRIVATE_PER_SECOND, PUBLIC_PER_SECOND,
    RATE_HEADERS, Rate, SUBSCRIBE_WITHIN,
};
pub use local_book::{Heard, LocalBook, Sequence};
pub use market::{
    BestBidAsk, Candle, Candles, MarketTrade, MarketTrades, PriceBook, PriceLevel, ProductBook,
    ServerTime,
};
pub use market_message::{BookChanges, Heading, LevelChange, MarketReader, each_trades};
pub use number::{DecimalText, MaybeDecimal};
pub use order::{
    AskPreview, CancelOrders, CancelReply, CancelResult, DatedLimit, DatedStopLimit, EditError,
    EditOrder, EditPreview, EditReply, Edited, Estimate, FillRow, Fills, HistoricalOrder,
    LimitSize, Liquidity, MarketSize, NewOrder, NotPlaced, OneOrder, OrderConfiguration, OrderList,
    OrderSide, OrderStatus, PlaceReply, Placed, PreviewReply, RestingLimit, StopDirection,
    StopLimit, TimeInForce,
};
pub use outcome::{not_canceled, not_placed, outcome};
pub use product::{Product, Products};
pub use sign::{
    AHEAD_SECONDS_MAX, KeyKind, Purpose, SecretError, SigningKey, TOKEN_SECONDS, Token, TokenError,
    VerifyingKey, check_token, eddsa_secret, es256_secret, key_name_of,
};
pub use stream_event::{
    BookEvent, BookSide, CandlesEvent, EventKind, HeartbeatEvent, LevelUpdate, Message,
    StatusEvent, StatusProduct, StreamCandle, StreamTicker, StreamTrade, SubscriptionsEvent,
    TickerEvent, TradesEvent, USER_SNAPSHOT_MAX, UserEvent, UserOrder,
};
pub use stream_frame::{Channel, StreamError, Subscribe, Wish};
pub use wallet::{
    CryptoAsset, Data, ExchangeRates, FiatAsset, Pagination, WalletAccount, WalletAccounts,
    WalletAmount, WalletAsset, WalletDetails, WalletTime, WalletTransaction, WalletTransactions,
    WalletTransfer,
};
