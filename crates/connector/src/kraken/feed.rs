//! What Kraken tells everybody.

use std::convert::Infallible;
use std::sync::Arc;

use model::Time;
use venue::kraken::{Depth, Named, TickerInfo, altname, reading};
use venue::port::{
    Asked, Market, MarketFeed, MarketSink, Pair, SNAPSHOT_LEVELS, Snapshot, Ticker, Venue,
};

use super::ask::{nonsense, result, time_of};
use super::follow::follow;
use super::{METERS, Shared};
use crate::budget::Purpose;

/// The public side of one Kraken.
#[derive(Debug)]
pub struct KrakenFeed(pub Arc<Shared>);

impl MarketFeed for KrakenFeed {
    fn venue(&self) -> Venue {
        Venue::Kraken
    }

    fn server_time(&self) -> Asked<'_, Time> {
        Box::pin(async {
            let answer = self.0.public("Time", "", Purpose::Look).await?;
            time_of(&answer)
        })
    }

    fn markets(&self) -> Asked<'_, Vec<Market>> {
        Box::pin(async {
            let known = self.0.listing().await?;
            Ok(known.0.iter().map(|listed| listed.market.clone()).collect())
        })
    }

    fn tickers(&self) -> Asked<'_, Vec<Ticker>> {
        Box::pin(async {
            let known = self.0.known().await?;
            let answer = self.0.public("Ticker", "", Purpose::Refresh).await?;
            let rows: Named<'_, TickerInfo> = result(&answer)?;
            let read = |(name, row): &(std::borrow::Cow<'_, str>, TickerInfo)| {
                Some(reading::ticker(row, known.named(name)?.market.pair))
            };
            let tickers = rows.0.iter().filter_map(read);
            // A market that tells nonsense of itself does not take the others with it.
            Ok(tickers.filter_map(|read| read.inspect_err(|_| METERS.refused()).ok()).collect())
        })
    }

    fn snapshot(&self, pair: Pair) -> Asked<'_, Snapshot> {
        Box::pin(async move {
            let query = format!("pair={}&count={SNAPSHOT_LEVELS}", altname(pair));
            let answer = self.0.public("Depth", &query, Purpose::Refresh).await?;
            let depths: Named<'_, Depth> = result(&answer)?;
            let [(name, depth)] = &depths.0[..] else { return Err(nonsense("its markets")) };
            let known = self.0.known().await?;
            if known.named(name).is_none_or(|listed| listed.market.pair != pair) {
                return Err(nonsense("its market"));
            }
            reading::snapshot(depth, pair).map_err(nonsense)
        })
    }

    fn follow<'a>(&'a self, pairs: &'a [Pair], sink: &'a dyn MarketSink) -> Asked<'a, Infallible> {
        Box::pin(follow(&self.0, pairs, sink))
    }
}
