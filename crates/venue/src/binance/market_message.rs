//! Messages of market streams as a listener reads them: in one pass, copying and allocating
//! nothing.
//!
//! Shape   `{"stream":"btcusdt@depth@100ms","data":{…}}`; what else a message may look like is
//!         read as well, at its price.
//! Keeps   what is read is what `serde_json` reads: a message that is no JSON, or lacks what it
//!         must have, is refused; fields that are new are passed over.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{BookTickerEvent, DecimalText, DepthEvent, Level, TradeEvent};
use crate::parts::Room;

/// What a market stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketMessage<'a> {
    /// What changed in a book.
    Depth(DepthEvent<'a>),
    /// The best of a book.
    Top(BookTickerEvent<'a>),
    /// A trade.
    Trade(TradeEvent<'a>),
    /// The server is about to end.
    Shutdown,
    /// Of a stream that nobody here listens to.
    Other,
}

/// Reads messages, one after another, into the same room.
#[derive(Debug, Default)]
pub struct MarketReader {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl MarketReader {
    /// The stream that a message is from, and what it says.
    ///
    /// # Errors
    /// Where it is no message of a stream.
    pub fn read<'a>(
        &'a mut self,
        json: &'a str,
    ) -> serde_json::Result<(&'a str, MarketMessage<'a>)> {
        let (stream, data) = match split(json) {
            Some(parts) => parts,
            None => {
                let Envelope { stream, data } = serde_json::from_str(json)?;
                (stream, data.get())
            }
        };
        Ok((stream, self.read_data(stream, data)?))
    }

    fn read_data<'a>(
        &'a mut self,
        stream: &str,
        data: &'a str,
    ) -> serde_json::Result<MarketMessage<'a>> {
        if stream == "!serverShutdown" {
            return Ok(MarketMessage::Shutdown);
        }
        let channel = stream.split_once('@').map_or("", |(_, channel)| channel);
        Ok(match channel {
            "depth" | "depth@100ms" => MarketMessage::Depth(self.read_depth(data)?),
            "bookTicker" => MarketMessage::Top(serde_json::from_str::<Top<'_>>(data)?.into()),
            "trade" => MarketMessage::Trade(serde_json::from_str::<Trade<'_>>(data)?.into()),
            _ => MarketMessage::Other,
        })
    }

    fn read_depth<'a>(&'a mut self, data: &'a str) -> serde_json::Result<DepthEvent<'a>> {
        let mut json = serde_json::Deserializer::from_str(data);
        let head = DepthSeed(&mut *self).deserialize(&mut json)?;
        json.end()?;
        Ok(DepthEvent {
            event_time: head.event_time,
            symbol: Cow::Borrowed(head.symbol),
            first_update_id: head.first,
            last_update_id: head.last,
            bids: Cow::Borrowed(&self.bids),
            asks: Cow::Borrowed(&self.asks),
        })
    }
}

/// Stream and data of a message that looks as all of them do; `None` for what has to be looked at
/// more closely. Whether the data is JSON is for its reader to say.
fn split(json: &str) -> Option<(&str, &str)> {
    let (stream, rest) = json.strip_prefix(r#"{"stream":""#)?.split_once('"')?;
    let data = rest.strip_prefix(r#","data":"#)?.strip_suffix("}}")?;
    // The end of the data is that of the message, unless something else follows it.
    let is_one = !data.contains('}') && !stream.contains('\\');
    is_one.then(|| (stream, &rest[r#","data":"#.len()..rest.len() - 1]))
}

/// A message with the name of its stream.
#[derive(Deserialize)]
struct Envelope<'a> {
    stream: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// As [`BookTickerEvent`], without a text of its own.
#[derive(Deserialize)]
struct Top<'a> {
    u: u64,
    s: &'a str,
    #[serde(rename = "b")]
    bid_price: DecimalText,
    #[serde(rename = "B")]
    bid_qty: DecimalText,
    #[serde(rename = "a")]
    ask_price: DecimalText,
    #[serde(rename = "A")]
    ask_qty: DecimalText,
}

impl<'a> From<Top<'a>> for BookTickerEvent<'a> {
    fn from(top: Top<'a>) -> Self {
        let Top { u: update_id, s, bid_price, bid_qty, ask_price, ask_qty } = top;
        Self { update_id, symbol: Cow::Borrowed(s), bid_price, bid_qty, ask_price, ask_qty }
    }
}

/// As [`TradeEvent`], without a text of its own.
#[derive(Deserialize)]
struct Trade<'a> {
    #[serde(rename = "E")]
    event_time: u64,
    s: &'a str,
    t: u64,
    p: DecimalText,
    q: DecimalText,
    #[serde(rename = "T")]
    trade_time: u64,
    m: bool,
    #[serde(rename = "M")]
    ignore: bool,
}

impl<'a> From<Trade<'a>> for TradeEvent<'a> {
    fn from(trade: Trade<'a>) -> Self {
        let Trade { event_time, s, t: trade_id, p: price, q: qty, trade_time, m, ignore } = trade;
        let (symbol, is_buyer_maker) = (Cow::Borrowed(s), m);
        Self { event_time, symbol, trade_id, price, qty, trade_time, is_buyer_maker, ignore }
    }
}

/// A difference without its levels.
struct Head<'a> {
    event_time: u64,
    symbol: &'a str,
    first: u64,
    last: u64,
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Field {
    #[serde(rename = "E")]
    EventTime,
    #[serde(rename = "s")]
    Symbol,
    #[serde(rename = "U")]
    First,
    #[serde(rename = "u")]
    Last,
    #[serde(rename = "b")]
    Bids,
    #[serde(rename = "a")]
    Asks,
    #[serde(other)]
    Other,
}

struct DepthSeed<'r>(&'r mut MarketReader);

impl<'de> DeserializeSeed<'de> for DepthSeed<'_> {
    type Value = Head<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Head<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for DepthSeed<'_> {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what changed in a book")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head<'de>, A::Error> {
        let (mut event_time, mut symbol, mut first, mut last) = (None, None, None, None);
        let (mut has_bids, mut has_asks) = (false, false);
        while let Some(field) = map.next_key::<Field>()? {
            match field {
                Field::EventTime => event_time = Some(map.next_value()?),
                Field::Symbol => symbol = Some(map.next_value()?),
                Field::First => first = Some(map.next_value()?),
                Field::Last => last = Some(map.next_value()?),
                Field::Bids => {
                    map.next_value_seed(Room(&mut self.0.bids))?;
                    has_bids = true;
                }
                Field::Asks => {
                    map.next_value_seed(Room(&mut self.0.asks))?;
                    has_asks = true;
                }
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !has_bids || !has_asks {
            return Err(A::Error::missing_field(if has_bids { "a" } else { "b" }));
        }
        let missing = A::Error::missing_field;
        Ok(Head {
            event_time: event_time.ok_or_else(|| missing("E"))?,
            symbol: symbol.ok_or_else(|| missing("s"))?,
            first: first.ok_or_else(|| missing("U"))?,
            last: last.ok_or_else(|| missing("u"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Combined;
    use super::*;

    const DEPTH: &str = r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":157,"u":160,"b":[["0.0024","10"]],"a":[["0.0026","100"],["0.0027","0"]]}}"#;
    const TOP: &str = r#"{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}}"#;

    const TRADE: &str = r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true}}"#;

    #[test]
    fn messages_are_read_as_by_who_takes_their_time() {
        let mut reader = MarketReader::default();
        // The room of the one before is no part of the next.
        for _ in 0..2 {
            let depth: Combined<'_, DepthEvent<'_>> = serde_json::from_str(DEPTH).unwrap();
            let want = ("btcusdt@depth@100ms", MarketMessage::Depth(depth.data));
            assert_eq!(reader.read(DEPTH).unwrap(), want);
            let top: Combined<'_, BookTickerEvent<'_>> = serde_json::from_str(TOP).unwrap();
            let want = ("btcusdt@bookTicker", MarketMessage::Top(top.data));
            assert_eq!(reader.read(TOP).unwrap(), want);
            let trade: Combined<'_, TradeEvent<'_>> = serde_json::from_str(TRADE).unwrap();
            let want = ("btcusdt@trade", MarketMessage::Trade(trade.data));
            assert_eq!(reader.read(TRADE).unwrap(), want);
        }
    }

    #[test]
    fn a_message_that_looks_otherwise_is_read_all_the_same() {
        let mut reader = MarketReader::default();
        let want = format!("{:?}", reader.read(DEPTH).unwrap());
        let (head, data) = DEPTH.split_once(r#","data":"#).unwrap();
        let data = data.strip_suffix('}').unwrap();
        for other in [
            format!(r#"{head},"data":{data},"new":1}}"#),
            format!(r#"{head},"data":{data},"new":{{"a":{{}}}}}}"#),
            format!(r#"{head}, "data": {data} }}"#),
            format!(r#"{{"data":{data},"stream":"btcusdt@depth@100ms"}}"#),
            DEPTH.replace(r#""U":157"#, r#""U":157,"new":[{"x":[1]}]"#),
        ] {
            assert_eq!(format!("{:?}", reader.read(&other).unwrap()), want, "{other}");
        }
        for (json, want) in [
            (
                r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown"}}"#,
                MarketMessage::Shutdown,
            ),
            (r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline"}}"#, MarketMessage::Other),
        ] {
            assert_eq!(reader.read(json).unwrap().1, want);
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let mut reader = MarketReader::default();
        for end in 1..DEPTH.len() {
            assert!(reader.read(&DEPTH[..end]).is_err(), "{}", &DEPTH[..end]);
        }
        for (part, other) in [
            (r#""U":157,"#, ""),
            (r#""u":160,"#, ""),
            (r#""s":"BTCUSDT","#, ""),
            (r#""E":1672515782136,"#, ""),
            (r#""b":[["0.0024","10"]],"#, ""),
            (r#""U":157"#, r#""U":-157"#),
            (r#""10""#, r#""NaN""#),
            (r#""10""#, r#""1e3""#),
            (r#""10""#, "10"),
            (r#"["0.0024","10"]"#, r#"["0.0024"]"#),
        ] {
            assert!(reader.read(&DEPTH.replace(part, other)).is_err(), "{part} as {other}");
        }
        for (text, part, other) in [
            (TOP, r#""u":400900217,"#, ""),
            (TOP, r#""25.35190000""#, r#""Infinity""#),
            (TOP, r#""25.35190000""#, "25.3519"),
            (TRADE, r#""q":"100","#, ""),
            (TRADE, r#""m":true"#, r#""m":"yes""#),
        ] {
            assert!(reader.read(&text.replace(part, other)).is_err(), "{part} as {other}");
        }
        assert!(reader.read(DEPTH).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_ends_the_process(place in 0..DEPTH.len(), junk in ".{0,12}", cut in 0..9_usize) {
            let mut reader = MarketReader::default();
            for text in [DEPTH, TOP, TRADE] {
                let place = place.min(text.len());
                let end = (place + cut).min(text.len());
                let _ = reader.read(&format!("{}{junk}{}", &text[..place], &text[end..]));
            }
            let _ = reader.read(&junk);
            prop_assert!(reader.read(DEPTH).is_ok());
        }
    }
}
