//! A connector that follows a market while a test goes on, what its cache shows, and what the
//! venue's engine has.

use std::sync::Arc;

use arbitrage::{Freshness, PriceCache};
use model::{Decimal, Side};
use venue::port::{MarketFeed, Pair, SNAPSHOT_LEVELS};
use venue::{Level, port::Lost};

use crate::ears::{MarketEar, wait_until};
use crate::stage::Stage;

/// A market that is followed.
#[derive(Clone, Copy)]
pub struct Followed<'a> {
    stage: &'a Stage,
    pair: Pair,
    pub cache: &'a PriceCache,
    pub ear: &'a MarketEar<'a>,
}

/// Follows the market that tests trade on while `script` goes on.
pub async fn following(stage: &Stage, script: impl AsyncFnOnce(Followed<'_>)) {
    following_by(stage.feed(), stage, stage.pair(), script).await;
}

/// Follows a market by `feed` while `script` goes on.
pub async fn following_by(
    feed: Arc<dyn MarketFeed>,
    stage: &Stage,
    pair: Pair,
    script: impl AsyncFnOnce(Followed<'_>),
) {
    let cache = PriceCache::new([(feed.venue(), pair)]);
    let ear = MarketEar::new(cache.sink(feed.venue()));
    let pairs = [pair];
    tokio::select! {
        end = feed.follow(&pairs, &ear) => panic!("it ended: {end:?}"),
        () = script(Followed { stage, pair, cache: &cache, ear: &ear }) => {}
    }
}

impl Followed<'_> {
    /// Waits until the cache shows this book, and that it is believed.
    pub async fn shows(&self, want: &str) {
        wait_until(&self.ear.told, want, || self.shown() == want && self.is_live()).await;
    }

    /// Waits until the cache shows the book that the engine has, and that it is believed.
    pub async fn agrees(&self) {
        let want = self.engines();
        self.shows(&want).await;
        assert_eq!(self.engines(), want, "somebody else trades");
    }

    /// Waits until the market is not believed any more, for that reason.
    pub async fn loses(&self, why: Lost) {
        wait_until(&self.ear.told, &format!("{why:?}"), || self.ear.has_lost(why)).await;
    }

    /// What the cache shows.
    pub fn shown(&self) -> String {
        let depth = self.cache.depth(self.stage.venue.venue(), self.pair).unwrap();
        written(&depth.bids, &depth.asks)
    }

    /// Of so much as the cache keeps, what the engine has.
    pub fn engines(&self) -> String {
        let views = self.stage.venue.views();
        let catalog = views.catalog();
        let is_it = |base: &str, quote: &str| {
            (base, quote) == (self.pair.base.as_str(), self.pair.quote.as_str())
        };
        let mut markets = catalog.markets().iter();
        let market = markets.find(|it| is_it(it.base.code.as_str(), it.quote.code.as_str()));
        let market = market.unwrap();
        let depth = views.depth(market.id, SNAPSHOT_LEVELS).unwrap();
        let side = |levels: &[projection::Level]| -> Vec<Level> {
            let level = |it: &projection::Level| Level {
                price: market.price(it.price),
                qty: market.qty(it.qty),
            };
            levels.iter().map(level).collect()
        };
        written(&side(&depth.bids), &side(&depth.asks))
    }

    /// Whether the venue vouches for it.
    pub fn is_live(&self) -> bool {
        let quote = self.cache.quote(self.stage.venue.venue(), self.pair).unwrap();
        matches!(quote.freshness, Freshness::Live { .. })
    }

    /// Twice the middle of the best prices that the cache shows, in parts of 10⁻¹² of its quote;
    /// `None` while one side has gone.
    pub fn middle(&self) -> Option<i128> {
        let depth = self.cache.depth(self.stage.venue.venue(), self.pair).unwrap();
        Some(parts(depth.bids.first()?.price) + parts(depth.asks.first()?.price))
    }

    /// The best level that somebody sells at, as the cache shows it.
    pub fn best_ask(&self) -> Level {
        self.cache.depth(self.stage.venue.venue(), self.pair).unwrap().asks[0]
    }

    /// How much is sold in all levels that the cache shows, in parts of 10⁻¹².
    pub fn for_sale(&self) -> i128 {
        let depth = self.cache.depth(self.stage.venue.venue(), self.pair).unwrap();
        depth.asks.iter().map(|level| parts(level.qty)).sum()
    }

    /// Places an order that rests, by the venue's first account.
    pub async fn rests(&self, name: &str, side: Side, qty: &str, price: &str) {
        let order = self.stage.limit(name, side, qty, price);
        self.stage.account(0).place(&order).await.unwrap();
    }
}

fn written(bids: &[Level], asks: &[Level]) -> String {
    let side = |levels: &[Level]| {
        let text = levels.iter().map(|it| format!("{}x{}", it.price.trimmed(), it.qty.trimmed()));
        text.collect::<Vec<_>>().join(" ")
    };
    format!("{} | {}", side(bids), side(asks))
}

/// In parts of 10⁻¹².
fn parts(number: Decimal) -> i128 {
    number.units_at(12).expect("so many digits are enough")
}
