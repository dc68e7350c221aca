//! What the passing of time does: orders run out, minutes end.

use model::{MarketId, OrderId, Time};

use crate::event::{CancelReason, Event};
use crate::machine::Engine;
use crate::tape::{minute_end, minute_of};

impl Engine {
    /// Does what the passing of time does, and sets the alarm to when it next does something.
    #[cold]
    #[inline(never)]
    pub(crate) fn ring(&mut self, before: Time, events: &mut Vec<Event>) {
        let now = self.last_time;
        if self.expiries.first().is_some_and(|(due, _)| *due <= now) {
            self.expire(events);
        }
        if minute_of(before) != minute_of(now) {
            self.end_minute(events);
        }
        let due = self.expiries.first().map(|(due, _)| *due);
        self.alarm = due.into_iter().fold(minute_end(now), Time::min);
    }

    /// Notes that an order ends by itself.
    pub(crate) fn end_at(&mut self, time: Time, order: OrderId) {
        self.expiries.insert((time, order));
        self.alarm = self.alarm.min(time);
    }

    /// Ends the orders that are due, by number over all markets.
    fn expire(&mut self, events: &mut Vec<Event>) {
        let later = self.expiries.split_off(&(Time(self.last_time.0 + 1), OrderId(0)));
        let due = std::mem::replace(&mut self.expiries, later);
        let mut due: Vec<OrderId> = due.into_iter().map(|(_, id)| id).collect();
        due.sort_unstable();
        for id in due {
            // One may have ended with the other order of its list.
            let Some(slot) = self.ids.find(id, &self.orders) else { continue };
            self.cancel_step(slot, CancelReason::TimedOut, false, events);
        }
    }

    /// Goes on to the minute of the running command, and tells the averages that changed.
    fn end_minute(&mut self, events: &mut Vec<Event>) {
        let (minute, at) = (minute_of(self.last_time), self.last_time);
        for (market, listing) in (0..=u16::MAX).map(MarketId).zip(&mut self.listings) {
            listing.roll(minute);
            if let Some(price) = listing.tape.news() {
                events.push(Event::Averaged { market, price, at });
            }
        }
    }
}
