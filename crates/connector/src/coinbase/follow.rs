//! Markets as they move: one socket, on which every book begins with a snapshot.
//!
//! ```text
//! connect ─► subscribe ─► snapshots ─► books, told at each change
//!    ▲ wait, longer each time              │
//!    └── a number is missing, a book contradicts itself, the connection ends, is silent, or
//!        talks nonsense: all are lost
//! ```
//!
//! Keeps   the numbers of messages count all of a connection, so that one that is missing may be
//!         of any market. Nothing is kept but the books.

use std::convert::Infallible;

use model::Time;
use venue::coinbase::{
    BookChanges, Channel, EventKind, Heading, Heard, LocalBook, MarketReader, Sequence,
    StreamTrade, each_trades, reading, subscribe_frame,
};
use venue::each;
use venue::port::{MarketSink, Pair, Rejection, Stamp, TradeTold, VenueError};

use super::{METERS, Shared};
use crate::backoff::Backoff;
use crate::books::{Books, Kept, all_lost, check_count};
use crate::budget::Purpose;
use crate::session::End;
use crate::socket::{Arrived, Socket, SocketEnd};

/// Markets on one socket.
const PAIRS_MAX: usize = 300;
/// The longest message: a whole book, of tens of thousands of levels of more than a hundred bytes
/// each.
const BOOK_BYTES_MAX: usize = 32 << 20;

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
    let markets = loop {
        match told_as(shared, pairs).await {
            Ok(markets) => break markets,
            Err(error) => End::Venue(error).pause("the markets", &mut backoff, METERS).await?,
        }
    };
    backoff.succeeded();
    loop {
        let Err(end) = session(shared, &markets, sink, &mut backoff).await;
        all_lost(end, pairs, sink, told, &mut backoff).await?;
    }
}

/// Each market with the name by which the venue tells of it: one in USDC may have the book of the
/// same in USD.
async fn told_as(shared: &Shared, pairs: &[Pair]) -> Result<Vec<(Pair, String)>, VenueError> {
    let listing = shared.listing(Purpose::Look).await?;
    let market = |pair: &Pair| match listing.markets.iter().position(|it| it.pair == *pair) {
        Some(place) => Ok((*pair, listing.told_as[place].clone())),
        None => {
            Err(VenueError::refused_here(Rejection::UnknownMarket, format!("no market {pair}")))
        }
    };
    pairs.iter().map(market).collect()
}

async fn session(
    shared: &Shared,
    markets: &[(Pair, String)],
    sink: &dyn MarketSink,
    backoff: &mut Backoff,
) -> Result<Infallible, End> {
    let mut session = Session::new(shared, markets, sink);
    let mut socket =
        Socket::open_for(&shared.dialer, &shared.endpoints.markets, BOOK_BYTES_MAX).await?;
    let symbols = session.books.symbols();
    for (channel, symbols) in [
        (Channel::Heartbeats, &[][..]),
        (Channel::Level2, &symbols),
        (Channel::MarketTrades, &symbols),
    ] {
        socket.send(subscribe_frame(channel, symbols, None)).await?;
    }
    let mut reader = MarketReader::default();
    loop {
        let (arrived, received) = (socket.next().await?, shared.rest.clock.ours());
        sink.heard(received);
        if let Arrived::Text(text) = arrived {
            session.hear(&mut reader, &text, received)?;
        }
        if session.books.are_live() {
            backoff.succeeded();
        }
    }
}

struct Session<'a> {
    books: Books<'a, LocalBook>,
    /// The trades of an event.
    trades: Vec<TradeTold>,
    sequence: Sequence,
    /// The number of the last book that was told. The venue counts messages, and one may tell of a
    /// book twice; those of the next connection are higher.
    told: u64,
}

impl<'a> Session<'a> {
    fn new(shared: &'a Shared, markets: &[(Pair, String)], sink: &'a dyn MarketSink) -> Self {
        let clock = &shared.rest.clock;
        let book = |(pair, symbol): &(Pair, String)| (*pair, symbol.clone(), LocalBook::default());
        let books = Books::new((METERS, clock), sink, markets.iter().map(book));
        Self { books, trades: Vec::new(), sequence: Sequence::default(), told: clock.ours().0 }
    }

    fn hear(
        &mut self,
        reader: &mut MarketReader,
        text: &str,
        received: Time,
    ) -> Result<(), SocketEnd> {
        let heading = Heading::read(text)?;
        if heading.is_error {
            return Err(SocketEnd::nonsense("the venue says that we do"));
        }
        let number = heading.sequence_num.ok_or_else(|| SocketEnd::nonsense("no number"))?;
        if !self.sequence.follows(number) {
            METERS.gap();
            return Err(SocketEnd::Gap);
        }
        match (heading.channel, heading.events) {
            ("l2_data", Some(events)) => {
                let sent = reading::moment(heading.timestamp)?;
                reader.read_books(events, |event| self.hear_book(&event, sent, received))
            }
            ("market_trades", Some(events)) => self.hear_trades(events),
            // Whatever else there is, or will be.
            _ => Ok(()),
        }
    }

    fn hear_book(
        &mut self,
        event: &BookChanges<'_>,
        sent: Time,
        received: Time,
    ) -> Result<(), SocketEnd> {
        let place = self.books.place(event.product_id)?;
        let book = &mut self.books.markets[place].book;
        let was_live = book.book().is_some();
        match book.hear(event)? {
            Heard::Waiting => {}
            Heard::Gap => {
                METERS.gap();
                return Err(SocketEnd::Gap);
            }
            Heard::Changed => {
                if !was_live {
                    self.books.has_begun(place);
                }
                self.told += 1;
                let (sequence, venue_time) = (self.told, Some(sent));
                self.books.tell(place, Stamp { sequence, venue_time, received });
            }
        }
        Ok(())
    }

    fn hear_trades(&mut self, events: &str) -> Result<(), SocketEnd> {
        let Self { books, trades, .. } = self;
        each_trades(events, |kind, told| {
            // What was traded before we listened is no news.
            if kind == EventKind::Snapshot {
                return Ok(());
            }
            trades.clear();
            each(told, |trade: StreamTrade<'_>| {
                let market = &books.markets[books.place(&trade.product_id)?];
                let told = reading::trade(&trade)?;
                trades.extend(market.pairs.iter().map(|pair| TradeTold { pair: *pair, ..told }));
                Ok::<_, SocketEnd>(())
            })?;
            // The newest is first.
            trades.iter().rev().for_each(|trade| books.sink.trade(trade));
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{CoinbaseConnector, CoinbaseEndpoints};
    use super::*;
    use crate::deaf::{Deaf, refuses_nonsense};
    use crate::dial::Dialer;

    fn connector() -> CoinbaseConnector {
        CoinbaseConnector::new(Dialer::new(), CoinbaseEndpoints::live(), Arc::new(|| Time(1)))
    }

    fn pair(quote: &str) -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: quote.parse().unwrap() }
    }

    /// What a session makes of a message.
    fn hear(message: &str) -> Result<(), SocketEnd> {
        let connector = connector();
        let markets = [(pair("USD"), "BTC-USD".to_owned())];
        let mut session = Session::new(&connector.0, &markets, &Deaf);
        session.hear(&mut MarketReader::default(), message, Time(1))
    }

    const BOOK: &str = r#"{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:01.456789Z","sequence_num":1,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"","price_level":"68900.00","new_quantity":"2.0"}]}]}"#;
    const TRADE: &str = r#"{"channel":"market_trades","client_id":"","timestamp":"2026-04-07T14:30:03.456789Z","sequence_num":3,"events":[{"type":"update","trades":[{"product_id":"BTC-USD","trade_id":"995098700","price":"68900.50","size":"0.00005000","time":"2026-04-07T14:30:03.456789Z","side":"BUY"}]}]}"#;

    #[test]
    fn a_message_that_makes_no_sense_ends_its_session_and_nothing_else() {
        let cases = [
            (BOOK, r#""68900.00""#, r#""-68900.00""#),
            (BOOK, r#""68900.00""#, r#""0""#),
            (BOOK, r#""68900.00""#, r#""NaN""#),
            (BOOK, r#""68900.00""#, r#""68900.0000000000000000001""#),
            (BOOK, r#""2.0""#, r#""-2.0""#),
            (BOOK, r#","new_quantity":"2.0""#, ""),
            (BOOK, "BTC-USD", "ETH-USD"),
            (BOOK, "2026-04-07", "2026-14-07"),
            (BOOK, r#""sequence_num":1,"#, ""),
            (BOOK, r#"{"channel""#, r#"{"type":"error","channel""#),
            (TRADE, r#""68900.50""#, r#""-1""#),
            (TRADE, r#""0.00005000""#, r#""0""#),
            (TRADE, r#""price":"68900.50","#, ""),
            (TRADE, "BTC-USD", "ETH-USD"),
            (TRADE, TRADE, "no JSON at all"),
        ];
        refuses_nonsense(hear, METERS, &cases);
    }

    #[test]
    fn one_book_is_told_as_that_of_each_market_that_has_it() {
        let connector = connector();
        let markets = ["USDC", "USD"].map(|quote| (pair(quote), "BTC-USD".to_owned()));
        let ear = crate::deaf::Counting::default();
        let mut session = Session::new(&connector.0, &markets, &ear);
        assert_eq!(session.books.symbols(), ["BTC-USD"]);
        let mut reader = MarketReader::default();
        for (message, number) in [(BOOK, 1), (TRADE, 2)] {
            let message = message.replace(r#""sequence_num":3"#, r#""sequence_num":2"#);
            session.hear(&mut reader, &message, Time(1)).unwrap();
            assert_eq!(ear.told(), 2 * number, "in USDC and in USD");
        }
        assert!(session.books.are_live());
        let missing = BOOK.replace(r#""sequence_num":1"#, r#""sequence_num":4"#);
        let heard = session.hear(&mut reader, &missing, Time(1));
        assert!(matches!(heard, Err(SocketEnd::Gap)), "{heard:?}");
    }
}
