//! Public market data over REST: time, tickers, the book, trades, candles.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::DecimalNumber;
use crate::number::DecimalText;

/// Result of `Time`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTime<'a> {
    /// Now, in seconds.
    pub unixtime: u64,
    /// The same for people.
    #[serde(borrow)]
    pub rfc1123: Cow<'a, str>,
}

/// Result of `SystemStatus`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemStatus<'a> {
    /// `online`, `maintenance`, `cancel_only`, `post_only`.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// Now.
    #[serde(borrow)]
    pub timestamp: Cow<'a, str>,
}

/// One market of the result of `Ticker`. Of two numbers the first is of today, the other of the
/// last 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickerInfo {
    /// The best ask: price, whole lots, lots.
    pub a: (DecimalText, DecimalText, DecimalText),
    /// The best bid: price, whole lots, lots.
    pub b: (DecimalText, DecimalText, DecimalText),
    /// The last trade: price, quantity.
    pub c: (DecimalText, DecimalText),
    /// Base traded.
    pub v: (DecimalText, DecimalText),
    /// The average price by volume.
    pub p: (DecimalText, DecimalText),
    /// How many trades.
    pub t: (u64, u64),
    /// The lowest price.
    pub l: (DecimalText, DecimalText),
    /// The highest price.
    pub h: (DecimalText, DecimalText),
    /// The price with which today began.
    pub o: DecimalText,
}

/// Price, quantity, and when it last changed, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepthLevel(pub DecimalText, pub DecimalText, pub u64);

/// One market of the result of `Depth`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depth {
    /// Lowest first.
    pub asks: Vec<DepthLevel>,
    /// Highest first.
    pub bids: Vec<DepthLevel>,
}

/// One row of the result of `Trades`: price, quantity, seconds, `b` or `s` for who crossed, `l` or
/// `m` for how, nothing, and its number in the market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade<'a>(
    pub DecimalText,
    pub DecimalText,
    pub DecimalNumber,
    #[serde(borrow)] pub Cow<'a, str>,
    #[serde(borrow)] pub Cow<'a, str>,
    #[serde(borrow)] pub Cow<'a, str>,
    pub u64,
);

/// One row of the result of `OHLC`: since when, in seconds; open, high, low, close; the average
/// price by volume; base traded; how many trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candle(
    pub u64,
    pub DecimalText,
    pub DecimalText,
    pub DecimalText,
    pub DecimalText,
    pub DecimalText,
    pub DecimalText,
    pub u64,
);

/// One row of the result of `Spread`: seconds, the best bid, the best ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread(pub u64, pub DecimalText, pub DecimalText);

/// Rows of one market, and from where to ask for more: nanoseconds as text for trades, seconds for
/// the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<'a, T, L> {
    /// The key of the market.
    pub name: Cow<'a, str>,
    /// Oldest first.
    pub rows: Vec<T>,
    /// To be asked `since`.
    pub last: L,
}

const LAST: &str = "last";

impl<T: Serialize, L: Serialize> Serialize for Rows<'_, T, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(&self.name, &self.rows)?;
        map.serialize_entry(LAST, &self.last)?;
        map.end()
    }
}

impl<'de: 'a, 'a, T, L> Deserialize<'de> for Rows<'a, T, L>
where
    T: Deserialize<'de>,
    L: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowsVisitor<'a, T, L>(PhantomData<(&'a (), T, L)>);
        impl<'de: 'a, 'a, T, L> Visitor<'de> for RowsVisitor<'a, T, L>
        where
            T: Deserialize<'de>,
            L: Deserialize<'de>,
        {
            type Value = Rows<'a, T, L>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("rows of one market")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut named, mut last) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    if key == LAST {
                        last = Some(map.next_value()?);
                    } else {
                        named = Some((key, map.next_value()?));
                    }
                }
                let (name, rows) = named.ok_or_else(|| de::Error::custom("no market"))?;
                let last = last.ok_or_else(|| de::Error::missing_field(LAST))?;
                Ok(Rows { name: Cow::Owned(name), rows, last })
            }
        }
        deserializer.deserialize_map(RowsVisitor(PhantomData))
    }
}
