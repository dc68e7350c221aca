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

/// What one venue traded, each step taking as long as `pace` says, in microseconds.
async fn day(process: &Arc<PriceProcess>, venue: Venue, pace: impl Fn(u64) -> u64) -> Trades {
    let stage = Stage::open(&Disk::new(), START).await;
    let mut agents = stage.agents_of(process, Character::of(venue));
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
fn two_runs_of_a_seed_trade_the_same_whatever_their_pace_and_threads() {
    let venues = [Venue::Binance, Venue::Kraken];
    let one_after_another: Vec<Trades> = runtime(1).block_on(async {
        let mut days = Vec::new();
        for venue in venues {
            days.push(day(&PriceProcess::of_seed(7), venue, |_| 50_000).await);
        }
        days
    });
    let side_by_side: Vec<Trades> = runtime(4).block_on(async {
        let process = PriceProcess::of_seed(7);
        let start = |venue| {
            let process = Arc::clone(&process);
            // Now in haste, now as if the machine had slept.
            tokio::spawn(async move { day(&process, venue, |step| 1 + step % 7 * 100_003).await })
        };
        let mut days = Vec::new();
        for running in venues.map(start) {
            days.push(running.await.unwrap());
        }
        days
    });
    for (one, other) in one_after_another.iter().zip(&side_by_side) {
        for (market, (one, other)) in one.iter().zip(other).enumerate() {
            assert!(5 < one.len(), "market {market} traded {} times", one.len());
            assert_eq!(one, other, "market {market}");
        }
    }
    assert_ne!(one_after_another[0], one_after_another[1], "each venue has its own day");
    let other = runtime(1).block_on(day(&PriceProcess::of_seed(8), venues[0], |_| 50_000));
    assert_ne!(one_after_another[0], other);
}

/// A day on which somebody from outside may buy: trades before and at the end, and what was seen.
async fn visited(is_visited: bool) -> (Trades, Trades, Vec<Option<Worth>>) {
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
    let mut seen = Vec::new();
    for _ in VISIT..STEPS {
        stage.pass(&mut agents, 1).await;
        seen.extend(["BTC", "SOL"].map(|code| agents.outlook.worth(code)));
    }
    let after = trades(&stage.views);
    stage.close();
    (before, after, seen)
}

#[tokio::test]
async fn an_outside_order_changes_what_follows_from_it_alone() {
    let (alone, visit) = (visited(false).await, visited(true).await);
    assert_eq!(alone.0, visit.0, "what was before");
    assert_eq!(alone.2, visit.2, "what prices do");
    let (market, other) = (&alone.1[0], &visit.1[0]);
    assert_ne!(market, other);
    let more = other.len() - visit.0[0].len();
    let bought: u64 = other[other.len() - more..].iter().map(|(_, lots, _)| lots).sum();
    assert!(150_000 <= bought, "{bought}");
    // Who made the market there quotes a little lower elsewhere, too; whether anybody trades
    // elsewhere, and how much, is as it would have been.
    let same = alone.1.iter().zip(&visit.1).skip(1).filter(|(one, other)| {
        let shape = |trades: &[(u64, u64, Side)]| {
            trades.iter().map(|(_, lots, side)| (*lots, *side)).collect::<Vec<_>>()
        };
        shape(one) == shape(other)
    });
    let same = same.count();
    assert!(alone.1.len() / 2 < same, "{same} markets went on as before");
}
