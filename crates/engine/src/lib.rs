//! The exchange as a pure state machine: one command in, events out, nothing else.
//!
//! Units   prices in ticks, quantities in lots, amounts in ledger units, time in microseconds.
//! Keeps   same commands in the same order give the same events and the same state hash, on any
//!         machine; each asset sums to zero over all accounts; no customer account is negative;
//!         what is held is exactly what open orders can still cost.
//! Fails   never: a command is applied or answered with [`Event::Rejected`]. A broken invariant is
//!         a bug and ends the process.

mod command;
mod event;
mod market;

mod machine;

mod cancel;
mod checks;
mod clock;
mod configure;
mod ending;
mod foresight;
mod lists;
mod matching;
mod pairing;
mod place;
mod plain;
mod plain_matching;
mod sharing;
mod swap;
mod terms;
mod waking;

mod book;
mod gate;
mod history;
mod index;
mod ledger;
mod listing;
mod open_orders;
mod registry;
mod tape;
mod triggers;

mod invariants;
mod snapshot;

pub use command::{
    CancelOnly, Command, ListLeg, NewList, NewOrder, OrderKind, OrderRef, Replace, ReplaceMode,
    SelfTradePrevention, Size, Stamped, TimeInForce, Trailing, Trigger, TriggerKind, Triggered,
};
pub use event::{CancelReason, Event, Fill, ListState, Rejection, RequestKind};
pub use machine::{Engine, Genesis, HOUSE, OUTSIDE, RULES_VERSION, SnapshotError, StateHash};
pub use market::{
    Allocation, Asset, Averages, FEE_TIERS_MAX, FeeAsset, FeeTier, Filters, MarketError,
    MarketSpec, MarketState, PriceBand,
};
