//! The book as sockets of version 1 told it, in which recordings are written.
//!
//! ```text
//! [336,{"as":[["5541.3","2.507","1534614248.1"],…],"bs":[…]},"book-100","XBT/USD"]
//! [336,{"a":[…]},{"b":[…],"c":"974942666"},"book-10","XBT/USD"]
//! ```
//!
//! Keeps   read only: nobody writes it any more.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::number::DecimalText;

/// A snapshot or a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookFrame<'a> {
    /// `book-10`, `book-1000`.
    pub channel: &'a str,
    /// Which market: `XBT/USD`.
    pub pair: &'a str,
    /// Its parts; a difference of both sides has two.
    pub sides: Vec<BookSide<'a>>,
}

/// Some levels: price, quantity, seconds, and `r` where they are told again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct BookSide<'a> {
    /// Of a snapshot: lowest first.
    #[serde(rename = "as")]
    pub snapshot_asks: Option<Vec<Quoted>>,
    /// Of a snapshot: highest first.
    #[serde(rename = "bs")]
    pub snapshot_bids: Option<Vec<Quoted>>,
    /// Of a difference.
    #[serde(rename = "a")]
    pub asks: Vec<Quoted>,
    /// Of a difference.
    #[serde(rename = "b")]
    pub bids: Vec<Quoted>,
    /// The checksum of the book after this, in the last part.
    #[serde(rename = "c")]
    pub checksum: Option<&'a str>,
}

/// Price and quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted(pub DecimalText, pub DecimalText);

impl<'de> Deserialize<'de> for Quoted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct QuotedVisitor;
        impl<'de> Visitor<'de> for QuotedVisitor {
            type Value = Quoted;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("price and quantity")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Quoted, A::Error> {
                let few = || de::Error::custom("too few parts");
                let price = parts.next_element()?.ok_or_else(few)?;
                let qty = parts.next_element()?.ok_or_else(few)?;
                while parts.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(Quoted(price, qty))
            }
        }
        deserializer.deserialize_seq(QuotedVisitor)
    }
}

impl<'a> BookFrame<'a> {
    /// Reads a message; `None` for one of another channel.
    ///
    /// # Errors
    /// Of JSON, where it is none.
    pub fn parse(text: &'a str) -> Result<Option<Self>, serde_json::Error> {
        if !text.starts_with('[') {
            return Ok(None);
        }
        let parts: Vec<&RawValue> = serde_json::from_str(text)?;
        let [_, sides @ .., channel, pair] = &parts[..] else { return Ok(None) };
        let channel: &str = serde_json::from_str(channel.get())?;
        if !channel.starts_with("book-") {
            return Ok(None);
        }
        let sides = sides.iter().map(|side| serde_json::from_str(side.get()));
        let sides = sides.collect::<Result<_, _>>()?;
        Ok(Some(Self { channel, pair: serde_json::from_str(pair.get())?, sides }))
    }
}
