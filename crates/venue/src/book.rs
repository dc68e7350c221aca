//! The levels of both sides of a market, kept by whoever listens to it.
//!
//! Units   prices in quote for one base, quantities in base.
//! Keeps   no level is without quantity, no price stands twice, each side is sorted; at most
//!         [`SIDE_LEVELS_MAX`] levels a side, of which the worst is dropped first. Beyond what was
//!         dropped a side has holes: how much of it is whole is known.

use std::cmp::Ordering;

use model::{Decimal, Side};

/// Levels of one side at most.
pub const SIDE_LEVELS_MAX: usize = 10_000;

/// All that is shown at one price of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// At which price.
    pub price: Decimal,
    /// How much base.
    pub qty: Decimal,
}

/// The book of one market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// The best last, where nearly all changes are.
    bids: Vec<Level>,
    /// The best last.
    asks: Vec<Level>,
    /// To which price bids are whole, and asks; `None` where no level was dropped.
    horizons: [Option<Decimal>; 2],
}

impl Book {
    /// Nothing on either side; what was there is forgotten.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
        self.horizons = [None; 2];
    }

    /// Sets the quantity at a price; zero takes the level away.
    pub fn set(&mut self, side: Side, price: Decimal, qty: Decimal) {
        let [of_bids, of_asks] = &mut self.horizons;
        let (levels, horizon) = match side {
            Side::Buy => (&mut self.bids, of_bids),
            Side::Sell => (&mut self.asks, of_asks),
        };
        let is_full = SIDE_LEVELS_MAX <= levels.len();
        match levels.binary_search_by(|level| worst_first(side, level.price, price)) {
            Ok(place) if qty.is_zero() => {
                levels.remove(place);
            }
            Ok(place) => levels[place].qty = qty,
            Err(_) if qty.is_zero() => {}
            Err(0) if is_full => narrow(horizon, side, levels[0].price),
            Err(place) if is_full => {
                // The worst makes room.
                levels[..place].rotate_left(1);
                levels[place - 1] = Level { price, qty };
                narrow(horizon, side, levels[0].price);
            }
            Err(place) => levels.insert(place, Level { price, qty }),
        }
    }

    /// How many of the best levels of a side are all there are; `None` where the side is whole.
    #[must_use]
    pub fn whole(&self, side: Side) -> Option<usize> {
        let [of_bids, of_asks] = self.horizons;
        let horizon = match side {
            Side::Buy => of_bids,
            Side::Sell => of_asks,
        };
        horizon.map(|horizon| self.levels_to(side, horizon))
    }

    /// Whether so much of a side was traded away that what was dropped of it is near: the book is
    /// to be told anew.
    #[must_use]
    pub fn is_thin(&self) -> bool {
        let is_thin = |side| self.whole(side).is_some_and(|whole| whole < SIDE_LEVELS_MAX / 2);
        is_thin(Side::Buy) || is_thin(Side::Sell)
    }

    /// Forgets all but the best `levels` of each side.
    pub fn keep_best(&mut self, levels: usize) {
        for side in [&mut self.bids, &mut self.asks] {
            let beyond = side.len().saturating_sub(levels);
            if 0 < beyond {
                side.drain(..beyond);
            }
        }
    }

    /// The best of a side; `None` where it is empty.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Level> {
        self.side(side).last().copied()
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl ExactSizeIterator<Item = Level> + '_ {
        self.side(side).iter().rev().copied()
    }

    /// How many levels of a side are at this price or better.
    #[must_use]
    pub fn levels_to(&self, side: Side, price: Decimal) -> usize {
        let levels = self.side(side);
        let worse = levels.partition_point(|level| worst_first(side, level.price, price).is_lt());
        levels.len() - worse
    }

    /// Whether somebody would buy for more than another sells for: no book of a venue is so.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        match (self.best(Side::Buy), self.best(Side::Sell)) {
            (Some(bid), Some(ask)) => ask.price <= bid.price,
            (_, _) => false,
        }
    }

    const fn side(&self, side: Side) -> &Vec<Level> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

/// A side is whole to that price at most.
fn narrow(horizon: &mut Option<Decimal>, side: Side, price: Decimal) {
    if horizon.is_none_or(|horizon| worst_first(side, horizon, price).is_lt()) {
        *horizon = Some(price);
    }
}

/// Bids rise, asks fall, so that the best is last.
fn worst_first(side: Side, one: Decimal, other: Decimal) -> Ordering {
    match side {
        Side::Buy => one.cmp(&other),
        Side::Sell => other.cmp(&one),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn shown(book: &Book, side: Side) -> String {
        let level = |level: Level| format!("{}x{}", level.price, level.qty);
        book.levels(side).map(level).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_side_stands_best_first_and_zero_takes_a_level_away() {
        let mut book = Book::default();
        for (side, price, qty) in [
            (Side::Buy, "99.0", "1"),
            (Side::Buy, "99.5", "2"),
            (Side::Buy, "98.0", "3"),
            (Side::Sell, "101", "4"),
            (Side::Sell, "100", "5"),
            (Side::Buy, "99.0", "0.00"),
            (Side::Sell, "101.0", "6"),
            (Side::Sell, "105", "0"),
        ] {
            book.set(side, number(price), number(qty));
        }
        assert_eq!(shown(&book, Side::Buy), "99.5x2 98.0x3");
        assert_eq!(shown(&book, Side::Sell), "100x5 101x6");
        assert!(!book.is_crossed());
        book.set(Side::Buy, number("100"), number("1"));
        assert!(book.is_crossed());
        book.clear();
        assert_eq!((book.best(Side::Buy), book.best(Side::Sell)), (None, None));
    }

    #[test]
    fn a_full_side_drops_its_worst_level() {
        let mut book = Book::default();
        let whole = |units: usize| Decimal::new(i128::try_from(units).unwrap(), 0).unwrap();
        for price in 1..=SIDE_LEVELS_MAX {
            book.set(Side::Sell, whole(price), whole(1));
        }
        book.set(Side::Sell, whole(SIDE_LEVELS_MAX + 1), whole(1));
        assert_eq!(book.levels(Side::Sell).last().unwrap().price, whole(SIDE_LEVELS_MAX));
        book.set(Side::Sell, number("0.5"), whole(1));
        assert_eq!(book.levels(Side::Sell).len(), SIDE_LEVELS_MAX);
        assert_eq!(book.best(Side::Sell).unwrap().price, number("0.5"));
        assert_eq!(book.levels(Side::Sell).last().unwrap().price, whole(SIDE_LEVELS_MAX - 1));
    }

    #[test]
    fn a_side_is_whole_to_what_was_dropped_of_it_and_no_further_whatever_comes_behind() {
        let whole = |units| Decimal::new(i128::try_from(units).unwrap(), 0).unwrap();
        for side in [Side::Buy, Side::Sell] {
            // The best first: a thousand of them find no room.
            let price = |place: usize| match side {
                Side::Buy => whole(50_000 - place),
                Side::Sell => whole(1 + place),
            };
            let mut book = Book::default();
            (0..SIDE_LEVELS_MAX).for_each(|place| book.set(side, price(place), whole(1)));
            assert_eq!((book.whole(side), book.is_thin()), (None, false));
            (0..1_000).for_each(|more| book.set(side, price(SIDE_LEVELS_MAX + more), whole(1)));
            assert_eq!((book.whole(side), book.is_thin()), (Some(SIDE_LEVELS_MAX), false));
            let half = SIDE_LEVELS_MAX / 2;
            (0..half).for_each(|place| book.set(side, price(place), whole(0)));
            // What is told now stands behind a hole, and does not count.
            (0..half).for_each(|more| book.set(side, price(SIDE_LEVELS_MAX + more), whole(1)));
            assert_eq!((book.whole(side), book.is_thin()), (Some(half), false));
            book.set(side, price(2 * SIDE_LEVELS_MAX), whole(1));
            book.set(side, price(half), whole(0));
            assert_eq!((book.whole(side), book.is_thin()), (Some(half - 1), true));
            book.clear();
            assert_eq!(book.whole(side), None);
        }
    }

    proptest! {
        #[test]
        fn a_book_and_a_map_tell_the_same_story(
            changes in prop::collection::vec((any::<bool>(), 1..40_i128, 0..3_i128), 0..200),
        ) {
            let mut book = Book::default();
            let mut slow: BTreeMap<(bool, i128), i128> = BTreeMap::new();
            for (is_bid, price, qty) in changes {
                let side = if is_bid { Side::Buy } else { Side::Sell };
                let whole = |units| Decimal::new(units, 0).unwrap();
                book.set(side, whole(price), whole(qty));
                slow.insert((is_bid, price), qty);
                slow.retain(|_, qty| *qty != 0);
            }
            for (is_bid, side) in [(true, Side::Buy), (false, Side::Sell)] {
                let levels = slow.iter().filter(|((bid, _), _)| *bid == is_bid);
                let text = levels.map(|((_, price), qty)| format!("{price}x{qty}"));
                let mut want: Vec<_> = text.collect();
                if is_bid {
                    want.reverse();
                }
                prop_assert_eq!(shown(&book, side), want.join(" "));
            }
        }
    }
}
