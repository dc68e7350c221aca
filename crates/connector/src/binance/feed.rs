//! What Binance tells everybody.

use std::convert::Infallible;
use std::sync::Arc;

use model::Time;
use venue::binance::{Operation, ServerTime, Ticker24h, reading};
use venue::port::{Asked, Instrument, MarketFeed, MarketSink, Pair, Ticker, Venue};

use super::Shared;
use super::ask::{nonsense, parse};
use super::follow::follow;

/// The public side of one Binance.
#[derive(Debug)]
pub struct BinanceFeed(pub Arc<Shared>);

impl MarketFeed for BinanceFeed {
    fn venue(&self) -> Venue {
        Venue::Binance
    }

    fn server_time(&self) -> Asked<'_, Time> {
        Box::pin(async {
            let answer = self.0.public(Operation::Time, "").await?;
            let ServerTime { server_time } = parse(&answer)?;
            reading::moment(server_time).map_err(nonsense)
        })
    }

    fn instruments(&self) -> Asked<'_, Vec<Instrument>> {
        Box::pin(async {
            let listing = self.0.listing().await?;
            if 0 < listing.skipped {
                tracing::debug!(skipped = listing.skipped, "markets of binance are passed over");
            }
            Ok(listing.instruments)
        })
    }

    fn tickers(&self) -> Asked<'_, Vec<Ticker>> {
        Box::pin(async {
            let symbols = self.0.symbols().await?;
            let answer = self.0.public(Operation::Ticker24hr, "").await?;
            let rows: Vec<Ticker24h<'static>> = parse(&answer)?;
            let known = |row: &Ticker24h<'_>| Some(*symbols.get(&*row.symbol)?);
            let read = |row| Some(reading::ticker(&row, known(&row)?));
            let tickers = rows.into_iter().filter_map(read);
            // A market that tells nonsense of itself does not take the others with it.
            Ok(tickers.filter_map(Result::ok).collect())
        })
    }

    fn follow<'a>(&'a self, pairs: &'a [Pair], sink: &'a dyn MarketSink) -> Asked<'a, Infallible> {
        Box::pin(follow(&self.0, pairs, sink))
    }
}
