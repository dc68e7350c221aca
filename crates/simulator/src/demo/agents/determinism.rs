//! The same seed gives the same trades, whoever paces them and however many threads there are.

use engine::{NewOrder, OrderKind, SelfTradePrevention, TimeInForce};
use journal::simulated::Disk;
use model::{ClientOrderId, MarketId, Price, Qty, Side};
use projection::Page;
use venue::port::Venue;

use super::tests::{START, Stage};
use super::*;
use crate::demo::open_account;

/// Forty seconds.
const STEPS: u64 = 800;
/// At this step somebody comes from outside.
const VISIT: u64 = 400;
/// So many steps later what has nothing to do with it is as it would have been.
const SOON: u64 = 60;
/// Who comes.
const VISITOR: UserId = UserId([9; 16]);

/// The trades of each market: price in ticks, quantity in lots, which side took.
type Trades = Vec<Vec<(u64, u64, Side)>>;

fn trades(views: &Views) -> Trades {
    let catalog = views.catalog();
    let of = |market: &Arc<Market>| {
        let trades = views.trades(market.id, &Page::latest(Page::LIMIT_MAX));
        trades.iter().map(|it| (it.price.ticks(), it.qty.lots(), it.taker_side)).collect()
    };
    catalog.markets().iter().map(of).collect()
}

/// Whose market it is: a venue, or our own exchange.
type Whose = Option<Venue>;

/// All of them.
const EVERYBODY: [Whose; 5] =
    [None, Some(Venue::Binance), Some(Venue::Coinbase), Some(Venue::Kraken), Some(Venue::Kucoin)];

fn character(whose: Whose) -> Character {
    whose.map_or_else(Character::house, Character::of)
}

async fn stage(whose: Whose) -> Stage {
    let listing = whose.map_or_else(crate::demo::listing, crate::venue_listing::listing);
    Stage::of(&listing, &Disk::new(), START).await
}

/// What was traded in a day, each step taking as long as `pace` says, in microseconds.
async fn day(process: &Arc<PriceProcess>, whose: Whose, pace: impl Fn(u64) -> u64) -> Trades {
    let stage = stage(whose).await;
    let mut agents = stage.agents_of(process, character(whose));
    for step in 0..STEPS {
        stage.pass_one(&mut agents, pace(step)).await;
        tokio::task::yield_now().await;
    }
    let trades = trades(&stage.views);
    stage.close();
    trades
}

fn runtime(threads: usize) -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(threads).enable_all().build().unwrap()
}

#[test]
fn two_runs_of_a_seed_trade_the_same_in_every_market_whatever_their_pace_and_threads() {
    let one_after_another: Vec<Trades> = runtime(1).block_on(async {
        let mut days = Vec::new();
        for whose in EVERYBODY {
            days.push(day(&PriceProcess::of_seed(7), whose, |_| 50_000).await);
        }
        days
    });
    let side_by_side: Vec<Trades> = runtime(4).block_on(async {
        let process = PriceProcess::of_seed(7);
        let start = |whose| {
            let process = Arc::clone(&process);
            // Now in haste, now as if the machine had slept.
            tokio::spawn(async move { day(&process, whose, |step| 1 + step % 7 * 100_003).await })
        };
        let mut days = Vec::new();
        for running in EVERYBODY.map(start) {
            days.push(running.await.unwrap());
        }
        days
    });
    for (whose, (one, other)) in EVERYBODY.iter().zip(one_after_another.iter().zip(&side_by_side)) {
        let markets =
            whose.map_or_else(crate::demo::listing, crate::venue_listing::listing).markets;
        assert_eq!(one.len(), markets.len(), "{whose:?}");
        for (market, (one, other)) in one.iter().zip(other).enumerate() {
            assert!(3 < one.len(), "{whose:?} {market} traded {} times", one.len());
            assert_eq!(one, other, "{whose:?} {market}");
        }
    }
    assert_ne!(one_after_another[0], one_after_another[1], "each has its own day");
    let other = runtime(1).block_on(day(&PriceProcess::of_seed(8), None, |_| 50_000));
    assert_ne!(one_after_another[0], other);
}

#[tokio::test]
async fn one_who_opens_late_trades_as_if_it_had_opened_with_the_others() {
    const LATE: u64 = 700;
    let process = PriceProcess::of_seed(7);
    let early = stage(Some(Venue::Binance)).await;
    let mut first = early.agents_of(&process, character(Some(Venue::Binance)));
    early.pass(&mut first, LATE).await;
    let late = stage(Some(Venue::Kraken)).await;
    let mut second = late.agents_of(&process, character(Some(Venue::Kraken)));
    late.join(&mut second).await;
    assert_eq!(second.outlook.path().step(), LATE);
    late.pass(&mut second, STEPS - LATE).await;
    let seen = trades(&late.views);
    assert_eq!(seen, day(&PriceProcess::of_seed(7), Some(Venue::Kraken), |_| 50_000).await);
    early.close();
    late.close();
}

/// A day on which somebody from outside may buy.
struct Day {
    before: Trades,
    /// A few seconds later.
    soon: Trades,
    end: Trades,
    /// What prices were after it.
    seen: Vec<Option<Worth>>,
}

async fn visited(is_visited: bool) -> Day {
    let stage = Stage::open(&Disk::new(), START).await;
    let account = open_account(&stage.handle, VISITOR).await.unwrap();
    let asset = stage.views.catalog().markets()[0].spec.quote;
    let (amount, reference) = (1_000_000_000_000_000, 77);
    let fund = Command::Adjust { account, asset, amount, reference };
    stage.handle.submit(fund).unwrap().await.unwrap();
    let mut agents = stage.agents(&PriceProcess::of_seed(7));
    stage.pass(&mut agents, VISIT).await;
    let before = trades(&stage.views);
    if is_visited {
        let order = NewOrder {
            account,
            market: MarketId(0),
            client_id: ClientOrderId::new("visit").unwrap(),
            side: Side::Buy,
            stp: SelfTradePrevention::ExpireTaker,
            kind: OrderKind::Limit {
                price: Price::new(6_900_000).unwrap(),
                qty: Qty::new(150_000).unwrap(),
                time_in_force: TimeInForce::Ioc,
                display: None,
            },
        };
        stage.handle.submit(Command::Place(order)).unwrap().await.unwrap();
    }
    let (mut seen, mut soon) = (Vec::new(), Vec::new());
    for step in VISIT..STEPS {
        stage.pass(&mut agents, 1).await;
        seen.extend(["BTC", "SOL"].map(|code| agents.outlook.worth(code)));
        if step == VISIT + SOON {
            soon = trades(&stage.views);
        }
    }
    let end = trades(&stage.views);
    stage.close();
    Day { before, soon, end, seen }
}

#[tokio::test]
async fn an_outside_order_changes_what_follows_from_it_alone() {
    let (alone, visit) = (visited(false).await, visited(true).await);
    assert_eq!(alone.before, visit.before);
    assert_eq!(alone.seen, visit.seen, "what prices do");
    assert_ne!(alone.end[0], visit.end[0]);
    let bought = |day: &Day| day.soon[0].iter().map(|(_, lots, _)| lots).sum::<u64>();
    assert!(bought(&alone) + 100_000 < bought(&visit), "{}", bought(&visit));
    // Who made the market there has less of its base and more of its quote, and quotes a little
    // otherwise wherever either is traded. ETH-USDC knows of it only by way of others, later.
    let apart = 6;
    assert!(visit.before[apart].len() < visit.soon[apart].len());
    assert_eq!(alone.soon[apart], visit.soon[apart]);
}
