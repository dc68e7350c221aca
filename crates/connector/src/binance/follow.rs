//! Markets as they move: one socket, a book for each market, snapshots where a book begins.
//!
//! ```text
//! connect ─► differences are kept ─► snapshot ─► book, told at each change
//!    ▲                                  ▲            └── gap ─► lost ─┐
//!    │ wait, longer each time           └────────────────────────────┘
//!    └── the connection ends, is silent, or talks nonsense: all are lost
//! ```
//!
//! Keeps   at most [`SNAPSHOTS_MAX`] snapshots are asked for at once; what waits for one is bounded
//!         by the book. Nothing else is kept: a sink that wants history keeps it itself.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::Time;
use venue::binance::{
    BookTickerEvent, Depth, DepthEvent, MarketMessage, MarketReader, Operation, reading, symbol_of,
};
use venue::port::{BookTold, Lost, MarketSink, Pair, Rejection, Stamp, TopTold, VenueError};
use venue::{Begun, Heard, LocalBook};

use super::ask::{Question, parse};
use super::{METERS, Shared};
use crate::backoff::Backoff;
use crate::session::End;
use crate::socket::{Arrived, Socket, SocketEnd};

/// Levels of a side in a snapshot. It could be five times as many, at five times the weight:
/// another one is asked for where the market has moved through half of them.
const SNAPSHOT_LEVELS: usize = 1_000;
/// Snapshots asked for at once.
const SNAPSHOTS_MAX: usize = 4;
/// Markets on one socket: three streams each, of 1,024.
const PAIRS_MAX: usize = 341;
/// How long to wait for the next snapshot where one was too old.
const NEXT_SNAPSHOT: Duration = Duration::from_millis(100);

/// One market on a socket.
struct Market {
    pair: Pair,
    symbol: String,
    book: LocalBook,
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
        return Err(VenueError::refused_here(Rejection::Other, text));
    }
    let mut backoff = Backoff::default();
    loop {
        let Err(end) = session(shared, pairs, sink, &mut backoff).await;
        for pair in pairs {
            sink.lost(*pair, Lost::Connection, shared.rest.clock.ours());
        }
        end.pause("the markets", &mut backoff, METERS).await?;
    }
}

async fn session(
    shared: &Shared,
    pairs: &[Pair],
    sink: &dyn MarketSink,
    backoff: &mut Backoff,
) -> Result<Infallible, End> {
    let mut session = Session::new(shared, pairs, sink);
    let mut socket = Socket::open(&shared.dialer, &session.url()).await?;
    let mut asked = FuturesUnordered::new();
    loop {
        while asked.len() < SNAPSHOTS_MAX
            && let Some((place, wait)) = session.to_ask.pop_front()
        {
            asked.push(snapshot(shared, place, session.markets[place].symbol.clone(), wait));
        }
        tokio::select! {
            arrived = socket.next() => session.hear(arrived?)?,
            Some((place, answer)) = asked.next(), if !asked.is_empty() => {
                session.begin(place, answer)?;
                if session.is_live() {
                    backoff.succeeded();
                }
            }
        }
    }
}

/// A snapshot of the market in that place, after a while.
async fn snapshot(
    shared: &Shared,
    place: usize,
    symbol: String,
    wait: Duration,
) -> (usize, Result<Depth, VenueError>) {
    tokio::time::sleep(wait).await;
    let query = format!("symbol={symbol}&limit={SNAPSHOT_LEVELS}");
    let answer = shared.public(Question::new(Operation::Depth, &query)).await;
    (place, answer.and_then(|answer| parse(&answer)))
}

struct Session<'a> {
    shared: &'a Shared,
    sink: &'a dyn MarketSink,
    markets: Vec<Market>,
    places: HashMap<String, usize>,
    reader: MarketReader,
    /// Markets that need a snapshot, and after how long.
    to_ask: VecDeque<(usize, Duration)>,
}

impl<'a> Session<'a> {
    fn new(shared: &'a Shared, pairs: &[Pair], sink: &'a dyn MarketSink) -> Self {
        let market = |pair: &Pair| {
            let (book, backoff) = (LocalBook::default(), Backoff::default());
            Market { pair: *pair, symbol: symbol_of(*pair), book, backoff }
        };
        let markets: Vec<_> = pairs.iter().map(market).collect();
        let place = |(place, market): (usize, &Market)| (market.symbol.to_ascii_lowercase(), place);
        let places = markets.iter().enumerate().map(place).collect();
        let to_ask = (0..markets.len()).map(|place| (place, Duration::ZERO)).collect();
        Self { shared, sink, markets, places, reader: MarketReader::default(), to_ask }
    }

    fn url(&self) -> String {
        let names: Vec<_> = self
            .markets
            .iter()
            .map(|market| market.symbol.to_ascii_lowercase())
            .map(|symbol| format!("{symbol}@depth@100ms/{symbol}@bookTicker/{symbol}@trade"))
            .collect();
        format!("{}/stream?streams={}", self.shared.endpoints.streams, names.join("/"))
    }

    fn is_live(&self) -> bool {
        self.markets.iter().all(|market| market.book.live().is_some())
    }

    fn hear(&mut self, arrived: Arrived) -> Result<(), SocketEnd> {
        let received = self.shared.rest.clock.ours();
        self.sink.heard(received);
        let Arrived::Text(text) = arrived else { return Ok(()) };
        // Its room is lent to the message, and taken back.
        let mut reader = std::mem::take(&mut self.reader);
        let message = reader.read(&text).map_err(SocketEnd::nonsense);
        let heard = message.and_then(|(stream, message)| self.take(stream, &message, received));
        self.reader = reader;
        heard
    }

    fn take(&mut self, stream: &str, said: &MarketMessage<'_>, at: Time) -> Result<(), SocketEnd> {
        let symbol = stream.split_once('@').map_or(stream, |(symbol, _)| symbol);
        let place = || self.places.get(symbol).copied();
        let place = || place().ok_or_else(|| SocketEnd::nonsense("its stream"));
        match said {
            MarketMessage::Depth(event) => self.hear_depth(place()?, event, at),
            MarketMessage::Top(event) => self.hear_top(place()?, event, at),
            MarketMessage::Trade(event) => {
                let told = reading::trade(event, self.markets[place()?].pair);
                self.sink.trade(&told.map_err(SocketEnd::nonsense)?);
                Ok(())
            }
            MarketMessage::Shutdown => Err(SocketEnd::Closed),
            MarketMessage::Other => Err(SocketEnd::nonsense("its stream")),
        }
    }

    fn hear_depth(
        &mut self,
        place: usize,
        event: &DepthEvent<'_>,
        at: Time,
    ) -> Result<(), SocketEnd> {
        let market = &mut self.markets[place];
        if event.symbol != market.symbol {
            return Err(SocketEnd::nonsense("its market"));
        }
        let sent = reading::moment(event.event_time).map_err(SocketEnd::nonsense)?;
        match market.book.hear(event).map_err(SocketEnd::nonsense)? {
            Heard::Waiting | Heard::Old => {}
            Heard::Changed => {
                if market.book.is_thin(SNAPSHOT_LEVELS) && !market.book.is_renewed() {
                    market.book.renew();
                    self.to_ask.push_back((place, Duration::ZERO));
                }
                self.tell(place, Some(sent), at);
            }
            Heard::Gap => {
                METERS.gap();
                let wait = market.backoff.next();
                tracing::info!(pair = %market.pair, ?wait, "a gap: the book is asked for anew");
                self.sink.lost(market.pair, Lost::Gap, at);
                self.to_ask.push_back((place, wait));
            }
        }
        Ok(())
    }

    fn hear_top(
        &self,
        place: usize,
        event: &BookTickerEvent<'_>,
        at: Time,
    ) -> Result<(), SocketEnd> {
        let market = &self.markets[place];
        let (bid, ask) = reading::top(event, market.pair).map_err(SocketEnd::nonsense)?;
        // Without a book there is nothing that it would be the top of.
        if market.book.live().is_some() {
            let stamp = Stamp { sequence: event.update_id, venue_time: None, received: at };
            self.sink.top(&TopTold { pair: market.pair, stamp, bid, ask });
        }
        Ok(())
    }

    fn begin(&mut self, place: usize, answer: Result<Depth, VenueError>) -> Result<(), End> {
        let market = &mut self.markets[place];
        let was_live = market.book.live().is_some();
        // Another one was there before it.
        if was_live && !market.book.is_renewed() {
            return Ok(());
        }
        let wait = match answer {
            Ok(snapshot) => match market.book.begin(&snapshot) {
                Ok(Begun::Live) => {
                    market.backoff.succeeded();
                    METERS.resync();
                    self.tell(place, None, self.shared.rest.clock.ours());
                    return Ok(());
                }
                Ok(Begun::TooOld) => {
                    if was_live && market.book.live().is_none() {
                        self.sink.lost(market.pair, Lost::Gap, self.shared.rest.clock.ours());
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use metrics::{
        Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    };
    use venue::port::TradeTold;

    use super::super::{BinanceConnector, Endpoints};
    use super::*;
    use crate::dial::Dialer;

    /// Hears nothing of it.
    struct Deaf;

    impl MarketSink for Deaf {
        fn book(&self, _told: &BookTold<'_>) {}
        fn top(&self, _told: &TopTold) {}
        fn trade(&self, _told: &TradeTold) {}
        fn lost(&self, _pair: Pair, _why: Lost, _at: Time) {}
        fn heard(&self, _at: Time) {}
    }

    /// Counts what is refused.
    #[derive(Default)]
    struct Refused(Arc<AtomicU64>);

    impl Recorder for Refused {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            if key.name() == "rialto_venue_messages_refused_total" {
                Counter::from_arc(Arc::clone(&self.0))
            } else {
                Counter::noop()
            }
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    /// What a session makes of a message.
    fn hear(message: &str) -> Result<(), SocketEnd> {
        let clock = Arc::new(|| Time(1));
        let connector = BinanceConnector::new(Dialer::new(), Endpoints::live(), clock);
        let pairs = [Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }];
        Session::new(&connector.0, &pairs, &Deaf).hear(Arrived::Text(message.into()))
    }

    const TRADE: &str = r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true}}"#;
    const DEPTH: &str = r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":157,"u":160,"b":[["0.0024","10"]],"a":[]}}"#;
    const TOP: &str = r#"{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}}"#;

    #[test]
    fn a_message_that_makes_no_sense_ends_its_session_and_nothing_else() {
        for sound in [TRADE, DEPTH, TOP] {
            assert!(hear(sound).is_ok(), "{sound}");
        }
        for (message, part, other) in [
            (TRADE, r#""p":"0.001""#, r#""p":"-0.001""#),
            (TRADE, r#""p":"0.001""#, r#""p":"0""#),
            (TRADE, r#""p":"0.001""#, r#""p":"NaN""#),
            (TRADE, r#""p":"0.001""#, r#""p":"0.0000000000000000001""#),
            (TRADE, r#""p":"0.001","#, ""),
            (TRADE, r#""q":"100""#, r#""q":"0.0""#),
            (TRADE, r#""T":1672515782136"#, r#""T":18446744073709551615"#),
            (TRADE, "BTCUSDT", "ETHUSDT"),
            (TRADE, "btcusdt@trade", "ethusdt@trade"),
            (TRADE, "btcusdt@trade", "btcusdt@candle"),
            (TRADE, "}}", ""),
            (DEPTH, r#""u":160"#, r#""u":156"#),
            (DEPTH, r#"["0.0024","10"]"#, r#"["0.0024","-10"]"#),
            (DEPTH, r#"["0.0024","10"]"#, r#"["0","10"]"#),
            (DEPTH, "BTCUSDT", "ETHUSDT"),
            (TOP, r#""B":"31.21000000""#, r#""B":"-31.21000000""#),
            (TOP, "BTCUSDT", "BTCUSD"),
            (TOP, TOP, "no JSON at all"),
        ] {
            assert!(message.contains(part), "{part}");
            let heard = hear(&message.replace(part, other));
            assert!(matches!(heard, Err(SocketEnd::Nonsense(_))), "{part} as {other}: {heard:?}");
        }
    }

    #[test]
    fn what_is_refused_is_counted_and_the_next_session_may_begin() {
        let refused = Refused::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        metrics::with_local_recorder(&refused, || {
            let end = End::from(hear("nonsense").unwrap_err());
            let mut backoff = Backoff::default();
            let next = runtime.block_on(end.pause("the markets", &mut backoff, METERS));
            assert_eq!(next, Ok(()));
        });
        assert_eq!(refused.0.load(Ordering::Relaxed), 1);
    }
}
