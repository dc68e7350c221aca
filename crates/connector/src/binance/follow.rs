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
//!         by the book.

use std::convert::Infallible;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::Time;
use venue::LocalBook;
use venue::binance::{Depth, MarketMessage, MarketReader, Operation, reading, symbol_of};
use venue::port::{MarketSink, Pair, Stamp, VenueError};

use super::ask::{Question, parse};
use super::{METERS, Shared};
use crate::backoff::Backoff;
use crate::books::{Books, all_lost, check_count};
use crate::session::End;
use crate::socket::{Arrived, Socket, SocketEnd};

/// Levels of a side in a snapshot. It could be five times as many, at five times the weight:
/// another one is asked for where the market has moved through half of them.
const SNAPSHOT_LEVELS: usize = 1_000;
/// Snapshots asked for at once.
const SNAPSHOTS_MAX: usize = 4;
/// Markets on one socket: three streams each, all of them in the address, of which servers take
/// eight kilobytes.
const PAIRS_MAX: usize = 100;

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
    let mut books = books(shared, pairs, sink);
    let names = books.symbols().into_iter();
    let names =
        names.map(|symbol| format!("{symbol}@depth@100ms/{symbol}@bookTicker/{symbol}@trade"));
    let names = names.collect::<Vec<_>>().join("/");
    let url = format!("{}/stream?streams={names}", shared.endpoints.streams);
    let mut socket = Socket::open(&shared.dialer, &url).await?;
    let (mut reader, mut asked) = (MarketReader::default(), FuturesUnordered::new());
    books.all_due();
    loop {
        tokio::select! {
            arrived = socket.next() => {
                let (arrived, received) = (arrived?, shared.rest.clock.ours());
                sink.heard(received);
                if let Arrived::Text(text) = arrived {
                    hear(&mut books, &mut reader, &text, received)?;
                }
            }
            place = books.next_due(), if asked.len() < SNAPSHOTS_MAX => {
                asked.push(snapshot(shared, place, books.markets[place].symbol.to_uppercase()));
            }
            Some((place, answer)) = asked.next(), if !asked.is_empty() => {
                books.begin(place, answer)?;
                if books.are_live() {
                    backoff.succeeded();
                }
            }
        }
    }
}

/// Streams are named in small letters.
fn books<'a>(shared: &'a Shared, pairs: &[Pair], sink: &'a dyn MarketSink) -> Books<'a, LocalBook> {
    let market = |pair: &Pair| (*pair, symbol_of(*pair).to_lowercase(), LocalBook::default());
    Books::new((METERS, &shared.rest.clock), sink, pairs.iter().map(market))
}

/// A snapshot of the market in that place.
async fn snapshot(
    shared: &Shared,
    place: usize,
    symbol: String,
) -> (usize, Result<Depth, VenueError>) {
    let query = format!("symbol={symbol}&limit={SNAPSHOT_LEVELS}");
    let answer = shared.public(Question::new(Operation::Depth, &query)).await;
    (place, answer.and_then(|answer| parse(&answer)))
}

fn hear(
    books: &mut Books<'_, LocalBook>,
    reader: &mut MarketReader,
    text: &str,
    received: Time,
) -> Result<(), SocketEnd> {
    let (stream, message) = reader.read(text)?;
    let symbol = stream.split_once('@').map_or(stream, |(symbol, _)| symbol);
    match message {
        MarketMessage::Depth(event) => {
            let place = books.place(symbol)?;
            if !event.symbol.eq_ignore_ascii_case(symbol) {
                return Err(SocketEnd::nonsense("its market"));
            }
            let sent = reading::moment(event.event_time)?;
            books.hear(place, (&event, SNAPSHOT_LEVELS), Some(sent), received)
        }
        MarketMessage::Top(event) => {
            let place = books.place(symbol)?;
            let (bid, ask) = reading::top(&event, books.markets[place].pairs[0])?;
            let stamp = Stamp { sequence: event.update_id, venue_time: None, received };
            books.hear_top(place, stamp, [bid, ask]);
            Ok(())
        }
        MarketMessage::Trade(event) => {
            let pair = books.markets[books.place(symbol)?].pairs[0];
            books.sink.trade(&reading::trade(&event, pair)?);
            Ok(())
        }
        MarketMessage::Shutdown => Err(SocketEnd::Closed),
        MarketMessage::Other => Err(SocketEnd::nonsense("its stream")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{BinanceConnector, Endpoints};
    use super::*;
    use crate::deaf::{Deaf, passes_over, refuses_nonsense};
    use crate::dial::Dialer;

    /// What a session makes of a message.
    fn hear(message: &str) -> Result<(), SocketEnd> {
        let clock = Arc::new(|| Time(1));
        let connector = BinanceConnector::new(Dialer::new(), Endpoints::live(), clock);
        let pairs = [Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }];
        let mut books = books(&connector.0, &pairs, &Deaf);
        super::hear(&mut books, &mut MarketReader::default(), message, Time(1))
    }

    const TRADE: &str = r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true}}"#;
    const DEPTH: &str = r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":157,"u":160,"b":[["0.0024","10"]],"a":[]}}"#;
    const TOP: &str = r#"{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}}"#;

    #[test]
    fn a_message_that_makes_no_sense_ends_its_session_and_nothing_else() {
        let cases = [
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
            (DEPTH, r#""u":160"#, r#""u":9223372036854775808"#),
            (DEPTH, r#"["0.0024","10"]"#, r#"["0.0024","-10"]"#),
            (DEPTH, r#"["0.0024","10"]"#, r#"["0","10"]"#),
            (DEPTH, "BTCUSDT", "ETHUSDT"),
            (TOP, r#""B":"31.21000000""#, r#""B":"-31.21000000""#),
            (TOP, "BTCUSDT", "BTCUSD"),
            (TOP, TOP, "no JSON at all"),
        ];
        refuses_nonsense(hear, METERS, &cases);
    }

    #[test]
    fn a_best_that_is_crossed_is_passed_over_and_counted_and_costs_no_session() {
        passes_over(|| hear(&TOP.replace(r#""a":"25.36520000""#, r#""a":"25.35190000""#)));
    }
}
