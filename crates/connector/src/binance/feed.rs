//! What Binance tells everybody.

use std::convert::Infallible;
use std::sync::Arc;

use model::Time;
use serde_json::value::RawValue;
use venue::binance::{Depth, Operation, Ticker24h, reading, symbol_of};
use venue::port::{
    Asked, Market, MarketFeed, MarketSink, Pair, SNAPSHOT_LEVELS, Snapshot, Ticker, Venue,
};

use super::ask::{Question, nonsense, parse, time_of};
use super::follow::follow;
use super::{METERS, Shared};
use crate::budget::Purpose;

/// The public side of one Binance.
#[derive(Debug)]
pub struct BinanceFeed(pub Arc<Shared>);

impl MarketFeed for BinanceFeed {
    fn venue(&self) -> Venue {
        Venue::Binance
    }

    fn server_time(&self) -> Asked<'_, Time> {
        Box::pin(async { time_of(&self.0.public(Question::new(Operation::Time, "")).await?) })
    }

    fn markets(&self) -> Asked<'_, Vec<Market>> {
        Box::pin(async { Ok(self.0.listing().await?.markets) })
    }

    fn tickers(&self) -> Asked<'_, Vec<Ticker>> {
        Box::pin(async {
            let known = self.0.known().await?;
            let question = Question::new(Operation::Ticker24hr, "");
            let answer = self.0.public(Question { purpose: Purpose::Refresh, ..question }).await?;
            let rows: Vec<&RawValue> = serde_json::from_slice(&answer).map_err(nonsense)?;
            // A market that tells nonsense of itself does not take the others with it.
            let read = |row: &RawValue| {
                let row = serde_json::from_str::<Ticker24h<'_>>(row.get());
                let row = row.inspect_err(|_| METERS.refused()).ok()?;
                let pair = *known.pairs.get(&*row.symbol)?;
                reading::ticker(&row, pair).inspect_err(|_| METERS.refused()).ok()
            };
            Ok(rows.into_iter().filter_map(read).collect())
        })
    }

    fn snapshot(&self, pair: Pair) -> Asked<'_, Snapshot> {
        Box::pin(async move {
            let query = format!("symbol={}&limit={SNAPSHOT_LEVELS}", symbol_of(pair));
            let question = Question::new(Operation::Depth, &query);
            let answer = self.0.public(Question { purpose: Purpose::Refresh, ..question }).await?;
            let depth: Depth = parse(&answer)?;
            reading::snapshot(&depth, pair).map_err(nonsense)
        })
    }

    fn follow<'a>(&'a self, pairs: &'a [Pair], sink: &'a dyn MarketSink) -> Asked<'a, Infallible> {
        Box::pin(follow(&self.0, pairs, sink))
    }
}
