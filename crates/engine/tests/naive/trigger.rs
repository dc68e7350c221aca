//! Conditional orders: what each trade does to them, and what happens when they wake.

use std::collections::VecDeque;

use engine::{CancelReason, Event, NewOrder, OrderKind, Size, Trigger, TriggerKind};
use model::{MarketId, OrderId, Price, Side};

use super::order::{self, Order, Phase};
use super::{Exchange, Market};

/// Whether `last` is where a trigger at `at` wakes.
fn is_reached(side: Side, kind: TriggerKind, at: i128, last: i128) -> bool {
    match (side, kind) {
        (Side::Buy, TriggerKind::StopLoss) | (Side::Sell, TriggerKind::TakeProfit) => at <= last,
        (Side::Sell, TriggerKind::StopLoss) | (Side::Buy, TriggerKind::TakeProfit) => last <= at,
    }
}

/// Where a trailing order turns, in ticks.
fn turn(side: Side, best: i128, delta: u32) -> i128 {
    let delta = i128::from(delta);
    match side {
        Side::Buy => (best * (10_000 + delta) + 9_999) / 10_000,
        Side::Sell => (best * (10_000 - delta)).div_euclid(10_000),
    }
}

/// The best price to follow from, if a trailing order begins to follow at `last`.
fn begins_at(side: Side, trigger: &Trigger, last: i128) -> Option<i128> {
    trigger.trailing?;
    let begins =
        trigger.price.is_none_or(|at| is_reached(side, trigger.kind, order::ticks(at), last));
    begins.then_some(last)
}

fn has_turned(side: Side, best: i128, delta: u32, last: i128) -> bool {
    match side {
        Side::Buy => turn(side, best, delta) <= last,
        Side::Sell => last <= turn(side, best, delta),
    }
}

impl Market {
    /// The best price from which a new trailing order follows already.
    pub fn follows_from(&self, new: &NewOrder) -> Option<i128> {
        begins_at(new.side, &order::trigger(&new.kind)?, self.last_price?)
    }
}

impl Exchange {
    pub fn would_trigger(&self, new: &NewOrder) -> bool {
        let market = self.market(new.market);
        let (Some(trigger), Some(last)) = (order::trigger(&new.kind), market.last_price) else {
            return false;
        };
        match trigger.trailing {
            Some(trailing) => market
                .follows_from(new)
                .is_some_and(|best| has_turned(new.side, best, trailing.delta, last)),
            None => trigger
                .price
                .is_some_and(|at| is_reached(new.side, trigger.kind, order::ticks(at), last)),
        }
    }

    /// Where the trigger of a new order stands.
    pub fn trigger_at(&self, order: &Order) -> Option<Price> {
        let trigger = order::trigger(&order.new.kind)?;
        match (order.best, trigger.trailing) {
            (Some(best), Some(trailing)) => {
                order::price_if_any(turn(order.new.side, best, trailing.delta))
            }
            (None, _) | (_, None) => trigger.price,
        }
    }

    /// A trade happened: every waiting order of the market looks at its price.
    pub fn observe(&mut self, market: MarketId, last: i128) {
        let waiting = self.orders.values_mut().filter(|order| {
            order.phase == Phase::Waiting && order.new.market == market && !order.reached
        });
        for order in waiting {
            let trigger = order::trigger(&order.kind).expect("only conditional orders wait");
            let side = order.new.side;
            let Some(trailing) = trigger.trailing else {
                let at = order::ticks(trigger.price.expect("checked when it was placed"));
                order.reached = is_reached(side, trigger.kind, at, last);
                continue;
            };
            order.best = match order.best {
                None => begins_at(side, &trigger, last),
                Some(best) => Some(match side {
                    Side::Buy => best.min(last),
                    Side::Sell => best.max(last),
                }),
            };
            order.reached =
                order.best.is_some_and(|best| has_turned(side, best, trailing.delta, last));
        }
    }

    /// Wakes what trades have reached, and what their trades reach, until nothing wakes.
    pub fn wake_all(&mut self) {
        let mut queue: VecDeque<OrderId> = VecDeque::new();
        loop {
            let reached = self.orders.values().filter(|order| order.reached);
            let fresh: Vec<_> =
                reached.map(|order| order.id).filter(|id| !queue.contains(id)).collect();
            queue.extend(fresh);
            let Some(id) = queue.pop_front() else { return };
            if self.is_open(id) {
                self.in_step(|exchange| exchange.wake(id));
            }
        }
    }

    fn wake(&mut self, id: OrderId) {
        let order = self.orders.get_mut(&id).expect("it is open");
        order.reached = false;
        order.phase = Phase::Taking;
        order.kind = order::woken(&order.kind);
        let new = NewOrder { kind: order.kind, ..order.new };
        self.say(Event::Triggered { order: id, account: new.account, market: new.market });
        self.end_list_of(id);
        if self.can_act(&new) {
            self.act(id);
        } else {
            self.end(id, CancelReason::TriggerFailed);
        }
    }

    fn can_act(&self, new: &NewOrder) -> bool {
        let market = self.market(new.market);
        let pays = match (&new.kind, new.side) {
            (OrderKind::Market { size: Size::Base(_) }, Side::Buy) => {
                self.one_lot(new) <= self.balance(new.account, market.spec.quote).available
            }
            (_, Side::Buy | Side::Sell) => true,
        };
        pays && self.in_band(new)
    }
}
