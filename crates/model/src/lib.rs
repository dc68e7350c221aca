//! The words everything is built from. Pure: no IO, clock, randomness, `async` or float.
//!
//! Units   prices in ticks, quantities in lots, amounts in an asset's ledger unit, time in
//!         microseconds. A type for each; text and exact decimals only at the border.

mod decimal;
mod id;
mod interval;
mod name;
mod note;
mod number;
mod secret;
mod time;

pub use decimal::{Decimal, DecimalError};
pub use id::{AccountId, AssetId, ListId, MarketId, OrderId, PreventionId, Seq, TradeId, UserId};
pub use interval::{Interval, UtcOffset};
pub use name::{AssetCode, ClientOrderId, NameError};
pub use note::{Label, Note};
pub use number::{Amount, FeeRate, LOTS_MAX, Price, Qty, Side, TICKS_MAX};
pub use secret::Secret;
pub use time::Time;
