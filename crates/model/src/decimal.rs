//! Exact decimals for the border: text in, integers out, nothing rounded in between.
//!
//! Units   `units` × 10^−`scale`; 12.50 is 1250 at scale 2 and prints as `12.50`.
//! Keeps   a number is never rounded: what does not fit is an error.

use std::cmp::Ordering;

/// An exact decimal number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decimal {
    units: i128,
    scale: u8,
}

/// Why a text or a conversion gives no exact decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// Not of the form `[-]digits[.digits]`.
    Form,
    /// More digits than 128 bits or [`Decimal::SCALE_MAX`] hold.
    Range,
}

impl std::fmt::Display for DecimalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Form => "not a decimal number",
            Self::Range => "more digits than can be kept exactly",
        })
    }
}

impl std::error::Error for DecimalError {}

impl Decimal {
    /// The most digits after the point.
    pub const SCALE_MAX: u8 = 36;
    /// Nothing.
    pub const ZERO: Self = Self { units: 0, scale: 0 };

    /// `units` × 10^−`scale`. `None` if `scale` exceeds [`Self::SCALE_MAX`].
    #[must_use]
    pub const fn new(units: i128, scale: u8) -> Option<Self> {
        if Self::SCALE_MAX < scale { None } else { Some(Self { units, scale }) }
    }

    /// The number in units of 10^−`scale`; `None` where that would round or overflow.
    #[must_use]
    pub fn units_at(self, scale: u8) -> Option<i128> {
        if self.scale <= scale {
            power_of_ten(scale - self.scale)?.checked_mul(self.units)
        } else {
            let divisor = power_of_ten(self.scale - scale)?;
            (self.units % divisor == 0).then(|| self.units / divisor)
        }
    }

    /// How many times `step` fits: `None` unless exactly, or where `step` is not positive.
    #[must_use]
    pub fn steps_of(self, step: Self) -> Option<i128> {
        let scale = self.scale.max(step.scale);
        let (value, step) = (self.units_at(scale)?, step.units_at(scale)?);
        (0 < step && value % step == 0).then(|| value / step)
    }

    /// The exact product; `None` on overflow.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let product =
            Self { units: self.units.checked_mul(other.units)?, scale: self.scale + other.scale };
        if product.scale <= Self::SCALE_MAX { Some(product) } else { product.trimmed_to_fit() }
    }

    /// The exact sum, with the digits of the finer; `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (units, other, scale) = self.aligned(other)?;
        Self::new(units.checked_add(other)?, scale)
    }

    /// The exact difference, with the digits of the finer; `None` on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let (units, other, scale) = self.aligned(other)?;
        Self::new(units.checked_sub(other)?, scale)
    }

    /// The quotient with so many digits after the point, truncated; `None` where `other` is zero,
    /// or on overflow.
    #[must_use]
    pub fn checked_div(self, other: Self, digits: u8) -> Option<Self> {
        let (units, other, _) = self.trimmed().aligned(other.trimmed())?;
        let one = power_of_ten(digits)?;
        let whole = units.checked_div(other)?.checked_mul(one)?;
        let part = units.checked_rem(other)?.checked_mul(one)? / other;
        Self::new(whole.checked_add(part)?, digits)
    }

    /// The same number with at least so many digits after the point, and more only where those are
    /// not zero; as it is where it cannot be kept so.
    #[must_use]
    pub fn with_digits_at_least(self, digits: u8) -> Self {
        let trimmed = self.trimmed();
        let scale = trimmed.scale.max(digits);
        trimmed.units_at(scale).and_then(|units| Self::new(units, scale)).unwrap_or(self)
    }

    /// The number with so many digits after the point, truncated; as it is where fewer are there
    /// and it cannot be kept so.
    #[must_use]
    pub fn truncated(self, digits: u8) -> Self {
        let surplus = self.scale.checked_sub(digits).and_then(power_of_ten);
        match surplus {
            Some(divisor) => Self { units: self.units / divisor, scale: digits },
            None => self.with_digits_at_least(digits),
        }
    }

    /// Both in units of the finer, and its digits.
    fn aligned(self, other: Self) -> Option<(i128, i128, u8)> {
        let scale = self.scale.max(other.scale);
        Some((self.units_at(scale)?, other.units_at(scale)?, scale))
    }

    /// The same number without trailing zeros after the point.
    #[must_use]
    pub const fn trimmed(self) -> Self {
        let Self { mut units, mut scale } = self;
        while 0 < scale && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        Self { units, scale }
    }

    /// Digits after the point.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.units < 0
    }

    /// Exactly zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.units == 0
    }

    fn trimmed_to_fit(self) -> Option<Self> {
        let trimmed = self.trimmed();
        (trimmed.scale <= Self::SCALE_MAX).then_some(trimmed)
    }
}

fn power_of_ten(exponent: u8) -> Option<i128> {
    10_i128.checked_pow(u32::from(exponent))
}

impl std::str::FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let no_fraction = fraction.is_empty() && digits.contains('.');
        if whole.is_empty() || no_fraction {
            return Err(DecimalError::Form);
        }
        let mut units = 0_i128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if !digit.is_ascii_digit() {
                return Err(DecimalError::Form);
            }
            units = units
                .checked_mul(10)
                .and_then(|units| units.checked_add(i128::from(digit - b'0')))
                .ok_or(DecimalError::Range)?;
        }
        let scale = u8::try_from(fraction.len()).map_err(|_| DecimalError::Range)?;
        Self::new(if negative { -units } else { units }, scale).ok_or(DecimalError::Range)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.units.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if self.units < 0 { "-" } else { "" };
        let point = if scale == 0 { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    /// By value: 1.0 equals 1.00. Whole parts first, so that nothing overflows.
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.units.cmp(&other.units);
        }
        let split = |number: &Self| {
            let one = power_of_ten(number.scale).expect("SCALE_MAX digits fit in i128");
            (number.units.div_euclid(one), number.units.rem_euclid(one))
        };
        let ((whole, part), (other_whole, other_part)) = (split(self), split(other));
        let pad = |part: i128, scale: u8| {
            part * power_of_ten(Self::SCALE_MAX - scale).expect("SCALE_MAX digits fit in i128")
        };
        whole
            .cmp(&other_whole)
            .then_with(|| pad(part, self.scale).cmp(&pad(other_part, other.scale)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn text_survives_reading_and_writing() {
        for text in ["0", "1", "-1", "0.1", "12.50", "0.000000000000000001", "-0.05"] {
            assert_eq!(number(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", "-", ".", "1.", ".5", "+1", "1e5", "1,0", " 1", "1 ", "0x1", "NaN", "--1"]
        {
            assert_eq!(text.parse::<Decimal>().unwrap_err(), DecimalError::Form, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_refused() {
        let long = "1".repeat(40);
        let deep = format!("0.{}1", "0".repeat(36));
        for text in [long.as_str(), deep.as_str()] {
            assert_eq!(text.parse::<Decimal>().unwrap_err(), DecimalError::Range, "{text:?}");
        }
    }

    #[test]
    fn units_are_exact_or_absent() {
        assert_eq!(number("1.50").units_at(1), Some(15));
        assert_eq!(number("1.55").units_at(1), None);
        assert_eq!(number("1.5").units_at(8), Some(150_000_000));
        assert_eq!(number("0.30").steps_of(number("0.1")), Some(3));
        assert_eq!(number("0.35").steps_of(number("0.1")), None);
        assert_eq!(number("1").steps_of(Decimal::ZERO), None);
    }

    #[test]
    fn sums_are_exact_and_quotients_are_truncated() {
        let text = |number: Option<Decimal>| number.map(|it| it.to_string());
        for (one, other, sum, difference, quotient) in [
            ("1", "0.10", "1.10", "0.90", Some("10.0000")),
            ("0.1", "3", "3.1", "-2.9", Some("0.0333")),
            ("-1", "3", "2", "-4", Some("-0.3333")),
            ("5.00", "0", "5.00", "5.00", None),
        ] {
            let (one, other) = (number(one), number(other));
            assert_eq!(text(one.checked_add(other)).as_deref(), Some(sum));
            assert_eq!(text(one.checked_sub(other)).as_deref(), Some(difference));
            assert_eq!(text(one.checked_div(other, 4)).as_deref(), quotient);
        }
        let (large, small) = (Decimal::new(i128::MAX, 0).unwrap(), number("0.1"));
        assert_eq!((large.checked_add(large), large.checked_sub(small)), (None, None));
        assert_eq!((large.checked_div(small, 0), large.checked_div(number("3"), 4)), (None, None));
        assert_eq!(text(large.checked_div(large, 4)).as_deref(), Some("1.0000"));
    }

    #[test]
    fn digits_are_added_and_cut_off() {
        for (told, at_least, cut) in [
            ("105944.2", "105944.200", "105944.200"),
            ("0.1230000", "0.123", "0.123"),
            ("0.00019", "0.00019", "0.000"),
            ("-1.9999", "-1.9999", "-1.999"),
        ] {
            assert_eq!(number(told).with_digits_at_least(3).to_string(), at_least);
            assert_eq!(number(told).truncated(3).to_string(), cut);
        }
        let large = Decimal::new(i128::MAX, 0).unwrap();
        assert_eq!(large.with_digits_at_least(1).to_string(), i128::MAX.to_string());
    }

    #[test]
    fn order_is_by_value() {
        assert_eq!(number("1.0"), number("1.00"));
        assert!(number("-1.5") < number("-1.4"));
        assert!(number("-0.1") < number("0"));
        assert!(number("99999999999999999999999999999999999999") > number("0.1"));
    }
}
