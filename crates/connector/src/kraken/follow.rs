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

use std::convert::Infallible;
use std::sync::atomic::Ordering;

use model::Time;
use serde_json::value::RawValue;
use venue::each;
use venue::kraken::{
    BookData, Heard, Incoming, LocalBook, MarketMessage, MarketReader, Precision, Subscribed,
    Subscription, TradeData, meaning, reading, subscribe_frame, symbol_of, unsubscribe_frame,
};
use venue::port::{MarketSink, Pair, Rejection, Stamp, VenueError};

use super::ask::no_such_market;
use super::{METERS, Shared};
use crate::backoff::Backoff;
use crate::books::{Books, all_lost, check_count};
use crate::session::End;
use crate::socket::{Arrived, Socket, SocketEnd};

/// Levels of a side that are listened to: the least that is more than anybody keeps.
const DEPTH: usize = 100;
/// Markets on one socket.
const PAIRS_MAX: usize = 200;

/// Tells `sink` of `pairs`; ends only where the venue refuses.
///
/// # Errors
/// [`VenueError::Rejected`].
pub async fn follow(
    shared: &Shared,
    pairs: &[Pair],
    sink: &dyn MarketSink,
) -> Result<Infallible, VenueError> {
    check_count(pairs, PAIRS_MAX)?;
    let told = (METERS, &shared.rest.clock);
    let mut backoff = Backoff::default();
    loop {
        let Err(end) = session(shared, pairs, sink, &mut backoff).await;
        all_lost(end, pairs, sink, told, &mut backoff).await?;
    }
}

async fn session(
    shared: &Shared,
    pairs: &[Pair],
    sink: &dyn MarketSink,
    backoff: &mut Backoff,
) -> Result<Infallible, End> {
    let known = shared.known().await?;
    let precise = |pair: &Pair| Ok((*pair, known.of(*pair).ok_or_else(no_such_market)?.precision));
    let markets = pairs.iter().map(precise).collect::<Result<Vec<_>, VenueError>>()?;
    let mut session = Session::new(shared, &markets, sink);
    let url = format!("{}/v2", shared.endpoints.sockets);
    let mut socket = Socket::open(&shared.dialer, &url).await?;
    let symbols = session.books.symbols();
    let all: Vec<&str> = symbols.iter().map(String::as_str).collect();
    for channel in ["book", "trade"] {
        socket.send(subscribe_frame(&wanted(channel, &all), 1)).await?;
    }
    let mut reader = MarketReader::default();
    loop {
        tokio::select! {
            arrived = socket.next() => {
                let (arrived, received) = (arrived?, shared.rest.clock.ours());
                sink.heard(received);
                let Arrived::Text(text) = arrived else { continue };
                if let Some(place) = session.hear(&mut reader, &text, received)? {
                    let symbol = &symbols[place];
                    socket.send(unsubscribe_frame(&wanted("book", &[symbol]), 2)).await?;
                }
            }
            place = session.books.next_due() => {
                session.books.begins(place);
                socket.send(subscribe_frame(&wanted("book", &[&symbols[place]]), 3)).await?;
            }
        }
        if session.books.are_live() {
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
    books: Books<'a, LocalBook>,
    /// By its place, whether the venue said that it tells of a market from now on: then the
    /// snapshot comes first.
    is_told: Vec<bool>,
}

impl<'a> Session<'a> {
    fn new(shared: &'a Shared, markets: &[(Pair, Precision)], sink: &'a dyn MarketSink) -> Self {
        let market = |(pair, precision): &(Pair, Precision)| {
            (*pair, symbol_of(*pair), LocalBook::new(*precision, DEPTH))
        };
        let books = Books::new((METERS, &shared.rest.clock), sink, markets.iter().map(market));
        let is_told = vec![false; books.markets.len()];
        Self { shared, books, is_told }
    }

    /// Takes a message; the market whose book has just turned out to be wrong.
    fn hear(
        &mut self,
        reader: &mut MarketReader,
        text: &str,
        received: Time,
    ) -> Result<Option<usize>, End> {
        match reader.read(text).map_err(SocketEnd::from)? {
            MarketMessage::Book { is_snapshot, book } => {
                return Ok(self.hear_book(is_snapshot, &book, received)?);
            }
            MarketMessage::Trades(data) => self.hear_trades(data)?,
            MarketMessage::Reply(told) => {
                replied(&told)?;
                self.subscribed(&told)?;
            }
            MarketMessage::Other => {}
        }
        Ok(None)
    }

    /// Takes note of the market that is told from now on.
    fn subscribed(&mut self, told: &Incoming<'_>) -> Result<(), SocketEnd> {
        let (Some("subscribe"), Some(result)) = (told.method, told.result) else { return Ok(()) };
        let of: Subscribed<'_> = serde_json::from_str(result.get())?;
        if of.channel == "book" {
            let place = self.books.place(of.symbol.as_deref().unwrap_or_default())?;
            self.is_told[place] = true;
        }
        Ok(())
    }

    fn hear_book(
        &mut self,
        is_snapshot: bool,
        told: &BookData<'_>,
        received: Time,
    ) -> Result<Option<usize>, SocketEnd> {
        let place = self.books.place(told.symbol)?;
        // Of what was listened to before.
        if self.books.is_due(place) {
            return Ok(None);
        }
        let book = &mut self.books.markets[place].book;
        let heard = book.hear(is_snapshot, told).unwrap_or_else(|error| {
            METERS.refused();
            tracing::info!(symbol = told.symbol, %error, "a book cannot be read");
            book.reset();
            Heard::Broken
        });
        match heard {
            Heard::Early if !self.is_told[place] => Ok(None),
            Heard::Changed => {
                let venue_time = told.timestamp.map(reading::written_moment).transpose()?;
                if is_snapshot {
                    self.books.has_begun(place);
                }
                // The venue gives no numbers: ours go on over all connections.
                let sequence = self.shared.sequence.fetch_add(1, Ordering::Relaxed) + 1;
                self.books.tell(place, Stamp { sequence, venue_time, received });
                Ok(None)
            }
            // Without its snapshot it is as wrong as with another checksum.
            Heard::Early | Heard::Broken => {
                self.is_told[place] = false;
                self.books.torn(place, received);
                Ok(Some(place))
            }
        }
    }

    fn hear_trades(&self, data: &str) -> Result<(), SocketEnd> {
        each(data, |told: TradeData<'_>| {
            let pair = self.books.markets[self.books.place(&told.symbol)?].pairs[0];
            self.books.sink.trade(&reading::trade(&told, pair)?);
            Ok(())
        })
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
        Some(_) | None => Err(match meaning(&text) {
            // One socket was refused something, be it only that it has it already.
            VenueError::Rejected { why: Rejection::Other, text, .. } => {
                SocketEnd::nonsense(text).into()
            }
            error => error.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{KrakenConnector, KrakenEndpoints};
    use super::*;
    use crate::deaf::{Deaf, refuses_nonsense};
    use crate::dial::Dialer;

    fn connector() -> KrakenConnector {
        KrakenConnector::new(Dialer::new(), KrakenEndpoints::live(), Arc::new(|| Time(1)))
    }

    fn session(connector: &KrakenConnector) -> Session<'_> {
        let pair = Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() };
        Session::new(&connector.0, &[(pair, Precision { price: 1, qty: 8 })], &Deaf)
    }

    /// What a session makes of a message.
    fn hear(message: &str) -> Result<(), SocketEnd> {
        let (connector, reader) = (connector(), &mut MarketReader::default());
        match session(&connector).hear(reader, message, Time(1)) {
            Ok(_) => Ok(()),
            Err(End::Socket(end)) => Err(end),
            Err(End::Venue(error)) => panic!("{message}: {error}"),
        }
    }

    const BOOK: &str = r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":99.5,"qty":1}],"asks":[],"checksum":1}]}"#;
    const TRADE: &str = r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":0.5117,"qty":40.0,"ord_type":"market","trade_id":4665846,"timestamp":"2023-09-25T07:48:36.925533Z"}]}"#;

    #[test]
    fn a_message_that_makes_no_sense_ends_its_session_and_nothing_else() {
        let cases = [
            (BOOK, "BTC/USD", "ETH/USD"),
            (BOOK, r#""price":99.5"#, r#""price":NaN"#),
            (BOOK, r#""price":99.5"#, r#""price":"99.5""#),
            (BOOK, r#""price":99.5,"#, ""),
            (BOOK, r#","checksum":1"#, ""),
            (TRADE, r#""price":0.5117"#, r#""price":-0.5117"#),
            (TRADE, r#""price":0.5117"#, r#""price":0"#),
            (TRADE, r#""price":0.5117"#, r#""price":0.5117000000000000001"#),
            (TRADE, r#""qty":40.0"#, r#""qty":0.0"#),
            (TRADE, "2023-09-25", "2023-13-25"),
            (TRADE, "BTC/USD", "ETH/USD"),
            (TRADE, TRADE, "no JSON at all"),
        ];
        refuses_nonsense(hear, METERS, &cases);
    }

    /// One bid of 99.5 and its checksum.
    fn snapshot() -> String {
        let mut book = venue::Book::default();
        book.set(model::Side::Buy, "99.5".parse().unwrap(), "1".parse().unwrap());
        let proof = venue::kraken::checksum(&book, Precision { price: 1, qty: 8 }).unwrap();
        let proved = BOOK.replace(r#""checksum":1"#, &format!(r#""checksum":{proof}"#));
        proved.replace("update", "snapshot")
    }

    #[test]
    fn a_book_that_makes_no_sense_begins_anew_once_and_costs_no_other() {
        let (connector, snapshot) = (connector(), snapshot());
        let (mut session, mut reader) = (session(&connector), MarketReader::default());
        for (place, nonsense) in
            [r#""price":-99.5"#, r#""price":0"#, r#""price":99.6"#].into_iter().enumerate()
        {
            let broken = BOOK.replace(r#""price":99.5"#, nonsense);
            let mut hear = |text: &str| session.hear(&mut reader, text, Time(1)).unwrap();
            assert_eq!(hear(&snapshot), None);
            assert_eq!(hear(&broken), Some(0), "{nonsense}");
            // However often it is told until then.
            for text in [&broken, &snapshot, &broken, &snapshot, &broken] {
                assert_eq!(hear(text), None);
            }
            assert!(!session.books.are_live());
            assert_eq!(session.books.due().len(), place + 1);
            session.books.begins(0);
        }
    }
}
