//! What Coinbase tells everybody.

use std::convert::Infallible;
use std::sync::Arc;

use model::Time;
use venue::coinbase::{ProductBook, reading, symbol_of};
use venue::port::{
    Asked, Market, MarketFeed, MarketSink, Pair, SNAPSHOT_LEVELS, Snapshot, Ticker, Venue,
    VenueError,
};

use super::ask::{nonsense, parse};
use super::follow::follow;
use super::{METERS, Shared};
use crate::budget::Purpose;

/// The public side of one Coinbase.
#[derive(Debug)]
pub struct CoinbaseFeed(pub Arc<Shared>);

impl Shared {
    /// Its markets, with what became of them in 24 hours.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn listing(&self, purpose: Purpose) -> Result<reading::Listing, VenueError> {
        let answer = self.public("/market/products", "product_type=SPOT", purpose).await?;
        let listing = reading::listing(&answer).map_err(nonsense)?;
        if 0 < listing.skipped {
            METERS.refused();
            tracing::debug!(skipped = listing.skipped, "markets of coinbase are passed over");
        }
        Ok(listing)
    }
}

impl MarketFeed for CoinbaseFeed {
    fn venue(&self) -> Venue {
        Venue::Coinbase
    }

    fn server_time(&self) -> Asked<'_, Time> {
        Box::pin(self.0.time())
    }

    fn markets(&self) -> Asked<'_, Vec<Market>> {
        Box::pin(async { Ok(self.0.listing(Purpose::Look).await?.markets) })
    }

    fn tickers(&self) -> Asked<'_, Vec<Ticker>> {
        Box::pin(async { Ok(self.0.listing(Purpose::Refresh).await?.tickers) })
    }

    fn snapshot(&self, pair: Pair) -> Asked<'_, Snapshot> {
        Box::pin(async move {
            let query = format!("product_id={}&limit={SNAPSHOT_LEVELS}", symbol_of(pair));
            let answer = self.0.public("/market/product_book", &query, Purpose::Refresh).await?;
            let told: ProductBook<'_> = parse(&answer)?;
            reading::snapshot(&told.pricebook, pair).map_err(nonsense)
        })
    }

    fn follow<'a>(&'a self, pairs: &'a [Pair], sink: &'a dyn MarketSink) -> Asked<'a, Infallible> {
        Box::pin(follow(&self.0, pairs, sink))
    }
}
