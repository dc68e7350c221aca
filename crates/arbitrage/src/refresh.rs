//! What streams do not tell, asked for every few seconds: the last day of all markets at once, and
//! the books of some of them in turn.
//!
//! Shape   one of these for each venue, beside its feed; it ends when it is dropped.
//! Keeps   nobody who reads the cache waits for an answer; who follows streams and who trades has
//!         the better part of the venue's budget, since what is asked here is asked as
//!         `MarketFeed::tickers` and `snapshot` are: with what is left over. Where that is used up,
//!         the next round goes on where this one ended.

use std::time::Duration;

use model::Time;
use venue::port::{MarketFeed, Pair, Venue, VenueError};

use crate::price_cache::VenueSink;

/// How often to ask, and for how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the end of a round to the next.
    pub every: Duration,
    /// Books in a round.
    pub books: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: Duration::from_secs(10), books: 10 }
    }
}

/// The questions to one venue.
#[derive(Debug)]
pub struct Refresh<'a> {
    pairs: &'a [Pair],
    sink: VenueSink<'a>,
    /// The next market whose book is asked for.
    next: usize,
}

/// What became of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Answers that were taken.
    pub answers: usize,
    /// Questions that were refused, or whose answer made no sense.
    pub failures: usize,
}

impl<'a> Refresh<'a> {
    /// Of these markets, told there.
    #[must_use]
    pub const fn new(pairs: &'a [Pair], sink: VenueSink<'a>) -> Self {
        Self { pairs, sink, next: 0 }
    }

    /// Asks at this pace until it is dropped.
    pub async fn run(
        mut self,
        feed: &dyn MarketFeed,
        pace: Pace,
        clock: &(dyn Fn() -> Time + Sync),
    ) {
        let venue = feed.venue();
        loop {
            let round = self.round(feed, pace.books, clock).await;
            count(venue, "answered", round.answers);
            count(venue, "failed", round.failures);
            if 0 < round.failures {
                let Round { answers, failures } = round;
                tracing::debug!(venue = venue.id(), answers, failures, "not all was refreshed");
            }
            tokio::time::sleep(pace.every).await;
        }
    }

    /// Asks once for all tickers, and for so many books.
    pub async fn round(
        &mut self,
        feed: &dyn MarketFeed,
        books: usize,
        clock: &(dyn Fn() -> Time + Sync),
    ) -> Round {
        let mut round = Round::default();
        match feed.tickers().await {
            Ok(tickers) => {
                self.sink.days(&tickers, clock());
                round.answers += 1;
            }
            Err(_) => round.failures += 1,
        }
        for _ in 0..books.min(self.pairs.len()) {
            let pair = self.pairs[self.next % self.pairs.len()];
            let asked = clock();
            match feed.snapshot(pair).await {
                Ok(snapshot) => {
                    self.sink.snapshot(&snapshot, asked, clock());
                    round.answers += 1;
                }
                // Nothing more is to be had now: this one comes first the next time.
                Err(VenueError::TryLater { .. }) => {
                    round.failures += 1;
                    break;
                }
                Err(VenueError::Rejected { .. } | VenueError::Unknown { .. }) => {
                    round.failures += 1
                }
            }
            self.next = (self.next + 1) % self.pairs.len();
        }
        round
    }
}

fn count(venue: Venue, outcome: &'static str, count: usize) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    metrics::counter!("rialto_venue_refreshes_total", "venue" => venue.id(), "outcome" => outcome)
        .increment(count);
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::{pending, ready};
    use std::sync::Mutex;

    use futures_util::FutureExt;
    use model::Decimal;
    use venue::Level;
    use venue::port::{Asked, Market, MarketSink, Snapshot, Ticker};

    use super::*;
    use crate::{Freshness, PriceCache};

    const VENUE: Venue = Venue::Binance;

    fn pair(base: &str) -> Pair {
        Pair { base: base.parse().unwrap(), quote: "USDT".parse().unwrap() }
    }

    /// A venue that answers what is asked for so often, and then is silent or says later.
    struct Feed {
        left: Mutex<usize>,
        is_silent: bool,
        asked: Mutex<Vec<String>>,
    }

    impl Feed {
        fn new(left: usize, is_silent: bool) -> Self {
            Self { left: Mutex::new(left), is_silent, asked: Mutex::default() }
        }

        fn answer<T: Send + 'static>(&self, answer: T) -> Asked<'_, T> {
            let mut left = self.left.lock().unwrap();
            if *left == 0 {
                let later = Err(VenueError::later("the budget is used up"));
                return if self.is_silent { Box::pin(pending()) } else { Box::pin(ready(later)) };
            }
            *left -= 1;
            Box::pin(ready(Ok(answer)))
        }
    }

    impl MarketFeed for Feed {
        fn venue(&self) -> Venue {
            VENUE
        }

        fn server_time(&self) -> Asked<'_, Time> {
            self.answer(Time(0))
        }

        fn markets(&self) -> Asked<'_, Vec<Market>> {
            self.answer(Vec::new())
        }

        fn tickers(&self) -> Asked<'_, Vec<Ticker>> {
            let volume = Decimal::ZERO;
            let (last, bid, ask, quote_volume) = (Some(Decimal::ZERO), None, None, volume);
            let tickers = ["A", "B", "C"].map(pair);
            let day = |pair| Ticker { pair, last, bid, ask, volume, quote_volume };
            self.answer(tickers.map(day).to_vec())
        }

        fn snapshot(&self, pair: Pair) -> Asked<'_, Snapshot> {
            self.asked.lock().unwrap().push(pair.base.to_string());
            let one = Decimal::new(1, 0).unwrap();
            let (bids, asks) = (vec![Level { price: one, qty: one }], Vec::new());
            self.answer(Snapshot { pair, sequence: None, venue_time: None, bids, asks })
        }

        fn follow<'a>(
            &'a self,
            _pairs: &'a [Pair],
            _sink: &'a dyn MarketSink,
        ) -> Asked<'a, Infallible> {
            Box::pin(pending())
        }
    }

    fn cache() -> PriceCache {
        PriceCache::new(["A", "B", "C"].map(|base| (VENUE, pair(base))))
    }

    #[test]
    fn all_tickers_and_books_in_turn_are_asked_for() {
        let (cache, pairs) = (cache(), ["A", "B", "C"].map(pair));
        let mut refresh = Refresh::new(&pairs, cache.sink(VENUE));
        let feed = Feed::new(usize::MAX, false);
        for _ in 0..3 {
            let round = refresh.round(&feed, 2, &|| Time(5)).now_or_never().unwrap();
            assert_eq!(round, Round { answers: 3, failures: 0 });
        }
        assert_eq!(feed.asked.lock().unwrap().concat(), "ABCABC");
        for pair in pairs {
            assert_eq!(cache.day(VENUE, pair).unwrap().received, Time(5));
            let quote = cache.quote(VENUE, pair).unwrap();
            assert_eq!(quote.freshness, Freshness::Asked { at: Time(5) });
            assert!(quote.bid.is_some());
        }
    }

    #[test]
    fn where_the_budget_is_used_up_the_next_round_goes_on() {
        let (cache, pairs) = (cache(), ["A", "B", "C"].map(pair));
        let mut refresh = Refresh::new(&pairs, cache.sink(VENUE));
        let feed = Feed::new(2, false);
        let round = refresh.round(&feed, 10, &|| Time(5)).now_or_never().unwrap();
        assert_eq!(round, Round { answers: 2, failures: 1 });
        *feed.left.lock().unwrap() = 10;
        refresh.round(&feed, 10, &|| Time(6)).now_or_never().unwrap();
        assert_eq!(feed.asked.lock().unwrap().concat(), "ABBCA", "B is asked for again");
    }

    #[test]
    fn nobody_who_reads_waits_for_an_answer() {
        let (cache, pairs) = (cache(), ["A", "B", "C"].map(pair));
        for answers in 0..4 {
            let feed = Feed::new(answers, true);
            let refresh = Refresh::new(&pairs, cache.sink(VENUE));
            let mut run = Box::pin(refresh.run(&feed, Pace::default(), &|| Time(5)));
            assert!(run.as_mut().now_or_never().is_none(), "it waits for an answer");
            // A lock that it held would keep these for ever.
            for pair in pairs {
                assert!(cache.quote(VENUE, pair).is_some());
                cache.sink(VENUE).days(&[], Time(6));
            }
        }
    }
}
