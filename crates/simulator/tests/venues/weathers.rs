//! Whatever a scenario does to prices, the connector shows the book that the venue's engine has,
//! and what the scenario is about: each at each venue.

use model::Side;
use simulator::Traders;
use venue::port::{OrderState, Pair, Venue};

use crate::following::{Followed, following_by};
use crate::stage::{Stage, named, pair_of};

/// Steps between two looks: a second.
const LOOK: u64 = 20;
/// Looks until makers have made their books.
const BEGINNING: usize = 3;

at_every_venue! {
    volatile_prices_go_further_than_calm_ones_and_the_book_follows_both,
    the_prices_of_a_venue_that_lags_fall_later,
    a_flash_crash_falls_and_recovers,
    a_dollar_loses_its_peg_and_finds_it_again,
    thin_makers_fill_in_part_and_are_as_deep_as_before_afterwards,
}

/// Lets time pass and looks at the market: after each look the connector shows the engine's book.
async fn pass(looks: usize, traders: &mut Traders, market: Followed<'_>) -> Vec<Option<i128>> {
    let mut seen = Vec::new();
    for _ in 0..looks {
        traders.pass(LOOK).await.unwrap();
        market.agrees().await;
        seen.push(market.middle());
    }
    seen
}

/// What the market comes to in so many looks, in thousandths of `before`.
async fn comes_to(looks: usize, before: i128, (market, traders): Acting<'_>) -> i128 {
    let seen = pass(looks, traders, market).await;
    seen.last().copied().flatten().expect("both sides are made") * 1_000 / before
}

/// A market, and who trades there.
type Acting<'a> = (Followed<'a>, &'a mut Traders);

async fn on(stage: &Stage, pair: Pair, script: impl AsyncFnOnce(Followed<'_>, &mut Traders)) {
    let mut traders = stage.venue.traders();
    // By a key where that tells the whole book.
    following_by(stage.feed_as(0), stage, pair, async |market| {
        pass(BEGINNING, &mut traders, market).await;
        script(market, &mut traders).await;
        assert!(market.ear.has_lost_nothing(), "what happens to prices is no gap");
    })
    .await;
}

async fn volatile_prices_go_further_than_calm_ones_and_the_book_follows_both(venue: Venue) {
    let mut ways = Vec::new();
    for scenario in ["calm", "volatile"] {
        let stage = Stage::open(venue).await;
        on(&stage, stage.pair(), async |market, traders| {
            stage.play(scenario).await;
            let seen: Vec<i128> = pass(15, traders, market).await.into_iter().flatten().collect();
            let way = |pair: &[i128]| (pair[1] - pair[0]).abs();
            ways.push(seen.windows(2).map(way).sum::<i128>());
            stage.play("usual").await;
            pass(1, traders, market).await;
        })
        .await;
        stage.venue.close().await;
    }
    assert!(3 * ways[0] < ways[1], "{ways:?}");
}

async fn the_prices_of_a_venue_that_lags_fall_later(venue: Venue) {
    // So many looks after a fall by a tenth it is seen, as usual and where the venue lags.
    let mut falls = Vec::new();
    for scenario in ["usual".to_owned(), format!("lagging-venue:{}", venue.id())] {
        let stage = Stage::open(venue).await;
        on(&stage, stage.pair(), async |market, traders| {
            let before = market.middle().unwrap();
            stage.play_with(&scenario, |it| (it.weather.jumps, it.weather.jump) = (1, -0.105));
            let seen = pass(9, traders, market).await;
            let has_fallen = |middle: &i128| 100 * middle < 95 * before;
            let fallen = seen.iter().position(|it| it.as_ref().is_some_and(has_fallen));
            falls.push(fallen.expect("it falls"));
            stage.play("usual").await;
            pass(1, traders, market).await;
        })
        .await;
        stage.venue.close().await;
    }
    assert!((4..=6).contains(&(falls[1] - falls[0])), "five seconds: {falls:?}");
}

async fn a_flash_crash_falls_and_recovers(venue: Venue) {
    let stage = Stage::open(venue).await;
    on(&stage, stage.pair(), async |market, traders| {
        let before = market.middle().unwrap();
        stage.play("flash-crash").await;
        let fallen = comes_to(2, before, (market, &mut *traders)).await;
        assert!((865..905).contains(&fallen), "{fallen}");
        let half = comes_to(30, before, (market, &mut *traders)).await;
        assert!((925..955).contains(&half), "{half}");
        stage.play("usual").await;
        let whole = comes_to(90, before, (market, traders)).await;
        assert!((980..1_020).contains(&whole), "{whole}");
    })
    .await;
    stage.venue.close().await;
}

async fn a_dollar_loses_its_peg_and_finds_it_again(venue: Venue) {
    let stage = Stage::open(venue).await;
    // Where it is what prices are in, the other one rises.
    let (pair, lost) = match venue {
        Venue::Binance | Venue::Kraken | Venue::Kucoin => (pair_of("USDC", "USDT"), 910..940),
        Venue::Coinbase => (pair_of("USDT", "USDC"), 1_065..1_095),
    };
    on(&stage, pair, async |market, traders| {
        let before = market.middle().unwrap();
        stage.play("depeg").await;
        let off = comes_to(30, before, (market, &mut *traders)).await;
        assert!(lost.contains(&off), "{off}");
        stage.play("usual").await;
        let back = comes_to(40, before, (market, traders)).await;
        assert!((995..1_005).contains(&back), "{back}");
    })
    .await;
    stage.venue.close().await;
}

async fn thin_makers_fill_in_part_and_are_as_deep_as_before_afterwards(venue: Venue) {
    let stage = Stage::open(venue).await;
    let taker = stage.account(1);
    on(&stage, stage.pair(), async |market, traders| {
        let usual = market.for_sale();
        stage.play("partial-fills").await;
        pass(30, traders, market).await;
        let thin = market.for_sale();
        assert!(10 * thin < usual, "{usual} {thin}");
        // As much as the best level had, and as is too much now.
        let best = market.best_ask().price.trimmed().to_string();
        let asked = stage.limit("thick", Side::Buy, "2", &best);
        let part = taker.place(&asked).await.unwrap();
        assert_eq!(part.state, OrderState::PartiallyFilled, "{part:?}");
        market.agrees().await;
        taker.cancel(stage.pair(), &named("thick")).await.unwrap();
        stage.play("usual").await;
        pass(30, traders, market).await;
        let again = market.for_sale();
        assert!(usual < 3 * again, "{usual} {again}");
    })
    .await;
    stage.venue.close().await;
}
