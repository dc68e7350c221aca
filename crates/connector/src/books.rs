//! The books of the markets on one socket: begun by a snapshot, kept by differences, begun anew
//! after a gap, at a venue whose differences are numbered.
//!
//! Keeps   a book that may be wrong is lost, never told; each market waits longer for its next
//!         snapshot the more often it came to nothing.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use model::Time;
use venue::port::{BookTold, Lost, MarketSink, Pair, Stamp, VenueError};
use venue::{Begun, BookDifference, BookSnapshot, Heard, LocalBook};

use crate::backoff::Backoff;
use crate::clock::VenueClock;
use crate::meters::Meters;
use crate::session::End;
use crate::socket::SocketEnd;

/// How long to wait for the next snapshot where one was too old.
const NEXT_SNAPSHOT: Duration = Duration::from_millis(100);

/// One market on a socket.
pub struct Followed {
    /// Which.
    pub pair: Pair,
    /// How the venue spells it.
    pub symbol: String,
    book: LocalBook,
    backoff: Backoff,
}

impl Followed {
    /// Whether there is a book that is believed.
    pub fn is_live(&self) -> bool {
        self.book.live().is_some()
    }
}

/// All markets on a socket.
pub struct Books<'a> {
    meters: Meters,
    clock: &'a VenueClock,
    /// Who is told.
    pub sink: &'a dyn MarketSink,
    /// Each, by its place.
    pub markets: Vec<Followed>,
    places: HashMap<String, usize>,
    /// Markets that need a snapshot, and after how long.
    to_ask: VecDeque<(usize, Duration)>,
    /// Of so many levels a side of a snapshot has more behind it.
    levels: usize,
}

impl<'a> Books<'a> {
    /// No book yet of these markets, which are found by `key` of their spelling. A snapshot has so
    /// many `levels` of a side at most.
    pub fn new(
        (meters, clock): (Meters, &'a VenueClock),
        markets: Vec<(Pair, String)>,
        key: impl Fn(&str) -> String,
        levels: usize,
        sink: &'a dyn MarketSink,
    ) -> Self {
        let place = |(place, (_, symbol)): (usize, &(Pair, String))| (key(symbol), place);
        let places = markets.iter().enumerate().map(place).collect();
        let market = |(pair, symbol)| {
            let (book, backoff) = (LocalBook::default(), Backoff::default());
            Followed { pair, symbol, book, backoff }
        };
        let markets: Vec<_> = markets.into_iter().map(market).collect();
        let to_ask = (0..markets.len()).map(|place| (place, Duration::ZERO)).collect();
        Self { meters, clock, sink, markets, places, to_ask, levels }
    }

    /// The place of the market of that key.
    ///
    /// # Errors
    /// [`SocketEnd::Nonsense`] where nobody asked for it.
    pub fn place(&self, key: &str) -> Result<usize, SocketEnd> {
        self.places.get(key).copied().ok_or_else(|| SocketEnd::nonsense("its market"))
    }

    /// The next market that needs a snapshot, and after how long.
    pub fn next_to_ask(&mut self) -> Option<(usize, Duration)> {
        self.to_ask.pop_front()
    }

    /// Whether all of them have a book.
    pub fn are_live(&self) -> bool {
        self.markets.iter().all(Followed::is_live)
    }

    /// A difference, with the time at which the venue sent it.
    ///
    /// # Errors
    /// [`SocketEnd::Nonsense`].
    pub fn hear<D: BookDifference>(
        &mut self,
        place: usize,
        difference: &D,
        sent: Option<Time>,
        at: Time,
    ) -> Result<(), SocketEnd> {
        let market = &mut self.markets[place];
        match market.book.hear(difference).map_err(SocketEnd::nonsense)? {
            Heard::Waiting | Heard::Old => {}
            Heard::Changed => {
                if market.book.is_thin(self.levels) && !market.book.is_renewed() {
                    market.book.renew();
                    self.to_ask.push_back((place, Duration::ZERO));
                }
                self.tell(place, sent, at);
            }
            Heard::Gap => {
                self.meters.gap();
                let (pair, wait) = (market.pair, market.backoff.next());
                let venue = self.meters.venue();
                tracing::info!(venue, %pair, ?wait, "a gap: the book is asked for anew");
                self.sink.lost(pair, Lost::Gap, at);
                self.to_ask.push_back((place, wait));
            }
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
        let market = &mut self.markets[place];
        let was_live = market.is_live();
        // Another one was there before it.
        if was_live && !market.book.is_renewed() {
            return Ok(());
        }
        let wait = match answer {
            Ok(snapshot) => match market.book.begin(&snapshot) {
                Ok(Begun::Live) => {
                    market.backoff.succeeded();
                    self.meters.resync();
                    self.tell(place, None, self.clock.ours());
                    return Ok(());
                }
                Ok(Begun::TooOld) => {
                    if was_live && !market.is_live() {
                        self.sink.lost(market.pair, Lost::Gap, self.clock.ours());
                    }
                    market.backoff.next().max(NEXT_SNAPSHOT)
                }
                Err(error) => return Err(SocketEnd::nonsense(error).into()),
            },
            Err(error @ VenueError::Rejected { .. }) => return Err(End::Venue(error)),
            Err(VenueError::Unknown { .. }) => market.backoff.next(),
            Err(VenueError::TryLater { after, .. }) => after.max(market.backoff.next()),
        };
        self.to_ask.push_back((place, wait));
        Ok(())
    }

    fn tell(&self, place: usize, venue_time: Option<Time>, received: Time) {
        let market = &self.markets[place];
        if let Some((book, sequence)) = market.book.live() {
            let stamp = Stamp { sequence, venue_time, received };
            self.sink.book(&BookTold { pair: market.pair, stamp, book });
        }
    }
}
