//! What the numbers in the columns mean: each kind and state of ours and its number, for good.

use engine::{CancelReason, ListState, SelfTradePrevention, TriggerKind};
use model::{Interval, Side};

use crate::record::OrderStatus;

/// A kind or state of ours that a column holds as a number.
pub(crate) trait Code: Copy + PartialEq + 'static {
    /// Every one with its number. A released number is never used for anything else.
    const CODES: &'static [(Self, i32)];

    /// Its number.
    fn code(self) -> i32 {
        let found = Self::CODES.iter().find(|(kind, _)| *kind == self);
        found.expect("every kind has a number, as a test says").1
    }

    /// The one with that number.
    fn of(code: i32) -> Option<Self> {
        Self::CODES.iter().find(|(_, number)| *number == code).map(|(kind, _)| *kind)
    }
}

impl Code for Side {
    const CODES: &'static [(Self, i32)] = &[(Self::Buy, 0), (Self::Sell, 1)];
}

impl Code for SelfTradePrevention {
    const CODES: &'static [(Self, i32)] = &[
        (Self::None, 0),
        (Self::ExpireTaker, 1),
        (Self::ExpireMaker, 2),
        (Self::ExpireBoth, 3),
        (Self::Decrement, 4),
    ];
}

impl Code for TriggerKind {
    const CODES: &'static [(Self, i32)] = &[(Self::StopLoss, 0), (Self::TakeProfit, 1)];
}

impl Code for ListState {
    const CODES: &'static [(Self, i32)] = &[(Self::Placed, 0), (Self::Done, 1)];
}

impl Code for OrderStatus {
    const CODES: &'static [(Self, i32)] = &[
        (Self::New, 0),
        (Self::PartiallyFilled, 1),
        (Self::Filled, 2),
        (Self::Canceled, 3),
        (Self::Expired, 4),
        (Self::ExpiredInMatch, 5),
    ];
}

impl Code for CancelReason {
    const CODES: &'static [(Self, i32)] = &[
        (Self::Requested, 0),
        (Self::Replaced, 1),
        (Self::NotFilled, 2),
        (Self::FillOrKill, 3),
        (Self::SelfTrade, 4),
        (Self::ListEnded, 5),
        (Self::TriggerFailed, 6),
        (Self::TimedOut, 7),
        (Self::PriceBand, 8),
    ];
}

impl Code for Interval {
    const CODES: &'static [(Self, i32)] = &[
        (Self::Second1, 0),
        (Self::Minute1, 1),
        (Self::Minute3, 2),
        (Self::Minute5, 3),
        (Self::Minute15, 4),
        (Self::Minute30, 5),
        (Self::Hour1, 6),
        (Self::Hour2, 7),
        (Self::Hour4, 8),
        (Self::Hour6, 9),
        (Self::Hour8, 10),
        (Self::Hour12, 11),
        (Self::Day1, 12),
        (Self::Day3, 13),
        (Self::Week1, 14),
        (Self::Month1, 15),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interval_and_every_status_has_its_own_number() {
        for interval in Interval::ALL {
            assert_eq!(Interval::of(interval.code()), Some(interval));
        }
        assert_eq!(Interval::of(16), None);
        for (status, number) in OrderStatus::CODES {
            assert_eq!(OrderStatus::of(*number), Some(*status));
        }
    }
}
