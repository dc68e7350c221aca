//! What readers are told about orders, trades and balances.

use engine::{ListState, NewOrder, SelfTradePrevention};
use model::{
    AccountId, Amount, AssetId, ClientOrderId, Label, ListId, MarketId, OrderId, PreventionId,
    Price, Qty, Seq, Side, Time, TradeId,
};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Open, nothing traded. A conditional order that waits is new, too.
    New,
    /// Open, a part has traded.
    PartiallyFilled,
    /// All of it has traded.
    Filled,
    /// Ended because its owner asked.
    Canceled,
    /// Ended by its own terms: time, IOC, FOK, a failed trigger, the price band, its list.
    Expired,
    /// Ended by self-trade prevention.
    ExpiredInMatch,
}

impl OrderStatus {
    /// Whether the order can still trade.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::New | Self::PartiallyFilled => true,
            Self::Filled | Self::Canceled | Self::Expired | Self::ExpiredInMatch => false,
        }
    }
}

/// An order and all that became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// Its number.
    pub id: OrderId,
    /// The list it belongs to.
    pub list: Option<ListId>,
    /// What was asked: account, market, side, kind; the name as it was first.
    pub new: NewOrder,
    /// Its name now; another than `new.client_id` after an amendment that renamed it.
    pub client_id: ClientOrderId,
    /// How its owner labelled it.
    pub label: Label,
    /// Where it stands.
    pub status: OrderStatus,
    /// Its whole quantity now, amendments included; zero for a market order by quote.
    pub qty: Qty,
    /// How many lots of it have traded; of a market order by quote at most what a [`Qty`] holds.
    pub filled: Qty,
    /// How much quote that was, in its ledger units.
    pub quote_filled: Amount,
    /// What its fills come to; `None` before it traded, and of one that a history from before this
    /// was kept tells of.
    pub fills: Option<FillSum>,
    /// How many lots of it were lost to self-trade prevention.
    pub prevented: Qty,
    /// The last match that self-trade prevention stopped.
    pub prevention: Option<PreventionId>,
    /// Where the trigger of a conditional order stood when it was accepted.
    pub trigger_at: Option<Price>,
    /// For a conditional order, when it woke.
    pub triggered: Option<Time>,
    /// When it was accepted.
    pub created: Time,
    /// When it last changed.
    pub updated: Time,
    /// Since when it can trade; `None` for a conditional order that waits.
    pub working: Option<Time>,
    /// The command that last changed it.
    pub seq: Seq,
    /// How it ended, where it was not filled.
    pub ended_by: Option<engine::CancelReason>,
    /// What it was before its owner had it placed anew. Only memory keeps it.
    pub before: Option<Box<Before>>,
}

impl OrderRecord {
    /// The first number that it had: under this one its owner knows it.
    #[must_use]
    pub fn first(&self) -> OrderId {
        self.before.as_ref().map_or(self.id, |before| before.first)
    }

    /// What it is to one that takes its place for the same owner's one order.
    #[must_use]
    pub fn as_before(&self) -> Before {
        let before = self.before.as_deref();
        let lots = |qty: Qty, earlier: Option<Qty>| match earlier {
            None => qty,
            Some(earlier) => qty.saturating_add(earlier),
        };
        let fills = before.and_then(|before| before.fills);
        Before {
            first: self.first(),
            created: before.map_or(self.created, |before| before.created),
            filled: lots(self.filled, before.map(|before| before.filled)),
            quote_filled: self.quote_filled + before.map_or(0, |before| before.quote_filled),
            prevented: lots(self.prevented, before.map(|before| before.prevented)),
            fills: fills.map_or(self.fills, |fills| Some(fills.and(self.fills))),
        }
    }

    /// Whether it stands in the book or can trade at once, and does not wait for a trigger.
    #[must_use]
    pub const fn is_working(&self) -> bool {
        self.working.is_some()
    }
}

/// What an order came to under the numbers that it had before the present one.
///
/// An order goes on under another number where one is cancelled and placed in one command, and the
/// label of the new one, [`Label::strategy_type`], is the first number of the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// The first of these numbers.
    pub first: OrderId,
    /// When it was accepted under that.
    pub created: Time,
    /// How many lots of it traded.
    pub filled: Qty,
    /// How much quote that was, in its ledger units.
    pub quote_filled: Amount,
    /// How many lots of it were lost to self-trade prevention.
    pub prevented: Qty,
    /// What the fills come to.
    pub fills: Option<FillSum>,
}

/// What the fills of one order come to, however many of them memory has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillSum {
    /// How many there are.
    pub count: u64,
    /// What they cost, in ledger units of the order's one fee asset; negative for a rebate.
    pub fee: Amount,
    /// When the last of them was.
    pub last: Time,
}

impl FillSum {
    /// With one fill more.
    #[must_use]
    pub const fn with(before: Option<Self>, fee: Amount, at: Time) -> Self {
        match before {
            None => Self { count: 1, fee, last: at },
            Some(sum) => Self { count: sum.count + 1, fee: sum.fee + fee, last: at },
        }
    }

    /// With those of `later`.
    #[must_use]
    pub const fn and(self, later: Option<Self>) -> Self {
        match later {
            None => self,
            Some(it) => {
                Self { count: self.count + it.count, fee: self.fee + it.fee, last: it.last }
            }
        }
    }
}

/// One side of a trade, as its owner is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillRecord {
    /// Its place among all fills of its account, over all markets, from 1.
    pub number: u64,
    /// The command that caused it.
    pub seq: Seq,
    /// Its number in the market.
    pub trade: TradeId,
    /// Where.
    pub market: MarketId,
    /// Whose.
    pub account: AccountId,
    /// Of which order.
    pub order: OrderId,
    /// The first number of that order, where it had others before. Only memory keeps it.
    pub first: Option<OrderId>,
    /// The list of that order.
    pub list: Option<ListId>,
    /// Whether the owner bought.
    pub side: Side,
    /// Whether the owner's order rested.
    pub maker: bool,
    /// At which price, in ticks.
    pub price: Price,
    /// How much base, in lots.
    pub qty: Qty,
    /// How much quote, in its ledger units.
    pub quote: Amount,
    /// The fee; negative where it is a rebate.
    pub fee: Amount,
    /// What the fee is taken in.
    pub fee_asset: AssetId,
    /// When.
    pub time: Time,
}

/// The public print of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeRecord {
    /// Its number in the market.
    pub id: TradeId,
    /// Where.
    pub market: MarketId,
    /// At which price, in ticks.
    pub price: Price,
    /// How much base, in lots.
    pub qty: Qty,
    /// How much quote, in its ledger units.
    pub quote: Amount,
    /// Which side crossed; the buyer is the maker where this is [`Side::Sell`].
    pub taker_side: Side,
    /// When.
    pub time: Time,
    /// The command that caused it.
    pub seq: Seq,
}

/// Consecutive matches of one taker at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregateTrade {
    /// Its number in the market, from 1.
    pub id: u64,
    /// Where.
    pub market: MarketId,
    /// At which price, in ticks.
    pub price: Price,
    /// How much base, in lots. The sum of many quantities, so wider than one.
    pub lots: u128,
    /// How much quote, in its ledger units.
    pub quote: Amount,
    /// The first match.
    pub first: TradeId,
    /// The last match.
    pub last: TradeId,
    /// Which side crossed.
    pub taker_side: Side,
    /// When the first match was.
    pub time: Time,
}

/// One price of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Which.
    pub price: Price,
    /// How much is shown there; zero in a difference where the level is gone.
    pub qty: Qty,
}

/// The visible book, best prices first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Grows by one with each command that changes the book.
    pub update_id: u64,
    /// When it last changed.
    pub time: Time,
    /// Highest first.
    pub bids: Vec<Level>,
    /// Lowest first.
    pub asks: Vec<Level>,
}

/// The best of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookTicker {
    /// As in [`Depth::update_id`].
    pub update_id: u64,
    /// The highest bid.
    pub bid: Option<Level>,
    /// The lowest ask.
    pub ask: Option<Level>,
}

/// The average price that filters refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AveragePrice {
    /// Over so many minutes; 0 for the last price.
    pub minutes: u8,
    /// The average.
    pub price: Price,
    /// As of when.
    pub at: Time,
}

/// What an account has of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Of what.
    pub asset: AssetId,
    /// Free to use.
    pub available: Amount,
    /// Reserved for open orders.
    pub held: Amount,
    /// When it last changed.
    pub updated: Time,
}

/// A list of linked orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListRecord {
    /// Its number.
    pub id: ListId,
    /// Whose.
    pub account: AccountId,
    /// Where.
    pub market: MarketId,
    /// The client's name for it.
    pub client_id: ClientOrderId,
    /// Its orders: the leg that waits above the last price, then the one below.
    pub orders: [OrderId; 2],
    /// Their names when they were placed.
    pub order_client_ids: [ClientOrderId; 2],
    /// What it is.
    pub state: ListState,
    /// When it was placed.
    pub created: Time,
    /// When it last changed.
    pub updated: Time,
    /// The command that last changed it.
    pub seq: Seq,
}

/// A match that self-trade prevention stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreventionRecord {
    /// Its number in the market.
    pub id: PreventionId,
    /// Where.
    pub market: MarketId,
    /// Whose, both.
    pub account: AccountId,
    /// Who would have crossed.
    pub taker: OrderId,
    /// Which side would have crossed.
    pub taker_side: Side,
    /// Who rested.
    pub maker: OrderId,
    /// At which price, in ticks.
    pub price: Price,
    /// How many lots the taker lost by it.
    pub taker_qty: Qty,
    /// How many lots the maker lost by it.
    pub maker_qty: Qty,
    /// By which mode.
    pub mode: SelfTradePrevention,
    /// When.
    pub time: Time,
    /// The command that caused it.
    pub seq: Seq,
}

/// An order that asks for less since then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmendmentRecord {
    /// The command that amended it: its number, too.
    pub seq: Seq,
    /// Whose.
    pub account: AccountId,
    /// Where.
    pub market: MarketId,
    /// Which.
    pub order: OrderId,
    /// Its name before, and from then on.
    pub client_ids: [ClientOrderId; 2],
    /// Its whole quantity before, and from then on.
    pub qtys: [Qty; 2],
    /// When.
    pub time: Time,
}

/// Money that came from or went to the outside world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdjustmentRecord {
    /// The command that moved it: its number, too.
    pub seq: Seq,
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// How much, in ledger units of the asset; negative where it went.
    pub amount: Amount,
    /// The reason's name outside the engine.
    pub reference: u128,
    /// When.
    pub time: Time,
}
