//! Decimals as the wire carries them: text, never a float.

use model::Decimal;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact decimal that travels as text, with as many digits after the point as its scale says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct DecimalText(pub Decimal);

/// Digits after the point that the venue never falls short of.
const SCALE_MIN: u8 = 8;
/// Room for a sign, the 39 digits of 128 bits, a point and a leading zero.
pub const TEXT_MAX: usize = 48;

impl DecimalText {
    /// `units` × 10^−`scale`.
    ///
    /// # Panics
    /// If `scale` exceeds [`Decimal::SCALE_MAX`]: scales are the exchange's own, not the client's.
    #[must_use]
    pub const fn new(units: i128, scale: u8) -> Self {
        Self(Decimal::new(units, scale).expect("a scale of ours"))
    }

    /// `number` with at least eight digits after the point, as the venue prints every price and
    /// quantity, whatever the grid of its market; with more only where those are not zero.
    #[must_use]
    pub fn padded(number: Decimal) -> Self {
        Self(number.with_digits_at_least(SCALE_MIN))
    }
}

impl From<DecimalText> for Decimal {
    fn from(number: DecimalText) -> Self {
        number.0
    }
}

/// Writes `units` × 10^−`scale` into `room` and returns the text.
pub fn write(units: i128, scale: u8, room: &mut [u8; TEXT_MAX]) -> &str {
    let mut at = TEXT_MAX;
    let mut digits = 0;
    let mut push = |byte: u8, at: &mut usize| {
        *at -= 1;
        room[*at] = byte;
    };
    let mut rest = units.unsigned_abs();
    while 0 < rest || digits <= scale {
        if digits == scale && 0 < scale {
            push(b'.', &mut at);
        }
        // Most numbers fit 64 bits, where division is an instruction and not a loop.
        let digit;
        if let Ok(small) = u64::try_from(rest) {
            digit = u8::try_from(small % 10).expect("a digit");
            rest = u128::from(small / 10);
        } else {
            digit = u8::try_from(rest % 10).expect("a digit");
            rest /= 10;
        }
        push(b'0' + digit, &mut at);
        digits += 1;
    }
    if units < 0 {
        push(b'-', &mut at);
    }
    std::str::from_utf8(&room[at..]).expect("only ASCII was written")
}

impl Serialize for DecimalText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let units = self.0.units_at(self.0.scale()).expect("a number at its own scale");
        serializer.serialize_str(write(units, self.0.scale(), &mut [0; TEXT_MAX]))
    }
}

impl<'de> Deserialize<'de> for DecimalText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = DecimalText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a decimal number as text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<DecimalText, E> {
                text.parse().map(DecimalText).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_numbers_have_at_least_eight_digits_after_the_point() {
        for (number, want) in [
            ("67380.1", "67380.10000000"),
            ("0", "0.00000000"),
            ("-0.005", "-0.00500000"),
            ("1.500000000000000000", "1.50000000"),
            ("0.000000000000000001", "0.000000000000000001"),
        ] {
            let padded = DecimalText::padded(number.parse().unwrap());
            assert_eq!(padded.0.to_string(), want);
        }
    }

    #[test]
    fn numbers_are_written_as_decimals_print_themselves() {
        for (units, scale) in [
            (0, 0),
            (0, 8),
            (1, 8),
            (-5, 2),
            (123_456_789, 8),
            (100_000_000, 8),
            (7, 0),
            (i128::MAX, 36),
            (i128::MIN + 1, 18),
        ] {
            let number = Decimal::new(units, scale).unwrap();
            let json = serde_json::to_string(&DecimalText(number)).unwrap();
            assert_eq!(json, format!("\"{number}\""));
            assert_eq!(serde_json::from_str::<DecimalText>(&json).unwrap(), DecimalText(number));
        }
    }
}
