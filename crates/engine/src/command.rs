//! What can be asked of the engine. All configuration enters here, so that the journal is enough.

use model::{
    AccountId, Amount, AssetId, ClientOrderId, ListId, MarketId, OrderId, Price, Qty, Seq, Side,
    Time, UserId,
};

use crate::market::{Asset, FeeTier, Filters, MarketSpec, MarketState};

/// A command with its place and time. Times never step back along the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// One more than the command before.
    pub seq: Seq,
    /// When the sequencer took it.
    pub time: Time,
    /// What is asked.
    pub command: Command,
}

/// One thing asked of the exchange. Large and rare ones are boxed, so that the others stay small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Opens the account of a user. The answer carries its number; a known user gets the same one.
    OpenAccount {
        /// Whose it is.
        user: UserId,
    },
    /// Sets the fee tier of an account.
    SetTier {
        /// Whose fees change.
        account: AccountId,
        /// Index into [`MarketSpec::fees`].
        tier: u8,
    },
    /// Lists an asset. The answer carries its number.
    ListAsset(Asset),
    /// Lists a market, in the state halted. The answer carries its number.
    ListMarket(Box<MarketSpec>),
    /// Opens, restricts or halts a market.
    SetMarketState {
        /// The market that changes.
        market: MarketId,
        /// What it admits from now on.
        state: MarketState,
    },
    /// Changes what orders of a market must satisfy; orders that rest stay.
    SetFilters {
        /// The market that changes.
        market: MarketId,
        /// What its new orders must satisfy from now on, all of it.
        filters: Box<Filters>,
    },
    /// Changes the fees of a market; holds of resting orders already cover what they were placed
    /// under, so an open order pays at most the fees of its placing.
    SetFees {
        /// The market that changes.
        market: MarketId,
        /// Its fees from now on: 1 to 10, indexed by tier.
        fees: Vec<FeeTier>,
    },
    /// Moves money into (positive) or out of (negative) an account, against the account of the
    /// outside world: deposits, withdrawals, corrections.
    Adjust {
        /// The account that gains or loses; the outside world has the contrary.
        account: AccountId,
        /// The asset that moves.
        asset: AssetId,
        /// In ledger units of the asset; negative takes from what is available.
        amount: Amount,
        /// Names the reason outside the engine: an audit record, a transfer. A reference is used
        /// once: the same again is answered as a duplicate and moves nothing.
        reference: u128,
    },
    /// Places an order.
    Place(NewOrder),
    /// Places two linked orders: when one trades or triggers, the other is cancelled.
    PlaceList(Box<NewList>),
    /// Cancels an order; if it is part of a list, the whole list.
    Cancel {
        /// Who asks.
        account: AccountId,
        /// Where it rests.
        market: MarketId,
        /// The open order that shall end.
        order: OrderRef,
        /// Only if it stands so.
        only: Option<CancelOnly>,
    },
    /// Cancels a list.
    CancelList {
        /// Who asks.
        account: AccountId,
        /// Where its orders rest.
        market: MarketId,
        /// The open list that shall end.
        list: ListId,
    },
    /// Cancels all orders of an account, in one market or in all, in the order of placing.
    CancelAll {
        /// Who asks.
        account: AccountId,
        /// Where; `None` for everywhere.
        market: Option<MarketId>,
    },
    /// Lowers the quantity of a resting order, which keeps its place in the queue.
    Amend {
        /// Who asks.
        account: AccountId,
        /// Where it rests.
        market: MarketId,
        /// The resting order that shall shrink.
        order: OrderRef,
        /// Its whole new quantity in lots: below the old, above what is filled.
        qty: Qty,
        /// A new name, or `None` to keep the old one.
        client_id: Option<ClientOrderId>,
    },
    /// Cancels one order and places another, in one step.
    Replace(Box<Replace>),
    /// Nothing but the passing of time: moves averages and expires what is due.
    Clock,
}

impl Command {
    /// The list that it places, if it places one.
    #[must_use]
    pub const fn list(&self) -> Option<&NewList> {
        match self {
            Self::PlaceList(list) => Some(list),
            Self::OpenAccount { .. }
            | Self::SetTier { .. }
            | Self::ListAsset(_)
            | Self::ListMarket(_)
            | Self::SetMarketState { .. }
            | Self::SetFilters { .. }
            | Self::SetFees { .. }
            | Self::Adjust { .. }
            | Self::Place(_)
            | Self::Cancel { .. }
            | Self::CancelList { .. }
            | Self::CancelAll { .. }
            | Self::Amend { .. }
            | Self::Replace(_)
            | Self::Clock => None,
        }
    }
}

/// How an order is named by who placed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderRef {
    /// By our number.
    Id(OrderId),
    /// By the client's name.
    Client(ClientOrderId),
}

/// What must be true of an order that is cancelled only then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelOnly {
    /// It still wants its whole quantity.
    New,
    /// A part of its quantity is gone: traded, or lost to self-trade prevention.
    PartiallyFilled,
    /// It still wants exactly so many lots: nothing became of it since that was read.
    Remaining(Qty),
}

/// An order as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// The account that trades: its funds are held, its fee tier counts.
    pub account: AccountId,
    /// The market in whose ticks and lots the order is given.
    pub market: MarketId,
    /// The client's name for it, unique among the account's open orders of the market.
    pub client_id: ClientOrderId,
    /// Buy or sell.
    pub side: Side,
    /// What happens when it meets an order of the same account.
    pub stp: SelfTradePrevention,
    /// At what price, how much, and when.
    pub kind: OrderKind,
}

/// The kinds of orders, each with just what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// Trades at once at the prices of the book; what is left is cancelled.
    Market {
        /// How much, in base or in quote.
        size: Size,
    },
    /// Trades at its price or better.
    Limit {
        /// The worst price at which it trades, in ticks.
        price: Price,
        /// In lots of base.
        qty: Qty,
        /// What happens to what does not trade at once.
        time_in_force: TimeInForce,
        /// For an iceberg: how many lots the book shows at once. Needs [`TimeInForce::Gtc`].
        display: Option<Qty>,
    },
    /// Rests, or is rejected if it would trade at once.
    LimitMaker {
        /// The price at which it rests, in ticks.
        price: Price,
        /// In lots of base.
        qty: Qty,
        /// For an iceberg: how many lots the book shows at once.
        display: Option<Qty>,
    },
    /// Waits out of sight until the last price reaches its trigger.
    Conditional {
        /// What wakes it.
        trigger: Trigger,
        /// What it acts as from then on.
        then: Triggered,
    },
}

/// What any kind has or has not; of a conditional order, as what it becomes.
impl OrderKind {
    /// The worst price, in ticks; `None` for what trades as a market order.
    #[must_use]
    pub const fn limit(&self) -> Option<Price> {
        match *self {
            Self::Limit { price, .. }
            | Self::LimitMaker { price, .. }
            | Self::Conditional { then: Triggered::Limit { price, .. }, .. } => Some(price),
            Self::Market { .. } | Self::Conditional { then: Triggered::Market { .. }, .. } => None,
        }
    }

    /// The quantity, in lots of base; `None` where a market order asks by quote.
    #[must_use]
    pub const fn qty(&self) -> Option<Qty> {
        match *self {
            Self::Market { size: Size::Base(qty) }
            | Self::Limit { qty, .. }
            | Self::LimitMaker { qty, .. }
            | Self::Conditional {
                then: Triggered::Market { qty } | Triggered::Limit { qty, .. },
                ..
            } => Some(qty),
            Self::Market { size: Size::Quote(_) } => None,
        }
    }

    /// The ledger units of quote of a market order that asks by quote.
    #[must_use]
    pub const fn quote(&self) -> Option<Amount> {
        match *self {
            Self::Market { size: Size::Quote(amount) } => Some(amount),
            Self::Market { size: Size::Base(_) }
            | Self::Limit { .. }
            | Self::LimitMaker { .. }
            | Self::Conditional { .. } => None,
        }
    }

    /// Of an iceberg: how many lots the book shows at once.
    #[must_use]
    pub const fn display(&self) -> Option<Qty> {
        match *self {
            Self::Limit { display, .. }
            | Self::LimitMaker { display, .. }
            | Self::Conditional { then: Triggered::Limit { display, .. }, .. } => display,
            Self::Market { .. } | Self::Conditional { then: Triggered::Market { .. }, .. } => None,
        }
    }

    /// How long the limit stands: of a limit-maker, until cancelled. `None` without a limit.
    #[must_use]
    pub const fn time_in_force(&self) -> Option<TimeInForce> {
        match *self {
            Self::Limit { time_in_force, .. }
            | Self::Conditional { then: Triggered::Limit { time_in_force, .. }, .. } => {
                Some(time_in_force)
            }
            Self::LimitMaker { .. } => Some(TimeInForce::Gtc),
            Self::Market { .. } | Self::Conditional { then: Triggered::Market { .. }, .. } => None,
        }
    }

    /// What wakes a conditional order.
    #[must_use]
    pub const fn trigger(&self) -> Option<Trigger> {
        match *self {
            Self::Conditional { trigger, .. } => Some(trigger),
            Self::Market { .. } | Self::Limit { .. } | Self::LimitMaker { .. } => None,
        }
    }

    /// The price of the trigger, in ticks: of a trailing order that at which it begins to follow.
    #[must_use]
    pub fn stop_price(&self) -> Option<Price> {
        self.trigger()?.price
    }

    /// How far a trailing order follows, in basis points.
    #[must_use]
    pub fn trailing_delta(&self) -> Option<u32> {
        Some(self.trigger()?.trailing?.delta)
    }
}

/// How much a market order asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// In lots of base.
    Base(Qty),
    /// In ledger units of quote: what a buy spends or a sell brings at most, in whole lots.
    Quote(Amount),
}

/// What becomes of a limit order's quantity that does not trade at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInForce {
    /// It rests until cancelled.
    Gtc,
    /// It is cancelled.
    Ioc,
    /// All or nothing.
    Fok,
    /// It rests until the journal's time reaches this.
    Gtd(Time),
}

/// When a conditional order wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// In which direction the last price must go.
    pub kind: TriggerKind,
    /// The price at which it wakes; for a trailing order, the price at which it begins to follow,
    /// `None` for at once.
    pub price: Option<Price>,
    /// For a trailing order: how far behind the best price it follows.
    pub trailing: Option<Trailing>,
}

/// Which way the last price must go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerKind {
    /// Against the holder: a buy wakes at or above its price, a sell at or below.
    StopLoss,
    /// With the holder: a buy wakes at or below its price, a sell at or above.
    TakeProfit,
}

/// How a trailing order follows: it wakes when the last price has turned by `delta` from the best
/// price since it began to follow (lowest for a buy, highest for a sell).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailing {
    /// In basis points (hundredths of a percent) of the best price.
    pub delta: u32,
}

/// What a conditional order becomes when it wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triggered {
    /// A market order.
    Market {
        /// In lots of base.
        qty: Qty,
    },
    /// A limit order.
    Limit {
        /// The worst price at which it trades, in ticks.
        price: Price,
        /// In lots of base.
        qty: Qty,
        /// What happens to what does not trade at once.
        time_in_force: TimeInForce,
        /// For an iceberg: how many lots the book shows at once.
        display: Option<Qty>,
    },
}

/// What happens when an order would trade with one of the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTradePrevention {
    /// It trades.
    None,
    /// The rest of the incoming order is cancelled.
    ExpireTaker,
    /// The resting order is cancelled.
    ExpireMaker,
    /// Both are cancelled.
    ExpireBoth,
    /// Both lose the smaller quantity; what reaches zero is cancelled.
    Decrement,
}

/// Two linked orders of one account, market, side and quantity: one cancels the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewList {
    /// The account of both orders.
    pub account: AccountId,
    /// The market of both orders.
    pub market: MarketId,
    /// The client's name for the list.
    pub client_id: ClientOrderId,
    /// Buy or sell, for both.
    pub side: Side,
    /// What happens when either meets an order of the same account.
    pub stp: SelfTradePrevention,
    /// The leg that waits above the last price, then the one below. One of them is conditional on
    /// [`TriggerKind::StopLoss`]; the other a limit-maker or conditional on `TakeProfit`.
    pub legs: [ListLeg; 2],
}

/// One order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLeg {
    /// The client's name for it.
    pub client_id: ClientOrderId,
    /// What is asked.
    pub kind: OrderKind,
}

/// Cancel one order, place another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    /// What to cancel, in the market of `order` and of its account.
    pub cancel: OrderRef,
    /// Only if it stands so; the cancel fails otherwise.
    pub only: Option<CancelOnly>,
    /// What to place.
    pub order: NewOrder,
    /// What to do when the cancel fails.
    pub mode: ReplaceMode,
}

/// What a replace does when the cancel or the place fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceMode {
    /// Nothing is placed where the cancel fails.
    StopOnFailure,
    /// The new order is placed though the cancel fails.
    AllowFailure,
    /// Nothing is placed where the cancel fails, and nothing cancelled where the place would fail:
    /// what is refused leaves the old order as it was. Both must be of one side, and the old one
    /// of no list.
    AllOrNothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_tells_what_it_has_and_nothing_else() {
        let (price, qty) = (Price::new(7).expect("a price"), Qty::new(5).expect("a quantity"));
        let (stop, display) = (Price::new(9), Qty::new(2));
        let (time_in_force, trailing) = (TimeInForce::Ioc, Some(Trailing { delta: 10 }));
        let trigger = Trigger { kind: TriggerKind::StopLoss, price: stop, trailing };
        let limit = OrderKind::Limit { price, qty, time_in_force, display };
        let maker = OrderKind::LimitMaker { price, qty, display };
        let (now, then) = (Size::Base(qty), Triggered::Market { qty });
        let waiting = OrderKind::Conditional { trigger, then };
        let then = Triggered::Limit { price, qty, time_in_force, display };
        let waiting_limit = OrderKind::Conditional { trigger, then };
        let (by_base, by_quote) =
            (OrderKind::Market { size: now }, OrderKind::Market { size: Size::Quote(3) });
        let (price, qty, force) = (Some(price), Some(qty), Some(time_in_force));
        for (kind, limit, size, time_in_force, wakes) in [
            (by_base, None, (qty, None, None), None, (None, None)),
            (by_quote, None, (None, Some(3), None), None, (None, None)),
            (limit, price, (qty, None, display), force, (None, None)),
            (maker, price, (qty, None, display), Some(TimeInForce::Gtc), (None, None)),
            (waiting, None, (qty, None, None), None, (stop, Some(10))),
            (waiting_limit, price, (qty, None, display), force, (stop, Some(10))),
        ] {
            assert_eq!((kind.limit(), kind.time_in_force()), (limit, time_in_force), "{kind:?}");
            assert_eq!((kind.qty(), kind.quote(), kind.display()), size, "{kind:?}");
            assert_eq!((kind.stop_price(), kind.trailing_delta()), wakes, "{kind:?}");
        }
    }
}
