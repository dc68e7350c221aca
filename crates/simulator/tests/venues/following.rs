//! A connector that follows the market while a test goes on, and what its cache shows.

use std::net::SocketAddr;

use arbitrage::{Depth, Freshness, PriceCache};
use model::Side;
use venue::port::Venue;

use crate::stage::{MarketEar, Stage, limit, pair, wait_until};

/// Follows the market through `streams` while `script` goes on.
pub async fn following(
    stage: &Stage,
    streams: SocketAddr,
    script: impl AsyncFnOnce(&PriceCache, &MarketEar<'_>),
) {
    let cache = PriceCache::new([(Venue::Binance, pair())]);
    let ear = MarketEar::new(cache.sink(Venue::Binance));
    let feed = stage.connector(streams).feed();
    let pairs = [pair()];
    tokio::select! {
        end = feed.follow(&pairs, &ear) => panic!("it ended: {end:?}"),
        () = script(&cache, &ear) => {}
    }
}

pub fn shown(depth: &Depth) -> String {
    let side = |levels: &[venue::Level]| {
        let text = levels.iter().map(|it| format!("{}x{}", it.price.trimmed(), it.qty.trimmed()));
        text.collect::<Vec<_>>().join(" ")
    };
    format!("{} | {}", side(&depth.bids), side(&depth.asks))
}

/// Waits until the cache shows this book, and that it is believed.
pub async fn shows(cache: &PriceCache, ear: &MarketEar<'_>, want: &str) {
    wait_until(&ear.told, want, || {
        let depth = cache.depth(Venue::Binance, pair()).unwrap();
        shown(&depth) == want && matches!(depth.freshness, Freshness::Live { .. })
    })
    .await;
}

/// Places an order that rests.
pub async fn rest(stage: &Stage, name: &str, side: Side, qty: &str, price: &str) {
    stage.account(0).place(&limit(name, side, qty, price)).await.unwrap();
}
