//! What one whole of an asset is worth.

use model::Decimal;

use super::random::WHOLE;

/// What one whole of an asset is worth in dollars: exact, in steps of 10^−12, and never nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Worth(u64);

/// Steps of a dollar.
const STEPS: u64 = 1_000_000_000_000;
/// Nothing is worth more: ten million dollars.
const STEPS_MAX: u64 = 10_000_000 * STEPS;

impl Worth {
    /// One dollar.
    pub const DOLLAR: Self = Self(STEPS);

    /// So many millionths of a dollar, at least one and at most 10^13.
    #[must_use]
    pub const fn millionths(count: u64) -> Self {
        Self::steps(count.saturating_mul(STEPS / 1_000_000))
    }

    /// So many steps, or the nearest that there is.
    const fn steps(steps: u64) -> Self {
        match steps {
            0 => Self(1),
            1..=STEPS_MAX => Self(steps),
            _ => Self(STEPS_MAX),
        }
    }

    /// 10^−12 dollars.
    #[must_use]
    pub const fn picodollars(self) -> u64 {
        self.0
    }

    /// A part of it more, or less: [`WHOLE`] is all of it.
    #[must_use]
    pub fn moved(self, part: i64) -> Self {
        let more = i128::from(self.0) * i128::from(part) / i128::from(WHOLE);
        let moved = (i128::from(self.0) + more).max(1);
        Self::steps(u64::try_from(moved).unwrap_or(u64::MAX))
    }

    /// How far it is from here to there, as a part of what it is here, but at most ten times it.
    #[must_use]
    pub fn to(self, there: Self) -> i64 {
        let far = (i128::from(there.0) - i128::from(self.0)) * i128::from(WHOLE);
        let part = far / i128::from(self.0);
        i64::try_from(part.min(10 * i128::from(WHOLE))).unwrap_or(0)
    }

    /// What so many of it are worth, in cents.
    #[must_use]
    pub fn cents(self, count: Decimal) -> u64 {
        let scaled = u128::from(self.0) * 100;
        let units = count.units_at(12).and_then(|units| u128::try_from(units).ok()).unwrap_or(0);
        let cents = scaled.saturating_mul(units) / u128::from(STEPS) / u128::from(STEPS);
        u64::try_from(cents).unwrap_or(u64::MAX)
    }

    /// What costs `price` of a quote that is worth this.
    #[must_use]
    pub fn times(self, price: Quotation) -> Self {
        let steps = u128::from(self.0) * u128::from(price.0) / u128::from(STEPS);
        Self::steps(u64::try_from(steps).unwrap_or(u64::MAX))
    }
}

/// A price that was told: so much quote for one whole base, exact in steps of 10^−12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quotation(u64);

impl Quotation {
    /// The price that `text` is: a positive decimal of at most twelve digits after its point,
    /// zeros apart, and at most ten million.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number: Decimal = text.parse().ok()?;
        Self::of(number)
    }

    /// The price that `number` is; as [`Self::parse`].
    #[must_use]
    pub fn of(number: Decimal) -> Option<Self> {
        let steps = u64::try_from(number.trimmed().units_at(12)?).ok()?;
        (1..=STEPS_MAX).contains(&steps).then_some(Self(steps))
    }

    /// The middle of two.
    #[must_use]
    pub const fn middle(self, other: Self) -> Self {
        Self(self.0.midpoint(other.0))
    }

    /// Whether one is more than so many times the other.
    #[must_use]
    pub const fn is_beyond(self, times: u64, other: Self) -> bool {
        self.0 > other.0.saturating_mul(times) || other.0 > self.0.saturating_mul(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worth_moves_by_parts_and_is_never_nothing() {
        let coin = Worth::millionths(60_000_000_000);
        assert_eq!(coin.moved(WHOLE / 4), Worth::millionths(75_000_000_000));
        assert_eq!(coin.moved(-WHOLE / 2), Worth::millionths(30_000_000_000));
        assert_eq!(coin.moved(-2 * WHOLE).picodollars(), 1);
        assert_eq!(coin.moved(i64::MAX).picodollars(), STEPS_MAX);
        assert_eq!(coin.to(Worth::millionths(90_000_000_000)), WHOLE / 2);
        assert_eq!(coin.to(Worth::millionths(0)), 1 - WHOLE);
        assert_eq!(Worth::millionths(0).to(coin), 10 * WHOLE);
        assert_eq!(coin.cents("0.00000002".parse().unwrap()), 0);
        assert_eq!(coin.cents("0.5".parse().unwrap()), 3_000_000);
    }

    #[test]
    fn a_quotation_is_a_plausible_price_or_nothing() {
        let tether = Worth::millionths(999_000);
        let price = Quotation::parse("61837.63000000").unwrap();
        assert_eq!(tether.times(price), Worth::millionths(61_775_792_370));
        let higher = Quotation::parse("61837.65").unwrap();
        assert_eq!(Some(price.middle(higher)), Quotation::parse("61837.64"));
        assert!(!price.is_beyond(2, higher));
        assert!(Quotation::parse("130000").unwrap().is_beyond(2, price));
        assert!(price.is_beyond(2, Quotation::parse("30000").unwrap()));
        for none in ["0", "-1", "NaN", "inf", "", "1e5", "0.0000000000001", "10000001", "1,5"] {
            assert_eq!(Quotation::parse(none), None, "{none}");
        }
        assert_eq!(Quotation::parse("1.000000000000000"), Some(Quotation(STEPS)));
    }
}
