//! The book of a market, kept from the snapshot and the updates of one connection.
//!
//! ```text
//! waiting ── snapshot ──► live ── update ──► live
//!    ▲                      └── a book that crosses itself ─┐
//!    └── a number is missing on the connection ◄────────────┘
//! ```
//!
//! Keeps   [`Sequence`] counts all messages of a connection, whatever they are about: where one is
//!         missing, all books of the connection may be wrong. Before its snapshot a book hears
//!         nothing. The venue tells all levels, of which not all are kept: a book that has become
//!         [thin](Book::is_thin) is given up, too.
//! Fails   [`Heard::Gap`]: what is known is forgotten, and the connection must ask again.
//! Source  the venue's documentation, "Sequence Numbers" and "Level2 Channel".

use model::Side;

use super::market_message::BookChanges;
use super::stream_event::{BookSide, EventKind};
use crate::book::Book;
use crate::sense::{Malformed, not_negative, positive};

/// The numbers of a connection's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// `None` before the first message, which may have any number.
    last: Option<u64>,
}

impl Sequence {
    /// Whether a message of that number follows the one before.
    #[must_use]
    pub fn follows(&mut self, number: u64) -> bool {
        let follows = self.last.is_none_or(|last| last.checked_add(1) == Some(number));
        self.last = Some(number);
        follows
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// There is no snapshot yet.
    Waiting,
    /// The book has it now.
    Changed,
    /// The book contradicts itself, or is thin.
    Gap,
}

/// The book of one market, or the wait for it.
#[derive(Clone, Debug, Default)]
pub struct LocalBook {
    book: Book,
    is_live: bool,
}

impl LocalBook {
    /// The book; `None` while waiting for a snapshot.
    #[must_use]
    pub const fn live(&self) -> Option<&Book> {
        if self.is_live { Some(&self.book) } else { None }
    }

    /// Forgets everything and waits for a snapshot.
    pub fn reset(&mut self) {
        self.book.clear();
        self.is_live = false;
    }

    /// Takes an event.
    ///
    /// # Errors
    /// [`Malformed`] where it makes no sense; then nothing was done.
    pub fn hear(&mut self, event: &BookChanges<'_>) -> Result<Heard, Malformed> {
        for update in event.updates {
            positive(update.price_level, "price")?;
            not_negative(update.new_quantity, "quantity")?;
        }
        match event.kind {
            EventKind::Snapshot => self.book.clear(),
            EventKind::Update if self.is_live => {}
            EventKind::Update => return Ok(Heard::Waiting),
        }
        for update in event.updates {
            let side = match update.side {
                BookSide::Bid => Side::Buy,
                BookSide::Offer => Side::Sell,
            };
            self.book.set(side, update.price_level.0, update.new_quantity.0);
        }
        if self.book.is_crossed() || self.book.is_thin() {
            self.reset();
            return Ok(Heard::Gap);
        }
        self.is_live = true;
        Ok(Heard::Changed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::market_message::{Heading, MarketReader};
    use super::super::recorded::shared;
    use super::*;
    use crate::book::SIDE_LEVELS_MAX;

    fn hear_all(book: &mut LocalBook, events: &str) -> Result<Vec<Heard>, Malformed> {
        let (mut reader, mut heard) = (MarketReader::default(), Vec::new());
        let read: serde_json::Result<()> = reader.read_books(events, |event| {
            heard.push(book.hear(&event));
            Ok(())
        });
        read.unwrap();
        heard.into_iter().collect()
    }

    fn hear(
        book: &mut LocalBook,
        kind: &str,
        updates: &[(&str, &str, &str)],
    ) -> Result<Heard, Malformed> {
        let update = |(side, price, qty): &(&str, &str, &str)| {
            format!(
                r#"{{"side":"{side}","event_time":"","price_level":"{price}","new_quantity":"{qty}"}}"#
            )
        };
        let updates = updates.iter().map(update).collect::<Vec<_>>().join(",");
        let json = format!(r#"[{{"type":"{kind}","product_id":"BTC-USD","updates":[{updates}]}}]"#);
        hear_all(book, &json).map(|heard| heard[0])
    }

    fn best(book: &LocalBook) -> Option<(String, String)> {
        let book = book.live()?;
        let price = |side| book.best(side).map_or_else(String::new, |it| it.price.to_string());
        Some((price(Side::Buy), price(Side::Sell)))
    }

    #[test]
    fn numbers_follow_each_other_or_something_is_missing() {
        let mut sequence = Sequence::default();
        let told: Vec<_> =
            [7, 8, 9, 11, 12, 12, 13, 0, 1].into_iter().map(|it| sequence.follows(it)).collect();
        assert_eq!(told, [true, true, true, false, true, false, true, false, true]);
    }

    #[test]
    fn a_book_begins_with_its_snapshot_and_is_given_up_when_it_crosses() {
        let mut book = LocalBook::default();
        let early = hear(&mut book, "update", &[("bid", "99", "1")]);
        assert_eq!((early, best(&book)), (Ok(Heard::Waiting), None));
        let both = [("bid", "99", "1"), ("offer", "101", "1")];
        assert_eq!(hear(&mut book, "snapshot", &both), Ok(Heard::Changed));
        let moved = [("bid", "100", "2"), ("bid", "99", "0.00")];
        assert_eq!(hear(&mut book, "update", &moved), Ok(Heard::Changed));
        assert_eq!(best(&book), Some(("100".into(), "101".into())));
        for nonsense in [("bid", "0", "1"), ("offer", "-1", "1"), ("bid", "99", "-1")] {
            assert!(hear(&mut book, "update", &[("bid", "98", "1"), nonsense]).is_err());
        }
        assert_eq!(book.live().unwrap().levels(Side::Buy).len(), 1, "nothing of it was done");
        assert_eq!(hear(&mut book, "snapshot", &[("bid", "50", "1")]), Ok(Heard::Changed));
        assert_eq!(best(&book), Some(("50".into(), String::new())));
        let crossed = [("offer", "50", "1")];
        assert_eq!(hear(&mut book, "update", &crossed), Ok(Heard::Gap));
        assert_eq!(best(&book), None);
    }

    #[test]
    fn a_book_of_which_more_was_told_than_kept_is_given_up_before_that_is_missed() {
        let many: Vec<_> = (1..=SIDE_LEVELS_MAX + 1).map(|price| price.to_string()).collect();
        let level = |price: &'static str, qty: &'static str| ("offer", price, qty);
        let many: Vec<&'static str> = many.into_iter().map(|it| &*it.leak()).collect();
        let mut book = LocalBook::default();
        let all: Vec<_> = many.iter().map(|price| level(price, "1")).collect();
        assert_eq!(hear(&mut book, "snapshot", &all), Ok(Heard::Changed));
        let half = SIDE_LEVELS_MAX / 2;
        let gone: Vec<_> = many[..half].iter().map(|price| level(price, "0")).collect();
        assert_eq!(hear(&mut book, "update", &gone), Ok(Heard::Changed));
        let one_more = [level(many[half], "0")];
        assert_eq!(hear(&mut book, "update", &one_more), Ok(Heard::Gap));
    }

    #[test]
    fn the_recorded_snapshot_and_its_update_give_the_book_they_tell() {
        let Some(folder) = shared("venues/nautilus-testdata/coinbase") else { return };
        let (mut book, mut sequence) = (LocalBook::default(), Sequence::default());
        for name in ["snapshot", "update"] {
            let path = folder.join(format!("ws_l2_data_{name}.json"));
            let json = std::fs::read_to_string(path).unwrap();
            let heading = Heading::read(&json).unwrap();
            assert!(sequence.follows(heading.sequence_num.unwrap()));
            assert_eq!(hear_all(&mut book, heading.events.unwrap()), Ok(vec![Heard::Changed]));
        }
        assert_eq!(best(&book), Some(("68900.00".into(), "68901.50".into())));
    }
}
