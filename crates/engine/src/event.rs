//! What the engine says happened. Complete and immutable: a reader needs no other lookup.
//!
//! The order of one command's events is told in `docs/rules.md`. `Balance` and `Level` are
//! absolute, so reading one twice is harmless.

use model::{
    AccountId, Amount, AssetId, ClientOrderId, ListId, MarketId, OrderId, PreventionId, Price, Qty,
    Side, Time, TradeId, UserId,
};

use crate::command::{NewOrder, SelfTradePrevention};
use crate::market::{Asset, FeeTier, Filters, MarketError, MarketSpec, MarketState};

/// A fact about the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An account exists. Said again, unchanged, when it is asked for again.
    AccountOpened {
        /// Its number.
        account: AccountId,
        /// Whose it is.
        user: UserId,
    },
    /// An account has another fee tier.
    TierSet {
        /// Whose fees changed.
        account: AccountId,
        /// Index into the market's fees.
        tier: u8,
    },
    /// An asset exists. Said again, unchanged, when it is listed again with the same scale.
    AssetListed {
        /// Its number.
        id: AssetId,
        /// What it is.
        asset: Asset,
    },
    /// A market exists, halted.
    MarketListed {
        /// Its number.
        market: MarketId,
        /// What it is.
        spec: Box<MarketSpec>,
    },
    /// A market cannot be listed.
    MarketRefused {
        /// The first check of the listing that failed.
        error: MarketError,
    },
    /// A market changed its state.
    MarketStateSet {
        /// The market that changed.
        market: MarketId,
        /// What it admits now.
        state: MarketState,
    },
    /// A market has other filters.
    FiltersSet {
        /// The market that changed.
        market: MarketId,
        /// What they are.
        filters: Box<Filters>,
    },
    /// A market has other fees.
    FeesSet {
        /// The market that changed.
        market: MarketId,
        /// Its fees now, indexed by tier.
        fees: Vec<FeeTier>,
    },
    /// Money came from or went to the outside world.
    Adjusted {
        /// The account that gained or lost.
        account: AccountId,
        /// The asset that moved.
        asset: AssetId,
        /// In ledger units of the asset; negative where it went out.
        amount: Amount,
        /// Names the reason outside the engine, as the command did.
        reference: u128,
    },
    /// The exchange said no to a request, and nothing changed.
    Rejected {
        /// The account that the command names, the house where it names none.
        account: AccountId,
        /// For what.
        request: RequestKind,
        /// The first check that failed, in the order of `docs/rules.md`.
        reason: Rejection,
    },
    /// An order exists. It may trade, rest, wait or end in the events that follow.
    Accepted {
        /// Its number.
        order: OrderId,
        /// The list it belongs to.
        list: Option<ListId>,
        /// What was asked.
        new: NewOrder,
        /// For a conditional order, in ticks: its price; of one that trails already, where it
        /// would wake. `None` where it has neither.
        trigger_at: Option<Price>,
    },
    /// A conditional order woke and now acts as what it becomes.
    Triggered {
        /// The order that woke.
        order: OrderId,
        /// The account of the order.
        account: AccountId,
        /// The market of the order.
        market: MarketId,
    },
    /// Two orders met.
    Traded {
        /// Its number in the market.
        trade: TradeId,
        /// The market whose ticks and lots these are.
        market: MarketId,
        /// The maker's, in ticks.
        price: Price,
        /// In lots of base.
        qty: Qty,
        /// The notional in ledger units of quote, before fees.
        quote: Amount,
        /// Which side crossed.
        taker_side: Side,
        /// Who crossed.
        taker: Fill,
        /// Who rested.
        maker: Fill,
    },
    /// Self-trade prevention stopped a match.
    Prevented {
        /// Its number in the market.
        prevention: PreventionId,
        /// The market whose ticks and lots these are.
        market: MarketId,
        /// The account of both orders.
        account: AccountId,
        /// Who would have crossed.
        taker: OrderId,
        /// Which side would have crossed.
        taker_side: Side,
        /// Who rested.
        maker: OrderId,
        /// At which they would have traded: the maker's, in ticks.
        price: Price,
        /// What the taker lost by it, in lots.
        taker_qty: Qty,
        /// What the maker lost by it, in lots.
        maker_qty: Qty,
        /// By which mode: the taker's.
        mode: SelfTradePrevention,
    },
    /// An order ended before it was filled.
    Canceled {
        /// The order that ended.
        order: OrderId,
        /// The account of the order.
        account: AccountId,
        /// The market of the order.
        market: MarketId,
        /// What it still wanted, in lots; zero for a market order by quote.
        remaining: Qty,
        /// What ended it.
        reason: CancelReason,
    },
    /// A resting order asks for less now.
    Amended {
        /// The order that shrank.
        order: OrderId,
        /// The account of the order.
        account: AccountId,
        /// The market of the order.
        market: MarketId,
        /// Its whole quantity now, in lots, what is filled included.
        qty: Qty,
        /// Its name from now on.
        client_id: ClientOrderId,
    },
    /// A list changed. When it is placed, this comes before its orders.
    ListChanged {
        /// Its number.
        list: ListId,
        /// The account of its orders.
        account: AccountId,
        /// The market of its orders.
        market: MarketId,
        /// The client's name for it.
        client_id: ClientOrderId,
        /// Its orders, as in [`crate::NewList::legs`].
        orders: [OrderId; 2],
        /// What it is now.
        state: ListState,
    },
    /// A balance is now this. Only customers' accounts and the house's are told.
    Balance {
        /// The account that has it.
        account: AccountId,
        /// The asset that it counts.
        asset: AssetId,
        /// Free to use, in ledger units.
        available: Amount,
        /// Reserved for open orders, in ledger units.
        held: Amount,
    },
    /// The visible quantity of a price level is now this; zero where the level is gone.
    Level {
        /// The market whose ticks and lots these are.
        market: MarketId,
        /// Of which side of the book.
        side: Side,
        /// In ticks.
        price: Price,
        /// What all orders there show together, in lots.
        qty: Qty,
    },
    /// The average price of a market, when a minute ends with another one than before.
    Averaged {
        /// The market whose ticks these are.
        market: MarketId,
        /// The reference price now, in ticks.
        price: Price,
        /// Of the command that ended the minute.
        at: Time,
    },
}

/// One side of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Whose order.
    pub order: OrderId,
    /// Whose money.
    pub account: AccountId,
    /// What it still wants after this, in lots; zero for a market order by quote.
    pub remaining: Qty,
    /// In ledger units of `fee_asset`; negative where it is a rebate.
    pub fee: Amount,
    /// What the fee is taken in.
    pub fee_asset: AssetId,
}

/// What was asked for, where the answer is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// A change of set-up: account, asset, market, fees, filters.
    Configure,
    /// A movement of money.
    Adjust,
    /// A new order, or the new order of a replace.
    Place,
    /// A new list.
    PlaceList,
    /// A cancel, or the cancel of a replace.
    Cancel,
    /// An amendment.
    Amend,
}

/// Why the exchange said no. A normal outcome, so an event, never an `Err`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// No such account.
    UnknownAccount,
    /// No such asset.
    UnknownAsset,
    /// No such market.
    UnknownMarket,
    /// No open order of this account by that number or name.
    UnknownOrder,
    /// No open list of this account by that number.
    UnknownList,
    /// The order does not stand as the cancel demands.
    CancelRestricted,
    /// An open order of the account has this name.
    DuplicateClientId,
    /// This reference has been used.
    DuplicateReference,
    /// Not enough available.
    InsufficientFunds,
    /// The market's state forbids it.
    MarketClosed,
    /// A limit-maker would trade at once.
    WouldTake,
    /// A conditional order would wake at once.
    WouldTrigger,
    /// Price outside the market's range.
    PriceRange,
    /// Price outside the band around the reference.
    PriceBand,
    /// Quantity outside the market's range.
    QtyRange,
    /// Quantity outside the range for market orders.
    MarketQtyRange,
    /// Notional outside the range.
    Notional,
    /// Too many open orders.
    TooManyOrders,
    /// Too many open orders with a trigger.
    TooManyAlgoOrders,
    /// Too many open icebergs.
    TooManyIcebergs,
    /// An iceberg in too many parts, or that shows nothing, or that does not rest.
    IcebergParts,
    /// Too many open lists.
    TooManyLists,
    /// Too many amendments of one order.
    TooManyAmends,
    /// The position would grow too large.
    PositionMax,
    /// The trailing delta is out of range.
    TrailingDelta,
    /// The legs of a list do not belong together, or stand on the wrong side of the price.
    ListLegs,
    /// An amendment that does not lower the quantity, or below what is filled.
    AmendQty,
    /// The time at which the order would expire has passed.
    GoodTillPassed,
    /// A number that the engine cannot represent: the result would overflow.
    Overflow,
    /// A replace whose cancel failed, so that nothing was placed.
    CancelFailed,
    /// A configuration that contradicts itself or what is there.
    BadConfiguration,
}

/// Why an order ended before it was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelReason {
    /// Its owner asked.
    Requested,
    /// It was replaced by another.
    Replaced,
    /// The rest of an IOC or market order found no more to trade with.
    NotFilled,
    /// A fill-or-kill order could not be filled whole.
    FillOrKill,
    /// Self-trade prevention.
    SelfTrade,
    /// The other order of its list traded, triggered or was cancelled.
    ListEnded,
    /// It woke but could not act: no funds, a limit-maker that would take, a closed market.
    TriggerFailed,
    /// Its time ran out.
    TimedOut,
    /// The price band stopped a market order.
    PriceBand,
}

/// What a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListState {
    /// Both orders are open.
    Placed,
    /// One order trades, triggered or ended, the other is cancelled: all is said.
    Done,
}
