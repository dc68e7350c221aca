//! What the passing of time does, and the reference price.

use engine::{CancelReason, Event};
use model::{MarketId, OrderId, Time};

use super::Exchange;
use super::order;

pub const MINUTE_MICROS: u64 = 60_000_000;

impl Exchange {
    pub fn pass_time(&mut self, now: Time) {
        let new_minute = self.time.0 / MINUTE_MICROS < now.0 / MINUTE_MICROS;
        self.time = now;
        let due: Vec<OrderId> = self
            .orders
            .values()
            .filter(|order| order.good_till().is_some_and(|till| till <= now))
            .map(|order| order.id)
            .collect();
        for id in due {
            if self.is_open(id) {
                self.in_step(|exchange| exchange.end(id, CancelReason::TimedOut));
            }
        }
        if new_minute {
            self.tell_averages();
        }
    }

    fn tell_averages(&mut self) {
        for index in 0..self.markets.len() {
            let market = MarketId(u16::try_from(index).expect("a market has a number"));
            let reference = self.reference(market).map(order::price);
            if let Some(price) = reference
                && self.market(market).told != reference
            {
                self.market_mut(market).told = reference;
                self.say(Event::Averaged { market, price, at: self.time });
            }
        }
    }

    /// In ticks; `None` in a market that never traded.
    pub fn reference(&self, id: MarketId) -> Option<i128> {
        let market = self.market(id);
        let minutes = u64::from(market.spec.filters.averages.minutes);
        let this_minute = self.time.0 / MINUTE_MICROS;
        let recent = market.trades.iter().filter(|(minute, ..)| this_minute < minute + minutes);
        let (mut weighted, mut lots) = (0, 0);
        for (_, price, qty) in recent {
            weighted += price * qty;
            lots += qty;
        }
        if lots == 0 { market.last_price } else { Some(weighted / lots) }
    }
}
