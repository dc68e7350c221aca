//! Decimals that travel as numbers of JSON, as statistics do: digit by digit, never as floats.

use model::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use crate::number::DecimalText;

/// Writes it.
///
/// # Errors
/// Of the serializer.
pub fn serialize<S: Serializer>(number: &DecimalText, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(number.0.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
}

/// Reads it, out of text alone.
///
/// # Errors
/// Of the deserializer, also for what is no plain number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DecimalText, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    raw.get().parse::<Decimal>().map(DecimalText).map_err(de::Error::custom)
}
