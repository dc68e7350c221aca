//! KuCoin spot: requests, answers, errors, signatures, weights, market data and streams.
//!
//! Units   decimals are text, with the zeros they came with; times are milliseconds since the epoch
//!         where nothing else is said.
//! Shape   every message is one type that both ends read and write; an answer of REST lies in an
//!         [`Envelope`], a message of a socket is a [`ServerFrame`].
//! Source  github `Kucoin/kucoin-universal-sdk`, its specification of the API; the captured
//!         requests of ccxt and of that SDK.

mod account;
mod asking;
mod envelope;
mod error;
mod given_number;
mod limits;
mod market;
mod market_message;
mod operation;
mod order;
mod outcome;
mod plain_number;
pub mod reading;
mod sign;
mod stop_order;
mod stream;
mod stream_event;
mod stream_frame;
mod text_number;
mod user_event;

#[cfg(test)]
mod captured;
#[cfg(test)]
mod recorded;

pub use crate::number::DecimalText;
pub use account::{
    AccountBalance, AccountMode, AccountRow, ApiKeyInfo, BaseFee, DepositRow, LedgerContext,
    LedgerRow, Page, SymbolFee, UserInfo, WithdrawalRow,
};
pub use asking::{
    Asking, cancel_asking, name_asking, order_body, ping_frame, socket_url, subscribe_frames,
    symbol_of,
};
pub use envelope::{Envelope, Found, SUCCESS, open};
pub use error::{ErrorBody, OrderRule, Refusal};
pub use limits::{Pool, TIMESTAMP_WINDOW_MILLIS, WINDOW_MILLIS, in_window};
pub use market::{
    AllTickers, Candle, CandleType, ChainInfo, CurrencyInfo, FullBook, Level, Level1,
    ServiceStatus, Stats, SymbolInfo, TickerRow, TradeRow,
};
pub use market_message::{MarketMessage, MarketReader};
pub use operation::{BEYOND_SPOT, Operation, REST_ROUTES, Right};
pub use order::{
    CanceledAll, CanceledByClient, CanceledClassic, CanceledIds, CanceledOrder, ClassicOrder,
    ClassicPlaced, ClassicPlacedList, Fill, Lasting, Liquidity, NewOrder, OldFill, OrderKind,
    OrderList, OrderRow, OrderSide, Orders, Placed, PlacedOne, PlacedSync, RestingSymbols,
    SelfTrade, SyncCanceled, SyncStatus,
};
pub use outcome::outcome;
pub use sign::{KeyVersion, SigningKey, headers};
pub use stop_order::{
    AlterOrder, Altered, CanceledPart, CanceledStop, SetSwitch, StopKind, StopOrderRow, SwitchRow,
    SwitchSet,
};
pub use stream::{Bullet, Channel, InstanceServer, TOPICS_MAX, Topic, TopicError};
pub use stream_event::{
    BookEvent, CandlesEvent, Change, Changes, L2Update, MatchEvent, SnapshotBody, SnapshotEvent,
    SnapshotWindow, TickerEvent, TopEvent,
};
pub use stream_frame::{ClientFrame, ClientFrameKind, FrameKind, ServerFrame, SocketRefusal};
pub use user_event::{
    BalanceEvent, FeeType, OrderChange, OrderChangeKind, OrderStatus, RelationContext,
    StopChangeKind, StopOrderEvent,
};
