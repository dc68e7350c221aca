//! One book as its listeners have it: what they were told last, and what to tell them next.
//!
//! Keeps   listeners who apply every message in turn, level by level or all at once, and keep no
//!         more levels than they asked for, have the book of the checksum.
//! Source  docs.kraken.com, "Spot WebSocket v2: book".

use model::{Side, Time};
use venue::Book;
use venue::instant::text as rfc3339;
use venue::kraken::{BookData, DecimalNumber, Level, Precision, Push, checksum, symbol_of};
use venue::port::Pair;

use crate::desk::{Desk, DeskDepth, MarketFacts};

/// A book of so many levels.
#[derive(Debug)]
pub struct BookTopic {
    pair: Pair,
    symbol: String,
    precision: Precision,
    depth: usize,
    /// As it was told last, best first.
    told: DeskDepth,
}

impl BookTopic {
    /// The book as it is now; `None` for an unknown market.
    pub fn new(desk: &Desk, facts: &MarketFacts, depth: usize) -> Option<Self> {
        let pair = facts.pair;
        let precision = Precision { price: facts.price_scale(), qty: facts.qty_scale() };
        let told = desk.depth(pair, depth)?;
        Some(Self { pair, symbol: symbol_of(pair), precision, depth, told })
    }

    /// What a new listener is told first.
    pub fn snapshot(&self) -> Option<String> {
        let all = |levels: &[venue::Level]| levels.iter().map(level).collect();
        self.message("snapshot", all(&self.told.bids), all(&self.told.asks), None)
    }

    /// What changed since anything was told; `None` where nothing did.
    pub fn update(&mut self, desk: &Desk) -> Option<String> {
        let now = desk.depth(self.pair, self.depth)?;
        let bids = changed(Side::Buy, &self.told.bids, &now.bids, self.depth);
        let asks = changed(Side::Sell, &self.told.asks, &now.asks, self.depth);
        self.told = now;
        if bids.is_empty() && asks.is_empty() {
            return None;
        }
        self.message("update", bids, asks, Some(self.told.time))
    }

    fn message(
        &self,
        kind: &'static str,
        bids: Vec<Level>,
        asks: Vec<Level>,
        time: Option<Time>,
    ) -> Option<String> {
        let mut book = Book::default();
        for (side, levels) in [(Side::Buy, &self.told.bids), (Side::Sell, &self.told.asks)] {
            // No more count.
            levels.iter().take(10).for_each(|level| book.set(side, level.price, level.qty));
        }
        let timestamp = time.map(rfc3339);
        let data = [BookData {
            symbol: &self.symbol,
            bids: bids.into(),
            asks: asks.into(),
            checksum: checksum(&book, self.precision)?,
            timestamp: timestamp.as_deref(),
        }];
        let (channel, kind) = ("book".into(), Some(kind.into()));
        let push = Push { channel, kind, data: Some(data), timestamp: None, sequence: None };
        serde_json::to_string(&push).ok()
    }
}

fn level(level: &venue::Level) -> Level {
    Level { price: DecimalNumber(level.price), qty: DecimalNumber(level.qty) }
}

/// What makes one side the other: first what is gone, so that a listener who keeps no more than
/// `depth` levels after each of them drops none that stays. What only fell out below is not told.
fn changed(side: Side, before: &[venue::Level], now: &[venue::Level], depth: usize) -> Vec<Level> {
    let is_better = |one: &venue::Level, other: &venue::Level| match side {
        Side::Buy => other.price < one.price,
        Side::Sell => one.price < other.price,
    };
    let (mut gone, mut stands) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (before.iter().peekable(), now.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(was), Some(is)) if was.price == is.price => {
                if was.qty != is.qty {
                    stands.push(level(is));
                }
                old.next();
                new.next();
            }
            (Some(was), Some(is)) if is_better(was, is) => {
                gone.push(level(was));
                old.next();
            }
            (Some(was), None) => {
                // With a full side below the last of which it was, it may be there still.
                if now.len() < depth {
                    gone.push(level(was));
                }
                old.next();
            }
            (_, Some(is)) => {
                stands.push(level(is));
                new.next();
            }
        }
    }
    let zero = DecimalNumber::default();
    let gone = gone.into_iter().map(|level| Level { qty: zero, ..level });
    gone.chain(stands).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn levels(side: Side, prices: &[(i128, i128)], depth: usize) -> Vec<venue::Level> {
        let whole = |units| model::Decimal::new(units, 0).unwrap();
        let mut book = Book::default();
        prices.iter().for_each(|(price, qty)| book.set(side, whole(*price), whole(*qty)));
        book.levels(side).take(depth).collect()
    }

    proptest! {
        /// As careful listeners do, and as those do who cut after each level.
        #[test]
        fn whoever_applies_what_changed_has_what_stands(
            is_bid in any::<bool>(),
            before in prop::collection::vec((1..30_i128, 0..3_i128), 0..40),
            after in prop::collection::vec((1..30_i128, 0..3_i128), 0..40),
        ) {
            const DEPTH: usize = 10;
            let side = if is_bid { Side::Buy } else { Side::Sell };
            let (old, now) = (levels(side, &before, DEPTH), levels(side, &after, DEPTH));
            let told = changed(side, &old, &now, DEPTH);
            for cuts_each in [true, false] {
                let mut book = Book::default();
                old.iter().for_each(|level| book.set(side, level.price, level.qty));
                for level in told.as_slice() {
                    book.set(side, level.price.0, level.qty.0);
                    if cuts_each {
                        book.keep_best(DEPTH);
                    }
                }
                book.keep_best(DEPTH);
                prop_assert_eq!(book.levels(side).collect::<Vec<_>>(), now.clone());
            }
        }
    }
}
