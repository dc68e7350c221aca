//! Messages of markets as a listener reads them: copying and allocating nothing.
//!
//! Keeps   fields that are new are passed over.

use std::borrow::Cow;

use super::stream_event::{Change, Changes, L2Update, MatchEvent, TickerEvent};
use super::stream_frame::FrameKind;
use crate::parts::{fill, members, needed};

/// What a socket of markets says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketMessage<'a> {
    /// What changed in a book.
    Book(L2Update<'a>),
    /// The best of a book, and the last trade.
    Top(TickerEvent),
    /// A trade.
    Trade(MatchEvent<'a>),
    /// A request was refused.
    Refused,
    /// The answer to a request.
    Answer,
    /// Of a topic that nobody here listens to.
    Other,
}

/// Reads messages, one after another, into the same room.
#[derive(Debug, Default)]
pub struct MarketReader {
    bids: Vec<Change>,
    asks: Vec<Change>,
}

impl MarketReader {
    /// The market that a message is about, and what it says.
    ///
    /// # Errors
    /// Where it is no message of the venue.
    pub fn read<'a>(
        &'a mut self,
        json: &'a str,
    ) -> serde_json::Result<(&'a str, MarketMessage<'a>)> {
        let [topic, kind, data] = members(json, ["topic", "type", "data"])?;
        let topic: &str = topic.map_or(Ok(""), serde_json::from_str)?;
        let (path, symbol) = topic.split_once(':').unwrap_or((topic, ""));
        let data = data.unwrap_or_default();
        let message = match needed(kind, "type")? {
            FrameKind::Message => match path {
                "/market/level2" => MarketMessage::Book(self.read_book(data)?),
                "/market/ticker" => MarketMessage::Top(serde_json::from_str(data)?),
                "/market/match" => MarketMessage::Trade(serde_json::from_str(data)?),
                _ => MarketMessage::Other,
            },
            FrameKind::Error => MarketMessage::Refused,
            FrameKind::Welcome | FrameKind::Pong | FrameKind::Ack | FrameKind::Other => {
                MarketMessage::Answer
            }
        };
        Ok((symbol, message))
    }

    fn read_book<'a>(&'a mut self, data: &'a str) -> serde_json::Result<L2Update<'a>> {
        let names = ["changes", "sequenceEnd", "sequenceStart", "symbol", "time"];
        let [changes, end, start, symbol, time] = members(data, names)?;
        let [asks, bids] = members(changes.unwrap_or_default(), ["asks", "bids"])?;
        fill(asks.unwrap_or_default(), &mut self.asks)?;
        fill(bids.unwrap_or_default(), &mut self.bids)?;
        let (asks, bids) = (Cow::Borrowed(&*self.asks), Cow::Borrowed(&*self.bids));
        Ok(L2Update {
            changes: Changes { asks, bids },
            sequence_end: needed(end, "sequenceEnd")?,
            sequence_start: needed(start, "sequenceStart")?,
            symbol: Cow::Borrowed(needed(symbol, "symbol")?),
            time: time.map_or(Ok(0), serde_json::from_str)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ServerFrame;
    use super::*;

    const BOOK: &str = r#"{"topic":"/market/level2:BTC-USDT","type":"message","subject":"trade.l2update","data":{"changes":{"asks":[["67996.7","0.01435","14610502971"],["67996.8","0","14610502972"]],"bids":[["67996.5","1","14610502970"]]},"sequenceEnd":14610502972,"sequenceStart":14610502970,"symbol":"BTC-USDT","time":1729816058766}}"#;

    #[test]
    fn a_change_is_read_as_by_who_takes_his_time() {
        let mut reader = MarketReader::default();
        let frame: ServerFrame<'_> = serde_json::from_str(BOOK).unwrap();
        let slow: L2Update<'_> = serde_json::from_str(frame.data.unwrap().get()).unwrap();
        // The room of the one before is no part of the next.
        for _ in 0..2 {
            let want = ("BTC-USDT", MarketMessage::Book(slow.clone()));
            assert_eq!(reader.read(BOOK).unwrap(), want);
        }
        for (text, want) in [
            (r#"{"id":"1","type":"ack"}"#, MarketMessage::Answer),
            (r#"{"id":"1","type":"error","code":404,"data":"no"}"#, MarketMessage::Refused),
            (r#"{"topic":"/market/x:BTC-USDT","type":"message","data":{}}"#, MarketMessage::Other),
        ] {
            assert_eq!(reader.read(text).unwrap().1, want, "{text}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let mut reader = MarketReader::default();
        for end in 1..BOOK.len() {
            assert!(reader.read(&BOOK[..end]).is_err(), "{}", &BOOK[..end]);
        }
        for (part, other) in [
            (r#""symbol":"BTC-USDT","#, ""),
            (r#""sequenceStart":14610502970,"#, ""),
            (r#","bids":[["67996.5","1","14610502970"]]"#, ""),
            (r#"["67996.5","1","14610502970"]"#, r#"["67996.5","1"]"#),
            (r#""67996.5""#, "67996.5"),
            (r#""67996.5""#, r#""NaN""#),
            (r#""67996.5""#, r#""1e5""#),
            (r#""data":{"changes""#, r#""data":[],"new":{"changes""#),
        ] {
            assert!(BOOK.contains(part), "{part}");
            assert!(reader.read(&BOOK.replace(part, other)).is_err(), "{part} as {other}");
        }
        assert!(reader.read(BOOK).is_ok());
    }
}
