//! Decimals as sockets carry them: numbers of JSON, read digit by digit and never as floats.

use model::{Decimal, DecimalError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use crate::number::{TEXT_MAX, write};

/// An exact decimal that travels as a number, with as many digits after the point as its scale
/// says. Read only out of text, where its digits are still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct DecimalNumber(pub Decimal);

/// The largest power of ten that a client may write behind a number.
const EXPONENT_MAX: i32 = 36;

impl Serialize for DecimalNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let units = self.0.units_at(self.0.scale()).expect("a number at its own scale");
        let mut room = [0; TEXT_MAX];
        let text = write(units, self.0.scale(), &mut room);
        let raw: &RawValue = serde_json::from_str(text).map_err(ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DecimalNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        parse(raw.get()).map(Self).map_err(de::Error::custom)
    }
}

/// A number as JSON writes it: some clients write small ones with an exponent.
fn parse(text: &str) -> Result<Decimal, DecimalError> {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else { return text.parse() };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let exponent: i32 = exponent.parse().map_err(|_| DecimalError::Form)?;
    if !(-EXPONENT_MAX..=EXPONENT_MAX).contains(&exponent) {
        return Err(DecimalError::Range);
    }
    let number: Decimal = digits.parse()?;
    let units = number.units_at(number.scale()).ok_or(DecimalError::Range)?;
    let scale = i32::from(number.scale()) - exponent;
    if let Ok(scale) = u8::try_from(scale) {
        return Decimal::new(units, scale).ok_or(DecimalError::Range);
    }
    let zeros = 10_i128.checked_pow(scale.unsigned_abs()).ok_or(DecimalError::Range)?;
    let units = units.checked_mul(zeros).ok_or(DecimalError::Range)?;
    Decimal::new(units, 0).ok_or(DecimalError::Range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive_reading_and_writing() {
        for text in ["0", "0.0", "105944.20", "0.00000001", "-2679.9", "106824", "21.3"] {
            let number: DecimalNumber = serde_json::from_str(text).unwrap();
            assert_eq!(number.0.to_string(), text);
            assert_eq!(serde_json::to_string(&number).unwrap(), text);
        }
    }

    #[test]
    fn numbers_of_clients_who_count_in_floats_are_exact_too() {
        for (text, want) in [
            ("1e-05", "0.00001"),
            ("2.5E-3", "0.0025"),
            ("1e2", "100"),
            ("1.5e+1", "15"),
            ("0e0", "0"),
        ] {
            let number: DecimalNumber = serde_json::from_str(text).unwrap();
            assert_eq!(number.0.to_string(), want);
        }
        for text in ["\"1\"", "null", "1e99", "1e-99", "true", "[1]"] {
            assert!(serde_json::from_str::<DecimalNumber>(text).is_err(), "{text}");
        }
    }
}
