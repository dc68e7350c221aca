//! The trades of a market as its filters see them: the last price and the average of minutes.

use model::{Price, TICKS_MAX, Time};

/// Minutes that are remembered; a market averages over so many at most.
pub(crate) const MINUTES_MAX: u8 = 60;
const MINUTE_MICROS: u64 = 60_000_000;

/// Traded lots, and ticks × lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traded {
    pub(crate) lots: u128,
    pub(crate) value: u128,
}

#[derive(Clone, Debug)]
pub(crate) struct Tape {
    /// Over how many minutes the reference goes; 0 for the last price.
    span: u8,
    minute: u64,
    /// By minute modulo its length.
    minutes: [Traded; MINUTES_MAX as usize],
    sum: Traded,
    last: Option<Price>,
    told: Option<Price>,
    reference: Option<Price>,
}

pub(crate) const fn minute_of(time: Time) -> u64 {
    time.0 / MINUTE_MICROS
}

/// When the minute after begins.
pub(crate) const fn minute_end(time: Time) -> Time {
    Time((minute_of(time) + 1).saturating_mul(MINUTE_MICROS))
}

impl Tape {
    pub(crate) fn new(span: u8, minute: u64) -> Self {
        Self {
            span,
            minute,
            minutes: [Traded::default(); MINUTES_MAX as usize],
            sum: Traded::default(),
            last: None,
            told: None,
            reference: None,
        }
    }

    pub(crate) const fn last(&self) -> Option<Price> {
        self.last
    }

    /// Takes in a trade; the reference stays until [`Self::refresh`].
    pub(crate) fn trade(&mut self, price: Price, lots: u64) {
        let value = u128::from(price.ticks()) * u128::from(lots);
        for traded in [&mut self.minutes[place(self.minute)], &mut self.sum] {
            traded.lots += u128::from(lots);
            traded.value += value;
        }
        self.last = Some(price);
    }

    /// The average over the span, or the last price.
    pub(crate) const fn reference(&self) -> Option<Price> {
        self.reference
    }

    pub(crate) fn refresh(&mut self) {
        self.reference = self.average().or(self.last);
    }

    /// Goes on to a minute; those that leave the span leave the sum.
    pub(crate) fn roll(&mut self, minute: u64) {
        let passed = (minute - self.minute).min(u64::from(MINUTES_MAX));
        for step in 1..=passed {
            self.minutes[place(self.minute + step)] = Traded::default();
        }
        self.minute = minute;
        self.sum_up();
    }

    pub(crate) fn set_span(&mut self, span: u8) {
        self.span = span;
        self.sum_up();
    }

    /// The reference, if it is another than the one told last.
    pub(crate) fn news(&mut self) -> Option<Price> {
        if self.reference == self.told {
            return None;
        }
        self.told = self.reference;
        self.reference
    }

    fn average(&self) -> Option<Price> {
        if self.span == 0 || self.sum.lots == 0 {
            return None;
        }
        Price::new(quotient(self.sum.value, self.sum.lots))
    }

    fn sum_up(&mut self) {
        self.sum = Traded::default();
        for back in 0..u64::from(self.span).min(self.minute + 1) {
            let traded = self.minutes[place(self.minute - back)];
            self.sum.lots += traded.lots;
            self.sum.value += traded.value;
        }
        self.refresh();
    }

    /// Traded minutes, oldest first, with what else a snapshot keeps.
    pub(crate) fn parts(
        &self,
    ) -> (Option<Price>, Option<Price>, impl Iterator<Item = (u64, Traded)>) {
        let first = self.minute.saturating_sub(u64::from(MINUTES_MAX) - 1);
        let minutes = (first..=self.minute).map(|minute| (minute, self.minutes[place(minute)]));
        (self.last, self.told, minutes.filter(|(_, traded)| *traded != Traded::default()))
    }

    /// The tape that a snapshot tells, if it is one.
    pub(crate) fn restore(
        span: u8,
        minute: u64,
        (last, told): (Option<Price>, Option<Price>),
        minutes: &[(u64, Traded)],
    ) -> Option<Self> {
        let mut tape = Self { last, told, ..Self::new(span, minute) };
        for (minute, traded) in minutes {
            // An average is a price: anything else was not written by a tape.
            if traded.lots == 0 || u128::from(TICKS_MAX) <= traded.value / traded.lots {
                return None;
            }
            tape.minutes[place(*minute)] = *traded;
        }
        tape.sum_up();
        Some(tape)
    }
}

fn place(minute: u64) -> usize {
    usize::try_from(minute % u64::from(MINUTES_MAX)).expect("below 60")
}

/// Dividing 64 bits is several times cheaper than dividing 128.
fn quotient(value: u128, lots: u128) -> u64 {
    match (u64::try_from(value), u64::try_from(lots)) {
        (Ok(value), Ok(lots)) => value / lots,
        _ => u64::try_from(value / lots).expect("an average is not above the highest price"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(ticks: u64) -> Price {
        Price::new(ticks).unwrap()
    }

    #[test]
    fn the_reference_is_the_average_of_the_span_then_the_last_price() {
        let mut tape = Tape::new(2, 100);
        assert_eq!(tape.reference(), None);
        tape.trade(price(100), 1);
        tape.trade(price(200), 3);
        tape.refresh();
        assert_eq!(tape.reference(), Some(price(175)));
        tape.roll(101);
        tape.trade(price(50), 4);
        tape.refresh();
        assert_eq!(tape.reference(), Some(price(112)), "(700 + 200) / 8, rounded down");
        tape.roll(102);
        assert_eq!(tape.reference(), Some(price(50)));
        tape.roll(102 + 500);
        assert_eq!(tape.reference(), Some(price(50)), "the last price, for want of trades");
        tape.set_span(0);
        tape.trade(price(70), 1);
        tape.refresh();
        assert_eq!(tape.reference(), Some(price(70)));
    }

    #[test]
    fn a_reference_is_news_once() {
        let mut tape = Tape::new(1, 5);
        assert_eq!(tape.news(), None);
        tape.trade(price(9), 1);
        tape.refresh();
        assert_eq!((tape.news(), tape.news()), (Some(price(9)), None));
    }
}
