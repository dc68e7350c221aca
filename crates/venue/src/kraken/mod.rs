//! Kraken spot: requests, answers, errors, signatures, counters, and the sockets of version 2.
//!
//! Units   decimals are text over REST and numbers over sockets, with the digits they came with;
//!         times are seconds with a fraction over REST and RFC 3339 over sockets.
//! Shape   every message is one type that both ends read and write.
//! Source  docs.kraken.com, "Spot REST" and "Spot WebSocket v2"; of version 1 the book alone, in
//!         which recordings are written.

mod account;
mod asking;
mod checksum;
mod error;
mod frame;
mod instrument;
mod limits;
mod local_book;
mod market;
mod market_message;
mod named;
mod number;
mod order;
mod outcome;
mod own;
mod push;
pub mod reading;
mod sign;
mod symbol;
mod txid;
mod version_one;

#[cfg(test)]
mod recorded;

pub use account::{
    ApiKeyInfo, ExtendedBalance, FeeInfo, LedgerEntry, Ledgers, SocketToken, TradeBalance,
    TradeVolume, TransferStatus,
};
pub use asking::{
    cancel_body, empty_body, fills_body, name_body, order_body, since_body, subscribe_frame,
    unsubscribe_frame, volume_body,
};
pub use checksum::{Precision, checksum};
pub use error::Refusal;
pub use frame::{Incoming, Push, Reply, Request, Subscribed, Subscription};
pub use instrument::{AssetInfo, FeeStep, PairInfo};
pub use limits::{Counter, Handling, Tier, cost_of};
pub use local_book::{Heard, LocalBook};
pub use market::{
    Candle, Depth, DepthLevel, Rows, ServerTime, Spread, SystemStatus, TickerInfo, Trade,
};
pub use market_message::{MarketMessage, MarketReader};
pub use named::Named;
pub use number::DecimalNumber;
pub use order::{
    AddedOrder, Amend, Amended, Answer, Batch, BatchEntry, CancelAfter, CanceledCount, Closed,
    Description, Edited, Open, OrderAmends, OrderInfo, OrderSide, OrderState, Sentence,
    TradeHistory, TradeInfo,
};
pub use outcome::{meaning, outcome, refusal_of, result_of};
pub use own::{
    AddOrder, AmendOrder, BatchAdd, BatchCancel, BatchResult, CancelAllAfter, CancelOrder,
    Conditional, Execution, FeePaid, OrderResult, Triggers, WalletBalance, WalletShare,
};
pub use push::{
    BookData, InstrumentAsset, InstrumentData, InstrumentPair, Level, OhlcData, StatusData,
    TickerData, TradeData,
};
pub use sign::{SigningKey, SigningKeyError, nonce_of};
pub use symbol::{
    altname, asset_altname, asset_key, asset_of, pair_key, pair_of, symbol_of, wsname,
};
pub use txid::{
    amend_txid, fill_txid, ledger_txid, order_txid, parse_fill_txid, parse_order_txid,
    transfer_txid,
};
pub use version_one::{BookFrame, BookSide, Quoted};
