//! Decimals as this venue prints them.

use model::{Decimal, Time};
use venue::DecimalText;
use venue::kraken::DecimalNumber;

/// Digits after the point of a price in answers over REST, at least.
const PRICE_DIGITS: u8 = 5;
/// Digits after the point of a quantity in books over REST, at least.
const QTY_DIGITS: u8 = 3;

/// A price over REST.
pub fn price(number: Decimal) -> DecimalText {
    DecimalText(number.with_digits_at_least(PRICE_DIGITS))
}

/// A quantity of a book over REST.
pub fn book_qty(number: Decimal) -> DecimalText {
    DecimalText(number.with_digits_at_least(QTY_DIGITS))
}

/// `numerator` ÷ `denominator`, truncated; nothing where there is no such number, as before the
/// first trade.
pub fn ratio(numerator: Decimal, denominator: Decimal, digits: u8) -> Decimal {
    let ratio = numerator.checked_div(denominator, digits).unwrap_or_default();
    ratio.with_digits_at_least(digits)
}

/// A moment in seconds with a fraction.
pub fn seconds(time: Time) -> DecimalNumber {
    DecimalNumber(Decimal::new(time.0.into(), 6).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_divided_as_text_shows_them() {
        for (got, want) in [
            (ratio(number("10"), number("4"), 1), "2.5"),
            (ratio(number("10"), number("5"), 2), "2.00"),
            (ratio(number("-1"), number("3"), 2), "-0.33"),
            (ratio(number("1"), number("0"), 2), "0.00"),
            (seconds(Time(1_688_583_840_864_800)).0, "1688583840.864800"),
        ] {
            assert_eq!(got.to_string(), want);
        }
    }
}
