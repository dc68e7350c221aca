//! Books told to the price cache, as a feed tells them: each a little other than the one before.

use std::time::Duration;

use arbitrage::PriceCache;
use model::{Decimal, Side, Time};
use venue::Book;
use venue::port::{BookTold, MarketSink, Pair, Stamp, Venue};

use super::{Failure, rate};

/// Markets, told in turn.
const MARKETS: u32 = 200;
/// Levels of each side of a book.
const LEVELS: i128 = 1_000;
/// Books in a round.
const ROUND: usize = 100_000;

pub fn run(length: Duration) -> Result<(), Failure> {
    let quote = "USDT".parse()?;
    let base = |number: u32| format!("A{number}").parse();
    let bases = (0..MARKETS).map(base).collect::<Result<Vec<_>, _>>()?;
    let pairs: Vec<_> = bases.into_iter().map(|base| Pair { base, quote }).collect();
    let cache = PriceCache::new(pairs.iter().map(|pair| (Venue::Binance, *pair)));
    let sink = cache.sink(Venue::Binance);
    let book = book();
    let mut sequence = 0;
    let per_second = rate(length, ROUND, || {
        for number in 0..ROUND {
            sequence += 1;
            let stamp = Stamp { sequence, venue_time: None, received: Time(sequence) };
            sink.book(&BookTold { pair: pairs[number % pairs.len()], stamp, book: &book });
        }
    });
    let shown = cache.depth(Venue::Binance, pairs[0]).ok_or("the market has a place")?;
    assert!(!shown.bids.is_empty() && !shown.asks.is_empty(), "the book is shown");
    println!(r#"{{"perSecond":{per_second:.0}}}"#);
    Ok(())
}

fn book() -> Book {
    let mut book = Book::default();
    let number = |units| Decimal::new(units, 2).expect("a scale of ours");
    for level in 1..=LEVELS {
        book.set(Side::Buy, number(6_180_000 - level), number(level));
        book.set(Side::Sell, number(6_180_000 + level), number(level));
    }
    book
}
