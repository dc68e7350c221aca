//! What any venue's server asks of our exchange, in exact decimals and in no venue's words.
//!
//! Units   prices in quote for one base, with the digits of the market's tick; quantities in base,
//!         with the digits of its lot; amounts with the digits of the asset's ledger unit.
//! Shape   markets are named by their [`Pair`], people by their [`UserId`]; a venue spells both in
//!         its own way, and each [`DeskError`], too.
//! Keeps   what an account placed is found by it as soon as it is answered. What is told of the
//!         past is what memory holds: some thousand orders, fills and trades.

mod amends;
mod event;
mod ledger;
mod market;
mod order;
mod placing;
mod revising;
mod transfer;

#[cfg(test)]
pub(crate) mod tests;

pub use amends::DeskAmend;
pub use event::{DeskCause, DeskChange, DeskChanges};
pub use ledger::{DeskLedgerCause, DeskLedgerEntry, negative};
pub use market::{
    DeskCandle, DeskDepth, DeskTicker, DeskTrade, MarketFacts, TradeOrders, total_of,
};
pub use order::{DeskFill, DeskOrderView};
pub use placing::{DeskOrder, DeskSize, DeskTerms};
pub use revising::{DeskRevision, DeskSuccessor};
pub use transfer::DeskTransfer;
pub(crate) use transfer::transfers_of;

use std::sync::Arc;

use engine::{MarketState, Rejection};
use model::{AccountId, Decimal, Time, UserId};
use projection::{Market, Views};
use venue::port::{Balance, Pair};

use crate::exchange::Exchange;
use crate::submit::NotDone;

/// What any venue's server asks of our exchange. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk(Arc<Exchange>);

/// Why the desk did not do it. Each venue spells it in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// No such market.
    #[error("no such market")]
    UnknownMarket,
    /// The market takes no orders now.
    #[error("the market is closed")]
    MarketClosed,
    /// Nobody, or somebody without an account.
    #[error("no such account")]
    UnknownAccount,
    /// No such order, or none that is open where one is needed.
    #[error("no such order")]
    UnknownOrder,
    /// An open order of the account has that name already.
    #[error("an open order has that name")]
    Duplicate,
    /// Not enough free.
    #[error("not enough free")]
    Funds,
    /// An order that must rest would have traded.
    #[error("it would trade at once")]
    WouldTake,
    /// The price of a stop has been reached already.
    #[error("it would wake at once")]
    WouldTrigger,
    /// A rule of the market.
    #[error("a rule of the market: {0:?}")]
    Filter(DeskFilter),
    /// Too many open orders of the account in the market.
    #[error("too many open orders")]
    TooManyOrders,
    /// The time at which the order would end has passed.
    #[error("its time has passed")]
    TimePassed,
    /// An order cannot ask for less than what of it has traded.
    #[error("so much of it has traded already")]
    BelowFilled,
    /// There is no such kind of order.
    #[error("no such kind of order")]
    Unsupported,
    /// There is no room now; nothing was done, and the same may be asked again.
    #[error("busy")]
    Busy,
    /// The exchange ends; nothing was done.
    #[error("the exchange ends")]
    Stopping,
    /// Whether it was done is not known.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// A bug of ours; nothing was done.
    #[error("internal")]
    Internal,
}

/// Which rule of a market an order breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each is its own name.
pub enum DeskFilter {
    PriceStep,
    PriceMin,
    PriceMax,
    /// Too far from the last price.
    PriceBand,
    QtyStep,
    QtyMin,
    QtyMax,
    NotionalMin,
    NotionalMax,
    /// The account would hold too much.
    Position,
}

impl Desk {
    /// The desk of `exchange`.
    #[must_use]
    pub const fn new(exchange: Arc<Exchange>) -> Self {
        Self(exchange)
    }

    /// What it stands on.
    #[must_use]
    pub fn exchange(&self) -> &Arc<Exchange> {
        &self.0
    }

    /// The time now, as the venue's clock tells it.
    #[must_use]
    pub fn now(&self) -> Time {
        self.0.now()
    }

    fn views(&self) -> &Views {
        &self.0.views
    }

    fn market(&self, pair: Pair) -> Option<Arc<Market>> {
        // Codes hold no dash, so this spelling is of one market alone.
        self.views().catalog().market_by_symbol(&pair.to_string()).map(Arc::clone)
    }

    fn account(&self, user: &UserId) -> Result<AccountId, DeskError> {
        self.views().account_of(user).ok_or(DeskError::UnknownAccount)
    }

    /// What an account has: of each asset that is listed, in the order of listing.
    #[must_use]
    pub fn balances(&self, user: &UserId) -> Vec<Balance> {
        let Some(account) = self.views().account_of(user) else { return Vec::new() };
        let catalog = self.views().catalog();
        let balance = |(asset, id)| {
            let asset: &engine::Asset = asset;
            let known = self.views().balance(account, model::AssetId(id));
            let (free, held) = known.map_or((0, 0), |it| (it.available, it.held));
            let amount = |units| Decimal::new(units, asset.scale).unwrap_or_default();
            Balance { asset: asset.code, free: amount(free), held: amount(held) }
        };
        catalog.assets().iter().zip(0..).map(balance).collect()
    }
}

impl From<NotDone> for DeskError {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Busy => Self::Busy,
            NotDone::Stopping => Self::Stopping,
            NotDone::Refused => Self::MarketClosed,
            NotDone::TooLarge => Self::Internal,
            NotDone::Unknown => Self::OutcomeUnknown,
        }
    }
}

/// What the engine's no means here; of a range, its lower end where nobody said how much.
const fn error_of(reason: Rejection) -> DeskError {
    match reason {
        Rejection::UnknownMarket => DeskError::UnknownMarket,
        Rejection::UnknownAccount => DeskError::UnknownAccount,
        Rejection::UnknownOrder | Rejection::UnknownList | Rejection::CancelRestricted => {
            DeskError::UnknownOrder
        }
        Rejection::DuplicateClientId | Rejection::DuplicateReference => DeskError::Duplicate,
        Rejection::InsufficientFunds => DeskError::Funds,
        Rejection::MarketClosed => DeskError::MarketClosed,
        Rejection::WouldTake => DeskError::WouldTake,
        Rejection::WouldTrigger => DeskError::WouldTrigger,
        Rejection::PriceRange => DeskError::Filter(DeskFilter::PriceMin),
        Rejection::PriceBand => DeskError::Filter(DeskFilter::PriceBand),
        Rejection::QtyRange | Rejection::MarketQtyRange => DeskError::Filter(DeskFilter::QtyMin),
        Rejection::Notional => DeskError::Filter(DeskFilter::NotionalMin),
        Rejection::PositionMax => DeskError::Filter(DeskFilter::Position),
        Rejection::TooManyOrders
        | Rejection::TooManyAlgoOrders
        | Rejection::TooManyIcebergs
        | Rejection::TooManyLists
        | Rejection::TooManyAmends => DeskError::TooManyOrders,
        Rejection::GoodTillPassed => DeskError::TimePassed,
        Rejection::Overflow => DeskError::Filter(DeskFilter::NotionalMax),
        Rejection::IcebergParts
        | Rejection::TrailingDelta
        | Rejection::ListLegs
        | Rejection::AmendQty
        | Rejection::CancelFailed => DeskError::Unsupported,
        Rejection::UnknownAsset | Rejection::BadConfiguration => DeskError::Internal,
    }
}

/// Whether a market takes orders.
const fn is_open(state: MarketState) -> bool {
    match state {
        MarketState::Open | MarketState::PostOnly => true,
        MarketState::CancelOnly | MarketState::Halted => false,
    }
}
