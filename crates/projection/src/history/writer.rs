//! Brings rows into the database, many commands in one transaction, with the sequence reached.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use database::{Bulk, Cells, Database, Moment, Present, Target, Whole, is_duplicate};
use model::{Interval, MarketId, Seq, Time, UtcOffset};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, QueryFilter,
    QueryOrder,
};

use super::code::Code;
use super::outbox::{Outbox, Run};
use super::retention::Retention;
use super::row::{CandleRecord, Row};
use super::table;
use crate::candle::Candle;
use crate::record::TradeRecord;

/// Commands written in one transaction.
const COMMANDS_MAX: usize = 4_096;
/// The database is given so much time between transactions, unless there is a full one to write:
/// syncing for every command would compete with the journal for the disk.
const PAUSE: Duration = Duration::from_millis(200);
/// How long nothing is looked for that may be let go, once nothing was found.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// How often a failing database is asked after the exchange has stopped.
const LAST_TRIES: u32 = 5;
/// How long to wait before a failed transaction is tried again; twice as long each time.
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// The longest wait before another try.
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Brings rows into the database. One task runs it as long as the exchange runs.
#[derive(Debug)]
pub struct Writer {
    outbox: Arc<Outbox>,
    database: Database,
    /// For rows that are not there.
    fresh: Targets,
    /// For rows that may be there.
    known: Targets,
    /// The last candle of each market and interval, as written.
    candles: HashMap<(MarketId, Interval), Candle>,
    /// The markets whose last candles were read, if there were any.
    learnt: HashSet<MarketId>,
    retention: Retention,
    pruned: Option<Instant>,
}

/// The candles that a run of trades changes.
type Candles = BTreeMap<(MarketId, Interval, Time), Candle>;

impl Writer {
    pub(crate) fn new(outbox: Arc<Outbox>, database: Database) -> Self {
        let fresh = Targets::new(&database, Present::Fails, Present::Fails);
        let known = Targets::new(&database, Present::Stays, Present::Yields);
        let (candles, learnt) = (HashMap::new(), HashSet::new());
        let retention = Retention::default();
        let pruned = None;
        Self { outbox, database, fresh, known, candles, learnt, retention, pruned }
    }

    /// Keeps things as long as is said, from now on.
    #[must_use]
    pub const fn retain(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Writes until the projection is gone and all of it is written. A failing database is asked
    /// again and again; meanwhile the history lags, and [`crate::History::lags`] tells. Once
    /// the projection is gone it is asked a few times more, and no longer: the journal has it all.
    pub async fn run(mut self) {
        let (mut pause, mut tries) = (RETRY_FIRST, LAST_TRIES);
        while let Some(run) = self.outbox.next(COMMANDS_MAX).await {
            let began = Instant::now();
            match self.write(&run).await {
                Ok(rows) => {
                    self.outbox.wrote(&run);
                    pause = RETRY_FIRST;
                    metrics::counter!("rialto_history_rows_total").increment(rows);
                    metrics::histogram!("rialto_history_write_seconds").record(began.elapsed());
                    self.prune(&run).await;
                    if run.entries.len() < COMMANDS_MAX {
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, lag = self.outbox.lag(), "history cannot be written");
                    metrics::counter!("rialto_history_failures_total").increment(1);
                    if self.outbox.is_closed() {
                        tries -= 1;
                    }
                    if tries == 0 {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                    pause = RETRY_MAX.min(pause * 2);
                }
            }
            #[allow(clippy::cast_precision_loss)] // Only drawn.
            metrics::gauge!("rialto_history_lag_commands").set(self.outbox.lag() as f64);
        }
    }

    /// Lets go of what is old, some of it now and then.
    async fn prune(&mut self, run: &Run) {
        if self.pruned.is_some_and(|pruned| pruned.elapsed() < PRUNE_EVERY) {
            return;
        }
        let Some(last) = run.entries.last() else { return };
        match self.retention.prune(&self.database, last.time).await {
            Ok(deleted) => {
                metrics::counter!("rialto_history_pruned_total").increment(deleted);
                // There may be more, after others had their turn.
                self.pruned = (deleted == 0).then(Instant::now);
            }
            Err(error) => {
                tracing::warn!(%error, "old history cannot be let go");
                self.pruned = Some(Instant::now());
            }
        }
    }

    async fn write(&mut self, run: &Run) -> Result<u64, DbErr> {
        let trades = || run.entries.iter().flat_map(|entry| &entry.rows.trades);
        self.learn_candles(trades()).await?;
        let candles = self.changed_candles(trades());
        // What is written is never written again, but where nobody heard that it was.
        let count = match self.write_to(&self.fresh, run, &candles).await {
            Err(error) if is_duplicate(&error) => self.write_to(&self.known, run, &candles).await?,
            written => written?,
        };
        // Ascending by time, so that the last of each stays.
        for ((market, interval, _), candle) in candles {
            self.candles.insert((market, interval), candle);
        }
        Ok(count)
    }

    /// Writes a run in one transaction.
    async fn write_to(
        &self,
        targets: &Targets,
        run: &Run,
        candles: &Candles,
    ) -> Result<u64, DbErr> {
        let mut bulk = self.database.begin_bulk().await?;
        let mut count = targets.write(&mut bulk, run).await?;
        let changed: Vec<_> = candles
            .iter()
            .map(|(&(market, interval, _), &candle)| CandleRecord { market, interval, candle })
            .collect();
        let changed: Vec<_> = changed.iter().collect();
        count += put(&mut bulk, &targets.candles, &changed).await?;
        let state = (run.through, run.origin.unwrap_or_default());
        put_state(&mut bulk, &targets.state, state).await?;
        bulk.commit().await?;
        Ok(count)
    }

    /// Reads the last candles of markets that trade for the first time since the start.
    async fn learn_candles(
        &mut self,
        trades: impl Iterator<Item = &TradeRecord>,
    ) -> Result<(), DbErr> {
        for TradeRecord { market, .. } in trades {
            if self.learnt.contains(market) {
                continue;
            }
            for interval in Interval::ALL {
                let last = table::candle::Entity::find()
                    .filter(table::candle::Column::Market.eq(i32::from(market.0)))
                    .filter(table::candle::Column::Span.eq(interval.code()))
                    .order_by_desc(table::candle::Column::OpenAt)
                    .one(self.database.read())
                    .await?;
                let found = last.as_ref().and_then(CandleRecord::load);
                if let Some(CandleRecord { candle, .. }) = found {
                    self.candles.insert((*market, interval), candle);
                }
            }
            self.learnt.insert(*market);
        }
        Ok(())
    }

    fn changed_candles<'a>(&self, trades: impl Iterator<Item = &'a TradeRecord>) -> Candles {
        let mut changed = Candles::new();
        for trade in trades {
            for interval in Interval::ALL {
                let open = interval.open(trade.time, UtcOffset::UTC);
                let known = || {
                    let last = self.candles.get(&(trade.market, interval));
                    last.filter(|last| last.open_time == open).copied()
                };
                let key = (trade.market, interval, open);
                if let Some(candle) = changed.get_mut(&key) {
                    candle.add(trade);
                } else if let Some(mut candle) = known() {
                    candle.add(trade);
                    changed.insert(key, candle);
                } else {
                    let close = Time(interval.next_open(trade.time, UtcOffset::UTC).0 - 1);
                    changed.insert(key, Candle::of_trade(open, close, trade));
                }
            }
        }
        changed
    }
}

/// Where rows go, table by table.
#[derive(Debug)]
struct Targets {
    orders: Target,
    lists: Target,
    trades: Target,
    aggregates: Target,
    fills: Target,
    candles: Target,
    preventions: Target,
    adjustments: Target,
    amendments: Target,
    state: Target,
}

impl Targets {
    /// What becomes of a row that is there already: of a `fact`, and of an `ended` order. Lists
    /// and candles change.
    fn new(database: &Database, fact: Present, ended: Present) -> Self {
        let changing = Present::Yields;
        Self {
            orders: target::<table::order::Entity>(database, ended),
            lists: target::<table::list::Entity>(database, changing),
            trades: target::<table::trade::Entity>(database, fact),
            aggregates: target::<table::aggregate::Entity>(database, fact),
            fills: target::<table::fill::Entity>(database, fact),
            candles: target::<table::candle::Entity>(database, changing),
            preventions: target::<table::prevention::Entity>(database, fact),
            adjustments: target::<table::adjustment::Entity>(database, fact),
            amendments: target::<table::amendment::Entity>(database, fact),
            state: target::<table::state::Entity>(database, changing),
        }
    }

    /// Writes the rows of a run. Orders are there when they have ended, each once; a list may
    /// change within a run, and is written as it is at the end.
    async fn write(&self, to: &mut Bulk, run: &Run) -> Result<u64, DbErr> {
        let rows = || run.entries.iter().map(|entry| &entry.rows);
        let orders: Vec<_> = rows().flat_map(|it| it.orders.values().map(Arc::as_ref)).collect();
        let lists: BTreeMap<_, _> = rows().flat_map(|it| &it.lists).collect();
        let lists: Vec<_> = lists.into_values().collect();
        let trades: Vec<_> = rows().flat_map(|it| &it.trades).collect();
        let aggregates: Vec<_> = rows().flat_map(|it| &it.aggregates).collect();
        let fills: Vec<_> = rows().flat_map(|it| &it.fills).collect();
        let preventions: Vec<_> = rows().flat_map(|it| &it.preventions).collect();
        let adjustments: Vec<_> = rows().flat_map(|it| &it.adjustments).collect();
        let amendments: Vec<_> = rows().flat_map(|it| &it.amendments).collect();
        Ok(put(to, &self.orders, &orders).await?
            + put(to, &self.lists, &lists).await?
            + put(to, &self.trades, &trades).await?
            + put(to, &self.aggregates, &aggregates).await?
            + put(to, &self.fills, &fills).await?
            + put(to, &self.preventions, &preventions).await?
            + put(to, &self.adjustments, &adjustments).await?
            + put(to, &self.amendments, &amendments).await?)
    }
}

fn target<E: EntityTrait>(database: &Database, present: Present) -> Target {
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let columns: Vec<_> = columns.iter().map(IdenStatic::as_str).collect();
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let keys: Vec<_> = keys.iter().map(IdenStatic::as_str).collect();
    Target::new(database, E::default().table_name(), &columns, &keys, present)
}

async fn put<R: Row>(to: &mut Bulk, target: &Target, rows: &[&R]) -> Result<u64, DbErr> {
    to.put(target, rows, |row, cells| row.store(cells)).await
}

/// How far the history has come, and of which journal.
async fn put_state(
    to: &mut Bulk,
    target: &Target,
    (seq, origin): (Seq, Time),
) -> Result<(), DbErr> {
    let state = |_: &(), cells: &mut Cells| {
        cells.put(1).put(Whole(seq.0)).put(Moment(origin));
    };
    to.put(target, &[()], state).await.map(drop)
}

/// Declares how far the history has come.
pub(crate) async fn declare(database: &Database, seq: Seq, origin: Time) -> Result<(), DbErr> {
    let target = target::<table::state::Entity>(database, Present::Yields);
    let mut bulk = database.begin_bulk().await?;
    put_state(&mut bulk, &target, (seq, origin)).await?;
    bulk.commit().await
}

#[cfg(test)]
mod tests {
    use database::testing::both;
    use model::{Price, Qty, Side, TradeId};
    use sea_orm::PaginatorTrait;

    use super::super::outbox::Entry;
    use super::*;
    use crate::rows::Rows;

    fn run() -> Run {
        let trade = TradeRecord {
            id: TradeId(1),
            market: MarketId(0),
            price: Price::new(100).unwrap(),
            qty: Qty::new(5).unwrap(),
            quote: 500,
            taker_side: Side::Buy,
            time: Time(7),
            seq: Seq(3),
        };
        let rows = Rows { trades: vec![trade], ..Rows::default() };
        let entry = Entry { seq: Seq(3), time: Time(7), rows };
        Run { entries: vec![Arc::new(entry)], through: Seq(3), origin: Some(Time(1)) }
    }

    #[tokio::test]
    async fn what_was_written_and_nobody_heard_of_is_written_again() {
        for test in both().await {
            let database = &test.database;
            let mut writer = Writer::new(Arc::new(Outbox::new(Seq(0), None)), database.clone());
            let run = run();
            let trades = || run.entries.iter().flat_map(|entry| &entry.rows.trades);
            let candles = writer.changed_candles(trades());
            let unheard = writer.write_to(&writer.fresh, &run, &candles).await;
            assert_eq!(unheard, Ok(1 + Interval::ALL.len() as u64));
            let twice = writer.write_to(&writer.fresh, &run, &candles).await;
            assert!(twice.is_err_and(|error| is_duplicate(&error)));
            // The writer knows of no candle yet, as after a commit that failed.
            writer.learnt.insert(MarketId(0));
            assert_eq!(writer.write(&run).await, unheard);
            let count = table::trade::Entity::find().count(database.read()).await;
            assert_eq!(count, Ok(1));
            let candle = table::candle::Entity::find().one(database.read()).await.unwrap();
            assert_eq!(candle.unwrap().trades, Whole(1), "counted once");
        }
    }
}
