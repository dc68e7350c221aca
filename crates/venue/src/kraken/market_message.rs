//! Messages of market channels as a listener reads them: copying and allocating nothing.
//!
//! Keeps   fields that are new are passed over.

use std::borrow::Cow;

use serde::de::Error;

use super::frame::Incoming;
use super::push::{BookData, Level};
use crate::parts::{elements, fill, members, needed};

/// What a socket of markets says.
#[derive(Clone, Debug)]
pub enum MarketMessage<'a> {
    /// A book, or what changed in one.
    Book {
        /// Whether it is all there is of it.
        is_snapshot: bool,
        /// It.
        book: BookData<'a>,
    },
    /// Trades, to be read one by one: [`super::TradeData`].
    Trades(&'a str),
    /// The answer to a request.
    Reply(Incoming<'a>),
    /// Heartbeats, the venue's status, and whatever is new.
    Other,
}

/// Reads messages, one after another, into the same room.
#[derive(Debug, Default)]
pub struct MarketReader {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl MarketReader {
    /// What a message says.
    ///
    /// # Errors
    /// Where it is no message of the venue.
    pub fn read<'a>(&'a mut self, json: &'a str) -> serde_json::Result<MarketMessage<'a>> {
        let [channel, kind, data] = members(json, ["channel", "type", "data"])?;
        Ok(match (channel, data) {
            (Some(r#""book""#), Some(data)) => MarketMessage::Book {
                is_snapshot: kind == Some(r#""snapshot""#),
                book: self.read_book(data)?,
            },
            (Some(r#""trade""#), Some(data)) => MarketMessage::Trades(data),
            (Some(_), _) => MarketMessage::Other,
            (None, _) => MarketMessage::Reply(serde_json::from_str(json)?),
        })
    }

    fn read_book<'a>(&'a mut self, data: &'a str) -> serde_json::Result<BookData<'a>> {
        let mut book = None;
        elements(data, |element| match book.replace(element) {
            None => Ok(()),
            Some(_) => Err(serde_json::Error::custom("one book was expected")),
        })?;
        let names = ["symbol", "bids", "asks", "checksum", "timestamp"];
        let [symbol, bids, asks, checksum, timestamp] = members(book.unwrap_or_default(), names)?;
        fill(bids.unwrap_or_default(), &mut self.bids)?;
        fill(asks.unwrap_or_default(), &mut self.asks)?;
        Ok(BookData {
            symbol: needed(symbol, "symbol")?,
            bids: Cow::Borrowed(&self.bids),
            asks: Cow::Borrowed(&self.asks),
            checksum: needed(checksum, "checksum")?,
            timestamp: timestamp.map(serde_json::from_str).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Push;
    use super::*;

    const BOOK: &str = r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":105944.20,"qty":0.250}],"asks":[{"price":105945.1,"qty":0},{"price":105945.2,"qty":1e-05}],"checksum":2114181697,"timestamp":"2023-10-06T17:35:55.440295Z"}]}"#;

    #[test]
    fn a_book_is_read_as_by_who_takes_his_time() {
        let mut reader = MarketReader::default();
        let slow: Push<'_, [BookData<'_>; 1]> = serde_json::from_str(BOOK).unwrap();
        // The room of the one before is no part of the next.
        for (kind, want) in [("update", false), ("snapshot", true)] {
            let text = BOOK.replace("update", kind);
            let MarketMessage::Book { is_snapshot, book } = reader.read(&text).unwrap() else {
                panic!("{text}")
            };
            assert_eq!((is_snapshot, &book), (want, &slow.data.as_ref().unwrap()[0]));
        }
        for (text, want) in [
            (r#"{"channel":"heartbeat"}"#, "Other"),
            (r#"{"channel":"trade","type":"update","data":[]}"#, "Trades"),
            (r#"{"method":"subscribe","success":true}"#, "Reply"),
        ] {
            assert!(format!("{:?}", reader.read(text).unwrap()).starts_with(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let mut reader = MarketReader::default();
        for end in 1..BOOK.len() {
            assert!(reader.read(&BOOK[..end]).is_err(), "{}", &BOOK[..end]);
        }
        for (part, other) in [
            (r#""symbol":"BTC/USD","#, ""),
            (r#""checksum":2114181697,"#, ""),
            (r#""qty":0.250"#, r#""qty":NaN"#),
            (r#""qty":0.250"#, r#""qty":"0.250""#),
            (r#""qty":0.250"#, r#""qty":1e99"#),
            (r#","qty":0.250"#, ""),
            (r#"[{"symbol""#, r#"[{},{"symbol""#),
        ] {
            assert!(BOOK.contains(part), "{part}");
            assert!(reader.read(&BOOK.replace(part, other)).is_err(), "{part} as {other}");
        }
        assert!(reader.read(BOOK).is_ok());
    }
}
