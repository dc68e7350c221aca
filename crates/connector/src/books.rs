//! The books of the markets on one socket, at any venue: told at each change, lost as soon as they
//! may be wrong, and begun anew.
//!
//! Keeps   a book that may be wrong is lost, never told; each market waits longer for its next
//!         beginning the more often it came to nothing, and waits for one at a time. Nothing else
//!         is kept: a sink that wants history keeps it itself.

use std::collections::HashMap;
use std::future::pending;
use std::time::Duration;

use model::Time;
use tokio::time::{Instant, sleep_until};
use venue::port::{BookTold, Lost, MarketSink, Pair, Rejection, Stamp, TopTold, VenueError};
use venue::{Begun, Book, BookDifference, BookSnapshot, Heard, Level, LocalBook, Reach};
use venue::{coinbase, kraken};

use crate::backoff::Backoff;
use crate::clock::VenueClock;
use crate::meters::Meters;
use crate::session::End;
use crate::socket::SocketEnd;

/// How long to wait for the next snapshot where one was too old.
const NEXT_SNAPSHOT: Duration = Duration::from_millis(100);
/// How many updates the best of a book may be ahead of the book: more is a number that would not be
/// reached soon.
const AHEAD_MAX: u64 = 1 << 14;

/// A book, kept by a venue's own rule.
pub trait Kept {
    /// It, while it is believed.
    fn book(&self) -> Option<&Book>;
}

impl Kept for LocalBook {
    fn book(&self) -> Option<&Book> {
        self.live().map(|(book, _)| book)
    }
}

impl Kept for kraken::LocalBook {
    fn book(&self) -> Option<&Book> {
        self.live()
    }
}

impl Kept for coinbase::LocalBook {
    fn book(&self) -> Option<&Book> {
        self.live()
    }
}

/// One market on a socket.
pub struct Followed<B> {
    /// How the venue spells it.
    pub symbol: String,
    /// Which: more than one where the venue has one book for them.
    pub pairs: Vec<Pair>,
    /// Its book.
    pub book: B,
    backoff: Backoff,
    /// Whether it is to begin anew, and has not yet.
    is_due: bool,
}

/// All markets on a socket.
pub struct Books<'a, B> {
    meters: Meters,
    clock: &'a VenueClock,
    /// Who is told.
    pub sink: &'a dyn MarketSink,
    /// Each, by its place.
    pub markets: Vec<Followed<B>>,
    places: HashMap<String, usize>,
    /// When which market is to begin anew.
    due: Vec<(Instant, usize)>,
}

impl<'a, B: Kept> Books<'a, B> {
    /// No book yet of these markets, each with the venue's spelling of it.
    pub fn new(
        (meters, clock): (Meters, &'a VenueClock),
        sink: &'a dyn MarketSink,
        markets: impl IntoIterator<Item = (Pair, String, B)>,
    ) -> Self {
        let (places, due) = (HashMap::new(), Vec::new());
        let mut books = Self { meters, clock, sink, markets: Vec::new(), places, due };
        for (pair, symbol, book) in markets {
            let place = *books.places.entry(symbol.clone()).or_insert(books.markets.len());
            if let Some(market) = books.markets.get_mut(place) {
                market.pairs.extend((!market.pairs.contains(&pair)).then_some(pair));
            } else {
                let (pairs, backoff) = (vec![pair], Backoff::default());
                books.markets.push(Followed { symbol, pairs, book, backoff, is_due: false });
            }
        }
        books
    }

    /// The place of the market of that spelling.
    ///
    /// # Errors
    /// [`SocketEnd::Nonsense`] where nobody asked for it.
    pub fn place(&self, symbol: &str) -> Result<usize, SocketEnd> {
        self.places.get(symbol).copied().ok_or_else(|| SocketEnd::nonsense("its market"))
    }

    /// All of their spellings.
    pub fn symbols(&self) -> Vec<String> {
        self.markets.iter().map(|market| market.symbol.clone()).collect()
    }

    /// Whether all of them have a book.
    pub fn are_live(&self) -> bool {
        self.markets.iter().all(|market| market.book.book().is_some())
    }

    /// Every market is to begin, now.
    pub fn all_due(&mut self) {
        (0..self.markets.len()).for_each(|place| self.begin_anew(place, Duration::ZERO));
    }

    /// The next market that is to begin, when it is. Nothing is lost if it is not waited for to
    /// the end.
    pub async fn next_due(&mut self) -> usize {
        let Some(at) = self.due.iter().map(|(at, _)| *at).min() else { return pending().await };
        sleep_until(at).await;
        let next = self.due.iter().position(|(due, _)| *due == at).expect("the least of them");
        self.due.swap_remove(next).1
    }

    /// The markets that are to begin, each once.
    #[cfg(test)]
    pub fn due(&self) -> &[(Instant, usize)] {
        &self.due
    }

    /// Whether what is told of a market is of its beginning before: it is to begin anew.
    pub fn is_due(&self, place: usize) -> bool {
        self.markets[place].is_due
    }

    /// Now it begins.
    pub fn begins(&mut self, place: usize) {
        self.markets[place].is_due = false;
    }

    /// A book is there from now on.
    pub fn has_begun(&mut self, place: usize) {
        self.meters.resync();
        self.markets[place].backoff.succeeded();
    }

    /// Tells of a book, if it is believed.
    pub fn tell(&self, place: usize, stamp: Stamp) {
        let market = &self.markets[place];
        if let Some(book) = market.book.book() {
            for pair in &market.pairs {
                self.sink.book(&BookTold { pair: *pair, stamp, book });
            }
        }
    }

    /// A book is not the venue's any more: it is to begin anew, after a while.
    pub fn torn(&mut self, place: usize, at: Time) {
        self.meters.gap();
        let market = &mut self.markets[place];
        let (venue, symbol, wait) = (self.meters.venue(), &market.symbol, market.backoff.next());
        tracing::info!(venue, %symbol, ?wait, "not the venue's book: it is begun anew");
        self.lost(place, at);
        self.begin_anew(place, wait);
    }

    fn lost(&self, place: usize, at: Time) {
        let pairs = self.markets[place].pairs.iter();
        pairs.for_each(|pair| self.sink.lost(*pair, Lost::Gap, at));
    }

    /// Once at a time, however often it turns out to be wrong meanwhile.
    fn begin_anew(&mut self, place: usize, wait: Duration) {
        if !std::mem::replace(&mut self.markets[place].is_due, true) {
            self.due.push((Instant::now() + wait, place));
        }
    }
}

/// Where differences are numbered, and a book begins with a snapshot that is asked for.
impl Books<'_, LocalBook> {
    /// A difference, with the time at which the venue sent it. A snapshot has `levels` of a side,
    /// if there are so many.
    ///
    /// # Errors
    /// [`SocketEnd::Nonsense`].
    pub fn hear<D: BookDifference>(
        &mut self,
        place: usize,
        (difference, levels): (&D, usize),
        sent: Option<Time>,
        at: Time,
    ) -> Result<(), SocketEnd> {
        let book = &mut self.markets[place].book;
        match book.hear(difference, at)? {
            Heard::Waiting | Heard::Old => {}
            Heard::Gap => self.torn(place, at),
            Heard::Changed => match book.reach(levels) {
                Reach::Far => self.tell_numbered(place, sent, at),
                Reach::Near => {
                    book.renew();
                    self.begin_anew(place, Duration::ZERO);
                    self.tell_numbered(place, sent, at);
                }
                Reach::Nowhere => {
                    book.reset();
                    self.torn(place, at);
                }
            },
        }
        Ok(())
    }

    /// The answer to asking for a snapshot.
    ///
    /// # Errors
    /// [`End`] where it makes no sense, or there is no use in asking again.
    pub fn begin<S: BookSnapshot>(
        &mut self,
        place: usize,
        answer: Result<S, VenueError>,
    ) -> Result<(), End> {
        self.begins(place);
        let market = &mut self.markets[place];
        let was_live = market.book.live().is_some();
        let wait = match answer {
            Ok(snapshot) => match market.book.begin(&snapshot).map_err(SocketEnd::from)? {
                Begun::Live => {
                    self.has_begun(place);
                    self.tell_numbered(place, None, self.clock.ours());
                    return Ok(());
                }
                Begun::TooOld => {
                    let wait = market.backoff.next().max(NEXT_SNAPSHOT);
                    if was_live && market.book.live().is_none() {
                        self.lost(place, self.clock.ours());
                    }
                    wait
                }
            },
            Err(error @ VenueError::Rejected { .. }) => return Err(End::Venue(error)),
            Err(VenueError::Unknown { .. }) => market.backoff.next(),
            Err(VenueError::TryLater { after, .. }) => after.max(market.backoff.next()),
        };
        self.begin_anew(place, wait);
        Ok(())
    }

    /// The best of a book, which is told apart from it. Where somebody would buy for as much as
    /// another sells for, or its number would not be reached soon, it is passed over and counted:
    /// the other markets of the socket are fine.
    pub fn hear_top(&self, place: usize, stamp: Stamp, [bid, ask]: [Option<Level>; 2]) {
        if bid.zip(ask).is_some_and(|(bid, ask)| ask.price <= bid.price) {
            return self.meters.refused();
        }
        let market = &self.markets[place];
        // Without a book there is nothing that it would be the top of.
        let Some((_, last)) = market.book.live() else { return };
        if last.saturating_add(AHEAD_MAX) < stamp.sequence {
            return self.meters.refused();
        }
        for pair in &market.pairs {
            self.sink.top(&TopTold { pair: *pair, stamp, bid, ask });
        }
    }

    fn tell_numbered(&self, place: usize, venue_time: Option<Time>, received: Time) {
        if let Some((_, sequence)) = self.markets[place].book.live() {
            self.tell(place, Stamp { sequence, venue_time, received });
        }
    }
}

/// Refuses more markets than are told on one socket.
///
/// # Errors
/// [`VenueError::Rejected`].
pub fn check_count(pairs: &[Pair], pairs_max: usize) -> Result<(), VenueError> {
    if pairs.len() <= pairs_max {
        return Ok(());
    }
    let text = format!("{} markets are more than {pairs_max} on one socket", pairs.len());
    Err(VenueError::refused_here(Rejection::Other, text))
}

/// Nothing is heard of any of `pairs`; waits until the next session may begin.
///
/// # Errors
/// The refusal, after which there is no next one.
pub async fn all_lost(
    end: End,
    pairs: &[Pair],
    sink: &dyn MarketSink,
    (meters, clock): (Meters, &VenueClock),
    backoff: &mut Backoff,
) -> Result<(), VenueError> {
    let why = match &end {
        End::Socket(SocketEnd::Gap) => Lost::Gap,
        End::Socket(_) | End::Venue(_) => Lost::Connection,
    };
    let at = clock.ours();
    pairs.iter().for_each(|pair| sink.lost(*pair, why, at));
    end.pause("the markets", backoff, meters).await
}
