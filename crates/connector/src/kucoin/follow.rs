//! Markets as they move: one socket, a book for each market, snapshots where a book begins.
//!
//! ```text
//! connect ─► subscribe ─► answered: differences are kept ─► snapshot ─► book, told at each change
//!    ▲                                                         ▲            └── gap ─► lost ─┐
//!    │ wait, longer each time                                  └────────────────────────────┘
//!    └── the connection ends, is silent, or talks nonsense: all are lost
//! ```
//!
//! Keeps   at most [`SNAPSHOTS_MAX`] snapshots are asked for at once; what waits for one is bounded
//!         by the book. None is asked for before the venue says that it tells of changes: what
//!         changed in between would be told by neither.

use std::convert::Infallible;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::Time;
use venue::LocalBook;
use venue::kucoin::{
    Asking, Channel, FullBook, MarketMessage, MarketReader, Operation, reading, subscribe_frames,
    symbol_of,
};
use venue::port::{MarketSink, Pair, Rejection, Stamp, VenueError};

use super::METERS;
use super::ask::parse;
use super::feed::KucoinFeed;
use super::listen::Listener;
use crate::backoff::Backoff;
use crate::books::{Books, all_lost, check_count};
use crate::session::End;
use crate::socket::SocketEnd;

/// Levels of a side in what everybody may ask.
const PART_LEVELS: usize = 100;
/// Snapshots asked for at once.
const SNAPSHOTS_MAX: usize = 4;
/// Markets on one socket: three topics each, of 400.
const PAIRS_MAX: usize = 133;

/// Tells `sink` of `pairs`; ends only where the venue refuses.
///
/// # Errors
/// [`VenueError::Rejected`].
pub async fn follow(
    feed: &KucoinFeed,
    pairs: &[Pair],
    sink: &dyn MarketSink,
) -> Result<Infallible, VenueError> {
    check_count(pairs, PAIRS_MAX)?;
    let told = (METERS, &feed.shared.rest.clock);
    let mut backoff = Backoff::default();
    loop {
        let Err(end) = session(feed, pairs, sink, &mut backoff).await;
        all_lost(end, pairs, sink, told, &mut backoff).await?;
    }
}

async fn session(
    feed: &KucoinFeed,
    pairs: &[Pair],
    sink: &dyn MarketSink,
    backoff: &mut Backoff,
) -> Result<Infallible, End> {
    let clock = &feed.shared.rest.clock;
    let mut books = books(feed, pairs, sink);
    let symbols = books.symbols();
    // One that does not exist is refused on the socket without a word of which.
    let known = feed.shared.known().await?;
    if let Some(unknown) = symbols.iter().find(|symbol| !known.pairs.contains_key(*symbol)) {
        let text = format!("there is no market {unknown}");
        return Err(VenueError::refused_here(Rejection::UnknownMarket, text).into());
    }
    let levels = if feed.signer.is_some() { usize::MAX } else { PART_LEVELS };
    let mut listener = Listener::open(&feed.shared, None).await?;
    let of_books = subscribe_frames(Channel::Level2, &symbols);
    let mut unanswered = of_books.len();
    for frame in of_books {
        listener.send(frame).await?;
    }
    for channel in [Channel::Ticker, Channel::Match] {
        for frame in subscribe_frames(channel, &symbols) {
            listener.send(frame).await?;
        }
    }
    let (mut reader, mut asked) = (MarketReader::default(), FuturesUnordered::new());
    loop {
        tokio::select! {
            arrived = listener.next() => {
                let (text, received) = (arrived?, clock.ours());
                sink.heard(received);
                let Some(text) = text else { continue };
                // Answers come in the order of what was asked, and none before the first ping.
                if Said::Answer == hear(&mut books, &mut reader, &text, levels, received)?
                    && 0 < unanswered
                {
                    unanswered -= 1;
                    if unanswered == 0 {
                        books.all_due();
                    }
                }
            }
            place = books.next_due(), if asked.len() < SNAPSHOTS_MAX => {
                asked.push(snapshot(feed, place, books.markets[place].symbol.clone()));
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

fn books<'a>(
    feed: &'a KucoinFeed,
    pairs: &[Pair],
    sink: &'a dyn MarketSink,
) -> Books<'a, LocalBook> {
    let market = |pair: &Pair| (*pair, symbol_of(*pair), LocalBook::default());
    Books::new((METERS, &feed.shared.rest.clock), sink, pairs.iter().map(market))
}

/// A snapshot of the market in that place.
async fn snapshot(
    feed: &KucoinFeed,
    place: usize,
    symbol: String,
) -> (usize, Result<FullBook, VenueError>) {
    let query = format!("symbol={symbol}");
    let answer = match &feed.signer {
        None => feed.shared.public(&Asking::plain(Operation::Book100, &query)).await,
        Some(signer) => {
            feed.shared.signed(signer, &Asking::plain(Operation::FullBook, &query)).await
        }
    };
    (place, answer.and_then(|answer| parse(&answer)))
}

/// What a message was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// An answer to a request.
    Answer,
    /// What was listened to.
    News,
}

fn hear(
    books: &mut Books<'_, LocalBook>,
    reader: &mut MarketReader,
    text: &str,
    levels: usize,
    received: Time,
) -> Result<Said, SocketEnd> {
    let (symbol, message) = reader.read(text)?;
    match message {
        MarketMessage::Book(update) => {
            let place = books.place(symbol)?;
            if update.symbol != symbol {
                return Err(SocketEnd::nonsense("its market"));
            }
            // Once it was not told.
            let sent = Some(reading::moment(update.time)?).filter(|sent| *sent != Time(0));
            books.hear(place, (&update, levels), sent, received)?;
        }
        MarketMessage::Top(event) => {
            let (sequence, venue_time) = (event.sequence, Some(reading::moment(event.time)?));
            let stamp = Stamp { sequence, venue_time, received };
            books.hear_top(books.place(symbol)?, stamp, reading::top(&event)?);
        }
        MarketMessage::Trade(event) => {
            let pair = books.markets[books.place(symbol)?].pairs[0];
            books.sink.trade(&reading::trade(&event, pair)?);
        }
        MarketMessage::Answer => return Ok(Said::Answer),
        MarketMessage::Refused => return Err(SocketEnd::nonsense("a request was refused")),
        MarketMessage::Other => return Err(SocketEnd::nonsense("its topic")),
    }
    Ok(Said::News)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{KucoinConnector, KucoinEndpoints};
    use super::*;
    use crate::deaf::{Deaf, passes_over, refuses_nonsense};
    use crate::dial::Dialer;

    /// What a session makes of a message.
    fn hear(message: &str) -> Result<(), SocketEnd> {
        let clock = Arc::new(|| Time(1));
        let connector = KucoinConnector::new(Dialer::new(), KucoinEndpoints::live(), clock);
        let feed = KucoinFeed { shared: connector.0, signer: None };
        let pairs = [Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }];
        let mut books = books(&feed, &pairs, &Deaf);
        let reader = &mut MarketReader::default();
        super::hear(&mut books, reader, message, PART_LEVELS, Time(1)).map(|_| ())
    }

    const BOOK: &str = r#"{"topic":"/market/level2:BTC-USDT","type":"message","subject":"trade.l2update","data":{"changes":{"asks":[["67996.7","0.01435","14610502971"]],"bids":[]},"sequenceEnd":14610502971,"sequenceStart":14610502971,"symbol":"BTC-USDT","time":1729816058766}}"#;
    const TOP: &str = r#"{"topic":"/market/ticker:BTC-USDT","type":"message","subject":"trade.ticker","data":{"bestAsk":"67218.7","bestAskSize":"1.92318539","bestBid":"67218.6","bestBidSize":"0.01045638","price":"67220","sequence":"14691455768","size":"0.00004316","time":1729757723612}}"#;
    const TRADE: &str = r#"{"topic":"/market/match:BTC-USDT","type":"message","subject":"trade.l3match","data":{"makerOrderId":"671b5007389355000701b1d3","price":"67523","sequence":"11067996711960577","side":"buy","size":"0.003","symbol":"BTC-USDT","takerOrderId":"671b50161777ff00074c168d","time":"1729843222921000000","tradeId":"11067996711960577","type":"match"}}"#;

    #[test]
    fn a_message_that_makes_no_sense_ends_its_session_and_nothing_else() {
        let cases = [
            (BOOK, r#""67996.7""#, r#""-67996.7""#),
            (BOOK, r#""67996.7""#, r#""NaN""#),
            (BOOK, r#""67996.7""#, r#""67996.0000000000000000001""#),
            (BOOK, r#""0.01435""#, r#""-0.01435""#),
            (BOOK, r#""sequenceEnd":14610502971"#, r#""sequenceEnd":14610502970"#),
            (BOOK, r#""sequenceEnd":14610502971"#, r#""sequenceEnd":9223372036854775808"#),
            (BOOK, r#""sequenceStart":14610502971,"#, ""),
            (BOOK, r#""symbol":"BTC-USDT""#, r#""symbol":"ETH-USDT""#),
            (BOOK, "BTC-USDT", "ETH-USDT"),
            (BOOK, "/market/level2:", "/market/level9:"),
            (TOP, r#""bestAsk":"67218.7""#, r#""bestAsk":"-1""#),
            (TOP, r#""time":1729757723612"#, r#""time":18446744073709551615"#),
            (TOP, "BTC-USDT", "ETH-USDT"),
            (TRADE, r#""price":"67523""#, r#""price":"0""#),
            (TRADE, r#""size":"0.003""#, r#""size":"Infinity""#),
            (TRADE, r#""price":"67523","#, ""),
            (TRADE, r#""symbol":"BTC-USDT""#, r#""symbol":"ETH-USDT""#),
            (TRADE, r#""type":"message""#, r#""type":"error""#),
            (TRADE, TRADE, "no JSON at all"),
        ];
        refuses_nonsense(hear, METERS, &cases);
    }

    #[test]
    fn a_best_that_is_crossed_is_passed_over_and_counted_and_costs_no_session() {
        passes_over(|| hear(&TOP.replace(r#""bestAsk":"67218.7""#, r#""bestAsk":"67218.6""#)));
    }
}
