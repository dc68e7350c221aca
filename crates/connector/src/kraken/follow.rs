//! Markets as they move: one socket, a book for each market, proved by its checksum.
//!
//! ```text
//! connect ─► subscribe ─► snapshot ─► book, told at each change
//!    ▲           ▲                     └── a checksum that differs ─► lost ─┐
//!    │           └─────── unsubscribe, wait, longer each time ◄─────────────┘
//!    └── the connection ends, is silent, or talks nonsense: all are lost
//! ```
//!
//! Keeps   nothing but the books: a sink that wants history keeps it itself.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::Time;
use serde_json::value::RawValue;
use venue::kraken::{
    BookData, Heard, Incoming, LocalBook, Subscribed, Subscription, TradeData, meaning, reading,
    subscribe_frame, symbol_of, unsubscribe_frame,
};
use venue::port::{BookTold, Lost, MarketSink, Pair, Stamp, VenueError};

use super::ask::no_such_market;
use super::{Known, METERS, Shared};
use crate::backoff::Backoff;
use crate::session::End;
use crate::socket::{Arrived, Socket, SocketEnd};

/// Levels of a side that are listened to: the least that is more than anybody keeps.
const DEPTH: usize = 100;
/// Markets on one socket.
const PAIRS_MAX: usize = 200;

/// One market on a socket.
struct Market {
    pair: Pair,
    symbol: String,
    book: LocalBook,
    /// Whether the venue said that it tells of it from now on: then the snapshot comes first.
    is_told: bool,
    backoff: Backoff,
}

/// Tells `sink` of `pairs`; ends only where the venue refuses.
///
/// # Errors
/// [`VenueError::Rejected`].
pub async fn follow(
    shared: &Shared,
    pairs: &[Pair],
    sink: &dyn MarketSink,
) -> Result<Infallible, VenueError> {
    if PAIRS_MAX < pairs.len() {
        let text = format!("{} markets are more than {PAIRS_MAX} on one socket", pairs.len());
        return Err(VenueError::refused_here(venue::port::Rejection::Other, text));
    }
    let mut backoff = Backoff::default();
    loop {
        let Err(end) = session(shared, pairs, sink, &mut backoff).await;
        for pair in pairs {
            sink.lost(*pair, Lost::Connection, shared.rest.clock.ours());
        }
        end.pause("markets", &mut backoff, METERS).await?;
    }
}

async fn session(
    shared: &Shared,
    pairs: &[Pair],
    sink: &dyn MarketSink,
    backoff: &mut Backoff,
) -> Result<Infallible, End> {
    let known = shared.known().await?;
    let mut session = Session::new(shared, &known, pairs, sink)?;
    let url = format!("{}/v2", shared.endpoints.sockets);
    let mut socket = Socket::open(&shared.dialer, &url).await?;
    let all: Vec<&str> = session.markets.iter().map(|market| market.symbol.as_str()).collect();
    for channel in ["book", "trade"] {
        socket.send(subscribe_frame(&wanted(channel, &all), 1)).await?;
    }
    let mut waiting = FuturesUnordered::new();
    loop {
        if let Some((place, wait)) = session.broken.take() {
            let symbol = session.markets[place].symbol.clone();
            socket.send(unsubscribe_frame(&wanted("book", &[&symbol]), 2)).await?;
            waiting.push(async move {
                tokio::time::sleep(wait).await;
                symbol
            });
        }
        tokio::select! {
            arrived = socket.next() => session.hear(arrived?)?,
            Some(symbol) = waiting.next(), if !waiting.is_empty() => {
                socket.send(subscribe_frame(&wanted("book", &[&symbol]), 3)).await?;
            }
        }
        if session.is_live() {
            backoff.succeeded();
        }
    }
}

fn wanted<'a>(channel: &'static str, symbols: &[&'a str]) -> Subscription<'a> {
    let is_book = channel == "book";
    Subscription {
        channel: channel.into(),
        symbol: Some(symbols.iter().map(|symbol| (*symbol).into()).collect()),
        depth: is_book.then_some(u32::try_from(DEPTH).unwrap_or(u32::MAX)),
        snapshot: Some(is_book),
        ..Subscription::default()
    }
}

struct Session<'a> {
    shared: &'a Shared,
    sink: &'a dyn MarketSink,
    markets: Vec<Market>,
    places: HashMap<String, usize>,
    /// The market whose book has just turned out to be wrong, and how long to wait.
    broken: Option<(usize, Duration)>,
}

impl<'a> Session<'a> {
    fn new(
        shared: &'a Shared,
        known: &Known,
        pairs: &[Pair],
        sink: &'a dyn MarketSink,
    ) -> Result<Self, VenueError> {
        let market = |pair: &Pair| {
            let precision = known.of(*pair).ok_or_else(no_such_market)?.precision;
            let (book, backoff) = (LocalBook::new(precision, DEPTH), Backoff::default());
            let (pair, symbol) = (*pair, symbol_of(*pair));
            Ok(Market { pair, symbol, book, is_told: false, backoff })
        };
        let markets: Vec<_> = pairs.iter().map(market).collect::<Result<_, VenueError>>()?;
        let place = |(place, market): (usize, &Market)| (market.symbol.clone(), place);
        let places = markets.iter().enumerate().map(place).collect();
        Ok(Self { shared, sink, markets, places, broken: None })
    }

    fn is_live(&self) -> bool {
        self.markets.iter().all(|market| market.book.live().is_some())
    }

    fn hear(&mut self, arrived: Arrived) -> Result<(), End> {
        let received = self.shared.rest.clock.ours();
        self.sink.heard(received);
        let Arrived::Text(text) = arrived else { return Ok(()) };
        let told: Incoming<'_> = serde_json::from_str(&text).map_err(SocketEnd::nonsense)?;
        match (told.channel, told.data) {
            (Some("book"), Some(data)) => {
                Ok(self.hear_book(told.kind == Some("snapshot"), data, received)?)
            }
            (Some("trade"), Some(data)) => Ok(self.hear_trades(data)?),
            // Heartbeats, the venue's status, and whatever is new.
            (Some(_), _) => Ok(()),
            (None, _) => {
                replied(&told)?;
                Ok(self.subscribed(&told)?)
            }
        }
    }

    /// Takes note of the market that is told from now on.
    fn subscribed(&mut self, told: &Incoming<'_>) -> Result<(), SocketEnd> {
        let (Some("subscribe"), Some(result)) = (told.method, told.result) else { return Ok(()) };
        let of: Subscribed<'_> = serde_json::from_str(result.get()).map_err(SocketEnd::nonsense)?;
        if of.channel == "book" {
            let place = self.place(of.symbol.as_deref().unwrap_or_default())?;
            self.markets[place].is_told = true;
        }
        Ok(())
    }

    fn place(&self, symbol: &str) -> Result<usize, SocketEnd> {
        self.places.get(symbol).copied().ok_or_else(|| SocketEnd::nonsense("its market"))
    }

    fn hear_book(
        &mut self,
        is_snapshot: bool,
        data: &RawValue,
        received: Time,
    ) -> Result<(), SocketEnd> {
        let [told]: [BookData<'_>; 1] =
            serde_json::from_str(data.get()).map_err(SocketEnd::nonsense)?;
        let place = self.place(told.symbol)?;
        let market = &mut self.markets[place];
        let heard = market.book.hear(is_snapshot, &told);
        let heard = heard.unwrap_or_else(|error| {
            METERS.refused();
            tracing::info!(pair = %market.pair, %error, "a book cannot be read");
            market.book.reset();
            Heard::Broken
        });
        match heard {
            // Of what was listened to before.
            Heard::Early if !market.is_told => Ok(()),
            Heard::Changed => {
                if is_snapshot {
                    METERS.resync();
                    market.backoff.succeeded();
                }
                let venue_time = told.timestamp.map(reading::written_moment).transpose();
                self.tell(place, venue_time.map_err(SocketEnd::nonsense)?, received);
                Ok(())
            }
            // Without its snapshot it is as wrong as with another checksum.
            Heard::Early | Heard::Broken => {
                METERS.gap();
                market.is_told = false;
                let wait = market.backoff.next();
                tracing::info!(pair = %market.pair, ?wait, "not the venue's book: asked for anew");
                self.sink.lost(market.pair, Lost::Gap, received);
                self.broken = Some((place, wait));
                Ok(())
            }
        }
    }

    fn hear_trades(&self, data: &RawValue) -> Result<(), SocketEnd> {
        let trades: Vec<TradeData<'_>> =
            serde_json::from_str(data.get()).map_err(SocketEnd::nonsense)?;
        for told in &trades {
            let place = self.place(&told.symbol)?;
            let told = reading::trade(told, self.markets[place].pair);
            self.sink.trade(&told.map_err(SocketEnd::nonsense)?);
        }
        Ok(())
    }

    fn tell(&self, place: usize, venue_time: Option<Time>, received: Time) {
        let market = &self.markets[place];
        if let Some(book) = market.book.live() {
            // The venue gives no numbers: ours go on over all connections.
            let sequence = self.shared.sequence.fetch_add(1, Ordering::Relaxed) + 1;
            let stamp = Stamp { sequence, venue_time, received };
            self.sink.book(&BookTold { pair: market.pair, stamp, book });
        }
    }
}

/// What the answer to a subscription means.
pub fn replied(told: &Incoming<'_>) -> Result<(), End> {
    if told.success != Some(false) {
        return Ok(());
    }
    let error = told.error.map_or("", RawValue::get);
    let text: String = serde_json::from_str(error).unwrap_or_default();
    match told.method {
        // Of a book that was none any more.
        Some("unsubscribe") => Ok(()),
        Some(_) | None => Err(End::Venue(meaning(&text))),
    }
}
