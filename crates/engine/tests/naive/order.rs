//! An open order, and what can be read off it.

use engine::{NewOrder, OrderKind, Size, TimeInForce, Trigger, Triggered};
use model::{
    AccountId, ClientOrderId, FeeRate, LOTS_MAX, ListId, MarketId, OrderId, Price, Qty, Time,
};

use super::Level;

/// The largest quantity there is.
pub const LOTS_MOST: i128 = LOTS_MAX as i128 - 1;

/// Where an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Conditional, out of sight.
    Waiting,
    /// Matching right now.
    Taking,
    /// In the book; lower places stand nearer the front.
    Resting { place: u64 },
}

/// An open order.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: OrderId,
    pub new: NewOrder,
    /// While both legs are open.
    pub list: Option<ListId>,
    /// As asked, until it wakes; then what it became.
    pub kind: OrderKind,
    pub phase: Phase,
    /// In lots, as amended; zero for a market order by quote.
    pub qty: i128,
    /// What it still wants, in lots; zero for a market order by quote.
    pub remaining: i128,
    /// What the book shows of it, in lots.
    pub shown: i128,
    /// For a market order by quote: what is left of the amount.
    pub money: i128,
    /// For a market order: what is left of what was available for it when it began.
    pub purse: i128,
    pub has_traded: bool,
    pub maker_rate: FeeRate,
    pub taker_rate: FeeRate,
    /// What a conditional market buy was reckoned to cost when it was placed.
    pub waiting_hold: i128,
    /// For a trailing order that follows: the best price since.
    pub best: Option<i128>,
    /// A trade has reached its trigger.
    pub reached: bool,
    pub amends: u16,
}

/// Two linked orders, both open.
#[derive(Clone, Debug)]
pub struct List {
    pub account: AccountId,
    pub market: MarketId,
    pub client_id: ClientOrderId,
    pub orders: [OrderId; 2],
}

impl Order {
    pub fn in_book(&self) -> bool {
        matches!(self.phase, Phase::Resting { .. })
    }

    pub fn place(&self) -> Option<u64> {
        match self.phase {
            Phase::Resting { place } => Some(place),
            Phase::Waiting | Phase::Taking => None,
        }
    }

    /// Only of an order in the book.
    pub fn level(&self) -> Level {
        (self.new.market, self.new.side, limit(&self.kind).expect("only limit orders rest"))
    }

    /// How much it shows after its shown part is used up.
    pub fn shows_anew(&self) -> i128 {
        display(&self.kind).map_or(self.remaining, |part| part.min(self.remaining))
    }

    pub fn is_iceberg(&self) -> bool {
        is_iceberg(&self.new.kind)
    }

    pub fn by_quote(&self) -> bool {
        matches!(self.kind, OrderKind::Market { size: Size::Quote(_) })
    }

    pub fn good_till(&self) -> Option<Time> {
        match time_in_force(&self.kind) {
            Some(TimeInForce::Gtd(time)) => Some(time),
            Some(TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok) | None => None,
        }
    }
}

pub fn ticks(price: Price) -> i128 {
    i128::from(price.ticks())
}

pub fn lots(qty: Qty) -> i128 {
    i128::from(qty.lots())
}

pub fn price(ticks: i128) -> Price {
    price_if_any(ticks).expect("a price of the book is a price")
}

/// `None` where so many ticks are no price.
pub fn price_if_any(ticks: i128) -> Option<Price> {
    u64::try_from(ticks).ok().and_then(Price::new)
}

pub fn qty(lots: i128) -> Qty {
    u64::try_from(lots).ok().and_then(Qty::new).expect("a quantity of the book is a quantity")
}

/// A sum of quantities, as far as it can be told.
pub fn qty_told(lots: i128) -> Qty {
    qty(lots.min(LOTS_MOST))
}

/// The quantity asked for, in lots; `None` for a market order by quote.
pub fn quantity(kind: &OrderKind) -> Option<i128> {
    match kind {
        OrderKind::Market { size: Size::Quote(_) } => None,
        OrderKind::Market { size: Size::Base(qty) }
        | OrderKind::Limit { qty, .. }
        | OrderKind::LimitMaker { qty, .. }
        | OrderKind::Conditional { then: Triggered::Market { qty }, .. }
        | OrderKind::Conditional { then: Triggered::Limit { qty, .. }, .. } => Some(lots(*qty)),
    }
}

/// The limit price, in ticks.
pub fn limit(kind: &OrderKind) -> Option<i128> {
    match kind {
        OrderKind::Market { .. }
        | OrderKind::Conditional { then: Triggered::Market { .. }, .. } => None,
        OrderKind::Limit { price, .. }
        | OrderKind::LimitMaker { price, .. }
        | OrderKind::Conditional { then: Triggered::Limit { price, .. }, .. } => {
            Some(ticks(*price))
        }
    }
}

pub fn display(kind: &OrderKind) -> Option<i128> {
    match kind {
        OrderKind::Market { .. }
        | OrderKind::Conditional { then: Triggered::Market { .. }, .. } => None,
        OrderKind::Limit { display, .. }
        | OrderKind::LimitMaker { display, .. }
        | OrderKind::Conditional { then: Triggered::Limit { display, .. }, .. } => {
            display.map(lots)
        }
    }
}

pub fn time_in_force(kind: &OrderKind) -> Option<TimeInForce> {
    match kind {
        OrderKind::Market { .. }
        | OrderKind::LimitMaker { .. }
        | OrderKind::Conditional { then: Triggered::Market { .. }, .. } => None,
        OrderKind::Limit { time_in_force, .. }
        | OrderKind::Conditional { then: Triggered::Limit { time_in_force, .. }, .. } => {
            Some(*time_in_force)
        }
    }
}

pub fn trigger(kind: &OrderKind) -> Option<Trigger> {
    match kind {
        OrderKind::Market { .. } | OrderKind::Limit { .. } | OrderKind::LimitMaker { .. } => None,
        OrderKind::Conditional { trigger, .. } => Some(*trigger),
    }
}

/// A display as large as the quantity hides nothing.
pub fn is_iceberg(kind: &OrderKind) -> bool {
    display(kind).is_some() && display(kind) != quantity(kind)
}

/// Whether it is or becomes a market order.
pub fn ends_as_market(kind: &OrderKind) -> bool {
    limit(kind).is_none()
}

/// What a conditional order becomes; any other is what it is.
pub fn woken(kind: &OrderKind) -> OrderKind {
    match *kind {
        OrderKind::Conditional { then: Triggered::Market { qty }, .. } => {
            OrderKind::Market { size: Size::Base(qty) }
        }
        OrderKind::Conditional {
            then: Triggered::Limit { price, qty, time_in_force, display },
            ..
        } => OrderKind::Limit { price, qty, time_in_force, display },
        OrderKind::Market { .. } | OrderKind::Limit { .. } | OrderKind::LimitMaker { .. } => *kind,
    }
}
