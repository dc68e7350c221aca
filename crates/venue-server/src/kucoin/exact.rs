//! Sums, differences and quotients of exact decimals.

use model::Decimal;
use venue::kucoin::DecimalText;

/// As the venue prints numbers: without zeros behind.
pub const fn told(number: Decimal) -> DecimalText {
    DecimalText(number.trimmed())
}

/// `a − b`; nothing where that is too large for a number, which no balance and no price is.
pub fn minus(a: Decimal, b: Decimal) -> Decimal {
    let scale = a.scale().max(b.scale());
    let units = a.units_at(scale).zip(b.units_at(scale));
    let units = units.and_then(|(a, b)| a.checked_sub(b));
    units.and_then(|units| Decimal::new(units, scale)).unwrap_or_default()
}

/// `a + b`, as [`minus`].
pub fn plus(a: Decimal, b: Decimal) -> Decimal {
    minus(a, minus(Decimal::ZERO, b))
}

/// `a ÷ b` with so many digits after the point, truncated; `None` where `b` is nothing.
pub fn divided(a: Decimal, b: Decimal, digits: u8) -> Option<Decimal> {
    let scale = a.scale().max(b.scale());
    let (a, b) = (a.trimmed().units_at(scale)?, b.trimmed().units_at(scale)?);
    let shifted = a.checked_mul(10_i128.checked_pow(digits.into())?)?;
    Decimal::new(shifted.checked_div(b)?, digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_exact_and_quotients_are_truncated() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        for (a, b, difference, sum, quotient) in [
            ("1", "0.1", "0.9", "1.1", Some("10.0000")),
            ("0.1", "3", "-2.9", "3.1", Some("0.0333")),
            ("-1", "3", "-4", "2", Some("-0.3333")),
            ("5.00", "0", "5.00", "5.00", None),
        ] {
            let (a, b) = (number(a), number(b));
            assert_eq!(minus(a, b), number(difference));
            assert_eq!(plus(a, b), number(sum));
            assert_eq!(divided(a, b, 4), quotient.map(number), "{a} {b}");
        }
        assert_eq!(told(number("1.500")).0.to_string(), "1.5");
    }
}
