//! What KuCoin tells everybody.

use std::convert::Infallible;
use std::sync::Arc;

use model::Time;
use venue::kucoin::{Asking, FullBook, Operation, reading, symbol_of};
use venue::port::{Asked, Market, MarketFeed, MarketSink, Pair, Snapshot, Ticker, Venue};

use super::ask::{nonsense, parse, time_of};
use super::follow::follow;
use super::{METERS, Shared, Signer};
use crate::budget::Purpose;

/// The public side of one KuCoin.
#[derive(Debug)]
pub struct KucoinFeed {
    pub shared: Arc<Shared>,
    /// By whom whole books are asked for.
    pub signer: Option<Signer>,
}

impl MarketFeed for KucoinFeed {
    fn venue(&self) -> Venue {
        Venue::Kucoin
    }

    fn server_time(&self) -> Asked<'_, Time> {
        Box::pin(async {
            time_of(&self.shared.public(&Asking::plain(Operation::ServerTime, "")).await?)
        })
    }

    fn markets(&self) -> Asked<'_, Vec<Market>> {
        Box::pin(async { Ok(self.shared.listing().await?.markets) })
    }

    fn tickers(&self) -> Asked<'_, Vec<Ticker>> {
        Box::pin(async {
            let known = self.shared.known().await?;
            let answer = self.shared.public(&Asking::plain(Operation::AllTickers, "")).await?;
            let pair = |symbol: &str| known.pairs.get(symbol).copied();
            reading::tickers(&answer, pair, || METERS.refused()).map_err(nonsense)
        })
    }

    fn snapshot(&self, pair: Pair) -> Asked<'_, Snapshot> {
        Box::pin(async move {
            // There are 20 levels or 100 of them.
            let query = format!("symbol={}", symbol_of(pair));
            let asking = Asking::plain(Operation::Book100, &query);
            let answer = self.shared.public_for(&asking, Purpose::Refresh).await?;
            let told: FullBook = parse(&answer)?;
            reading::snapshot(&told, pair).map_err(nonsense)
        })
    }

    fn follow<'a>(&'a self, pairs: &'a [Pair], sink: &'a dyn MarketSink) -> Asked<'a, Infallible> {
        Box::pin(follow(self, pairs, sink))
    }
}
