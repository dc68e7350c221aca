//! The history against views that forget nothing, on both databases.

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use database::Database;
use database::testing::{TestDatabase, both};
use engine::{Asset, Command, Event, NewOrder, OrderKind, OrderRef, SelfTradePrevention};
use model::{
    AccountId, AssetId, ClientOrderId, Interval, Label, MarketId, Note, OrderId, Price, Qty, Seq,
    Time, UserId, UtcOffset,
};
use projection::{
    Bounds, Entering, Gate, History, HistoryError, Page, Projection, Retention, SnapshotError,
    Turn, Views,
};
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::tale::Tale;

/// So little that nearly everything must come from the database.
const LITTLE: Bounds = Bounds {
    closed_orders: 3,
    closed_orders_total: 8,
    fills: 4,
    fills_total: 10,
    records: 2,
    trades: 3,
    candles: 2,
    minutes: 2,
};

/// An exchange's read side with a database behind it.
struct Side {
    projection: Projection,
    history: History,
    writer: JoinHandle<()>,
}

impl Side {
    async fn open(database: &Database) -> Self {
        let mut projection = Projection::with_bounds(LITTLE);
        let (history, writer) = History::open(database, &mut projection).await.unwrap();
        Self { projection, history, writer: tokio::spawn(writer.run()) }
    }

    fn fold(&mut self, tale: &Tale, from: usize, to: usize) {
        fold(&mut self.projection, tale, from, to);
    }

    fn snapshot(&self) -> Vec<u8> {
        let mut bytes = vec![];
        self.projection.snapshot(&mut bytes);
        bytes
    }

    /// As a killed process: nothing is waited for.
    async fn kill(self) {
        self.writer.abort();
        let _ = self.writer.await;
    }
}

fn fold(projection: &mut Projection, tale: &Tale, from: usize, to: usize) {
    for (input, events) in &tale.told[from..to] {
        let note = note(input.seq);
        projection.fold(input.seq, input.time, &input.command, note.as_ref(), events, true);
    }
}

/// Some commands are labelled, one way or another.
fn note(seq: Seq) -> Option<Note> {
    let strategy = |every: u64| seq.0.is_multiple_of(every).then_some(seq.0);
    let label = Label { strategy_id: strategy(2), strategy_type: strategy(3) };
    let other = Label { strategy_id: strategy(5), strategy_type: None };
    (!seq.0.is_multiple_of(7)).then_some(Note { cancel: None, labels: [label, other] })
}

fn full(tale: &Tale) -> Projection {
    let mut projection = Projection::new();
    fold(&mut projection, tale, 0, tale.told.len());
    projection
}

fn pages(tale: &Tale) -> Vec<Page> {
    let begin = tale.told[0].0.time;
    let end = tale.engine.time();
    let middle = Time(begin.0.midpoint(end.0));
    let all = Page::latest(5_000);
    vec![
        all,
        Page::latest(1),
        Page::latest(7),
        Page { from_id: Some(0), ..Page::latest(5) },
        Page { from_id: Some(9), ..Page::latest(20) },
        Page { from_id: Some(u64::MAX), ..all },
        Page { before_id: Some(12), ..Page::latest(4) },
        Page { start: Some(begin), ..Page::latest(6) },
        Page { start: Some(middle), ..all },
        Page { end: Some(middle), ..Page::latest(9) },
        Page { start: Some(begin), end: Some(middle), ..all },
        Page { start: Some(Time(u64::MAX)), ..all },
    ]
}

const ACCOUNTS: std::ops::Range<u32> = 0..7;
const MARKETS: std::ops::Range<u16> = 0..6;

async fn check(history: &History, full: &Views, tale: &Tale) {
    for page in &pages(tale) {
        for market in MARKETS.map(MarketId) {
            assert_eq!(history.trades(market, page).await.unwrap(), full.trades(market, page));
            let seen = history.aggregate_trades(market, page).await.unwrap();
            assert_eq!(seen, full.aggregate_trades(market, page), "{page:?}");
        }
        for account in ACCOUNTS.map(AccountId) {
            check_account(history, full, account, page).await;
        }
    }
    for account in ACCOUNTS.map(AccountId) {
        for order in full.orders(account, None, &Page::latest(5_000)) {
            let seen = history.order_by_id(account, order.id).await.unwrap();
            assert_eq!(seen.as_ref(), Some(&order));
            let page = Page::latest(3);
            let seen = history.amendments(account, order.id, &page).await.unwrap();
            assert_eq!(seen, full.amendments(account, order.id, &page));
            let stranger = history.order_by_id(AccountId(99), order.id).await.unwrap();
            assert_eq!(stranger, None);
            let name = engine::OrderRef::Client(order.client_id);
            let market = order.new.market;
            let seen = history.order(account, market, &name).await.unwrap().unwrap();
            assert!(seen.client_id == order.client_id || seen.new.client_id == order.client_id);
        }
        for list in full.lists(account, &Page::latest(5_000)) {
            assert_eq!(history.list(account, list.id).await.unwrap(), Some(list));
            let seen = history.list_by_client_id(account, &list.client_id).await.unwrap();
            assert_eq!(seen.map(|it| it.client_id), Some(list.client_id));
        }
    }
}

async fn check_account(history: &History, full: &Views, account: AccountId, page: &Page) {
    for market in MARKETS.map(MarketId).map(Some).chain([None]) {
        let seen = history.orders(account, market, page).await.unwrap();
        assert_eq!(seen, full.orders(account, market, page), "{page:?}");
        let seen = history.fills(account, market, None, page).await.unwrap();
        assert_eq!(seen, full.fills(account, market, None, page), "{page:?}");
        for fill in full.fills(account, market, None, &Page::latest(2)) {
            let seen = history.fills(account, market, Some(fill.order), page).await.unwrap();
            assert_eq!(seen, full.fills(account, market, Some(fill.order), page));
        }
        if let Some(market) = market {
            let seen = history.preventions(account, market, None, page).await.unwrap();
            assert_eq!(seen, full.preventions(account, market, None, page), "{page:?}");
        }
    }
    let seen = history.lists(account, page).await.unwrap();
    assert_eq!(seen, full.lists(account, page), "{page:?}");
    let seen = history.adjustments(account, page).await.unwrap();
    assert_eq!(seen, full.adjustments(account, page), "{page:?}");
}

async fn check_candles(history: &History, full: &Views, tale: &Tale) {
    let now = tale.engine.time();
    for page in pages(tale).iter().step_by(2) {
        for interval in Interval::ALL {
            for offset in [0, 345, -480].map(|it| UtcOffset::from_minutes(it).unwrap()) {
                for market in [0, 1, 5].map(MarketId) {
                    let seen = history.candles(market, interval, offset, page, now).await.unwrap();
                    let wanted = full.candles(market, interval, offset, page, now);
                    assert_eq!(seen, wanted, "{} {page:?}", interval.as_str());
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_tells_what_memory_has_forgotten() {
    let tale = Tale::of(3, 400);
    let full = full(&tale).views();
    for TestDatabase { database, .. } in &both().await {
        let mut projection = Projection::with_bounds(LITTLE);
        let (history, writer) = History::open(database, &mut projection).await.unwrap();
        fold(&mut projection, &tale, 0, tale.told.len());
        assert!(100 < history.lag(), "nothing is written yet");
        check(&history, &full, &tale).await;
        let writer = tokio::spawn(writer.run());
        history.drained().await;
        assert_eq!(history.reached(), Some(tale.engine.seq()));
        check(&history, &full, &tale).await;
        check_candles(&history, &full, &tale).await;
        drop(projection);
        writer.await.unwrap();
    }
}

/// Every row of every table, as text.
async fn dump(database: &Database) -> Vec<String> {
    let mut rows = vec![];
    for table in [
        "orders",
        "order_lists",
        "trades",
        "aggregate_trades",
        "fills",
        "candles",
        "preventions",
        "adjustments",
        "amendments",
        "history_state",
    ] {
        let query = match database.backend() {
            DbBackend::Sqlite => {
                let columns = format!(
                    "SELECT group_concat('quote(\"' || name || '\")', ' || \",\" || ')
                     FROM pragma_table_info('{table}')"
                );
                let columns = texts(database, &columns).await.remove(0);
                format!("SELECT {} FROM {table} ORDER BY 1", columns.replace("\",\"", "','"))
            }
            _ => format!("SELECT t::text FROM {table} t ORDER BY 1"),
        };
        rows.extend(texts(database, &query).await.iter().map(|row| format!("{table} {row}")));
    }
    rows
}

async fn texts(database: &Database, query: &str) -> Vec<String> {
    let statement = Statement::from_string(database.backend(), query);
    let rows = database.read().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_often_it_starts_again_the_history_is_the_same() {
    let tale = Tale::of(5, 300);
    let (third, all) = (tale.told.len() / 3, tale.told.len());
    let (straight, restarted) = (both().await, both().await);
    for (straight, restarted) in straight.iter().zip(&restarted) {
        let mut side = Side::open(&straight.database).await;
        side.fold(&tale, 0, all);
        side.history.drained().await;
        let wanted = dump(&straight.database).await;
        assert!(all < wanted.len(), "there is much to compare");
        side.kill().await;

        // Killed twice with much unwritten, once going on from a snapshot, once from nothing.
        let database = &restarted.database;
        let mut side = Side::open(database).await;
        side.fold(&tale, 0, third / 2);
        side.history.drained().await;
        side.fold(&tale, third / 2, third);
        let snapshot = side.snapshot();
        side.kill().await;
        let mut side = Side::open(database).await;
        let seq = tale.told[third - 1].0.seq;
        side.projection.restore(seq, Some(&snapshot)).unwrap();
        side.fold(&tale, third, 2 * third);
        side.history.drained().await;
        side.fold(&tale, 2 * third, all - 9);
        side.kill().await;
        let mut side = Side::open(database).await;
        side.projection.restore(Seq(0), None).unwrap();
        side.fold(&tale, 0, all);
        side.history.drained().await;
        assert_eq!(dump(database).await, wanted);
        side.kill().await;

        History::clear(database).await.unwrap();
        assert_eq!(dump(database).await, Vec::<String>::new());
        let mut side = Side::open(database).await;
        assert_eq!(
            side.projection.restore(seq, Some(&snapshot)),
            Err(SnapshotError::History),
            "what the snapshot takes for written is not there"
        );
        side.projection.restore(Seq(0), None).unwrap();
        side.fold(&tale, 0, all);
        side.history.drained().await;
        assert_eq!(dump(database).await, wanted, "rebuilt");
        side.kill().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_old_and_came_to_nothing_is_let_go() {
    let tale = Tale::of(7, 300);
    let full = full(&tale).views();
    let none = Duration::ZERO;
    let retention = Retention {
        unfilled_orders: none,
        amendments: none,
        trades: none,
        seconds: none,
        minutes: none,
    };
    for TestDatabase { database, .. } in &both().await {
        let mut side = Side::open(database).await;
        side.fold(&tale, 0, tale.told.len());
        side.history.drained().await;
        let before = dump(database).await;
        side.kill().await;

        let mut projection = Projection::with_bounds(LITTLE);
        let (history, writer) = History::open(database, &mut projection).await.unwrap();
        let writer = tokio::spawn(writer.retain(retention).run());
        fold(&mut projection, &tale, 0, tale.told.len());
        let (seq, time) = (Seq(tale.engine.seq().0 + 1), Time(tale.engine.time().0 + 1));
        let moved = |seq: Seq| Event::Adjusted {
            account: AccountId(2),
            asset: AssetId(0),
            amount: 1,
            reference: seq.0.into(),
        };
        projection.fold(seq, time, &Command::Clock, None, &[moved(seq)], true);
        drop(projection);
        writer.await.unwrap();
        assert_eq!(history.reached(), Some(seq));
        let after = dump(database).await;
        let count = |rows: &[String], table: &str| {
            rows.iter().filter(|row| row.starts_with(&format!("{table} "))).count()
        };
        for table in ["fills", "order_lists", "preventions"] {
            assert_eq!(count(&after, table), count(&before, table), "{table}");
        }
        let all = || ACCOUNTS.flat_map(|it| full.orders(AccountId(it), None, &Page::latest(5_000)));
        let kept = all().filter(|it| !it.status.is_open() && !it.filled.is_zero()).count();
        assert!(kept < all().count() && count(&after, "orders") == kept);
        assert!(10 < count(&before, "trades"));
        assert_eq!((count(&after, "trades"), count(&after, "aggregate_trades")), (0, 0));
        // What stays are the ten spans of an hour and more, and what is still going on.
        assert!((10..count(&before, "candles")).contains(&count(&after, "candles")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_of_another_journal_is_left_alone() {
    let tale = Tale::of(6, 50);
    for TestDatabase { database, .. } in &both().await {
        let mut side = Side::open(database).await;
        side.fold(&tale, 0, tale.told.len());
        side.history.drained().await;
        let snapshot = side.snapshot();
        side.kill().await;
        let before = dump(database).await;

        let mut side = Side::open(database).await;
        let other = Time(tale.told[0].0.time.0 + 1);
        side.projection.fold(Seq(1), other, &Command::Clock, None, &[], true);
        assert!(side.history.has_gap() && side.history.lags());
        side.projection.restore(tale.engine.seq(), Some(&snapshot)).unwrap();
        assert!(!side.history.has_gap(), "its own journal is welcome");
        side.kill().await;
        assert_eq!(dump(database).await, before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_amounts_come_back_to_the_last_digit() {
    let amounts = [i128::MAX, i128::MIN, 1, -1, 1 << 63, (1 << 64) + 1, 10_i128.pow(18) + 1];
    for TestDatabase { database, .. } in &both().await {
        let mut side = Side::open(database).await;
        let (account, asset) = (AccountId(2), AssetId(0));
        let listed = Asset { code: "WEI".parse().unwrap(), scale: 18 };
        let opened = Event::AccountOpened { account, user: UserId([9; 16]) };
        let mut events = vec![Event::AssetListed { id: asset, asset: listed }, opened];
        for (seq, amount) in (1..).zip(amounts) {
            let reference = u128::MAX - u128::from(seq);
            events.push(Event::Adjusted { account, asset, amount, reference });
            side.projection.fold(Seq(seq), Time(seq), &Command::Clock, None, &events, true);
            events.clear();
        }
        side.history.drained().await;
        let seen = side.history.adjustments(account, &Page::latest(100)).await.unwrap();
        assert_eq!(seen.iter().map(|it| it.amount).collect::<Vec<_>>(), amounts);
        assert!(seen.iter().all(|it| it.reference == u128::MAX - u128::from(it.seq.0)));
        side.kill().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amendments_that_memory_forgot_are_told_by_the_database() {
    let (account, market, order) = (AccountId(2), MarketId(0), OrderId(1));
    let name = |text: &str| ClientOrderId::new(text).unwrap();
    let qty = |lots| Qty::new(lots).unwrap();
    let new = NewOrder {
        account,
        market,
        client_id: name("n10"),
        side: model::Side::Buy,
        stp: SelfTradePrevention::None,
        kind: OrderKind::LimitMaker { price: Price::new(7).unwrap(), qty: qty(10), display: None },
    };
    let opened = Event::AccountOpened { account, user: UserId([9; 16]) };
    let accepted = Event::Accepted { order, list: None, new, trigger_at: None };
    for TestDatabase { database, .. } in &both().await {
        let mut side = Side::open(database).await;
        let mut events = vec![opened.clone(), accepted.clone()];
        for (seq, lots) in (1..).zip((4..10).rev()) {
            let client_id = name(&format!("n{lots}"));
            events.push(Event::Amended { order, account, market, qty: qty(lots), client_id });
            side.projection.fold(Seq(seq), Time(seq), &Command::Clock, None, &events, true);
            events.clear();
        }
        side.history.drained().await;
        for (page, first, count) in [
            (Page::latest(100), 9, 6),
            (Page::latest(3), 6, 3),
            (Page { from_id: Some(3), ..Page::latest(2) }, 7, 2),
        ] {
            let seen = side.history.amendments(account, order, &page).await.unwrap();
            assert_eq!(seen.len(), count, "{page:?}");
            for (lots, it) in (0..=first).rev().zip(&seen) {
                assert_eq!(it.qtys, [qty(lots + 1), qty(lots)]);
                assert_eq!(
                    it.client_ids.map(|it| it.to_string()),
                    [format!("n{}", lots + 1), format!("n{lots}"),]
                );
            }
        }
        let stranger = side.history.amendments(AccountId(3), order, &Page::latest(9)).await;
        assert_eq!(stranger.unwrap(), []);
        side.kill().await;
    }
}

/// More than the database has readers.
const BEGUN: u64 = 32;

#[tokio::test]
async fn who_does_not_go_on_reading_keeps_no_reader_from_others() {
    let Some(test) = both().await.into_iter().next() else { return };
    let side = Side::open(&test.database).await;
    let (account, market) = (AccountId(1), MarketId(0));
    let unknown = |id| OrderRef::Id(OrderId(id));
    let names: Vec<_> = (0..BEGUN).map(unknown).collect();
    let mut begun: Vec<_> =
        names.iter().map(|name| Box::pin(side.history.order(account, market, name))).collect();
    // Each is begun, and then nobody looks at it any more.
    let mut context = Context::from_waker(Waker::noop());
    for future in &mut begun {
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
    side.history.order(account, market, &unknown(BEGUN)).await.unwrap();
    drop(begun);
    side.kill().await;
}

/// As many as the database has readers.
const READERS: usize = 8;

/// Says when its turn is given back, or gives none.
#[derive(Debug)]
struct Watched(Option<mpsc::UnboundedSender<()>>);

struct Held(mpsc::UnboundedSender<()>);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

impl Gate for Watched {
    fn enter(&self) -> Entering<'_> {
        let turn = self.0.clone().map(|sender| Turn::new(Held(sender)));
        Box::pin(std::future::ready(turn))
    }
}

#[tokio::test]
async fn who_goes_away_keeps_the_turn_until_the_database_has_answered() {
    let Some(test) = both().await.into_iter().next() else { return };
    let side = Side::open(&test.database).await;
    let (account, market) = (AccountId(1), MarketId(0));
    let unknown = OrderRef::Id(OrderId(1));
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(test.database.read().begin().await.unwrap());
    }
    let (sender, mut given_back) = mpsc::unbounded_channel();
    let history = side.history.gated(Arc::new(Watched(Some(sender))));
    let mut asked = Box::pin(history.order(account, market, &unknown));
    assert!(asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(asked);
    for _ in 0..READERS {
        tokio::task::yield_now().await;
    }
    assert!(given_back.try_recv().is_err(), "the question waits for a reader still");
    drop(readers);
    assert_eq!(given_back.recv().await, Some(()));
    side.kill().await;
}

#[tokio::test]
async fn who_has_no_turn_is_told_what_memory_has_and_else_that_we_are_busy() {
    let Some(test) = both().await.into_iter().next() else { return };
    let side = Side::open(&test.database).await;
    let refused = side.history.gated(Arc::new(Watched(None)));
    let (account, market) = (AccountId(1), MarketId(0));
    let order = refused.order(account, market, &OrderRef::Id(OrderId(1))).await;
    assert!(matches!(order, Err(HistoryError::Busy)));
    let memory = History::memory_only(side.history.views().clone());
    let memory = memory.gated(Arc::new(Watched(None)));
    assert_eq!(memory.order(account, market, &OrderRef::Id(OrderId(1))).await.unwrap(), None);
    side.kill().await;
}
