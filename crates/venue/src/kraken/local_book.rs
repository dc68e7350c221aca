//! The book of a market as its listener keeps it, proved by a checksum after each message.
//!
//! ```text
//! nothing ── snapshot ──► live ── update ──► live
//!    ▲                     └── a checksum that differs, or a book that crosses itself ─┐
//!    └─────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Keeps   no more levels than were asked for: the venue does not tell when one falls out below.
//! Fails   [`Heard::Broken`]: everything is forgotten; subscribe anew.
//! Source  docs.kraken.com, "Spot WebSocket v2: maintaining a local book".

use model::{Decimal, Side};

use super::checksum::{Precision, checksum};
use super::push::BookData;
use crate::book::Book;
use crate::sense::{Malformed, not_negative, positive};

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The book is as it was proved to be.
    Changed,
    /// There is no snapshot yet to which it would belong.
    Early,
    /// It is not the book that the venue has.
    Broken,
}

/// The book of one market, or the wait for it.
#[derive(Clone, Debug)]
pub struct LocalBook {
    book: Book,
    precision: Precision,
    depth: usize,
    is_live: bool,
}

impl LocalBook {
    /// Nothing yet; `depth` levels of a side at most.
    #[must_use]
    pub fn new(precision: Precision, depth: usize) -> Self {
        Self { book: Book::default(), precision, depth, is_live: false }
    }

    /// The book; `None` while waiting for a snapshot.
    #[must_use]
    pub fn live(&self) -> Option<&Book> {
        self.is_live.then_some(&self.book)
    }

    /// Forgets everything and waits for a snapshot.
    pub fn reset(&mut self) {
        self.book.clear();
        self.is_live = false;
    }

    /// Takes a message of version 2.
    ///
    /// # Errors
    /// [`Malformed`] where it makes no sense; then the book is one no more, until a snapshot.
    pub fn hear(&mut self, is_snapshot: bool, told: &BookData<'_>) -> Result<Heard, Malformed> {
        let sides = [(Side::Buy, &told.bids), (Side::Sell, &told.asks)];
        let levels = sides.into_iter().flat_map(|(side, levels)| {
            levels.iter().map(move |level| (side, level.price.0, level.qty.0))
        });
        self.take(is_snapshot, levels, Some(told.checksum))
    }

    /// Takes levels, and what the checksum of the book must be then, where it is told.
    ///
    /// # Errors
    /// As [`Self::hear`].
    pub fn take(
        &mut self,
        is_snapshot: bool,
        levels: impl Iterator<Item = (Side, Decimal, Decimal)>,
        proof: Option<u32>,
    ) -> Result<Heard, Malformed> {
        if is_snapshot {
            self.book.clear();
        } else if !self.is_live {
            return Ok(Heard::Early);
        }
        self.is_live = false;
        for (side, price, qty) in levels {
            let qty =
                if is_snapshot { positive(qty, "quantity") } else { not_negative(qty, "quantity") };
            self.book.set(side, positive(price, "price")?, qty?);
        }
        self.book.keep_best(self.depth);
        let is_proved =
            proof.is_none_or(|proof| checksum(&self.book, self.precision) == Some(proof));
        if !is_proved || self.book.is_crossed() {
            self.reset();
            return Ok(Heard::Broken);
        }
        self.is_live = true;
        Ok(Heard::Changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRECISION: Precision = Precision { price: 1, qty: 8 };

    fn hear(book: &mut LocalBook, is_snapshot: bool, json: &str) -> Result<Heard, Malformed> {
        book.hear(is_snapshot, &serde_json::from_str(json).unwrap())
    }

    /// The checksum of one bid and one ask.
    fn proof(bid: (&str, &str), ask: (&str, &str)) -> u32 {
        let mut book = Book::default();
        book.set(Side::Buy, bid.0.parse().unwrap(), bid.1.parse().unwrap());
        book.set(Side::Sell, ask.0.parse().unwrap(), ask.1.parse().unwrap());
        checksum(&book, PRECISION).unwrap()
    }

    fn message(bids: &str, asks: &str, proof: u32) -> String {
        format!(r#"{{"symbol":"BTC/USD","bids":[{bids}],"asks":[{asks}],"checksum":{proof}}}"#)
    }

    #[test]
    fn a_book_lives_as_long_as_its_checksum_is_right() {
        let mut book = LocalBook::new(PRECISION, 10);
        let (bid, ask) = (r#"{"price":99.5,"qty":1.00000000}"#, r#"{"price":100.0,"qty":2}"#);
        let first = message(bid, ask, proof(("99.5", "1"), ("100", "2")));
        assert_eq!(hear(&mut book, false, &first), Ok(Heard::Early));
        assert_eq!(hear(&mut book, true, &first), Ok(Heard::Changed));
        let next = r#"{"price":99.5,"qty":0},{"price":99.4,"qty":3.5}"#;
        let next = message(next, "", proof(("99.4", "3.5"), ("100", "2")));
        assert_eq!(hear(&mut book, false, &next), Ok(Heard::Changed));
        assert_eq!(book.live().unwrap().best(Side::Buy).unwrap().price, "99.4".parse().unwrap());
        let missed = message("", r#"{"price":101.0,"qty":1}"#, 1);
        assert_eq!(hear(&mut book, false, &missed), Ok(Heard::Broken));
        assert!(book.live().is_none());
        assert_eq!(hear(&mut book, false, &next), Ok(Heard::Early));
        assert_eq!(hear(&mut book, true, &first), Ok(Heard::Changed));
    }

    #[test]
    fn a_crossed_book_is_broken_even_where_the_checksum_is_right() {
        let mut book = LocalBook::new(PRECISION, 10);
        let (bid, ask) = (r#"{"price":100.5,"qty":1}"#, r#"{"price":100.0,"qty":2}"#);
        let crossed = message(bid, ask, proof(("100.5", "1"), ("100", "2")));
        assert_eq!(hear(&mut book, true, &crossed), Ok(Heard::Broken));
    }

    #[test]
    fn levels_that_fall_out_below_are_forgotten() {
        let mut book = LocalBook::new(PRECISION, 1);
        let (bid, ask) = (r#"{"price":99.5,"qty":1}"#, r#"{"price":100.0,"qty":2}"#);
        let first = message(bid, ask, proof(("99.5", "1"), ("100", "2")));
        assert_eq!(hear(&mut book, true, &first), Ok(Heard::Changed));
        let better = message(r#"{"price":99.6,"qty":1}"#, "", proof(("99.6", "1"), ("100", "2")));
        assert_eq!(hear(&mut book, false, &better), Ok(Heard::Changed));
        assert_eq!(book.live().unwrap().levels(Side::Buy).len(), 1);
    }

    #[test]
    fn nonsense_is_refused_and_ends_the_book() {
        for level in [
            r#"{"price":-99.5,"qty":1}"#,
            r#"{"price":0,"qty":1}"#,
            r#"{"price":99.5,"qty":-1}"#,
            r#"{"price":99.5,"qty":0.0000000000000000001}"#,
        ] {
            let mut book = LocalBook::new(PRECISION, 10);
            let (bid, ask) = (r#"{"price":99.5,"qty":1}"#, r#"{"price":100.0,"qty":2}"#);
            let first = message(bid, ask, proof(("99.5", "1"), ("100", "2")));
            assert_eq!(hear(&mut book, true, &first), Ok(Heard::Changed));
            assert!(hear(&mut book, false, &message(level, "", 1)).is_err(), "{level}");
            assert!(book.live().is_none());
        }
        let mut book = LocalBook::new(PRECISION, 10);
        let empty = message(r#"{"price":99.5,"qty":0}"#, "", 1);
        assert!(hear(&mut book, true, &empty).is_err(), "a snapshot shows no empty level");
    }
}
