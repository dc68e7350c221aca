//! Markets as they move: one socket, a book for each market, snapshots where a book begins.
//!
//! Keeps   at most [`SNAPSHOTS_MAX`] snapshots are asked for at once; what waits for one is bounded
//!         by the book. Nothing else is kept: a sink that wants history keeps it itself.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::Time;
use venue::kucoin::{
    Asking, Channel, FullBook, L2Update, MatchEvent, Operation, TickerEvent, reading,
    subscribe_frames, symbol_of,
};
use venue::port::{Lost, MarketSink, Pair, Rejection, Stamp, TopTold, VenueError};

use super::METERS;
use super::ask::parse;
use super::feed::KucoinFeed;
use super::listen::{Listener, told};
use crate::backoff::Backoff;
use crate::books::Books;
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
    if PAIRS_MAX < pairs.len() {
        let text = format!("{} markets are more than {PAIRS_MAX} on one socket", pairs.len());
        return Err(VenueError::refused_here(Rejection::Other, text));
    }
    let mut backoff = Backoff::default();
    loop {
        let Err(end) = session(feed, pairs, sink, &mut backoff).await;
        for pair in pairs {
            sink.lost(*pair, Lost::Connection, feed.shared.rest.clock.ours());
        }
        end.pause("the markets", &mut backoff, METERS).await?;
    }
}

async fn session(
    feed: &KucoinFeed,
    pairs: &[Pair],
    sink: &dyn MarketSink,
    backoff: &mut Backoff,
) -> Result<Infallible, End> {
    let markets: Vec<_> = pairs.iter().map(|pair| (*pair, symbol_of(*pair))).collect();
    let symbols: Vec<_> = markets.iter().map(|(_, symbol)| symbol.clone()).collect();
    // One that does not exist is refused on the socket without a word of which.
    let known = feed.shared.known().await?;
    if let Some(unknown) = symbols.iter().find(|symbol| !known.pairs.contains_key(*symbol)) {
        let text = format!("there is no market {unknown}");
        return Err(VenueError::refused_here(Rejection::UnknownMarket, text).into());
    }
    let clock = &feed.shared.rest.clock;
    let levels = if feed.signer.is_some() { usize::MAX } else { PART_LEVELS };
    let mut books = Books::new((METERS, clock), markets, str::to_owned, levels, sink);
    let mut listener = Listener::open(&feed.shared, None).await?;
    for channel in [Channel::Level2, Channel::Ticker, Channel::Match] {
        for frame in subscribe_frames(channel, &symbols) {
            listener.send(frame).await?;
        }
    }
    let mut asked = FuturesUnordered::new();
    loop {
        while asked.len() < SNAPSHOTS_MAX
            && let Some((place, wait)) = books.next_to_ask()
        {
            let symbol = books.markets[place].symbol.clone();
            asked.push(snapshot(feed, place, symbol, wait));
        }
        tokio::select! {
            arrived = listener.next() => {
                let (text, received) = (arrived?, clock.ours());
                sink.heard(received);
                if let Some(text) = text {
                    hear(&mut books, &text, received)?;
                }
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

/// A snapshot of the market in that place, after a while.
async fn snapshot(
    feed: &KucoinFeed,
    place: usize,
    symbol: String,
    wait: Duration,
) -> (usize, Result<FullBook, VenueError>) {
    tokio::time::sleep(wait).await;
    let query = format!("symbol={symbol}");
    let answer = match &feed.signer {
        None => feed.shared.public(&Asking::plain(Operation::Book100, &query)).await,
        Some(signer) => {
            feed.shared.signed(signer, &Asking::plain(Operation::FullBook, &query)).await
        }
    };
    (place, answer.and_then(|answer| parse(&answer)))
}

fn hear(books: &mut Books<'_>, text: &str, at: Time) -> Result<(), SocketEnd> {
    let Some(frame) = told(text)? else { return Ok(()) };
    let (path, symbol) = frame.topic.split_once(':').unwrap_or((&*frame.topic, ""));
    let place = books.place(symbol)?;
    let data = frame.data.ok_or_else(|| SocketEnd::nonsense("nothing is told"))?.get();
    match path {
        "/market/level2" => {
            let update: L2Update<'_> = serde_json::from_str(data).map_err(SocketEnd::nonsense)?;
            if update.symbol != symbol {
                return Err(SocketEnd::nonsense("its market"));
            }
            let sent = reading::moment(update.time).map_err(SocketEnd::nonsense)?;
            // Once it was not told.
            let sent = (sent != Time(0)).then_some(sent);
            books.hear(place, &update, sent, at)
        }
        "/market/ticker" => {
            let event: TickerEvent = serde_json::from_str(data).map_err(SocketEnd::nonsense)?;
            hear_top(books, place, &event, at)
        }
        "/market/match" => {
            let event: MatchEvent<'_> = serde_json::from_str(data).map_err(SocketEnd::nonsense)?;
            let trade = reading::trade(&event, books.markets[place].pair);
            books.sink.trade(&trade.map_err(SocketEnd::nonsense)?);
            Ok(())
        }
        _ => Err(SocketEnd::nonsense("its topic")),
    }
}

fn hear_top(
    books: &Books<'_>,
    place: usize,
    event: &TickerEvent,
    at: Time,
) -> Result<(), SocketEnd> {
    let market = &books.markets[place];
    let [bid, ask] = reading::top(event).map_err(SocketEnd::nonsense)?;
    let sent = reading::moment(event.time).map_err(SocketEnd::nonsense)?;
    // Without a book there is nothing that it would be the top of.
    if market.is_live() {
        let (sequence, venue_time) = (event.sequence, Some(sent));
        let stamp = Stamp { sequence, venue_time, received: at };
        books.sink.top(&TopTold { pair: market.pair, stamp, bid, ask });
    }
    Ok(())
}
