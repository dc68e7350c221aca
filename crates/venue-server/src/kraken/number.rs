//! Decimals as this venue prints them.

use model::{Decimal, Time};
use venue::DecimalText;
use venue::kraken::DecimalNumber;

/// Digits after the point of a price in answers over REST, at least.
const PRICE_DIGITS: u8 = 5;
/// Digits after the point of a quantity in books over REST, at least.
const QTY_DIGITS: u8 = 3;

/// `number` with at least so many digits after the point, and more only where those are not zero.
pub fn padded(number: Decimal, digits: u8) -> Decimal {
    let trimmed = number.trimmed();
    let scale = trimmed.scale().max(digits);
    trimmed.units_at(scale).and_then(|units| Decimal::new(units, scale)).unwrap_or(number)
}

/// `number` with so many digits after the point, truncated.
pub fn cut(number: Decimal, digits: u8) -> Decimal {
    let scale = number.scale();
    if scale <= digits {
        return padded(number, digits);
    }
    let units = number.units_at(scale).unwrap_or_default();
    Decimal::new(units / 10_i128.pow(u32::from(scale - digits)), digits).unwrap_or(number)
}

/// A price over REST.
pub fn price(number: Decimal) -> DecimalText {
    DecimalText(padded(number, PRICE_DIGITS))
}

/// A quantity of a book over REST.
pub fn book_qty(number: Decimal) -> DecimalText {
    DecimalText(padded(number, QTY_DIGITS))
}

/// `numerator` ÷ `denominator`, truncated; nothing by nothing is nothing.
pub fn ratio(numerator: Decimal, denominator: Decimal, digits: u8) -> Decimal {
    let scale = numerator.scale().max(denominator.scale());
    let units = numerator.units_at(scale).zip(denominator.units_at(scale));
    let Some((numerator, denominator)) = units.filter(|(_, units)| *units != 0) else {
        return Decimal::new(0, digits).unwrap_or_default();
    };
    let one = 10_i128.pow(u32::from(digits));
    let whole = numerator / denominator;
    let part = (numerator % denominator).checked_mul(one).map_or(0, |rest| rest / denominator);
    let units = whole.checked_mul(one).and_then(|whole| whole.checked_add(part));
    units.and_then(|units| Decimal::new(units, digits)).unwrap_or_default()
}

/// `one` − `other`, with the digits of the finer; zero on overflow.
pub fn minus(one: Decimal, other: Decimal) -> Decimal {
    let scale = one.scale().max(other.scale());
    let units = one.units_at(scale).zip(other.units_at(scale));
    let units = units.and_then(|(one, other)| one.checked_sub(other));
    units.and_then(|units| Decimal::new(units, scale)).unwrap_or_default()
}

/// `one` + `other`, with the digits of the finer; zero on overflow.
pub fn plus(one: Decimal, other: Decimal) -> Decimal {
    minus(one, minus(Decimal::ZERO, other))
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
    fn numbers_are_padded_cut_and_divided_as_text_shows_them() {
        for (got, want) in [
            (padded(number("105944.2"), 5), "105944.20000"),
            (padded(number("0.1230000000"), 3), "0.123"),
            (padded(number("0.00001"), 3), "0.00001"),
            (cut(number("105960.6475678"), 5), "105960.64756"),
            (cut(number("1"), 2), "1.00"),
            (ratio(number("10"), number("4"), 1), "2.5"),
            (ratio(number("-1"), number("3"), 2), "-0.33"),
            (ratio(number("1"), number("0"), 2), "0.00"),
            (minus(number("1.0"), number("0.25")), "0.75"),
            (plus(number("1.0"), number("0.25")), "1.25"),
            (seconds(Time(1_688_583_840_864_800)).0, "1688583840.864800"),
        ] {
            assert_eq!(got.to_string(), want);
        }
    }
}
