//! Numbers as the wire carries them: text, never a float, and empty where there is none.

use model::Decimal;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use crate::number::DecimalText;

/// A number, or an empty text where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MaybeDecimal(pub Option<Decimal>);

impl Serialize for MaybeDecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(number) => DecimalText(number).serialize(serializer),
            None => serializer.serialize_str(""),
        }
    }
}

impl<'de> Deserialize<'de> for MaybeDecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = MaybeDecimal;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a decimal number as text, or an empty text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<MaybeDecimal, E> {
                if text.is_empty() {
                    return Ok(MaybeDecimal(None));
                }
                text.parse().map(|number| MaybeDecimal(Some(number))).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_no_number_and_anything_else_is_one_or_nonsense() {
        for (json, want) in [
            (r#""""#, Some(None)),
            (r#""0""#, Some(Some("0"))),
            (r#""12.50""#, Some(Some("12.50"))),
            (r#""-3""#, Some(Some("-3"))),
            (r#""NaN""#, None),
            (r#""1e5""#, None),
            ("1", None),
            ("null", None),
        ] {
            let read: Option<MaybeDecimal> = serde_json::from_str(json).ok();
            let want = want.map(|want| MaybeDecimal(want.map(|text| text.parse().unwrap())));
            assert_eq!(read, want, "{json}");
            if let Some(number) = read {
                assert_eq!(serde_json::to_string(&number).unwrap(), json);
            }
        }
    }
}
