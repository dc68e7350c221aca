//! What the views and the feed say about one exchange, told step by step.

use engine::{
    Allocation, Asset, Averages, Command, Engine, FeeAsset, FeeTier, Filters, Genesis, ListLeg,
    MarketSpec, MarketState, NewList, NewOrder, OrderKind, OrderRef, SelfTradePrevention, Size,
    Stamped, TimeInForce, Trigger, TriggerKind, Triggered,
};
use model::{AccountId, AssetId, FeeRate, MarketId, OrderId, Price, Qty, Seq, Side, Time, UserId};
use projection::{
    Bounds, Feed, FeedError, GridError, OrderCause, OrderStatus, Page, Projection, Update, Views,
};

const MARKET: MarketId = MarketId(0);
const ANN: AccountId = AccountId(2);
const BOB: AccountId = AccountId(3);
const MINUTE_US: u64 = 60_000_000;

/// One market, BTC-USDT: a tick is 0.01, a lot 0.001.
struct Floor {
    engine: Engine,
    projection: Projection,
    feed: Feed,
    time: Time,
}

impl Floor {
    fn new() -> Self {
        Self::with(Projection::new())
    }

    fn with(projection: Projection) -> Self {
        let feed = projection.views().subscribe();
        let engine = Engine::new(&Genesis { map_key: [1; 16] });
        let mut floor = Self { engine, projection, feed, time: Time(1_700_000_000_000_000) };
        for (code, scale) in [("BTC", 8), ("USDT", 8)] {
            floor.tell(Command::ListAsset(Asset { code: code.parse().unwrap(), scale }));
        }
        floor.tell(Command::ListMarket(Box::new(spec())));
        floor.tell(Command::SetMarketState { market: MARKET, state: MarketState::Open });
        for (account, user) in [(ANN, 1), (BOB, 2)] {
            floor.tell(Command::OpenAccount { user: UserId([user; 16]) });
            for asset in [AssetId(0), AssetId(1)] {
                let amount = 1_000_000 * 10_i128.pow(8);
                let reference = u128::from(account.0) * 2 + u128::from(asset.0);
                floor.tell(Command::Adjust { account, asset, amount, reference });
            }
        }
        floor
    }

    fn views(&self) -> Views {
        self.projection.views()
    }

    /// What the feed says about a command.
    fn tell(&mut self, command: Command) -> Vec<Update> {
        self.fold(command, false);
        let changes = self.feed.try_next().unwrap();
        changes.map(|changes| changes.updates.to_vec()).unwrap_or_default()
    }

    fn fold(&mut self, command: Command, replayed: bool) {
        let seq = Seq(self.engine.seq().0 + 1);
        let input = Stamped { seq, time: self.time, command };
        let mut events = vec![];
        self.engine.apply(&input, &mut events);
        self.projection.fold(seq, self.time, &input.command, None, &events, replayed);
        self.projection.batch_end();
    }

    fn place(&mut self, who: AccountId, name: &str, side: Side, kind: OrderKind) -> Vec<String> {
        let order = order(who, name, side, kind);
        brief(&self.tell(Command::Place(order)))
    }

    fn limit(
        &mut self,
        who: AccountId,
        name: &str,
        side: Side,
        lots: u64,
        ticks: u64,
    ) -> Vec<String> {
        self.place(who, name, side, limit(lots, ticks))
    }

    fn status(&self, who: AccountId, name: &str) -> (OrderStatus, u64) {
        let name = OrderRef::Client(name.parse().unwrap());
        let order = self.views().order(who, MARKET, &name).unwrap();
        (order.status, order.filled.lots())
    }
}

fn spec() -> MarketSpec {
    MarketSpec {
        base: AssetId(0),
        quote: AssetId(1),
        tick_units: 1,
        tick_scale: 2,
        lot_units: 100_000,
        allocation: Allocation::Fifo,
        fee_asset: FeeAsset::Received,
        filters: Filters { averages: Averages { minutes: 1 }, ..Filters::wide() },
        fees: vec![FeeTier {
            maker: FeeRate::from_millionths(0).unwrap(),
            taker: FeeRate::from_millionths(1_000).unwrap(),
        }],
    }
}

fn limit(lots: u64, ticks: u64) -> OrderKind {
    OrderKind::Limit {
        price: Price::new(ticks).unwrap(),
        qty: Qty::new(lots).unwrap(),
        time_in_force: TimeInForce::Gtc,
        display: None,
    }
}

fn order(account: AccountId, name: &str, side: Side, kind: OrderKind) -> NewOrder {
    let (client_id, stp) = (name.parse().unwrap(), SelfTradePrevention::None);
    NewOrder { account, market: MARKET, client_id, side, stp, kind }
}

/// Each update in a few words.
fn brief(updates: &[Update]) -> Vec<String> {
    updates
        .iter()
        .map(|update| match update {
            Update::Trade(trade) => {
                format!("trade {} at {}", trade.qty.lots(), trade.price.ticks())
            }
            Update::AggregateTrade(all) => format!("all {}..{}", all.first, all.last),
            Update::Order { order, cause } => {
                let cause = match cause {
                    OrderCause::New => "new",
                    OrderCause::Triggered => "wakes",
                    OrderCause::Filled(fill) if fill.maker => "makes",
                    OrderCause::Filled(_) => "takes",
                    OrderCause::Prevented(_) => "prevented",
                    OrderCause::Amended { .. } => "amended",
                    OrderCause::Canceled(_) => "canceled",
                    OrderCause::Replaced(_) => "replaced",
                    OrderCause::Expired => "expired",
                };
                format!("{} {cause}: {:?}", order.client_id, order.status)
            }
            Update::List(list) => format!("list {:?}", list.state),
            Update::Adjusted(moved) => format!("moved {}", moved.amount),
            Update::Balances { account, changed } => format!("{account} has {}", changed.len()),
            Update::Depth { update_id, changed, .. } => {
                let level = |(side, level): &(Side, projection::Level)| {
                    let side = if *side == Side::Buy { "bid" } else { "ask" };
                    format!("{side} {}x{}", level.price.ticks(), level.qty.lots())
                };
                let levels: Vec<_> = changed.iter().map(level).collect();
                format!("book {update_id}: {}", levels.join(" "))
            }
            Update::BookTicker { book, .. } => {
                let ticks =
                    |level: Option<projection::Level>| level.map_or(0, |it| it.price.ticks());
                format!("top {}/{}", ticks(book.bid), ticks(book.ask))
            }
            Update::AveragePrice { average, .. } => format!("average {}", average.price.ticks()),
            Update::MarketChanged(market) => format!("market {market}"),
            Update::AssetListed(asset) => format!("asset {asset}"),
        })
        .collect()
}

#[test]
fn a_sweep_is_told_as_it_happened_then_balances_then_the_book() {
    let mut floor = Floor::new();
    assert_eq!(
        floor.limit(ANN, "a", Side::Sell, 5, 100),
        ["a new: New", "2 has 1", "book 1: ask 100x5", "top 0/100"]
    );
    floor.limit(ANN, "b", Side::Sell, 5, 100);
    floor.limit(ANN, "c", Side::Sell, 5, 101);
    assert_eq!(
        floor.limit(BOB, "t", Side::Buy, 12, 101),
        [
            "t new: New",
            "trade 5 at 100",
            "t takes: PartiallyFilled",
            "a makes: Filled",
            "trade 5 at 100",
            "t takes: PartiallyFilled",
            "b makes: Filled",
            "all 1..2",
            "trade 2 at 101",
            "t takes: Filled",
            "c makes: PartiallyFilled",
            "all 3..3",
            "1 has 1",
            "2 has 2",
            "3 has 2",
            "book 4: ask 100x0 ask 101x3",
            "top 0/101",
        ]
    );
    let fills = floor.views().fills(BOB, Some(MARKET), None, &Page::latest(9));
    assert_eq!(
        fills.iter().map(|fill| (fill.trade.0, fill.maker)).collect::<Vec<_>>(),
        [(1, false), (2, false), (3, false)]
    );
}

#[test]
fn a_market_order_by_quote_is_filled_by_its_last_trade_only() {
    let mut floor = Floor::new();
    floor.limit(ANN, "a", Side::Sell, 1, 100);
    floor.limit(ANN, "b", Side::Sell, 9, 200);
    // 0.005 USDT: one lot at 1.00 costs 0.001, and two lots at 2.00 cost 0.004.
    let size = Size::Quote(500_000);
    let told = floor.place(BOB, "m", Side::Buy, OrderKind::Market { size });
    let own: Vec<_> = told.iter().filter(|line| line.starts_with("m ")).collect();
    assert_eq!(own, ["m new: New", "m takes: PartiallyFilled", "m takes: Filled"]);
    assert_eq!(floor.status(BOB, "m"), (OrderStatus::Filled, 3));
}

#[test]
fn what_a_market_order_cannot_get_expires() {
    let mut floor = Floor::new();
    floor.limit(ANN, "a", Side::Sell, 1, 100);
    let size = Size::Base(Qty::new(4).unwrap());
    floor.place(BOB, "m", Side::Buy, OrderKind::Market { size });
    assert_eq!(floor.status(BOB, "m"), (OrderStatus::Expired, 1));
    assert_eq!(floor.views().open_orders(BOB, None), []);
}

fn one_cancels_other(floor: &mut Floor) -> Vec<String> {
    floor.limit(ANN, "a", Side::Buy, 1, 100);
    floor.limit(BOB, "b", Side::Sell, 1, 100);
    let leg = |name: &str, kind| ListLeg { client_id: name.parse().unwrap(), kind };
    let (price, qty) = (|ticks| Price::new(ticks).unwrap(), Qty::new(4).unwrap());
    let trigger = Trigger { kind: TriggerKind::StopLoss, price: Some(price(90)), trailing: None };
    let then = Triggered::Market { qty };
    let list = NewList {
        account: ANN,
        market: MARKET,
        client_id: "list".parse().unwrap(),
        side: Side::Sell,
        stp: SelfTradePrevention::None,
        legs: [
            leg("above", OrderKind::LimitMaker { price: price(110), qty, display: None }),
            leg("below", OrderKind::Conditional { trigger, then }),
        ],
    };
    brief(&floor.tell(Command::PlaceList(Box::new(list))))
}

#[test]
fn one_leg_of_a_list_expires_when_the_other_trades() {
    let mut floor = Floor::new();
    let told = one_cancels_other(&mut floor);
    assert_eq!(told[..3], ["list Placed", "above new: New", "below new: New"]);
    let told = floor.limit(BOB, "t", Side::Buy, 1, 110);
    let legs: Vec<_> =
        told.iter().filter(|it| it.contains("below") || it.contains("list")).collect();
    assert_eq!(legs, ["below expired: Expired", "list Done"]);
    assert_eq!(floor.status(ANN, "above"), (OrderStatus::PartiallyFilled, 1));
}

#[test]
fn both_legs_of_a_list_are_canceled_when_one_is() {
    let mut floor = Floor::new();
    one_cancels_other(&mut floor);
    let below = floor.views().open_orders(ANN, None)[1].id;
    let cancel =
        Command::Cancel { account: ANN, market: MARKET, order: OrderRef::Id(below), only: None };
    let told = brief(&floor.tell(cancel));
    assert_eq!(told[..3], ["below canceled: Canceled", "above canceled: Canceled", "list Done"]);
}

#[test]
fn a_conditional_order_works_from_when_it_wakes() {
    let mut floor = Floor::new();
    floor.limit(ANN, "a", Side::Sell, 2, 100);
    floor.limit(BOB, "b", Side::Buy, 1, 100);
    let price = Price::new(101).unwrap();
    let trigger = Trigger { kind: TriggerKind::StopLoss, price: Some(price), trailing: None };
    let then = Triggered::Market { qty: Qty::new(1).unwrap() };
    let told = floor.place(BOB, "stop", Side::Buy, OrderKind::Conditional { trigger, then });
    assert_eq!(told[0], "stop new: New");
    let waiting = &floor.views().open_orders(BOB, None)[0];
    assert_eq!((waiting.working, waiting.trigger_at), (None, Some(price)));
    floor.limit(ANN, "c", Side::Sell, 5, 101);
    floor.time = Time(floor.time.0 + 1_000_000);
    let told = floor.limit(BOB, "t", Side::Buy, 2, 101);
    let own: Vec<_> = told.iter().filter(|line| line.starts_with("stop")).collect();
    assert_eq!(own, ["stop wakes: New", "stop takes: Filled"]);
    let name = OrderRef::Client("stop".parse().unwrap());
    let woken = floor.views().order(BOB, MARKET, &name).unwrap();
    assert_eq!((woken.working, woken.triggered), (Some(floor.time), Some(floor.time)));
}

#[test]
fn an_order_ended_by_self_trade_prevention_is_told_once_with_the_reason() {
    let mut floor = Floor::new();
    floor.limit(ANN, "maker", Side::Sell, 5, 100);
    let mut taker = order(ANN, "taker", Side::Buy, limit(2, 100));
    taker.stp = SelfTradePrevention::ExpireMaker;
    let told = brief(&floor.tell(Command::Place(taker)));
    assert_eq!(told[..2], ["taker new: New", "maker prevented: ExpiredInMatch"]);
    let told = floor.views().preventions(ANN, MARKET, None, &Page::latest(9));
    assert_eq!((told.len(), told[0].maker_qty.lots(), told[0].taker_qty.lots()), (1, 5, 0));
    let name = OrderRef::Client("maker".parse().unwrap());
    let maker = floor.views().order(ANN, MARKET, &name).unwrap();
    assert_eq!((maker.prevented.lots(), maker.prevention), (5, Some(told[0].id)));
}

#[test]
fn an_order_by_quote_that_is_filled_may_still_lose_to_its_own_account() {
    let mut floor = Floor::new();
    floor.limit(BOB, "a", Side::Sell, 1, 10_000);
    floor.limit(ANN, "own", Side::Sell, 1, 10_100);
    floor.limit(BOB, "b", Side::Sell, 1, 11_000);
    // Pays for the first, is decremented by the second, and the rest pays for no third.
    let size = Size::Quote((10_000 + 10_100 + 10_900) * 1_000);
    let mut taker = order(ANN, "m", Side::Buy, OrderKind::Market { size });
    taker.stp = SelfTradePrevention::Decrement;
    let told = brief(&floor.tell(Command::Place(taker)));
    let own: Vec<_> = told.iter().filter(|line| line.starts_with("m ")).collect();
    assert_eq!(own, ["m new: New", "m takes: Filled", "m prevented: Filled"]);
    assert_eq!(floor.status(ANN, "m"), (OrderStatus::Filled, 1));
    assert_eq!(floor.views().open_orders(ANN, None), []);
    let name = OrderRef::Client("m".parse().unwrap());
    let taker = floor.views().order(ANN, MARKET, &name).unwrap();
    let told = floor.views().preventions(ANN, MARKET, None, &Page::latest(9));
    assert_eq!((taker.prevented.lots(), taker.prevention), (1, Some(told[0].id)));
}

#[test]
fn a_renamed_order_answers_to_both_names() {
    let mut floor = Floor::new();
    floor.limit(ANN, "old", Side::Sell, 5, 100);
    let told = floor.tell(Command::Amend {
        account: ANN,
        market: MARKET,
        order: OrderRef::Client("old".parse().unwrap()),
        qty: Qty::new(3).unwrap(),
        client_id: Some("new".parse().unwrap()),
    });
    assert_eq!(brief(&told)[0], "new amended: New");
    let find = |floor: &Floor, name: &str| {
        floor.views().order(ANN, MARKET, &OrderRef::Client(name.parse().unwrap()))
    };
    assert_eq!(find(&floor, "new").unwrap().qty.lots(), 3);
    assert_eq!(find(&floor, "old"), None, "while it is open, its name is free for another");
    floor.tell(Command::CancelAll { account: ANN, market: None });
    assert_eq!(find(&floor, "old").unwrap().id, find(&floor, "new").unwrap().id);
}

#[test]
fn a_slow_reader_is_told_what_it_lost_and_holds_nobody_up() {
    let mut floor = Floor::new();
    let mut slow = floor.views().subscribe();
    let many = projection::FEED_COMMANDS_MAX as u64 + 10;
    for round in 0..many {
        let state = if round % 2 == 0 { MarketState::Halted } else { MarketState::Open };
        floor.fold(Command::SetMarketState { market: MARKET, state }, false);
    }
    assert_eq!(slow.try_next(), Err(FeedError::Lagged(10)));
    assert!(slow.try_next().unwrap().is_some(), "the feed goes on behind the gap");
}

#[test]
fn where_nobody_pays_attention_nothing_is_told() {
    let mut floor = Floor::new();
    floor.feed = floor.views().overhear();
    let sell = |floor: &mut Floor, name| floor.limit(ANN, name, Side::Sell, 5, 100).len();
    assert_eq!(sell(&mut floor, "a"), 0);
    let (one, other) = (floor.views().attend(), floor.views().subscribe());
    drop(other);
    assert_ne!(sell(&mut floor, "b"), 0);
    drop(one);
    assert_eq!(sell(&mut floor, "c"), 0);
    assert_eq!(floor.views().open_orders(ANN, None).len(), 3, "all the same");
}

#[test]
fn whoever_follows_outcomes_alone_costs_placing_nothing() {
    let mut floor = Floor::new();
    floor.feed = floor.views().overhear();
    let mut outcomes = floor.views().subscribe_outcomes();
    floor.limit(ANN, "a", Side::Sell, 5, 100);
    assert_eq!(outcomes.try_next(), Ok(None), "placing is no outcome");
    floor.limit(BOB, "b", Side::Buy, 2, 100);
    let changes = outcomes.try_next().unwrap().expect("both traded");
    let filled = |update: &Update| {
        matches!(update, Update::Order { cause, .. }
        if cause.fill().is_some())
    };
    assert_eq!(changes.updates.len(), 2, "{changes:?}");
    assert!(changes.updates.iter().all(filled), "{changes:?}");
}

#[test]
fn an_order_is_counted_when_it_trades_first() {
    let mut floor = Floor::new();
    let traded = |floor: &Floor| [ANN, BOB].map(|who| floor.views().orders_traded(who));
    floor.limit(ANN, "a", Side::Sell, 5, 100);
    assert_eq!(traded(&floor), [0, 0]);
    floor.limit(BOB, "b", Side::Buy, 2, 100);
    assert_eq!(traded(&floor), [1, 1]);
    floor.limit(BOB, "c", Side::Buy, 2, 100);
    assert_eq!(traded(&floor), [1, 2], "the sale was counted");
}

#[test]
fn what_is_replayed_is_in_the_views_and_not_in_the_feed() {
    let mut floor = Floor::new();
    floor.fold(Command::Place(order(ANN, "a", Side::Sell, limit(5, 100))), true);
    assert_eq!(floor.feed.try_next(), Ok(None));
    assert_eq!(floor.views().open_orders(ANN, None).len(), 1);
    let Floor { projection, mut feed, .. } = floor;
    drop(projection);
    assert_eq!(feed.try_next(), Err(FeedError::Closed), "nobody is left to tell anything");
}

#[test]
fn the_average_and_the_day_move_with_time() {
    let mut floor = Floor::new();
    assert_eq!(floor.views().average_price(MARKET), None);
    floor.limit(ANN, "a", Side::Sell, 9, 100);
    floor.limit(BOB, "b", Side::Buy, 2, 100);
    assert_eq!(floor.views().average_price(MARKET).unwrap().price.ticks(), 100);
    let ticker = floor.views().ticker_24h(MARKET, floor.time).unwrap();
    assert_eq!((ticker.lots, ticker.trades, ticker.change_ticks()), (2, 1, 0));
    floor.time = Time(floor.time.0 + 25 * 60 * MINUTE_US);
    floor.tell(Command::Clock);
    let ticker = floor.views().ticker_24h(MARKET, floor.time).unwrap();
    assert_eq!((ticker.lots, ticker.prices), (0, None));
    assert_eq!(ticker.previous_close.map(Price::ticks), Some(100));
    assert_eq!(ticker.last_trade.map(|trade| trade.price.ticks()), Some(100));
}

#[test]
fn numbers_are_exact_or_refused_with_the_reason() {
    let floor = Floor::new();
    let catalog = floor.views().catalog();
    let market = catalog.market_by_symbol("BTCUSDT").unwrap();
    assert_eq!(catalog.market_by_symbol("BTC-USDT").unwrap().id, market.id);
    let price = |text: &str| market.parse_price(text).map(Price::ticks);
    let qty = |text: &str| market.parse_qty(text).map(Qty::lots);
    for (text, expected) in [
        ("67380.10", Ok(6_738_010)),
        ("0.01000000", Ok(1)),
        ("0.001", Err(GridError::Step)),
        ("0", Err(GridError::Range)),
        ("-1", Err(GridError::Range)),
        ("99999999999999999", Err(GridError::Range)),
        ("1e5", Err(GridError::Form)),
    ] {
        assert_eq!(price(text), expected, "{text}");
    }
    for (text, expected) in [("0.25", Ok(250)), ("0", Ok(0)), ("0.0001", Err(GridError::Step))] {
        assert_eq!(qty(text), expected, "{text}");
    }
    assert_eq!(market.price_text(Price::new(6_738_010).unwrap()), "67380.10");
    assert_eq!(market.qty_text(Qty::new(250).unwrap()), "0.250");
    assert_eq!(market.quote_text(123), "0.00000123");
    assert_eq!(market.average(10_i128.pow(8), 3, 8).to_string(), "333.33333333");
    assert_eq!(floor.views().account_of(&UserId([2; 16])), Some(BOB));
    assert_eq!(floor.views().user_of(BOB), Some(UserId([2; 16])));
    assert_eq!(floor.views().order_by_id(ANN, OrderId(7)), None);
}

#[test]
fn nobody_forgets_because_others_do_much() {
    let bounds = Bounds {
        closed_orders: 10,
        closed_orders_total: 12,
        fills: 10,
        fills_total: 12,
        ..Bounds::default()
    };
    let mut floor = Floor::with(Projection::with_bounds(bounds));
    let count = |floor: &Floor, who| {
        let (views, all) = (floor.views(), Page::latest(1_000));
        [views.orders(who, None, &all).len(), views.fills(who, None, None, &all).len()]
    };
    for name in ["a", "b", "c"] {
        floor.limit(BOB, name, Side::Sell, 1, 100);
        floor.limit(ANN, name, Side::Buy, 1, 100);
    }
    assert_eq!(count(&floor, ANN), [3, 3]);
    for number in 0..40 {
        let name = format!("more-{number}");
        floor.limit(BOB, &name, Side::Sell, 1, 100);
        floor.place(BOB, &format!("own-{number}"), Side::Buy, limit(1, 100));
        assert_eq!(count(&floor, ANN), [3, 3], "{number}");
    }
    // Together no more than the bound, and of one account no more than its own.
    assert_eq!(count(&floor, BOB), [9, 9]);
}
