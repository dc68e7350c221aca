//! What every market of every venue costs now, and how sure that is.
//!
//! Shape   a place for each market of a venue, from when the venue's markets were named, once;
//!         reading and writing one takes the same time however many there are, and holds up nobody
//!         at another.
//! Keeps   an older sequence never overwrites a newer one of the same connection, whether streams
//!         tell it or an answer to a question; what a venue no longer vouches for is told as lost,
//!         with the last that was known. A market is locked for as long as its numbers are copied.
//! Units   times of arrival by our clock, times of sending by the venue's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use model::{Side, Time};
use venue::Level;
use venue::port::{
    BookTold, Lost, MarketSink, Pair, SNAPSHOT_LEVELS, Snapshot, Stamp, Ticker, TopTold, TradeTold,
    Venue,
};

/// Levels of a side that are kept.
pub const DEPTH_LEVELS: usize = SNAPSHOT_LEVELS;

/// For how long the best of a market may be ahead of its book: what the book does not confirm by
/// then is none.
const TOP_AHEAD_MAX: Duration = Duration::from_secs(1);

/// For how long a stream may say nothing of a change that an answer tells of.
const SILENT_MAX: Duration = Duration::from_secs(5);

/// Whether a price can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing was told yet.
    Connecting,
    /// It holds; the venue was last heard then.
    Live {
        /// By our clock.
        heard: Time,
    },
    /// No stream tells of it: it was so when it was asked for, and may be otherwise since.
    Asked {
        /// When it was asked, by our clock.
        at: Time,
    },
    /// Nobody knows whether it holds.
    Lost {
        /// Since when, by our clock.
        since: Time,
    },
}

/// The best of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The best price to sell at; `None` where nobody buys.
    pub bid: Option<Level>,
    /// The best price to buy at; `None` where nobody sells.
    pub ask: Option<Level>,
    /// After which update it was so.
    pub stamp: Stamp,
    /// Whether it can be believed.
    pub freshness: Freshness,
}

/// The best [`DEPTH_LEVELS`] of both sides, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Who buys.
    pub bids: Vec<Level>,
    /// Who sells.
    pub asks: Vec<Level>,
    /// After which update it was so.
    pub stamp: Stamp,
    /// Whether it can be believed.
    pub freshness: Freshness,
}

/// A market over the last 24 hours, as it was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// It.
    pub ticker: Ticker,
    /// When it arrived, by our clock.
    pub received: Time,
}

/// Prices of all markets that were named.
#[derive(Debug, Default)]
pub struct PriceCache {
    /// In the order of [`Venue::ALL`].
    venues: [Shelf; Venue::ALL.len()],
}

/// What is known of one venue.
#[derive(Debug, Default)]
struct Shelf {
    markets: OnceLock<Markets>,
    /// When it was last heard, in microseconds.
    heard: AtomicU64,
    books: AtomicU64,
    tops: AtomicU64,
}

#[derive(Debug)]
struct Markets {
    places: HashMap<Pair, usize>,
    rows: Vec<RwLock<Market>>,
}

/// How it stands with what is told of a venue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Markets of which streams tell.
    pub live: usize,
    /// Markets of which only questions tell.
    pub asked: usize,
    /// Markets of which nobody knows whether what was told still holds.
    pub lost: usize,
    /// Markets of which nothing was told yet.
    pub connecting: usize,
    /// Changes of a book that were told so far.
    pub books: u64,
    /// Changes of the best of a book that were told so far, ahead of the book.
    pub tops: u64,
}

#[derive(Debug, Default)]
struct Market {
    top: Stamp,
    bid: Option<Level>,
    ask: Option<Level>,
    depth: Stamp,
    bids: Vec<Level>,
    asks: Vec<Level>,
    day: Option<Day>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Connecting,
    Live,
    /// Since then, by the answer to a question.
    Asked(Time),
    Lost(Time),
}

impl PriceCache {
    /// Room for these markets, of which nothing is known yet. Of venues that are not among them,
    /// [`Self::list`] may name some later.
    #[must_use]
    pub fn new(markets: impl IntoIterator<Item = (Venue, Pair)>) -> Self {
        let mut named: [Vec<Pair>; Venue::ALL.len()] = Default::default();
        for (venue, pair) in markets {
            named[venue as usize].push(pair);
        }
        let cache = Self::default();
        for venue in Venue::ALL {
            let pairs = &named[venue as usize];
            if !pairs.is_empty() {
                cache.list(venue, pairs);
            }
        }
        cache
    }

    /// Names the markets of a venue. Once: where they were named before, that stands, and the
    /// answer is `false`.
    pub fn list(&self, venue: Venue, pairs: &[Pair]) -> bool {
        let mut places = HashMap::with_capacity(pairs.len());
        for pair in pairs {
            let next = places.len();
            places.entry(*pair).or_insert(next);
        }
        let rows = (0..places.len()).map(|_| RwLock::default()).collect();
        self.shelf(venue).markets.set(Markets { places, rows }).is_ok()
    }

    /// How it stands with what is told of a venue. It looks at each of its markets.
    #[must_use]
    pub fn standing(&self, venue: Venue) -> Standing {
        let shelf = self.shelf(venue);
        let (books, tops) = (&shelf.books, &shelf.tops);
        let (books, tops) = (books.load(Ordering::Relaxed), tops.load(Ordering::Relaxed));
        let mut standing = Standing { books, tops, ..Standing::default() };
        for row in shelf.markets.get().map_or(&[][..], |markets| &markets.rows) {
            *match row.read().unwrap_or_else(PoisonError::into_inner).state {
                State::Connecting => &mut standing.connecting,
                State::Live => &mut standing.live,
                State::Asked(_) => &mut standing.asked,
                State::Lost(_) => &mut standing.lost,
            } += 1;
        }
        standing
    }

    /// The best of a market; `None` where it was not named.
    #[must_use]
    pub fn quote(&self, venue: Venue, pair: Pair) -> Option<Quote> {
        let market = self.read(venue, pair)?;
        let (stamp, bid, ask) = (market.top, market.bid, market.ask);
        let freshness = self.freshness(venue, market.state, stamp.received);
        Some(Quote { bid, ask, stamp, freshness })
    }

    /// The depth of a market; `None` where it was not named.
    #[must_use]
    pub fn depth(&self, venue: Venue, pair: Pair) -> Option<Depth> {
        let market = self.read(venue, pair)?;
        let stamp = market.depth;
        let freshness = self.freshness(venue, market.state, stamp.received);
        let (bids, asks) = (market.bids.clone(), market.asks.clone());
        Some(Depth { bids, asks, stamp, freshness })
    }

    /// The last 24 hours of a market; `None` where nobody told of them yet.
    #[must_use]
    pub fn day(&self, venue: Venue, pair: Pair) -> Option<Day> {
        self.read(venue, pair)?.day
    }

    /// When a venue was last heard, by our clock; the beginning of time where it never was.
    #[must_use]
    pub fn heard(&self, venue: Venue) -> Time {
        Time(self.shelf(venue).heard.load(Ordering::Relaxed))
    }

    /// Where the feed of a venue tells what it hears. One feed a venue: who listens on two
    /// connections cannot know which of them is silent.
    #[must_use]
    pub const fn sink(&self, venue: Venue) -> VenueSink<'_> {
        VenueSink { cache: self, venue }
    }

    fn freshness(&self, venue: Venue, state: State, received: Time) -> Freshness {
        match state {
            State::Connecting => Freshness::Connecting,
            State::Live => Freshness::Live { heard: self.heard(venue).max(received) },
            State::Asked(at) => Freshness::Asked { at },
            State::Lost(since) => Freshness::Lost { since },
        }
    }

    const fn shelf(&self, venue: Venue) -> &Shelf {
        &self.venues[venue as usize]
    }

    fn read(&self, venue: Venue, pair: Pair) -> Option<RwLockReadGuard<'_, Market>> {
        Some(self.shelf(venue).row(pair)?.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, venue: Venue, pair: Pair) -> Option<RwLockWriteGuard<'_, Market>> {
        Some(self.shelf(venue).row(pair)?.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shelf {
    fn row(&self, pair: Pair) -> Option<&RwLock<Market>> {
        let markets = self.markets.get()?;
        Some(&markets.rows[*markets.places.get(&pair)?])
    }
}

impl Freshness {
    /// Whether the venue vouches for it and was heard, or asked, within `age_max`, by the clock
    /// that tells `now`. What was heard much later than now was heard by a clock that stepped:
    /// nobody knows how old it is.
    #[must_use]
    pub fn is_within(self, age_max: Duration, now: Time) -> bool {
        match self {
            Self::Connecting | Self::Lost { .. } => false,
            Self::Live { heard: at } | Self::Asked { at } => {
                u128::from(now.0.abs_diff(at.0)) <= age_max.as_micros()
            }
        }
    }
}

/// The ear of a cache at one venue.
#[derive(Clone, Copy, Debug)]
pub struct VenueSink<'a> {
    cache: &'a PriceCache,
    venue: Venue,
}

impl VenueSink<'_> {
    /// Takes what a venue says of all its markets at once.
    pub fn days(&self, tickers: &[Ticker], received: Time) {
        for ticker in tickers {
            if let Some(mut market) = self.cache.write(self.venue, ticker.pair) {
                market.day = Some(Day { ticker: *ticker, received });
            }
        }
    }

    /// Takes the answer to being asked for a book. Where streams tell of the market, it must be
    /// newer than what they told; where none does, it must not be older than the last answer, and
    /// asked for after the market was lost. Where it shows that a stream has been silent about what
    /// changed for [`SILENT_MAX`], it counts, and the stream does not until its next book.
    pub fn snapshot(&self, told: &Snapshot, asked: Time, received: Time) {
        let Some(mut market) = self.cache.write(self.venue, told.pair) else { return };
        let (sequence, venue_time) = (told.sequence.unwrap_or_default(), told.venue_time);
        let stamp = Stamp { sequence, venue_time, received };
        let (is_wanted, state) = match market.state {
            State::Live if market.is_left_behind(told, asked) => (true, State::Asked(asked)),
            State::Live => (stamp.is_newer_than(market.depth), State::Live),
            State::Asked(_) => (!market.depth.is_newer_than(stamp), State::Asked(asked)),
            State::Lost(since) => (since <= asked, State::Asked(asked)),
            State::Connecting => (true, State::Asked(asked)),
        };
        if is_wanted {
            let is_new_best = market.is_new_best(stamp);
            market.state = state;
            market.depth = stamp;
            market.keep_depth(told.bids.iter().copied(), told.asks.iter().copied());
            if is_new_best || !matches!(state, State::Live) {
                market.top = stamp;
                market.bid = told.bids.first().copied();
                market.ask = told.asks.first().copied();
            }
        }
    }
}

impl Market {
    /// Whether the stream said nothing of what this answer tells, for so long that it will not any
    /// more: the venue dropped it without a word, and others go on.
    fn is_left_behind(&self, told: &Snapshot, asked: Time) -> bool {
        let silent = asked.0.saturating_sub(self.depth.received.max(self.top.received).0);
        let is_other = match told.sequence {
            Some(sequence) => self.known_at(asked) < sequence,
            // Prices alone: an answer may have quantities of fewer digits than the stream.
            None => {
                let price = |level: Option<&Level>| level.map(|level| level.price);
                price(told.bids.first()) != price(self.bid.as_ref())
                    || price(told.asks.first()) != price(self.ask.as_ref())
            }
        };
        is_other && SILENT_MAX.as_micros() < u128::from(silent)
    }

    /// The number of the last update that is believed at that moment.
    fn known_at(&self, at: Time) -> u64 {
        let top_until = u128::from(self.top.received.0) + TOP_AHEAD_MAX.as_micros();
        let is_over = top_until < u128::from(at.0);
        if is_over { self.depth.sequence } else { self.depth.sequence.max(self.top.sequence) }
    }

    /// Whether this is newer than the best that is believed when it arrives.
    fn is_new_best(&self, stamp: Stamp) -> bool {
        self.known_at(stamp.received) < stamp.sequence
    }

    fn keep_depth(&mut self, bids: impl Iterator<Item = Level>, asks: impl Iterator<Item = Level>) {
        self.bids.clear();
        self.bids.extend(bids.take(DEPTH_LEVELS));
        self.asks.clear();
        self.asks.extend(asks.take(DEPTH_LEVELS));
    }
}

impl MarketSink for VenueSink<'_> {
    fn book(&self, told: &BookTold<'_>) {
        let BookTold { pair, stamp, book } = *told;
        self.cache.shelf(self.venue).books.fetch_add(1, Ordering::Relaxed);
        let Some(mut market) = self.cache.write(self.venue, pair) else { return };
        // The first book of a connection counts from wherever the venue counts now.
        let begins = !matches!(market.state, State::Live);
        let is_new_best = begins || market.is_new_best(stamp);
        if begins || stamp.is_newer_than(market.depth) {
            market.depth = stamp;
            market.keep_depth(book.levels(Side::Buy), book.levels(Side::Sell));
        }
        if is_new_best {
            market.top = stamp;
            (market.bid, market.ask) = (book.best(Side::Buy), book.best(Side::Sell));
        }
        market.state = State::Live;
    }

    fn top(&self, told: &TopTold) {
        let TopTold { pair, stamp, bid, ask } = *told;
        self.cache.shelf(self.venue).tops.fetch_add(1, Ordering::Relaxed);
        let Some(mut market) = self.cache.write(self.venue, pair) else { return };
        // Before its first book a market is not live: what comes early belongs to nothing.
        if matches!(market.state, State::Live) && market.is_new_best(stamp) {
            market.top = stamp;
            (market.bid, market.ask) = (bid, ask);
        }
    }

    fn trade(&self, _told: &TradeTold) {}

    fn lost(&self, pair: Pair, _why: Lost, at: Time) {
        if let Some(mut market) = self.cache.write(self.venue, pair)
            // What was asked for came on no connection: it only grows old.
            && matches!(market.state, State::Live)
        {
            market.state = State::Lost(at);
        }
    }

    fn heard(&self, at: Time) {
        // Not the latest that was ever told: a clock may have been ahead.
        self.cache.shelf(self.venue).heard.store(at.0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use venue::Book;

    use super::*;

    const VENUE: Venue = Venue::Binance;

    fn pair(base: &str) -> Pair {
        Pair { base: base.parse().unwrap(), quote: "USDT".parse().unwrap() }
    }

    fn level(price: &str) -> Level {
        Level { price: price.parse().unwrap(), qty: "1".parse().unwrap() }
    }

    fn stamp(sequence: u64) -> Stamp {
        Stamp { sequence, venue_time: None, received: Time(sequence) }
    }

    fn told(cache: &PriceCache, sequence: u64, price: &str) {
        let mut book = Book::default();
        for number in 0..2 * DEPTH_LEVELS {
            let price: model::Decimal = format!("{}.{number:02}", 1_000).parse().unwrap();
            book.set(Side::Sell, price, level("1").qty);
        }
        book.set(Side::Buy, level(price).price, level(price).qty);
        let (pair, stamp) = (pair("BTC"), stamp(sequence));
        let told = BookTold { pair, stamp, book: &book };
        cache.sink(VENUE).book(&told);
    }

    fn top(cache: &PriceCache, sequence: u64, price: &str) {
        let (pair, stamp, bid) = (pair("BTC"), stamp(sequence), Some(level(price)));
        let told = TopTold { pair, stamp, bid, ask: None };
        cache.sink(VENUE).top(&told);
    }

    fn bid(cache: &PriceCache) -> Option<String> {
        Some(cache.quote(VENUE, pair("BTC"))?.bid?.price.to_string())
    }

    fn cache() -> PriceCache {
        PriceCache::new(["BTC", "ETH", "BTC"].map(|base| (VENUE, pair(base))))
    }

    #[test]
    fn what_is_older_overwrites_nothing_that_is_newer() {
        let cache = cache();
        top(&cache, 4, "99");
        assert_eq!(bid(&cache), None, "there is no book yet");
        told(&cache, 5, "100");
        top(&cache, 7, "101");
        told(&cache, 6, "102");
        assert_eq!(bid(&cache).unwrap(), "101", "the top is ahead of the book");
        assert_eq!(cache.depth(VENUE, pair("BTC")).unwrap().bids, [level("102")]);
        top(&cache, 7, "103");
        told(&cache, 4, "104");
        let depth = cache.depth(VENUE, pair("BTC")).unwrap();
        assert_eq!((bid(&cache).unwrap().as_str(), depth.stamp.sequence), ("101", 6));
        assert_eq!((depth.asks.len(), depth.asks[0]), (DEPTH_LEVELS, level("1000.00")));
    }

    #[test]
    fn what_is_lost_is_told_as_lost_until_a_book_begins_anew() {
        let cache = cache();
        let freshness = || cache.quote(VENUE, pair("BTC")).unwrap().freshness;
        let sink = cache.sink(VENUE);
        sink.lost(pair("BTC"), Lost::Connection, Time(1));
        assert_eq!(freshness(), Freshness::Connecting);
        told(&cache, 50, "100");
        assert_eq!(freshness(), Freshness::Live { heard: Time(50) });
        sink.lost(pair("BTC"), Lost::Gap, Time(60));
        sink.lost(pair("BTC"), Lost::Connection, Time(70));
        top(&cache, 80, "101");
        assert_eq!(freshness(), Freshness::Lost { since: Time(60) });
        assert_eq!(bid(&cache).unwrap(), "100", "the last that was known");
        told(&cache, 3, "90");
        assert_eq!(bid(&cache).unwrap(), "90", "a venue that began anew counts anew");
    }

    #[test]
    fn a_quiet_market_is_as_fresh_as_its_venue_was_heard() {
        let cache = cache();
        told(&cache, 5, "100");
        let sink = cache.sink(VENUE);
        sink.heard(Time(900_000));
        sink.heard(Time(1_000_000));
        let freshness = cache.quote(VENUE, pair("BTC")).unwrap().freshness;
        assert_eq!(freshness, Freshness::Live { heard: Time(1_000_000) });
        let second = Duration::from_secs(1);
        assert!(freshness.is_within(second, Time(2_000_000)));
        assert!(!freshness.is_within(second, Time(2_000_001)));
        assert!(!Freshness::Lost { since: Time(5) }.is_within(second, Time(5)));
    }

    fn asked(cache: &PriceCache, sequence: Option<u64>, price: &str, at: u64) {
        let (bids, asks) = (vec![level(price)], Vec::new());
        let told = Snapshot { pair: pair("BTC"), sequence, venue_time: None, bids, asks };
        cache.sink(VENUE).snapshot(&told, Time(at), Time(at));
    }

    #[test]
    fn an_answer_is_shown_where_no_stream_tells_and_overwrites_nothing_newer() {
        let cache = cache();
        let freshness = || cache.quote(VENUE, pair("BTC")).unwrap().freshness;
        for (sequence, price, at, want, is_asked) in [
            (Some(7), "90", 1, "90", 1),
            (Some(6), "91", 2, "90", 1),
            (Some(7), "92", 3, "92", 3),
            (Some(9), "93", 4, "93", 4),
        ] {
            asked(&cache, sequence, price, at);
            assert_eq!(bid(&cache).unwrap(), want, "{sequence:?} at {at}");
            assert_eq!(freshness(), Freshness::Asked { at: Time(is_asked) });
        }
        assert!(freshness().is_within(Duration::from_micros(2), Time(6)));
        assert!(!freshness().is_within(Duration::from_micros(2), Time(7)));
        cache.sink(VENUE).lost(pair("BTC"), Lost::Connection, Time(7));
        assert_eq!(freshness(), Freshness::Asked { at: Time(4) }, "it came on no connection");
        told(&cache, 20, "100");
        for sequence in [None, Some(19), Some(20)] {
            asked(&cache, sequence, "95", 30);
            assert_eq!(bid(&cache).unwrap(), "100", "{sequence:?} is not newer than 20");
        }
        asked(&cache, Some(21), "101", 31);
        assert_eq!(bid(&cache).unwrap(), "101");
        assert!(matches!(freshness(), Freshness::Live { .. }), "streams tell of it");
        told(&cache, 21, "102");
        assert_eq!(bid(&cache).unwrap(), "101");
        cache.sink(VENUE).lost(pair("BTC"), Lost::Connection, Time(40));
        asked(&cache, None, "96", 41);
        assert_eq!(
            (bid(&cache).unwrap().as_str(), freshness()),
            ("96", Freshness::Asked { at: Time(41) })
        );
    }

    #[test]
    fn an_answer_that_was_asked_for_before_a_loss_makes_nothing_believed() {
        let cache = cache();
        told(&cache, 1_000, "100");
        let sink = cache.sink(VENUE);
        sink.lost(pair("BTC"), Lost::Gap, Time(2_000));
        let (bids, asks) = (vec![level("90")], Vec::new());
        let old = Snapshot { pair: pair("BTC"), sequence: Some(990), venue_time: None, bids, asks };
        sink.snapshot(&old, Time(1_999), Time(2_100));
        let quote = cache.quote(VENUE, pair("BTC")).unwrap();
        assert_eq!(quote.freshness, Freshness::Lost { since: Time(2_000) });
        assert_eq!(bid(&cache).unwrap(), "100");
        sink.snapshot(&old, Time(2_000), Time(2_200));
        let quote = cache.quote(VENUE, pair("BTC")).unwrap();
        assert_eq!(quote.freshness, Freshness::Asked { at: Time(2_000) }, "when it was asked");
    }

    #[test]
    fn a_stream_that_is_silent_about_what_changed_is_not_vouched_for_by_others() {
        let second = 1_000_000;
        let freshness = |cache: &PriceCache| cache.quote(VENUE, pair("BTC")).unwrap().freshness;
        for (sequence, price, at, is_live) in [
            (None, "100", 60 * second, true),
            (Some(5), "101", 60 * second, true),
            (Some(6), "101", 5 * second, true),
            (None, "101", 6 * second, false),
            (Some(6), "100", 6 * second, false),
        ] {
            let cache = cache();
            told(&cache, 5, "100");
            cache.sink(VENUE).heard(Time(at));
            let (bids, asks) = (vec![level(price)], vec![level("1000.00")]);
            let pair = pair("BTC");
            let answer = Snapshot { pair, sequence, venue_time: None, bids, asks };
            cache.sink(VENUE).snapshot(&answer, Time(at), Time(at));
            let is = matches!(freshness(&cache), Freshness::Live { .. });
            assert_eq!(is, is_live, "{sequence:?} {price} at {at}");
            told(&cache, 7, "103");
            assert!(matches!(freshness(&cache), Freshness::Live { .. }), "it speaks again");
        }
    }

    #[test]
    fn an_answer_of_fewer_digits_is_no_other_book() {
        for (price, is_live) in [("100", true), ("100.1", false)] {
            let (cache, at) = (cache(), Time(6_000_000));
            told(&cache, 5, "100");
            cache.sink(VENUE).heard(at);
            let rounded = |price| Level { qty: "0.123".parse().unwrap(), ..level(price) };
            let (bids, asks) = (vec![rounded(price)], vec![rounded("1000.00")]);
            let pair = pair("BTC");
            let answer = Snapshot { pair, sequence: None, venue_time: None, bids, asks };
            cache.sink(VENUE).snapshot(&answer, at, at);
            let quote = cache.quote(VENUE, pair).unwrap();
            assert_eq!(matches!(quote.freshness, Freshness::Live { .. }), is_live, "{price}");
            let shown = if is_live { level("100") } else { rounded(price) };
            assert_eq!(quote.bid, Some(shown));
        }
    }

    #[test]
    fn a_top_that_its_book_does_not_confirm_within_a_second_is_none() {
        let (runs_ahead, second) = (1_000_005, 1_000_000);
        let at = |sequence, received| Stamp { received: Time(received), ..stamp(sequence) };
        let told_at = |cache: &PriceCache, stamp, price| {
            let mut book = Book::default();
            book.set(Side::Buy, level(price).price, level(price).qty);
            cache.sink(VENUE).book(&BookTold { pair: pair("BTC"), stamp, book: &book });
        };
        let top_at = |cache: &PriceCache, stamp, price| {
            let bid = Some(level(price));
            cache.sink(VENUE).top(&TopTold { pair: pair("BTC"), stamp, bid, ask: None });
        };
        for (after, want) in [(second, "1"), (second + 1, "101")] {
            for tell in [told_at, top_at] {
                let cache = cache();
                told_at(&cache, at(5, 10), "100");
                top_at(&cache, at(runs_ahead, 20), "1");
                assert_eq!(bid(&cache).unwrap(), "1", "ahead of its book");
                tell(&cache, at(5, 20 + after), "102");
                assert_eq!(bid(&cache).unwrap(), "1", "not newer than the book");
                tell(&cache, at(6, 20 + after), "101");
                assert_eq!(bid(&cache).unwrap(), want, "{after} later");
            }
            let cache = cache();
            told_at(&cache, at(5, 10), "100");
            top_at(&cache, at(runs_ahead, 20), "1");
            let silent = u64::try_from(SILENT_MAX.as_micros()).unwrap();
            asked(&cache, Some(6), "101", 20 + after + silent);
            assert_eq!(bid(&cache).unwrap(), "101", "the stream is left behind");
        }
    }

    #[test]
    fn an_answer_takes_no_top_back_that_is_ahead_of_the_book() {
        let cache = cache();
        told(&cache, 5, "100");
        top(&cache, 9, "103");
        asked(&cache, Some(7), "101", 6);
        assert_eq!(bid(&cache).unwrap(), "103");
        assert_eq!(cache.depth(VENUE, pair("BTC")).unwrap().bids, [level("101")]);
    }

    #[test]
    fn a_clock_that_steps_back_makes_nothing_fresh() {
        let (cache, second) = (cache(), Duration::from_secs(1));
        told(&cache, 5, "100");
        cache.sink(VENUE).heard(Time(61_000_000));
        let is_fresh = |now| {
            let freshness = cache.quote(VENUE, pair("BTC")).unwrap().freshness;
            freshness.is_within(second, now)
        };
        assert!(is_fresh(Time(61_500_000)));
        assert!(!is_fresh(Time(1_000_000)), "it was told in a time that is to come");
        cache.sink(VENUE).heard(Time(1_000_000));
        assert!(is_fresh(Time(1_500_000)), "heard anew");
        assert!(!is_fresh(Time(61_500_000)), "and old again");
    }

    #[test]
    fn how_a_venue_stands_is_counted() {
        let cache = cache();
        let of = |venue| cache.standing(venue);
        assert_eq!(of(VENUE), Standing { connecting: 2, ..Standing::default() });
        told(&cache, 1, "100");
        top(&cache, 2, "101");
        let heard = Standing { live: 1, connecting: 1, books: 1, tops: 1, ..Standing::default() };
        assert_eq!(of(VENUE), heard);
        cache.sink(VENUE).lost(pair("BTC"), Lost::Gap, Time(3));
        assert_eq!(of(VENUE), Standing { live: 0, lost: 1, ..heard });
        asked(&cache, None, "99", 4);
        assert_eq!(of(VENUE), Standing { live: 0, asked: 1, ..heard });
        assert_eq!(of(Venue::Kraken), Standing::default());
    }

    #[test]
    fn the_markets_of_a_venue_are_named_once_whenever_it_can_be_asked_for_them() {
        let cache = PriceCache::new([(Venue::Kraken, pair("BTC"))]);
        told(&cache, 1, "100");
        assert_eq!(bid(&cache), None, "nobody named it");
        assert!(cache.list(VENUE, &[pair("BTC"), pair("ETH"), pair("BTC")]));
        assert!(!cache.list(VENUE, &[pair("SOL")]));
        assert_eq!(cache.quote(VENUE, pair("SOL")), None);
        told(&cache, 2, "101");
        assert_eq!(bid(&cache).unwrap(), "101");
        assert_eq!(cache.standing(VENUE).connecting, 1);
    }

    #[test]
    fn a_market_that_was_not_named_has_no_place() {
        let cache = cache();
        assert_eq!(cache.quote(VENUE, pair("SOL")), None);
        assert_eq!(cache.depth(Venue::Kraken, pair("BTC")), None);
        let eth = cache.quote(VENUE, pair("ETH")).unwrap();
        assert_eq!((eth.bid, eth.freshness), (None, Freshness::Connecting));
    }
}
