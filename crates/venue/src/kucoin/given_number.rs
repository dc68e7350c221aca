//! Decimals as clients give them: text, or a number of JSON, digit by digit; nothing, empty or null
//! where they give none.

use model::Decimal;
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::number::DecimalText;

/// Reads it, out of text alone.
///
/// # Errors
/// Of the deserializer, also for what is no plain number.
pub fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DecimalText>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    let text = raw.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(raw);
    if text.is_empty() || raw == "null" {
        return Ok(None);
    }
    text.parse::<Decimal>().map(|number| Some(DecimalText(number))).map_err(de::Error::custom)
}
