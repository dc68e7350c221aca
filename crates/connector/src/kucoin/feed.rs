//! What KuCoin tells everybody.

use std::convert::Infallible;
use std::sync::Arc;

use model::Time;
use venue::kucoin::{Asking, Operation, reading};
use venue::port::{Asked, Instrument, MarketFeed, MarketSink, Pair, Ticker, Venue};

use super::follow::follow;
use super::{Shared, Signer};
use crate::retry::{nonsense, parse};

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
            let answer = self.shared.public(&Asking::plain(Operation::ServerTime, "")).await?;
            reading::moment(parse(&answer)?).map_err(nonsense)
        })
    }

    fn instruments(&self) -> Asked<'_, Vec<Instrument>> {
        Box::pin(async {
            let listing = self.shared.listing().await?;
            if 0 < listing.skipped {
                tracing::debug!(skipped = listing.skipped, "markets of kucoin are passed over");
            }
            Ok(listing.instruments)
        })
    }

    fn tickers(&self) -> Asked<'_, Vec<Ticker>> {
        Box::pin(async {
            let symbols = self.shared.symbols().await?;
            let answer = self.shared.public(&Asking::plain(Operation::AllTickers, "")).await?;
            let known = |symbol: &str| symbols.get(symbol).copied();
            reading::tickers(&answer, known).map_err(nonsense)
        })
    }

    fn follow<'a>(&'a self, pairs: &'a [Pair], sink: &'a dyn MarketSink) -> Asked<'a, Infallible> {
        Box::pin(follow(self, pairs, sink))
    }
}
