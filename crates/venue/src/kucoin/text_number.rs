//! Whole numbers that travel as text.

use serde::de::{self, Visitor};
use serde::{Deserializer, Serializer};

/// Writes it.
///
/// # Errors
/// Of the serializer.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
pub fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// Reads it: digits and nothing else.
///
/// # Errors
/// Of the deserializer, also for what is no such number.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct TextVisitor;
    impl Visitor<'_> for TextVisitor {
        type Value = u64;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a whole number as text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
            is_plain.then(|| text.parse().ok()).flatten().ok_or_else(|| E::custom("no number"))
        }
    }
    deserializer.deserialize_str(TextVisitor)
}
