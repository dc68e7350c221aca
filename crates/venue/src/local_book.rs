//! The book of a market, kept from a snapshot and the differences that follow it.
//!
//! ```text
//! waiting ── snapshot that the differences reach ──► live ── difference ──► live
//!    ▲                                                │ ▲── another snapshot, as the first ──┘
//!    │                                                └── gap, or a book that crosses itself ─┐
//!    └──────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! What lies beyond a snapshot is known only where it changes. So where the market has moved
//! through half of what its snapshot had, another one is due, and until it is there the book goes
//! on as it is; where it has moved through all of it, nobody knows what is best ([`Reach`]).
//!
//! Keeps   a difference is applied only if its first number is at most one after the last in the
//!         book; older ones are passed over. While waiting, at most [`WAITING_MAX`] differences of
//!         [`WAITING_LEVELS_MAX`] together are kept, without a gap between them. After a gap no
//!         snapshot is taken that is older than what was known before it, unless all are.
//! Fails   [`Heard::Gap`]: everything is forgotten, and a new snapshot must be asked for.
//! Source  Binance: web-socket-streams.md, "How to manage a local order book correctly"; KuCoin:
//!         "Level-2 market data", "Calibration procedure". Both have the same rule.

use std::collections::VecDeque;
use std::time::Duration;

use model::{Decimal, Side, Time};

use crate::book::{Book, Level, SIDE_LEVELS_MAX};
use crate::number::DecimalText;
use crate::sense::{Malformed, not_negative, positive};

/// A level as a venue's wire has it.
pub trait BookRow: Copy {
    /// Price and quantity, which is zero where the level is gone; `None` where it is no level.
    fn level(self) -> Option<(DecimalText, DecimalText)>;
}

/// What changed in a book, as a venue's wire has it.
pub trait BookDifference {
    /// Its levels.
    type Row: BookRow;
    /// The numbers of the first and the last update in it.
    fn numbers(&self) -> (u64, u64);
    /// What changed on a side.
    fn rows(&self, side: Side) -> &[Self::Row];
}

/// A whole book, as a venue's wire has it.
pub trait BookSnapshot {
    /// Its levels.
    type Row: BookRow;
    /// The number of the last update in it.
    fn number(&self) -> u64;
    /// What is on a side.
    fn rows(&self, side: Side) -> &[Self::Row];
}

/// Differences kept until the snapshot comes: more than a minute and a half of them.
pub const WAITING_MAX: usize = 1_000;

/// Levels of all of them together.
pub const WAITING_LEVELS_MAX: usize = 5 * SIDE_LEVELS_MAX;

/// Levels that one difference may change: no side of a book has more.
const CHANGES_MAX: usize = SIDE_LEVELS_MAX;
/// The most updates that one difference may have: a number beyond that would not be reached soon,
/// and the book would stand still. A tenth of a second of a calm day has up to 1,500.
const SPAN_MAX: u64 = 1 << 14;
/// Nothing but old differences for so long, and the venue counts from elsewhere.
const OLD_MAX: Duration = Duration::from_secs(3);
/// So many snapshots one after another that are older than what was known, and it does as well.
const OLDER_MAX: u32 = 8;

/// What became of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is kept until there is a snapshot.
    Waiting,
    /// The book has it already.
    Old,
    /// The book has it now.
    Changed,
    /// Something before it is missing, or the book contradicts itself.
    Gap,
}

/// What became of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The book is there.
    Live,
    /// The differences begin after it: ask for a newer one.
    TooOld,
}

/// How far a book is known on the side that is known less far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// To half of what its snapshot had, or further.
    Far,
    /// Less far: another snapshot is due.
    Near,
    /// Nothing is left of what its snapshot had: who stands best was never told.
    Nowhere,
}

/// The book of one market, or the wait for it.
#[derive(Clone, Debug, Default)]
pub struct LocalBook {
    book: Book,
    /// The last update in the book; `None` while waiting.
    last: Option<u64>,
    waiting: VecDeque<Difference>,
    /// After which update another snapshot was asked for: since then differences are kept, though
    /// the book is live.
    renewed_at: Option<u64>,
    /// How far each side of the snapshot went, bids first.
    extents: [Option<Extent>; 2],
    /// The last update in the book before it was forgotten.
    known_before: u64,
    /// Snapshots since then that were older.
    older: u32,
    /// Since when there were none but old differences.
    old_since: Option<Time>,
}

/// How much of a side a snapshot told.
#[derive(Clone, Copy, Debug)]
struct Extent {
    worst: Decimal,
    levels: usize,
}

#[derive(Clone, Debug)]
struct Difference {
    first: u64,
    last: u64,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl LocalBook {
    /// The book and the last update in it; `None` while waiting for a snapshot.
    #[must_use]
    pub fn live(&self) -> Option<(&Book, u64)> {
        self.last.map(|last| (&self.book, last))
    }

    /// Forgets everything and waits for a snapshot that is not older.
    pub fn reset(&mut self) {
        self.known_before = self.last.unwrap_or(self.known_before);
        self.book.clear();
        self.last = None;
        self.waiting.clear();
        self.renewed_at = None;
        self.older = 0;
        self.old_since = None;
    }

    /// How far the book is known. A snapshot of fewer than `levels` of a side told all there was;
    /// where another one is asked for already, none is due.
    #[must_use]
    pub fn reach(&self, levels: usize) -> Reach {
        let of = |(side, extent): (Side, Option<Extent>)| {
            let extent = extent.filter(|extent| levels <= extent.levels);
            extent.map_or(Reach::Far, |extent| match self.book.levels_to(side, extent.worst) {
                0 => Reach::Nowhere,
                left if left < extent.levels / 2 && !self.is_renewed() => Reach::Near,
                _ => Reach::Far,
            })
        };
        if self.last.is_none() {
            return Reach::Far;
        }
        let of_snapshot = [Side::Buy, Side::Sell].into_iter().zip(self.extents).map(of).max();
        // What was kept of the snapshot may be less than it had.
        let of_book = match [Side::Buy, Side::Sell].map(|side| self.book.whole(side)) {
            [Some(0), _] | [_, Some(0)] => Reach::Nowhere,
            _ if self.book.is_thin() && !self.is_renewed() => Reach::Near,
            _ => Reach::Far,
        };
        of_snapshot.map_or(of_book, |reach| reach.max(of_book))
    }

    /// Another snapshot is asked for: what comes from now on will be joined to it.
    pub fn renew(&mut self) {
        if self.renewed_at.is_none() {
            self.waiting.clear();
            self.renewed_at = self.last;
        }
    }

    /// Whether another snapshot was asked for while the book is live.
    #[must_use]
    pub const fn is_renewed(&self) -> bool {
        self.renewed_at.is_some()
    }

    /// Takes a difference that arrived then, by our clock.
    ///
    /// # Errors
    /// [`Malformed`] where it makes no sense; then nothing was done.
    pub fn hear<D: BookDifference>(&mut self, event: &D, at: Time) -> Result<Heard, Malformed> {
        let (first, last) = event.numbers();
        if last < first || SPAN_MAX < last - first {
            return Err(Malformed("update numbers"));
        }
        let (bids, asks) = (event.rows(Side::Buy), event.rows(Side::Sell));
        if CHANGES_MAX < bids.len() + asks.len() {
            return Err(Malformed("number of levels"));
        }
        check(bids)?;
        check(asks)?;
        let Some(known) = self.last else { return Ok(self.wait(event)) };
        if last <= known {
            let since = *self.old_since.get_or_insert(at);
            if u128::from(at.0.saturating_sub(since.0)) < OLD_MAX.as_micros() {
                return Ok(Heard::Old);
            }
            self.reset();
            self.known_before = 0;
            return Ok(Heard::Gap);
        }
        self.old_since = None;
        if known.saturating_add(1) < first {
            self.reset();
            self.wait(event);
            return Ok(Heard::Gap);
        }
        if self.is_renewed() {
            self.wait(event);
        }
        self.apply(last, bids, asks);
        if self.book.is_crossed() {
            self.reset();
            return Ok(Heard::Gap);
        }
        Ok(Heard::Changed)
    }

    /// Takes a snapshot and what came since. A book that is live stays so where it is too old.
    ///
    /// # Errors
    /// [`Malformed`] where it makes no sense; then nothing was done.
    pub fn begin<S: BookSnapshot>(&mut self, snapshot: &S) -> Result<Begun, Malformed> {
        check(snapshot.rows(Side::Buy))?;
        check(snapshot.rows(Side::Sell))?;
        let begins_at = snapshot.number();
        self.waiting.retain(|difference| begins_at < difference.last);
        let reaches = |next: &Difference| next.first <= begins_at.saturating_add(1);
        let is_older = begins_at < self.renewed_at.unwrap_or(self.known_before);
        self.older = if is_older { self.older.saturating_add(1) } else { 0 };
        if self.older == OLDER_MAX {
            self.known_before = 0;
        }
        if is_older || !self.waiting.front().is_none_or(reaches) {
            return Ok(Begun::TooOld);
        }
        self.renewed_at = None;
        self.old_since = None;
        self.extents = [Side::Buy, Side::Sell].map(|side| extent(snapshot.rows(side)));
        self.book.clear();
        self.apply(begins_at, snapshot.rows(Side::Buy), snapshot.rows(Side::Sell));
        while let Some(Difference { last, bids, asks, .. }) = self.waiting.pop_front() {
            self.apply(last, &bids, &asks);
        }
        if self.book.is_crossed() {
            self.reset();
            return Ok(Begun::TooOld);
        }
        Ok(Begun::Live)
    }

    fn wait<D: BookDifference>(&mut self, event: &D) -> Heard {
        let (first, last) = event.numbers();
        let kept = |side| -> Vec<Level> {
            let levels = event.rows(side).iter().filter_map(|row| row.level());
            levels.map(|(price, qty)| Level { price: price.0, qty: qty.0 }).collect()
        };
        let next = Difference { first, last, bids: kept(Side::Buy), asks: kept(Side::Sell) };
        // What is ahead of what comes behind it was never the venue's.
        while self.waiting.pop_back_if(|before| last < before.last).is_some() {}
        let follows =
            self.waiting.back().is_none_or(|before| first <= before.last.saturating_add(1));
        let levels = self.waiting.iter().map(Difference::levels).sum::<usize>() + next.levels();
        if !follows || WAITING_MAX <= self.waiting.len() || WAITING_LEVELS_MAX < levels {
            self.waiting.clear();
        }
        self.waiting.push_back(next);
        Heard::Waiting
    }

    fn apply<R: BookRow>(&mut self, last: u64, bids: &[R], asks: &[R]) {
        for (side, rows) in [(Side::Buy, bids), (Side::Sell, asks)] {
            for (price, qty) in rows.iter().filter_map(|row| row.level()) {
                self.book.set(side, price.0, qty.0);
            }
        }
        self.last = Some(last);
    }
}

impl Difference {
    const fn levels(&self) -> usize {
        self.bids.len() + self.asks.len()
    }
}

impl BookRow for Level {
    fn level(self) -> Option<(DecimalText, DecimalText)> {
        Some((DecimalText(self.price), DecimalText(self.qty)))
    }
}

fn extent<R: BookRow>(rows: &[R]) -> Option<Extent> {
    let (worst, _) = rows.last()?.level()?;
    Some(Extent { worst: worst.0, levels: rows.len() })
}

fn check<R: BookRow>(rows: &[R]) -> Result<(), Malformed> {
    for (price, qty) in rows.iter().filter_map(|row| row.level()) {
        positive(price, "price of a level")?;
        not_negative(qty, "quantity of a level")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binance::{Depth, DepthEvent, Level};

    fn levels(text: &str) -> Vec<Level> {
        let level = |text: &str| {
            let (price, qty) = text.split_once('x').unwrap();
            Level(DecimalText(price.parse().unwrap()), DecimalText(qty.parse().unwrap()))
        };
        text.split_whitespace().map(level).collect()
    }

    fn difference(first: u64, last: u64, bids: &str, asks: &str) -> DepthEvent<'static> {
        DepthEvent {
            event_time: 1,
            symbol: "BTCUSDT".into(),
            first_update_id: first,
            last_update_id: last,
            bids: levels(bids).into(),
            asks: levels(asks).into(),
        }
    }

    fn snapshot(last_update_id: u64) -> Depth {
        Depth { last_update_id, bids: levels("99x1 98x1"), asks: levels("101x1") }
    }

    fn best(book: &LocalBook) -> Option<(String, u64)> {
        let (book, last) = book.live()?;
        Some((book.best(Side::Buy)?.price.to_string(), last))
    }

    #[test]
    fn a_snapshot_is_joined_to_the_differences_that_reach_it() {
        let mut book = LocalBook::default();
        for (first, last) in [(5, 8), (9, 12), (13, 13)] {
            let event = difference(first, last, &format!("99.{last:02}x1"), "");
            assert_eq!(book.hear(&event, Time(0)), Ok(Heard::Waiting));
        }
        assert_eq!(book.begin(&snapshot(3)), Ok(Begun::TooOld));
        assert_eq!(best(&book), None);
        assert_eq!(book.begin(&snapshot(10)), Ok(Begun::Live));
        assert_eq!(best(&book), Some(("99.13".to_owned(), 13)));
        assert_eq!(book.live().unwrap().0.levels(Side::Buy).len(), 4, "5 to 8 is passed over");
    }

    #[test]
    fn differences_follow_each_other_or_the_book_is_given_up() {
        let mut book = LocalBook::default();
        assert_eq!(book.begin(&snapshot(10)), Ok(Begun::Live));
        for (first, last, want) in [
            (8, 10, Heard::Old),
            (11, 12, Heard::Changed),
            (12, 14, Heard::Changed),
            (16, 17, Heard::Gap),
            (18, 18, Heard::Waiting),
        ] {
            let event = difference(first, last, "99.5x2", "101x0 102x3");
            assert_eq!(book.hear(&event, Time(0)), Ok(want), "{first} to {last}");
        }
        assert_eq!(best(&book), None);
        assert_eq!(book.begin(&snapshot(16)), Ok(Begun::Live), "what came since was kept");
        assert_eq!(best(&book), Some(("99.5".to_owned(), 18)));
    }

    #[test]
    fn a_gap_while_waiting_forgets_what_came_before_it() {
        let mut book = LocalBook::default();
        book.hear(&difference(5, 8, "99.08x1", ""), Time(0)).unwrap();
        book.hear(&difference(10, 12, "99.12x1", ""), Time(0)).unwrap();
        assert_eq!(book.begin(&snapshot(6)), Ok(Begun::TooOld), "9 is missing");
        assert_eq!(book.begin(&snapshot(9)), Ok(Begun::Live));
    }

    /// Ten levels of each side, from 99 down and from 101 up.
    fn full(last_update_id: u64) -> Depth {
        let side = |price: fn(u32) -> u32| {
            let text: Vec<_> = (0..10).map(|step| format!("{}x1", price(step))).collect();
            levels(&text.join(" "))
        };
        Depth { last_update_id, bids: side(|step| 99 - step), asks: side(|step| 101 + step) }
    }

    #[test]
    fn a_book_of_which_half_was_eaten_is_due_for_another_snapshot() {
        let mut book = LocalBook::default();
        assert_eq!(book.reach(10), Reach::Far, "there is none yet");
        book.begin(&full(10)).unwrap();
        let eaten = "101x0 102x0 103x0 104x0 105x0";
        book.hear(&difference(11, 11, "100x1", &format!("{eaten} 111x1 112x1")), Time(0)).unwrap();
        assert_eq!(book.reach(10), Reach::Far, "half of it is there: 106 to 110");
        book.hear(&difference(12, 12, "", "106x0"), Time(0)).unwrap();
        assert_eq!(book.reach(10), Reach::Near, "what is behind 110 was not told");
        assert_eq!(book.reach(11), Reach::Far, "a snapshot that was not full told all there was");
        book.renew();
        assert_eq!(book.reach(10), Reach::Far, "another one is asked for");
        book.hear(&difference(13, 13, "", "107x0 108x0 109x0 110x0"), Time(0)).unwrap();
        assert_eq!(book.reach(10), Reach::Nowhere, "111 may be far behind what was never told");
    }

    #[test]
    fn a_number_that_would_never_be_reached_does_not_stop_a_book() {
        let mut book = LocalBook::default();
        book.begin(&snapshot(10)).unwrap();
        assert!(book.hear(&difference(11, u64::MAX, "99x2", ""), Time(0)).is_err());
        assert!(book.hear(&difference(11, 12 + SPAN_MAX, "99x2", ""), Time(0)).is_err());
        assert_eq!(
            book.hear(&difference(11, 11 + SPAN_MAX, "99x2", ""), Time(0)),
            Ok(Heard::Changed)
        );
        let old_max = u64::try_from(OLD_MAX.as_micros()).unwrap();
        for (number, at) in [(1, 5), (2, 6), (3, 4 + old_max), (2, 3)] {
            let event = difference(number, number, "99x3", "");
            assert_eq!(book.hear(&event, Time(at)), Ok(Heard::Old), "{number} at {at}");
        }
        let event = difference(4, 4, "99x3", "");
        assert_eq!(book.hear(&event, Time(5 + old_max)), Ok(Heard::Gap));
        assert_eq!(book.begin(&snapshot(4)), Ok(Begun::Live), "it counts from there");
        assert_eq!(book.hear(&difference(4, 4, "", ""), Time(6 + old_max)), Ok(Heard::Old));
        book.reset();
        for number in [u64::MAX - 1, u64::MAX] {
            assert_eq!(
                book.hear(&difference(number, number, "99x1", ""), Time(0)),
                Ok(Heard::Waiting)
            );
        }
    }

    #[test]
    fn after_a_book_that_crossed_itself_none_is_taken_that_is_older() {
        let mut book = LocalBook::default();
        book.begin(&snapshot(10)).unwrap();
        book.hear(&difference(11, 15, "99.5x1", ""), Time(0)).unwrap();
        assert_eq!(book.hear(&difference(16, 16, "101x1", ""), Time(0)), Ok(Heard::Gap));
        assert_eq!(book.begin(&snapshot(15)), Ok(Begun::TooOld), "16 was told");
        assert_eq!(book.begin(&snapshot(16)), Ok(Begun::Live));
    }

    #[test]
    fn a_live_book_goes_on_until_another_snapshot_is_joined_to_what_came_since() {
        let mut book = LocalBook::default();
        book.begin(&full(10)).unwrap();
        book.renew();
        assert!(book.is_renewed());
        assert_eq!(book.begin(&full(9)), Ok(Begun::TooOld), "10 is in the book already");
        book.hear(&difference(11, 11, "99.5x1", "101x0"), Time(0)).unwrap();
        book.hear(&difference(12, 13, "99.7x1", ""), Time(0)).unwrap();
        assert_eq!(book.begin(&full(9)), Ok(Begun::TooOld), "10 may have changed what 9 has");
        assert_eq!(best(&book), Some(("99.7".to_owned(), 13)), "it goes on meanwhile");
        let newer = Depth { asks: levels("101x1 102x1 200x1"), ..full(11) };
        assert_eq!(book.begin(&newer), Ok(Begun::Live));
        assert_eq!(best(&book), Some(("99.7".to_owned(), 13)));
        assert_eq!(book.live().unwrap().0.levels(Side::Sell).len(), 3);
        assert!(!book.is_renewed());
        assert_eq!(book.hear(&difference(13, 14, "99.8x1", ""), Time(0)), Ok(Heard::Changed));
        book.renew();
        assert_eq!(
            book.hear(&difference(16, 16, "", ""), Time(0)),
            Ok(Heard::Gap),
            "a gap is a gap"
        );
        assert!(!book.is_renewed());
    }

    #[test]
    fn a_difference_that_is_far_ahead_keeps_no_book_from_beginning() {
        let mut book = LocalBook::default();
        for number in [11, 1_000_000_000, 12, 13] {
            let event = difference(number, number, &format!("99.{number}x1"), "");
            assert_eq!(book.hear(&event, Time(0)), Ok(Heard::Waiting));
        }
        assert_eq!(book.begin(&snapshot(12)), Ok(Begun::Live));
        assert_eq!(best(&book), Some(("99.13".to_owned(), 13)));
    }

    #[test]
    fn a_venue_that_counts_anew_while_a_book_waits_is_believed_after_some_snapshots() {
        let mut book = LocalBook::default();
        book.begin(&snapshot(1_000)).unwrap();
        book.reset();
        for number in 1..=OLDER_MAX {
            assert_eq!(book.begin(&snapshot(number.into())), Ok(Begun::TooOld), "{number}");
        }
        assert_eq!(book.begin(&snapshot(20)), Ok(Begun::Live));
        // In a row, and of a wait.
        book.begin(&snapshot(1_000)).unwrap();
        book.reset();
        for _ in 1..OLDER_MAX {
            assert_eq!(book.begin(&snapshot(999)), Ok(Begun::TooOld));
        }
        assert_eq!(book.begin(&snapshot(1_000)), Ok(Begun::Live));
        book.reset();
        assert_eq!(book.begin(&snapshot(999)), Ok(Begun::TooOld));
        assert_eq!(book.begin(&snapshot(999)), Ok(Begun::TooOld));
    }

    #[test]
    fn what_waits_for_a_snapshot_is_bounded_by_its_levels() {
        let mut book = LocalBook::default();
        let wide = vec!["99x1"; CHANGES_MAX].join(" ");
        let mut event = difference(1, 1, &wide, "");
        for number in 1..=100 {
            (event.first_update_id, event.last_update_id) = (number, number);
            assert_eq!(book.hear(&event, Time(0)), Ok(Heard::Waiting));
            let levels: usize = book.waiting.iter().map(Difference::levels).sum();
            assert!(levels <= WAITING_LEVELS_MAX, "{levels} after {number}");
        }
        let wider = difference(101, 101, &wide, "101x1");
        assert_eq!(book.hear(&wider, Time(0)), Err(Malformed("number of levels")));
        assert_eq!(book.begin(&snapshot(100)), Ok(Begun::Live), "it goes on from what is kept");
    }

    #[test]
    fn a_book_that_crosses_itself_is_given_up() {
        let mut book = LocalBook::default();
        book.begin(&snapshot(10)).unwrap();
        assert_eq!(book.hear(&difference(11, 11, "101x1", ""), Time(0)), Ok(Heard::Gap));
        assert_eq!(best(&book), None);
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_changes_nothing() {
        let mut book = LocalBook::default();
        book.begin(&snapshot(10)).unwrap();
        for event in [
            difference(12, 11, "", ""),
            difference(11, 11, "0x1", ""),
            difference(11, 11, "-1x1", ""),
            difference(11, 11, "", "103x-1"),
            difference(11, 11, "99.0000000000000000001x1", ""),
        ] {
            assert!(book.hear(&event, Time(0)).is_err(), "{event:?}");
        }
        assert_eq!(best(&book), Some(("99".to_owned(), 10)));
    }
}
