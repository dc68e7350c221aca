//! Conditional orders that wait: which of them a trade wakes.

use std::collections::BTreeMap;

use model::{OrderId, Price, Side};

use crate::book::{Orders, Waiting};
use crate::command::TriggerKind;

/// The waiting orders of a market.
#[derive(Debug, Default)]
pub(crate) struct Triggers {
    /// Wake when the last price is at least this.
    rising: BTreeMap<(Price, OrderId), u32>,
    /// Wake when the last price is at most this.
    falling: BTreeMap<(Price, OrderId), u32>,
    /// Those whose trigger moves, or will once they follow.
    trailing: BTreeMap<OrderId, u32>,
    /// Prices of the trades that were not looked at yet, repeats left out.
    moves: Vec<Price>,
}

/// A price in hundredths of a percent of which a trailing order wakes.
const WHOLE: u64 = 10_000;

/// Whether an order with this trigger price is reached by a last price.
pub(crate) fn is_reached(kind: TriggerKind, side: Side, trigger: Price, last: Price) -> bool {
    if wakes_rising(kind, side) { trigger <= last } else { last <= trigger }
}

fn wakes_rising(kind: TriggerKind, side: Side) -> bool {
    match (kind, side) {
        (TriggerKind::StopLoss, Side::Buy) | (TriggerKind::TakeProfit, Side::Sell) => true,
        (TriggerKind::StopLoss, Side::Sell) | (TriggerKind::TakeProfit, Side::Buy) => false,
    }
}

impl Waiting {
    /// Where it would wake now. For one that trails: from the best price it has seen.
    pub(crate) fn trigger_at(&self, side: Side) -> Option<Price> {
        let Some(trailing) = self.trigger.trailing else { return self.trigger.price };
        if !self.follows {
            return self.trigger.price;
        }
        let best = self.best?.ticks();
        let delta = u64::from(trailing.delta);
        Price::new(match side {
            Side::Buy => (u128::from(best) * u128::from(WHOLE + delta))
                .div_ceil(u128::from(WHOLE))
                .try_into()
                .ok()?,
            Side::Sell => {
                let part = u128::from(best) * u128::from(WHOLE.saturating_sub(delta));
                (part / u128::from(WHOLE)).try_into().ok()?
            }
        })
    }

    /// Takes in a last price; whether it wakes the order.
    fn see(&mut self, side: Side, last: Price) -> bool {
        if !self.follows {
            let from = self.trigger.price;
            self.follows = from.is_none_or(|from| is_reached(self.trigger.kind, side, from, last));
            if self.follows {
                self.best = Some(last);
            }
            return false;
        }
        let best = self.best.unwrap_or(last);
        self.best = Some(match side {
            Side::Buy => best.min(last),
            Side::Sell => best.max(last),
        });
        match (side, self.trigger_at(side)) {
            (_, None) => false,
            (Side::Buy, Some(at)) => at <= last,
            (Side::Sell, Some(at)) => last <= at,
        }
    }
}

impl Triggers {
    pub(crate) fn is_empty(&self) -> bool {
        self.rising.is_empty() && self.falling.is_empty() && self.trailing.is_empty()
    }

    pub(crate) fn insert(&mut self, id: OrderId, side: Side, waiting: &Waiting, slot: u32) {
        match (waiting.trigger.trailing, waiting.trigger.price) {
            (None, Some(price)) => {
                _ = self.tree(waiting.trigger.kind, side).insert((price, id), slot);
            }
            (Some(_), _) | (None, None) => _ = self.trailing.insert(id, slot),
        }
    }

    /// Takes an order out; one that was woken is out already.
    pub(crate) fn remove(&mut self, id: OrderId, side: Side, waiting: &Waiting) {
        match (waiting.trigger.trailing, waiting.trigger.price) {
            (None, Some(price)) => {
                _ = self.tree(waiting.trigger.kind, side).remove(&(price, id));
            }
            (Some(_), _) | (None, None) => _ = self.trailing.remove(&id),
        }
    }

    /// Remembers the price of a trade until [`Self::reached`] looks at it.
    pub(crate) fn moved(&mut self, price: Price) {
        if !self.is_empty() && self.moves.last() != Some(&price) {
            self.moves.push(price);
        }
    }

    /// Whether there is anything for [`Self::reached`] to look at.
    pub(crate) fn has_moved(&self) -> bool {
        !self.moves.is_empty()
    }

    /// Takes out the orders that the trades since have reached, by number.
    pub(crate) fn reached(&mut self, orders: &mut Orders) -> Vec<(OrderId, u32)> {
        let (Some(&low), Some(&high)) = (self.moves.iter().min(), self.moves.iter().max()) else {
            return Vec::new();
        };
        let mut woken = Vec::new();
        let above = self.rising.split_off(&(high, OrderId(u64::MAX)));
        let rising = std::mem::replace(&mut self.rising, above);
        let falling = self.falling.split_off(&(low, OrderId(0)));
        woken.extend(rising.into_iter().chain(falling).map(|((_, id), slot)| (id, slot)));
        let moves = std::mem::take(&mut self.moves);
        self.trailing.retain(|&id, &mut slot| {
            let side = orders.get(slot).side;
            let waiting = orders.waiting_mut(slot);
            let wakes = moves.iter().any(|last| waiting.see(side, *last));
            if wakes {
                woken.push((id, slot));
            }
            !wakes
        });
        self.moves = moves;
        self.moves.clear();
        woken.sort_unstable();
        woken
    }

    /// All that wait, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (OrderId, u32)> {
        let priced = self.rising.iter().chain(&self.falling).map(|((_, id), slot)| (*id, *slot));
        priced.chain(self.trailing.iter().map(|(id, slot)| (*id, *slot)))
    }

    fn tree(&mut self, kind: TriggerKind, side: Side) -> &mut BTreeMap<(Price, OrderId), u32> {
        if wakes_rising(kind, side) { &mut self.rising } else { &mut self.falling }
    }
}
