//! Candles of one market in all intervals, and tickers over windows of them.
//!
//! Keeps   only intervals in which something traded are stored; the empty ones between are told
//!         when asked for. Minutes reach back a week, so that every rolling window is exact to the
//!         minute.

use std::collections::VecDeque;
use std::ops::Range;

use model::{Interval, Time, UtcOffset};

use crate::bounds::Bounds;
use crate::candle::Candle;
use crate::page::Page;
use crate::record::TradeRecord;

/// Candles of one interval, where something traded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ring {
    pub(crate) candles: VecDeque<Candle>,
    /// Whether older ones were forgotten.
    pub(crate) forgot: bool,
}

/// Candles of one market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) rings: [Ring; Interval::ALL.len()],
}

/// A page of candles, and whether memory reached back far enough to tell all of it.
pub(crate) struct CandlePage {
    pub(crate) candles: Vec<Candle>,
    pub(crate) is_complete: bool,
}

impl Series {
    pub(crate) fn add(&mut self, trade: &TradeRecord, bounds: &Bounds) {
        for interval in Interval::ALL {
            let ring = &mut self.rings[interval as usize];
            match ring.candles.back_mut() {
                Some(last) if trade.time <= last.close_time => last.add(trade),
                Some(_) | None => {
                    let open = interval.open(trade.time, UtcOffset::UTC);
                    let close = Time(interval.next_open(trade.time, UtcOffset::UTC).0 - 1);
                    ring.candles.push_back(Candle::of_trade(open, close, trade));
                }
            }
            let max = if interval == Interval::Minute1 { bounds.minutes } else { bounds.candles };
            if max < ring.candles.len() {
                ring.candles.pop_front();
                ring.forgot = true;
            }
        }
    }

    /// The candles that began within `page.start` and `page.end`, gaps filled, up to `now`.
    pub(crate) fn page(
        &self,
        interval: Interval,
        offset: UtcOffset,
        page: &Page,
        now: Time,
    ) -> CandlePage {
        let ring = &self.rings[source(interval, offset) as usize];
        let oldest = ring.candles.front();
        let is_complete_from = match (ring.forgot, oldest) {
            (false, _) | (true, None) => Time(0),
            // The oldest coarse candle may lack its forgotten begin.
            (true, Some(oldest)) => interval.next_open(oldest.open_time, offset),
        };
        let frame = Frame { interval, offset };
        let slots = frame.slots(page, now, oldest.map(|oldest| oldest.open_time));
        let is_complete = match slots {
            Slots::None => !ring.forgot,
            Slots::From { wanted, .. } => is_complete_from <= wanted || !ring.forgot,
        };
        let parts: Vec<Candle> =
            ring.candles.range(ring.parts(frame, slots, page)).copied().collect();
        CandlePage { candles: frame.fill(&parts, slots, page.limit()), is_complete }
    }

    /// All stored candles of an interval.
    pub(crate) fn stored(&self, interval: Interval) -> Vec<Candle> {
        self.rings[interval as usize].candles.iter().copied().collect()
    }

    /// The stored minutes that began within these times.
    pub(crate) fn minutes(&self, from: Time, to: Time) -> impl Iterator<Item = &Candle> {
        let minutes = &self.rings[Interval::Minute1 as usize].candles;
        let begin = minutes.partition_point(|candle| candle.open_time < from);
        minutes.range(begin..).take_while(move |candle| candle.open_time <= to)
    }

    /// The last minute before `from` in which something traded.
    pub(crate) fn minute_before(&self, from: Time) -> Option<&Candle> {
        let minutes = &self.rings[Interval::Minute1 as usize].candles;
        let begin = minutes.partition_point(|candle| candle.open_time < from);
        minutes.get(begin.checked_sub(1)?)
    }
}

impl Ring {
    /// The stored candles that make up a page, and the one before for its closing price: readers
    /// hold up whoever folds, so that they look at no more.
    fn parts(&self, frame: Frame, slots: Slots, page: &Page) -> Range<usize> {
        let Slots::From { first, last, .. } = slots else { return 0..0 };
        let end = frame.end(first, last, page);
        let begins_before = |time| self.candles.partition_point(|candle| candle.open_time < time);
        begins_before(first).saturating_sub(1)..begins_before(end)
    }
}

/// The interval whose stored candles make up those of `interval` in a zone: itself, where the zone
/// shifts it by whole candles, otherwise the longest that divides the shift.
pub(crate) fn source(interval: Interval, offset: UtcOffset) -> Interval {
    let shift = u64::from(offset.minutes().unsigned_abs()) * 60_000_000;
    let divides = |length: Option<u64>| length.is_some_and(|length| shift.is_multiple_of(length));
    if shift == 0 || (divides(interval.micros()) && interval < Interval::Day3) {
        return interval;
    }
    [Interval::Hour1, Interval::Minute30, Interval::Minute15, Interval::Minute5]
        .into_iter()
        .find(|source| *source < interval && divides(source.micros()))
        .unwrap_or(Interval::Minute1)
}

/// Which candles: their interval and zone.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) interval: Interval,
    pub(crate) offset: UtcOffset,
}

/// A run of candles by their begin.
#[derive(Clone, Copy)]
pub(crate) enum Slots {
    None,
    From {
        /// Where the page would begin if the market had always traded.
        wanted: Time,
        /// Where it begins.
        first: Time,
        /// Where its last candle begins.
        last: Time,
    },
}

impl Frame {
    fn open(self, time: Time) -> Time {
        self.interval.open(time, self.offset)
    }

    fn next(self, time: Time) -> Time {
        self.interval.next_open(time, self.offset)
    }

    /// The slots of a page; `oldest` is the begin of the oldest candle that is known.
    pub(crate) fn slots(self, page: &Page, now: Time, oldest: Option<Time>) -> Slots {
        let Some(oldest) = oldest else { return Slots::None };
        let last = self.open(page.end.map_or(now, |end| end.min(now)));
        let wanted = match page.start {
            Some(start) if self.open(start) == start => start,
            Some(start) => self.next(start),
            None => (1..page.limit()).fold(last, |open, _| match open.0.checked_sub(1) {
                Some(before) => self.open(Time(before)),
                None => open,
            }),
        };
        let first = wanted.max(self.open(oldest));
        if last < first { Slots::None } else { Slots::From { wanted, first, last } }
    }

    /// The end of the last candle of a page that begins at `first`.
    pub(crate) fn end(self, first: Time, last: Time, page: &Page) -> Time {
        let mut end = self.next(first);
        for _ in 1..page.limit() {
            if last < end {
                break;
            }
            end = self.next(end);
        }
        end
    }

    /// The candles of a run of slots, at most `limit`, out of finer or equal stored ones.
    pub(crate) fn fill(self, stored: &[Candle], slots: Slots, limit: usize) -> Vec<Candle> {
        let Slots::From { mut first, last, .. } = slots else { return Vec::new() };
        let mut at = stored.partition_point(|candle| candle.open_time < first);
        let mut price = at.checked_sub(1).map(|before| stored[before].close);
        let mut filled = Vec::new();
        while first <= last && filled.len() < limit {
            let next = self.next(first);
            let close = Time(next.0 - 1);
            let mut candle = price.map(|price| Candle::empty(first, close, price));
            while let Some(part) = stored.get(at).filter(|part| part.open_time < next) {
                match &mut candle {
                    Some(candle) if 0 < candle.trades => candle.join(part),
                    Some(_) | None => {
                        candle = Some(Candle { open_time: first, close_time: close, ..*part });
                    }
                }
                price = Some(part.close);
                at += 1;
            }
            filled.extend(candle);
            first = next;
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_US: u64 = 60_000_000;

    /// A week of minutes in which something traded.
    fn week() -> Ring {
        let price = model::Price::new(100).expect("a price");
        let minute = |at: u64| {
            let open = Time(at * MINUTE_US);
            Candle::empty(open, Time(open.0 + MINUTE_US - 1), price)
        };
        Ring { candles: (1_000..11_080).map(minute).collect(), forgot: true }
    }

    #[test]
    fn a_page_looks_at_its_own_candles_and_the_one_before() {
        let (ring, now) = (week(), Time(11_079 * MINUTE_US + 5));
        let whole_hours = |limit| {
            let frame = Frame { interval: Interval::Hour1, offset: UtcOffset::UTC };
            (frame, Page::latest(limit))
        };
        let minutes = |limit| {
            let frame = Frame { interval: Interval::Minute1, offset: UtcOffset::UTC };
            (frame, Page::latest(limit))
        };
        for ((frame, page), most) in
            [(minutes(1), 2), (minutes(500), 501), (whole_hours(1), 61), (whole_hours(3), 181)]
        {
            let slots = frame.slots(&page, now, Some(ring.candles[0].open_time));
            let parts = ring.parts(frame, slots, &page);
            assert!(!parts.is_empty() && parts.len() <= most, "{parts:?}, {most} at most");
        }
    }
}
