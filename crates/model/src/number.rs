//! Numbers of the engine. The arithmetic that is legal is the arithmetic that exists.

use std::num::NonZeroU64;

/// Prices are below this, so that price × quantity × unit fits `u128` with room for fees.
pub const TICKS_MAX: u64 = 1 << 48;
/// Quantities are below this, for the same reason.
pub const LOTS_MAX: u64 = 1 << 48;

/// Price of one lot, in ticks of its market. At least 1, below [`TICKS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(NonZeroU64);

impl Price {
    /// `None` unless `0 < ticks < TICKS_MAX`.
    #[must_use]
    pub const fn new(ticks: u64) -> Option<Self> {
        match NonZeroU64::new(ticks) {
            Some(ticks) if ticks.get() < TICKS_MAX => Some(Self(ticks)),
            _ => None,
        }
    }

    /// The number of ticks.
    #[must_use]
    pub const fn ticks(self) -> u64 {
        self.0.get()
    }
}

/// Base quantity, in lots of its market. Zero is legal: an empty remainder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Qty(u64);

impl Qty {
    /// Nothing left, nothing asked.
    pub const ZERO: Self = Self(0);

    /// `None` unless `lots < LOTS_MAX`.
    #[must_use]
    pub const fn new(lots: u64) -> Option<Self> {
        if LOTS_MAX <= lots { None } else { Some(Self(lots)) }
    }

    /// The number of lots.
    #[must_use]
    pub const fn lots(self) -> u64 {
        self.0
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// What remains after `part` is taken.
    ///
    /// # Panics
    /// If `part` is more than there is: a bug of the caller.
    #[must_use]
    #[track_caller]
    pub const fn minus(self, part: Self) -> Self {
        match self.0.checked_sub(part.0) {
            Some(rest) => Self(rest),
            None => panic!("more taken than there is"),
        }
    }

    /// Both together, or the most there is: a market order by quote may trade more lots than a
    /// quantity holds.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        match Self::new(self.0 + other.0) {
            Some(both) => both,
            None => Self(LOTS_MAX - 1),
        }
    }
}

/// So much of one asset, in its ledger unit. Negative where money leaves.
pub type Amount = i128;

/// A fee in millionths of what changes hands; negative is a rebate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeeRate(i32);

impl FeeRate {
    /// One whole: 100 %.
    pub const WHOLE: i32 = 1_000_000;

    /// `None` unless the rate lies between −10 % and +10 %.
    #[must_use]
    pub const fn from_millionths(rate: i32) -> Option<Self> {
        if rate < -Self::WHOLE / 10 || Self::WHOLE / 10 < rate { None } else { Some(Self(rate)) }
    }

    /// The rate in millionths.
    #[must_use]
    pub const fn millionths(self) -> i32 {
        self.0
    }

    /// This rate where the other side of a match is charged `other`: a rebate is at most what the
    /// other side pays.
    #[must_use]
    pub fn paid_for(self, other: Self) -> Self {
        Self(self.0.max(-other.0.max(0)))
    }

    /// The fee on `amount` where it is paid on top or deducted in quote, truncated toward zero.
    /// This and [`Self::of_received`] are the one place where the exchange rounds money.
    ///
    /// Truncating keeps two promises: the fees of many fills never exceed the fee of their sum, so
    /// a hold for the whole covers the parts; and a rebate never exceeds what was agreed, nor what
    /// the other side pays of the same amount at the same rate.
    #[must_use]
    pub fn of(self, amount: Amount) -> Amount {
        // Dividing 64 bits by a constant is a multiplication; dividing 128 bits is a loop.
        match u64::try_from(amount) {
            Ok(units) if units < Self::UNITS_END => Amount::from(self.of_units(units)),
            Ok(_) | Err(_) => amount * Amount::from(self.0) / Amount::from(Self::WHOLE),
        }
    }

    /// The fee on `amount` where it is taken out of what is received, rounded up: who trades in
    /// many small parts pays no less than who trades at once. Never more than `amount`.
    #[must_use]
    pub fn of_received(self, amount: Amount) -> Amount {
        let fee = self.of(amount);
        let is_less = fee * Amount::from(Self::WHOLE) < amount * Amount::from(self.0);
        fee + Amount::from(is_less)
    }

    /// Units that [`Self::of_units`] takes are below this.
    pub const UNITS_END: u64 = 1 << 63;

    /// As [`Self::of`], for few units.
    #[inline]
    #[must_use]
    pub const fn of_units(self, units: u64) -> i64 {
        let (fee, _) = self.divided(units);
        if self.0 < 0 { -fee } else { fee }
    }

    /// As [`Self::of_received`], for few units.
    #[inline]
    #[must_use]
    pub const fn of_received_units(self, units: u64) -> i64 {
        let (fee, rest) = self.divided(units);
        if self.0 < 0 { -fee } else { fee + (rest != 0) as i64 }
    }

    /// The fee without its sign, and the millionths of a unit that are left over.
    #[inline]
    const fn divided(self, units: u64) -> (i64, u64) {
        const WHOLE: u64 = FeeRate::WHOLE.unsigned_abs() as u64;
        let rate = self.0.unsigned_abs() as u64;
        // Apart, so that no product exceeds 64 bits.
        let (wholes, rest) = (units / WHOLE, units % WHOLE);
        ((wholes * rate + rest * rate / WHOLE).cast_signed(), rest * rate % WHOLE)
    }
}

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Takes base, gives quote.
    Buy,
    /// Gives base, takes quote.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_the_same_in_64_bits_as_in_128() {
        let whole = u64::from(FeeRate::WHOLE.unsigned_abs());
        let edges = [0, whole, 1 << 31, 1 << 43, 1 << 62, FeeRate::UNITS_END - 2];
        for millionths in [-100_000, -99_999, -7, -1, 0, 1, 3, 99_999, 100_000] {
            let rate = FeeRate::from_millionths(millionths).unwrap();
            for units in edges.into_iter().flat_map(|edge| [edge, edge + 1, edge / 10 * 9]) {
                let fee = Amount::from(units) * Amount::from(millionths) / Amount::from(whole);
                assert_eq!(Amount::from(rate.of_units(units)), fee, "{millionths} of {units}");
                assert_eq!(rate.of(Amount::from(units)), fee, "{millionths} of {units}");
                let up = Amount::from(rate.of_received_units(units));
                assert_eq!(rate.of_received(Amount::from(units)), up, "{millionths} of {units}");
            }
            for amount in [1 << 63, (1 << 64) + 5, 1 << 105, -5_000_000] {
                let fee = amount * Amount::from(millionths) / Amount::from(whole);
                assert_eq!(rate.of(amount), fee, "{millionths} of {amount}");
            }
        }
    }

    #[test]
    fn a_fee_out_of_what_is_received_is_rounded_up_and_never_more_than_that() {
        for (millionths, amount, fee) in [
            (1_000, 1_000, 1),
            (1_000, 1_001, 2),
            (800, 1_000, 1),
            (500, 1, 1),
            (100_000, 1, 1),
            (0, 999, 0),
            (1, 0, 0),
            (1_000, (1 << 64) * 1_000 + 1, (1 << 64) + 1),
            (-800, 1_000, 0),
            (-800, 2_000, -1),
        ] {
            let rate = FeeRate::from_millionths(millionths).unwrap();
            assert_eq!(rate.of_received(amount), fee, "{millionths} of {amount}");
            if let Ok(units) = u64::try_from(amount) {
                assert_eq!(Amount::from(rate.of_received_units(units)), fee);
            }
        }
    }
}
