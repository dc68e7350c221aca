//! What an order wants, whatever its kind: the kinds laid on one form.

use model::{Amount, Price, Qty, Time};

use crate::command::{OrderKind, Size, TimeInForce, Trigger, Triggered};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// `None` for a market order.
    pub(crate) limit: Option<Price>,
    /// Zero for an order by quote.
    pub(crate) lots: u64,
    /// For a market order by quote: how much.
    pub(crate) quote: Option<Amount>,
    /// `Ioc` for a market order.
    pub(crate) time_in_force: TimeInForce,
    pub(crate) display: Option<Qty>,
    /// Rests or is refused.
    pub(crate) maker_only: bool,
    pub(crate) trigger: Option<Trigger>,
}

impl Terms {
    pub(crate) fn new(kind: &OrderKind) -> Self {
        let plain = Self {
            limit: None,
            lots: 0,
            quote: None,
            time_in_force: TimeInForce::Ioc,
            display: None,
            maker_only: false,
            trigger: None,
        };
        match *kind {
            OrderKind::Market { size: Size::Base(qty) } => Self { lots: qty.lots(), ..plain },
            OrderKind::Market { size: Size::Quote(amount) } => {
                Self { quote: Some(amount), ..plain }
            }
            OrderKind::Limit { price, qty, time_in_force, display } => {
                let (limit, lots) = (Some(price), qty.lots());
                Self { limit, lots, time_in_force, display, ..plain }
            }
            OrderKind::LimitMaker { price, qty, display } => {
                let (limit, lots) = (Some(price), qty.lots());
                let time_in_force = TimeInForce::Gtc;
                Self { limit, lots, time_in_force, display, maker_only: true, ..plain }
            }
            OrderKind::Conditional { trigger, then } => {
                Self { trigger: Some(trigger), ..Self::after(&then) }
            }
        }
    }

    /// What a conditional order wants once it has woken.
    pub(crate) fn after(then: &Triggered) -> Self {
        match *then {
            Triggered::Market { qty } => Self::new(&OrderKind::Market { size: Size::Base(qty) }),
            Triggered::Limit { price, qty, time_in_force, display } => {
                Self::new(&OrderKind::Limit { price, qty, time_in_force, display })
            }
        }
    }

    /// Lots shown at a time, if it is an iceberg: showing all of it is none.
    pub(crate) fn iceberg(&self) -> Option<u64> {
        self.display.map(Qty::lots).filter(|display| *display != self.lots)
    }

    /// When it ends by itself.
    pub(crate) fn expires(&self) -> Option<Time> {
        match self.time_in_force {
            TimeInForce::Gtd(time) => Some(time),
            TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok => None,
        }
    }

    /// Whether what does not trade at once may rest.
    pub(crate) fn rests(&self) -> bool {
        match self.time_in_force {
            TimeInForce::Gtc | TimeInForce::Gtd(_) => true,
            TimeInForce::Ioc | TimeInForce::Fok => false,
        }
    }
}
