//! Read models folded from events: depth, trades, candles, orders, balances, and their history.
//!
//! Units   prices in ticks, quantities in lots, amounts in ledger units; [`Market`] turns them into
//!         exact decimals and back.
//! Shape   [`Projection`] is fed by one thread with each durable command and its events; [`Views`]
//!         is read by everybody else; [`Feed`] tells what changed; [`History`] remembers what no
//!         longer fits in memory.
//! Keeps   what a command caused is readable before the command is answered; every series has a
//!         named bound; no reader delays the folding thread for longer than one copy of a page.
//! Fails   folding never: an event that contradicts the views is a bug and panics.

mod account_view;
mod book;
mod bounds;
mod candle;
mod catalog;
mod codec;
mod feed;
mod fold;
mod fold_orders;
mod history;
mod market_view;
mod page;
mod part;
mod projection;
mod quota;
mod recent;
mod record;
mod rows;
mod series;
mod snapshot;
mod ticker;
mod views;
mod wire;

pub use bounds::Bounds;
pub use candle::Candle;
pub use catalog::{Catalog, GridError, Market, Symbol};
pub use feed::{Attention, Changes, FEED_COMMANDS_MAX, Feed, FeedError, OrderCause, Update};
pub use history::{
    Entering, Gate, History, HistoryError, OUTBOX_MAX, QUESTIONS_MAX, Retention, Turn, Writer,
    candles_read,
};
pub use page::Page;
pub use projection::Projection;
pub use record::{
    AdjustmentRecord, AggregateTrade, AmendmentRecord, AveragePrice, Balance, Before, BookTicker,
    Depth, FillRecord, FillSum, Level, ListRecord, OrderRecord, OrderStatus, PreventionRecord,
    TradeRecord,
};
pub use snapshot::SnapshotError;
pub use ticker::{Ticker, TickerPrices};
pub use views::{Views, WINDOW_US_MAX};
