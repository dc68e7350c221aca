//! The desk on an engine of its own, with two people who trade.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{
    Allocation, Asset, Command, FeeAsset, FeeTier, Filters, MarketSpec, MarketState, OrderRef,
    SelfTradePrevention, TimeInForce, TriggerKind,
};
use journal::simulated::Disk;
use model::{AssetId, ClientOrderId, Decimal, FeeRate, MarketId, Price, Qty, Side, Time, UserId};
use projection::{Bounds, History, Projection};
use sequencer::{Config, Joiner};
use venue::port::{OrderState, Pair};

use super::*;
use crate::exchange::{Foundation, Limits};
use crate::keyring::VenueKeys;
use crate::reading::Reading;
use crate::trouble::Ordeal;

pub const NOW: Time = Time(1_795_000_000_000_000);
pub const ALICE: UserId = UserId([1; 16]);
pub const BOB: UserId = UserId([2; 16]);
const NOBODY: UserId = UserId([3; 16]);

pub struct Stage {
    pub desk: Desk,
    clock: Arc<AtomicU64>,
    joiner: Joiner,
}

impl Stage {
    /// A market `BTC-USD` with ticks of 0.1, lots of 0.0001 and fees in quote: 0.2 % for who
    /// rested, 0.4 % for who crossed. It is [`NOW`] until somebody waits.
    pub async fn open() -> Self {
        Self::remembering(Bounds::default()).await
    }

    /// The same with another memory.
    pub async fn remembering(bounds: Bounds) -> Self {
        let projection = Projection::with_bounds(bounds);
        let clock = Arc::new(AtomicU64::new(NOW.0));
        let told = Arc::clone(&clock);
        let tell = move || Time(told.load(Ordering::SeqCst));
        let views = projection.views();
        let mut config = Config::new([7; 24]);
        config.tick = None;
        config.journal.segment_bytes = 64 * 1_024;
        config.journal.reserved_bytes = 8 * 1_024;
        let readers = vec![Box::new(Reading(projection)) as _];
        let (sequencer, joiner) =
            sequencer::start(config, Arc::new(Disk::new()), Box::new(tell.clone()), readers)
                .unwrap();
        let rate = |millionths| FeeRate::from_millionths(millionths).unwrap();
        let price = |ticks| Price::new(ticks).unwrap();
        let qty = |lots| Qty::new(lots).unwrap();
        let asset = |code: &str| Asset { code: code.parse().unwrap(), scale: 8 };
        let spec = MarketSpec {
            base: AssetId(1),
            quote: AssetId(0),
            tick_units: 1,
            tick_scale: 1,
            lot_units: 10_000,
            allocation: Allocation::Fifo,
            fee_asset: FeeAsset::Quote,
            filters: Filters {
                price: (price(10), price(10_000_000)),
                qty: (qty(2), qty(1_000_000)),
                market_qty: (qty(2), qty(500_000)),
                notional: (500_000_000, 900_000_000_000_000),
                ..Filters::wide()
            },
            fees: vec![FeeTier { maker: rate(2_000), taker: rate(4_000) }],
        };
        let (market, state) = (MarketId(0), MarketState::Open);
        let mut commands = vec![
            Command::ListAsset(asset("USD")),
            Command::ListAsset(asset("BTC")),
            Command::ListMarket(Box::new(spec)),
            Command::SetMarketState { market, state },
            Command::OpenAccount { user: ALICE },
            Command::OpenAccount { user: BOB },
        ];
        for command in commands.drain(..) {
            sequencer.submit(command).unwrap().await.unwrap();
        }
        for (number, user) in [ALICE, BOB].into_iter().enumerate() {
            let account = views.account_of(&user).unwrap();
            for (asset, whole) in [(0_u16, 100_000), (1, 10)] {
                let reference = number as u128 * 2 + u128::from(asset) + 1;
                let (asset, amount) = (AssetId(asset), whole * 100_000_000);
                let adjust = Command::Adjust { account, asset, amount, reference };
                sequencer.submit(adjust).unwrap().await.unwrap();
            }
        }
        let history = History::memory_only(views.clone());
        let (keys, limits) = (Arc::new(VenueKeys::new(&[])), Limits::default());
        let told = Arc::new(tell);
        let foundation = Foundation { sequencer, views, history, keys, clock: told, limits };
        Self { desk: Desk::new(Exchange::new(foundation)), clock, joiner }
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Alice sells 0.5 BTC at 50,000, of which Bob takes `trades` times 0.025. Each of these costs
    /// her 2.50 and him 5. What became of her order.
    pub async fn trade(&self, trades: u32) -> DeskOrderView {
        let ask = order("ask", Side::Sell, limit("50000", "0.5"));
        let ask = self.desk.place(&ALICE, &ask).await.unwrap();
        for number in 0..trades {
            let part = order(&format!("bid{number}"), Side::Buy, market("0.025"));
            self.desk.place(&BOB, &part).await.unwrap();
        }
        self.desk.order(&ALICE, OrderRef::Id(ask.id)).unwrap()
    }

    pub fn close(self) {
        self.desk.exchange().sequencer.stop();
        self.joiner.join();
    }
}

fn pair() -> Pair {
    Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() }
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn order(name: &str, side: Side, terms: DeskTerms) -> DeskOrder {
    DeskOrder {
        pair: pair(),
        client_id: Some(ClientOrderId::new(name).unwrap()),
        tag: Some(7),
        side,
        prevention: SelfTradePrevention::None,
        terms,
    }
}

pub fn limit(price: &str, qty: &str) -> DeskTerms {
    let lasting = TimeInForce::Gtc;
    DeskTerms::Limit { price: number(price), qty: number(qty), lasting, shown: None }
}

fn market(qty: &str) -> DeskTerms {
    DeskTerms::Market { size: DeskSize::Base(number(qty)) }
}

fn text(number: Decimal) -> String {
    number.to_string()
}

#[tokio::test]
async fn what_is_placed_is_shown_traded_and_paid_for_in_quote() {
    let stage = Stage::open().await;
    let desk = &stage.desk;
    let ask = desk.place(&ALICE, &order("ask", Side::Sell, limit("50000", "0.5"))).await.unwrap();
    assert_eq!((ask.state, ask.tag, text(ask.qty)), (OrderState::Open, Some(7), "0.5000".into()));
    let depth = desk.depth(pair(), 10).unwrap();
    let best = depth.asks[0];
    assert_eq!((text(best.price), text(best.qty)), ("50000.0".into(), "0.5000".into()));
    let half = |balance: &Balance| (text(balance.free), text(balance.held));
    assert_eq!(half(&desk.balances(&ALICE)[1]), ("9.50000000".into(), "0.50000000".into()));

    let bid = desk.place(&BOB, &order("bid", Side::Buy, market("0.2"))).await.unwrap();
    assert_eq!((bid.state, text(bid.filled)), (OrderState::Filled, "0.2000".into()));
    // 0.2 BTC at 50,000 USD are 10,000 USD; 0.4 % of that.
    assert_eq!(
        (text(bid.quote_filled), text(bid.fee)),
        ("10000.00000000".into(), "40.00000000".into())
    );
    assert_eq!(
        (bid.fee_asset.as_str(), text(bid.average.unwrap())),
        ("USD", "50000.00000000".into())
    );
    assert_eq!(half(&desk.balances(&BOB)[0]).0, "89960.00000000");
    let second = desk.place(&BOB, &order("again", Side::Buy, market("0.1"))).await.unwrap();
    assert_eq!(text(second.fee), "20.00000000", "its own fills alone");
    let maker = desk.order(&ALICE, OrderRef::Id(ask.id)).unwrap();
    assert_eq!((maker.state, text(maker.fee)), (OrderState::PartiallyFilled, "30.00000000".into()));
    let named = OrderRef::Client(ClientOrderId::new("ask").unwrap());
    assert_eq!(desk.order(&ALICE, named), Some(maker));
    assert_eq!(desk.order(&BOB, named), None, "a name is its owner's");

    let fills = desk.fills(&ALICE, Some(pair()), Some(ask.id), (None, None), 10);
    assert_eq!((fills.len(), fills[0].is_maker, fills[0].side), (2, true, Side::Sell));
    let trade = desk.trades(pair(), 10)[0];
    assert_eq!((trade.id, trade.taker, text(trade.qty)), (1, Side::Buy, "0.2000".into()));
    let ticker = desk.ticker(pair()).unwrap();
    assert_eq!(
        (text(ticker.last.unwrap()), text(ticker.volume)),
        ("50000.0".into(), "0.30000000".into())
    );
    let facts = desk.facts(pair()).unwrap();
    assert_eq!(
        (facts.price_scale(), facts.qty_scale(), text(facts.fees.taker)),
        (1, 4, "0.004000".into())
    );
    stage.close();
}

/// A memory that holds three fills.
pub fn forgetful() -> Bounds {
    Bounds { fills: 3, ..Bounds::default() }
}

#[tokio::test]
async fn what_an_order_cost_is_told_when_its_fills_are_forgotten() {
    let stage = Stage::remembering(forgetful()).await;
    let ask = stage.trade(10).await;
    let remembered = stage.desk.fills(&ALICE, None, Some(ask.id), (None, None), 10);
    assert_eq!(remembered.len(), 3);
    assert_eq!((ask.fills, ask.last_fill), (10, Some(NOW)));
    assert_eq!(text(ask.fee), "25.00000000", "0.2 % of 12,500");
    let first =
        stage.desk.order(&BOB, OrderRef::Client(ClientOrderId::new("bid0").unwrap())).unwrap();
    assert_eq!((first.fills, text(first.fee)), (1, "5.00000000".into()));
    stage.close();
}

#[tokio::test]
async fn orders_end_by_their_owners_and_by_themselves() {
    let stage = Stage::open().await;
    let desk = &stage.desk;
    for (name, price) in [("one", "40000"), ("two", "40001"), ("three", "40002")] {
        desk.place(&ALICE, &order(name, Side::Buy, limit(price, "0.1"))).await.unwrap();
    }
    let named = |name: &str| OrderRef::Client(ClientOrderId::new(name).unwrap());
    let one = desk.cancel(&ALICE, pair(), named("one")).await.unwrap();
    assert_eq!((one.state, one.client_id.as_str()), (OrderState::Canceled, "one"));
    let again = desk.cancel(&ALICE, pair(), named("one")).await;
    assert_eq!(again, Err(DeskError::UnknownOrder));
    assert_eq!(desk.cancel(&BOB, pair(), named("two")).await, Err(DeskError::UnknownOrder));
    assert_eq!(desk.cancel_all(&ALICE, None).await.unwrap().len(), 2);
    assert!(desk.open_orders(&ALICE, Some(pair())).is_empty());
    let names: Vec<String> = desk
        .closed_orders(&ALICE, None, (None, None), 2)
        .iter()
        .map(|order| order.client_id.to_string())
        .collect();
    assert_eq!(names, ["two", "three"], "the latest, in the order of placing");
    let lasting = TimeInForce::Ioc;
    let terms = DeskTerms::Limit { price: number("1000"), qty: number("1"), lasting, shown: None };
    let none = desk.place(&ALICE, &order("none", Side::Buy, terms)).await.unwrap();
    assert_eq!((none.state, none.filled.is_zero()), (OrderState::Expired, true));
    assert_eq!(none.terms, terms);
    stage.close();
}

#[tokio::test]
async fn each_no_has_its_reason() {
    use DeskFilter::*;
    let stage = Stage::open().await;
    let desk = &stage.desk;
    desk.place(&ALICE, &order("rests", Side::Sell, limit("50000", "0.1"))).await.unwrap();
    let filter = DeskError::Filter;
    let post_only = DeskTerms::PostOnly { price: number("50000"), qty: number("0.1"), shown: None };
    for (name, side, terms, want) in [
        ("a", Side::Buy, limit("50000.05", "0.1"), filter(PriceStep)),
        ("a", Side::Buy, limit("0.5", "1"), filter(PriceMin)),
        ("a", Side::Buy, limit("0", "1"), filter(PriceMin)),
        ("a", Side::Buy, limit("2000000", "1"), filter(PriceMax)),
        ("a", Side::Buy, limit("50000", "0.00001"), filter(QtyStep)),
        ("a", Side::Buy, limit("50000", "0.0001"), filter(QtyMin)),
        ("a", Side::Buy, limit("50000", "-1"), filter(QtyMin)),
        ("a", Side::Buy, limit("50000", "101"), filter(QtyMax)),
        ("a", Side::Buy, limit("10000", "0.0002"), filter(NotionalMin)),
        ("a", Side::Buy, limit("900000", "99"), filter(NotionalMax)),
        ("a", Side::Buy, limit("50000", "3"), DeskError::Funds),
        ("a", Side::Buy, post_only, DeskError::WouldTake),
        ("rests", Side::Sell, limit("51000", "0.1"), DeskError::Duplicate),
    ] {
        let refused = desk.place(&ALICE, &order(name, side, terms)).await;
        assert_eq!(refused, Err(want), "{terms:?}");
    }
    let plain = order("a", Side::Buy, limit("1000", "1"));
    assert_eq!(desk.place(&NOBODY, &plain).await, Err(DeskError::UnknownAccount));
    let elsewhere = Pair { base: "ETH".parse().unwrap(), ..pair() };
    let unknown = DeskOrder { pair: elsewhere, ..plain };
    assert_eq!(desk.place(&ALICE, &unknown).await, Err(DeskError::UnknownMarket));
    let ordeal = Ordeal { reject_every: 2, ..Ordeal::default() };
    desk.exchange().trouble.begin(ordeal);
    assert!(desk.place(&ALICE, &plain).await.is_ok());
    let second = DeskOrder { client_id: None, ..plain };
    assert_eq!(desk.place(&ALICE, &second).await, Err(DeskError::MarketClosed));
    let orders = desk.open_orders(&ALICE, None);
    assert_eq!(orders.len(), 2, "what was refused does not stand: {orders:?}");
    stage.close();
}

#[tokio::test]
async fn what_changes_is_told_of_every_market_and_of_those_who_are_named() {
    let stage = Stage::open().await;
    let desk = &stage.desk;
    let mut feed = desk.events(vec![BOB]);
    desk.place(&ALICE, &order("ask", Side::Sell, limit("50000", "0.5"))).await.unwrap();
    let told = feed.try_next().unwrap().unwrap().changes;
    let [DeskChange::Book { sequence, changed, .. }, DeskChange::Top { ask: Some(top), .. }] =
        &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!((*sequence, changed[0].1), (1, *top));

    desk.place(&BOB, &order("bid", Side::Buy, market("0.2"))).await.unwrap();
    let told = feed.try_next().unwrap().unwrap().changes;
    let of = |change: &DeskChange| match change {
        DeskChange::Trade(trade) => format!("trade {}", trade.qty),
        DeskChange::Order { user, order, cause } => {
            assert_eq!(*user, BOB);
            let what = match cause {
                DeskCause::New => "new".to_owned(),
                DeskCause::Filled(fill) => format!("filled, a fee of {}", fill.fee),
                other => format!("{other:?}"),
            };
            format!("{} {what}", order.client_id)
        }
        DeskChange::Balances { user, changed } => {
            assert_eq!(*user, BOB);
            format!("{} balances", changed.len())
        }
        DeskChange::Book { changed, .. } => format!("{:?} {}", changed[0].0, changed[0].1.qty),
        DeskChange::Top { ask, .. } => format!("top {}", ask.unwrap().qty),
        DeskChange::Market(pair) => pair.to_string(),
    };
    let told: Vec<String> = told.iter().map(of).collect();
    assert_eq!(
        told,
        [
            "bid new",
            "trade 0.2000",
            "bid filled, a fee of 40.00000000",
            "2 balances",
            "Sell 0.3000",
            "top 0.3000",
        ]
    );
    assert!(feed.try_next().unwrap().is_none());
    stage.close();
}

fn price(to: &str) -> DeskRevision {
    DeskRevision { price: Some(number(to)), ..DeskRevision::default() }
}

fn qty(to: &str) -> DeskRevision {
    DeskRevision { qty: Some(number(to)), ..DeskRevision::default() }
}

#[tokio::test]
async fn an_order_that_is_revised_is_one_order_to_its_owner() {
    let stage = Stage::open().await;
    let desk = &stage.desk;
    let ask = desk.place(&ALICE, &order("ask", Side::Sell, limit("50000", "0.5"))).await.unwrap();
    let (id, name) = (OrderRef::Id(ask.id), OrderRef::Client(ask.client_id));
    desk.place(&BOB, &order("first", Side::Buy, market("0.1"))).await.unwrap();
    let mut feed = desk.events(vec![ALICE]);
    let dearer = desk.revise(&ALICE, id, &price("51000")).await.unwrap();
    assert_eq!((dearer.id, dearer.state), (ask.id, OrderState::PartiallyFilled));
    assert_eq!((text(dearer.qty), text(dearer.filled)), ("0.5000".into(), "0.1000".into()));
    assert_eq!((dearer.created, dearer.tag), (ask.created, Some(7)));
    let told = feed.try_next().unwrap().unwrap().changes;
    let of_order = told.iter().filter_map(|change| match change {
        DeskChange::Order { order, cause, .. } => Some((order.id, cause.clone())),
        _ => None,
    });
    assert_eq!(of_order.collect::<Vec<_>>(), [(ask.id, DeskCause::Amended)], "{told:?}");
    desk.place(&BOB, &order("second", Side::Buy, market("0.1"))).await.unwrap();
    // What only asks for less, and then for more again.
    let less = desk.revise(&ALICE, name, &qty("0.3")).await.unwrap();
    assert_eq!((less.id, text(less.qty)), (ask.id, "0.3000".into()));
    let more = desk.revise(&ALICE, id, &qty("0.4")).await.unwrap();
    assert_eq!((more.id, text(more.qty)), (ask.id, "0.4000".into()));
    let depth = desk.depth(pair(), 10).unwrap();
    assert_eq!((depth.asks.len(), text(depth.asks[0].qty)), (1, "0.2000".into()));
    let held = desk.balances(&ALICE)[1].held;
    assert_eq!(text(held), "0.20000000", "no more than what stands");
    // 0.2 % of 5,000 and of 5,100.
    assert_eq!(
        (text(more.fee), text(more.quote_filled)),
        ("20.20000000".into(), "10100.00000000".into())
    );
    for orders in [desk.open_orders(&ALICE, None), desk.orders(&ALICE, None, (None, None), 10)] {
        assert_eq!(orders, std::slice::from_ref(&more), "one");
    }
    let fills = desk.fills(&ALICE, Some(pair()), Some(ask.id), (None, None), 10);
    assert_eq!(fills.iter().map(|fill| fill.order).collect::<Vec<_>>(), [ask.id; 2]);
    assert_eq!(desk.fills(&ALICE, None, None, (None, None), 10), fills);
    let ended = desk.cancel(&ALICE, pair(), id).await.unwrap();
    assert_eq!((ended.id, ended.state), (ask.id, OrderState::Canceled));
    assert_eq!(desk.closed_orders(&ALICE, None, (None, None), 10), std::slice::from_ref(&ended));
    assert_eq!(desk.order(&ALICE, id), Some(ended));
    assert_eq!(desk.revise(&ALICE, id, &qty("0.5")).await, Err(DeskError::UnknownOrder));
    stage.close();
}

#[tokio::test]
async fn an_order_may_take_the_place_of_another_and_a_stop_is_moved() {
    let stage = Stage::open().await;
    let desk = &stage.desk;
    let first = desk.place(&ALICE, &order("first", Side::Buy, limit("40000", "1"))).await.unwrap();
    let becomes = Some(DeskSuccessor { client_id: None, tag: Some(9) });
    let other = DeskRevision { becomes, ..price("41000") };
    let next = desk.revise(&ALICE, OrderRef::Id(first.id), &other).await.unwrap();
    assert!(next.id != first.id && next.client_id != first.client_id && next.tag == Some(9));
    let before = desk.order(&ALICE, OrderRef::Id(first.id)).unwrap();
    assert_eq!(before.state, OrderState::Canceled);
    desk.place(&BOB, &order("sold", Side::Sell, market("0.1"))).await.unwrap();
    let stop = |at| DeskTerms::Stop {
        stop: TriggerKind::StopLoss,
        at: number(at),
        qty: number("0.1"),
        limit: Some((number("30000"), TimeInForce::Gtc)),
    };
    let waits = desk.place(&BOB, &order("stop", Side::Sell, stop("35000"))).await.unwrap();
    let name = OrderRef::Id(waits.id);
    let moved = DeskRevision { at: Some(number("36000")), ..DeskRevision::default() };
    let moved = desk.revise(&BOB, name, &moved).await.unwrap();
    assert_eq!((moved.id, moved.terms, moved.is_waiting), (waits.id, stop("36000"), true));
    let above = DeskRevision { at: Some(number("42000")), ..DeskRevision::default() };
    assert_eq!(desk.revise(&BOB, name, &above).await, Err(DeskError::WouldTrigger));
    assert_eq!(desk.order(&BOB, name).unwrap().terms, stop("36000"), "as it was");
    stage.close();
}

#[tokio::test]
async fn what_cannot_be_revised_stays_as_it_was() {
    use DeskFilter::*;
    let stage = Stage::open().await;
    let desk = &stage.desk;
    desk.place(&BOB, &order("bid", Side::Buy, limit("49000", "1"))).await.unwrap();
    let terms = DeskTerms::PostOnly { price: number("50000"), qty: number("0.5"), shown: None };
    let ask = desk.place(&ALICE, &order("ask", Side::Sell, terms)).await.unwrap();
    desk.place(&BOB, &order("taker", Side::Buy, market("0.1"))).await.unwrap();
    let stands = desk.order(&ALICE, OrderRef::Id(ask.id));
    let shown = DeskRevision { shown: Some(number("0.1")), ..DeskRevision::default() };
    for (revision, want) in [
        (price("49000"), DeskError::WouldTake),
        (price("50000.05"), DeskError::Filter(PriceStep)),
        (price("2000000"), DeskError::Filter(PriceMax)),
        (qty("0.1"), DeskError::BelowFilled),
        (qty("0.10001"), DeskError::Filter(QtyStep)),
        (qty("90"), DeskError::Funds),
        (shown, DeskError::Unsupported),
    ] {
        let name = OrderRef::Id(ask.id);
        assert_eq!(desk.revise(&ALICE, name, &revision).await, Err(want), "{revision:?}");
        assert_eq!(desk.check_revision(&ALICE, name, &revision), Err(want), "{revision:?}");
        assert_eq!(desk.order(&ALICE, name), stands, "{revision:?}");
    }
    assert_eq!(
        desk.revise(&BOB, OrderRef::Id(ask.id), &qty("0.4")).await,
        Err(DeskError::UnknownOrder)
    );
    stage.close();
}
