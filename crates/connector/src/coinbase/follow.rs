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

use std::collections::HashMap;
use std::convert::Infallible;

use model::Time;
use serde_json::from_str;
use venue::coinbase::{
    BookEvent, Channel, Heading, Heard, LocalBook, Message, Sequence, TradesEvent, reading,
    subscribe_frame, symbol_of,
};
use venue::port::{BookTold, Lost, MarketSink, Pair, Rejection, Stamp, VenueError};

use super::{METERS, Shared};
use crate::backoff::Backoff;
use crate::budget::Purpose;
use crate::session::End;
use crate::socket::{Arrived, Socket, SocketEnd};

/// Markets on one socket.
const PAIRS_MAX: usize = 300;

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
    while let Err(error) = known(shared, pairs).await {
        End::Venue(error).pause("the markets", &mut backoff, METERS).await?;
    }
    backoff.succeeded();
    loop {
        let mut why = Lost::Connection;
        let Err(end) = session(shared, pairs, sink, &mut backoff, &mut why).await;
        for pair in pairs {
            sink.lost(*pair, why, shared.rest.clock.ours());
        }
        end.pause("the markets", &mut backoff, METERS).await?;
    }
}

/// Whether the venue knows all of these markets.
async fn known(shared: &Shared, pairs: &[Pair]) -> Result<(), VenueError> {
    let listing = shared.listing(Purpose::Look).await?;
    let is_known = |pair: &Pair| listing.markets.iter().any(|it| it.pair == *pair);
    match pairs.iter().find(|pair| !is_known(pair)) {
        None => Ok(()),
        Some(pair) => {
            Err(VenueError::refused_here(Rejection::UnknownMarket, format!("no market {pair}")))
        }
    }
}

async fn session(
    shared: &Shared,
    pairs: &[Pair],
    sink: &dyn MarketSink,
    backoff: &mut Backoff,
    why: &mut Lost,
) -> Result<Infallible, End> {
    let mut socket = Socket::open(&shared.dialer, &shared.endpoints.markets).await?;
    let symbols: Vec<_> = pairs.iter().map(|pair| symbol_of(*pair)).collect();
    for (channel, symbols) in [
        (Channel::Heartbeats, &[][..]),
        (Channel::Level2, &symbols),
        (Channel::MarketTrades, &symbols),
    ] {
        socket.send(subscribe_frame(channel, symbols, None)).await?;
    }
    let mut session = Session::new(shared, pairs, sink);
    loop {
        let heard = session.hear(socket.next().await?);
        if session.is_torn {
            *why = Lost::Gap;
        }
        heard?;
        if session.waiting == 0 {
            backoff.succeeded();
        }
    }
}

struct Market {
    pair: Pair,
    book: LocalBook,
}

struct Session<'a> {
    shared: &'a Shared,
    sink: &'a dyn MarketSink,
    markets: HashMap<String, Market>,
    /// Markets without a book.
    waiting: usize,
    sequence: Sequence,
    /// Whether something is missing, or a book contradicted itself.
    is_torn: bool,
    /// What the numbers of this connection are counted from: those of the next are higher.
    base: u64,
}

impl<'a> Session<'a> {
    fn new(shared: &'a Shared, pairs: &[Pair], sink: &'a dyn MarketSink) -> Self {
        let market =
            |pair: &Pair| (symbol_of(*pair), Market { pair: *pair, book: LocalBook::default() });
        let markets: HashMap<_, _> = pairs.iter().map(market).collect();
        let base = shared.rest.clock.ours().0;
        let (waiting, sequence) = (markets.len(), Sequence::default());
        Self { shared, sink, markets, waiting, sequence, is_torn: false, base }
    }

    fn hear(&mut self, arrived: Arrived) -> Result<(), SocketEnd> {
        let received = self.shared.rest.clock.ours();
        self.sink.heard(received);
        let Arrived::Text(text) = arrived else { return Ok(()) };
        let heading: Heading<'_> = from_str(&text).map_err(SocketEnd::nonsense)?;
        if heading.kind.is_some_and(|kind| kind == "error") {
            return Err(SocketEnd::nonsense("the venue says that we do"));
        }
        let number = heading.sequence_num.ok_or_else(|| SocketEnd::nonsense("no number"))?;
        if !self.sequence.follows(number) {
            return Err(self.torn());
        }
        match &*heading.channel {
            "l2_data" => self.hear_book(&text, received),
            "market_trades" => self.hear_trades(&text),
            // Whatever else there is, or will be.
            _ => Ok(()),
        }
    }

    /// A gap: all books of the connection may be wrong.
    fn torn(&mut self) -> SocketEnd {
        METERS.gap();
        self.is_torn = true;
        SocketEnd::nonsense("something is missing")
    }

    fn hear_book(&mut self, text: &str, received: Time) -> Result<(), SocketEnd> {
        let message: Message<'_, BookEvent<'_>> = from_str(text).map_err(SocketEnd::nonsense)?;
        let sent = reading::moment(&message.timestamp).map_err(SocketEnd::nonsense)?;
        for event in &message.events {
            let market = self.markets.get_mut(&*event.product_id);
            let market = market.ok_or_else(|| SocketEnd::nonsense("its market"))?;
            let was_live = market.book.live().is_some();
            match market.book.hear(event).map_err(SocketEnd::nonsense)? {
                Heard::Waiting => {}
                Heard::Gap => return Err(self.torn()),
                Heard::Changed => {
                    if !was_live {
                        METERS.resync();
                        self.waiting -= 1;
                    }
                    let Some(book) = market.book.live() else { continue };
                    self.sink.book(&BookTold {
                        pair: market.pair,
                        stamp: Stamp {
                            sequence: self.base.saturating_add(message.sequence_num),
                            venue_time: Some(sent),
                            received,
                        },
                        book,
                    });
                }
            }
        }
        Ok(())
    }

    fn hear_trades(&self, text: &str) -> Result<(), SocketEnd> {
        let message: Message<'_, TradesEvent<'_>> = from_str(text).map_err(SocketEnd::nonsense)?;
        for event in &message.events {
            // What was traded before we listened is no news.
            if event.kind == venue::coinbase::EventKind::Snapshot {
                continue;
            }
            for trade in event.trades.iter().rev() {
                let market = self.markets.get(&*trade.product_id);
                let market = market.ok_or_else(|| SocketEnd::nonsense("its market"))?;
                let told = reading::trade(trade, market.pair).map_err(SocketEnd::nonsense)?;
                self.sink.trade(&told);
            }
        }
        Ok(())
    }
}
