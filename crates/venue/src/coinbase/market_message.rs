//! Messages of markets as a listener reads them: copying and allocating nothing.
//!
//! Keeps   fields that are new are passed over.

use serde::Deserialize;

use super::number::DecimalText;
use super::stream_event::{BookSide, EventKind};
use crate::parts::{elements, fill, members, needed};

/// One price of the book, as [`super::LevelUpdate`] tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct LevelChange {
    /// On which side.
    pub side: BookSide,
    /// Which.
    pub price_level: DecimalText,
    /// How much base is shown there from now on; zero takes the level away.
    pub new_quantity: DecimalText,
}

/// A book, or what changed in one, as [`super::BookEvent`] tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookChanges<'a> {
    /// All levels, or those that changed.
    pub kind: EventKind,
    /// Of which market.
    pub product_id: &'a str,
    /// Each price once.
    pub updates: &'a [LevelChange],
}

/// What is read of every message before its events. Nothing is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading<'a> {
    /// Of which channel; empty in an error.
    pub channel: &'a str,
    /// Whether it says that something is wrong with us.
    pub is_error: bool,
    /// When it was sent.
    pub timestamp: &'a str,
    /// Its place among the messages of the connection.
    pub sequence_num: Option<u64>,
    /// One or more, to be read one by one.
    pub events: Option<&'a str>,
}

impl<'a> Heading<'a> {
    /// That of a message.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(json: &'a str) -> serde_json::Result<Self> {
        let names = ["channel", "type", "timestamp", "sequence_num", "events"];
        let [channel, kind, timestamp, sequence_num, events] = members(json, names)?;
        let text = |member: Option<&'a str>| member.map_or(Ok(""), serde_json::from_str);
        Ok(Self {
            channel: text(channel)?,
            is_error: kind == Some(r#""error""#),
            timestamp: text(timestamp)?,
            sequence_num: sequence_num.map(serde_json::from_str).transpose()?,
            events,
        })
    }
}

/// Gives the trades of each event of `market_trades` to `take`: whether they are of before or of
/// now, and they, newest first, to be read one by one ([`super::StreamTrade`]).
///
/// # Errors
/// Where one cannot be read, and what `take` refuses; those before it were taken.
pub fn each_trades<E: From<serde_json::Error>>(
    events: &str,
    mut take: impl FnMut(EventKind, &str) -> Result<(), E>,
) -> Result<(), E> {
    elements(events, |event| {
        let [kind, trades] = members(event, ["type", "trades"])?;
        take(needed(kind, "type")?, trades.unwrap_or_default())
    })
}

/// Reads events of books, one after another, into the same room.
#[derive(Debug, Default)]
pub struct MarketReader(Vec<LevelChange>);

impl MarketReader {
    /// Gives each of the `events` of a message of `l2_data` to `take`.
    ///
    /// # Errors
    /// Where one cannot be read, and what `take` refuses; those before it were taken.
    pub fn read_books<E: From<serde_json::Error>>(
        &mut self,
        events: &str,
        mut take: impl FnMut(BookChanges<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        elements(events, |event| {
            let [kind, product_id, updates] = members(event, ["type", "product_id", "updates"])?;
            let (kind, product_id) = (needed(kind, "type")?, needed(product_id, "product_id")?);
            fill(updates.unwrap_or_default(), &mut self.0)?;
            take(BookChanges { kind, product_id, updates: &self.0 })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::BookEvent;
    use super::*;

    const EVENTS: &str = r#"[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2026-04-07T14:30:01.456789Z","price_level":"68900.00","new_quantity":"2.00000000"},{"side":"offer","event_time":"","price_level":"68901.00","new_quantity":"0.00000000"}]},{"type":"update","product_id":"ETH-USD","updates":[]}]"#;

    fn read(json: &str) -> serde_json::Result<Vec<(EventKind, String, Vec<LevelChange>)>> {
        let (mut reader, mut all) = (MarketReader::default(), Vec::new());
        reader.read_books(json, |told| {
            all.push((told.kind, told.product_id.to_owned(), told.updates.to_vec()));
            Ok::<_, serde_json::Error>(())
        })?;
        Ok(all)
    }

    #[test]
    fn events_are_read_as_by_who_takes_his_time() {
        let slow: Vec<BookEvent<'_>> = serde_json::from_str(EVENTS).unwrap();
        let slow = slow.iter().map(|event| {
            let change = |it: &super::super::LevelUpdate<'_>| LevelChange {
                side: it.side,
                price_level: it.price_level,
                new_quantity: it.new_quantity,
            };
            let updates: Vec<_> = event.updates.iter().map(change).collect();
            (event.kind, event.product_id.to_string(), updates)
        });
        assert_eq!(read(EVENTS).unwrap(), slow.collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for end in 1..EVENTS.len() {
            assert!(read(&EVENTS[..end]).is_err(), "{}", &EVENTS[..end]);
        }
        for (part, other) in [
            (r#""product_id":"BTC-USD","#, ""),
            (r#""type":"snapshot","#, ""),
            (r#""side":"bid","#, ""),
            (r#""bid""#, r#""both""#),
            (r#""68900.00""#, "68900.00"),
            (r#""68900.00""#, r#""Infinity""#),
            (r#""68900.00""#, r#""6e4""#),
            (r#""updates":[]"#, r#""updates":{}"#),
        ] {
            assert!(EVENTS.contains(part), "{part}");
            assert!(read(&EVENTS.replace(part, other)).is_err(), "{part} as {other}");
        }
    }
}
