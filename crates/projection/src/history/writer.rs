//! Brings rows into the database, many commands in one transaction, with the sequence reached.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use database::{Database, Moment, Whole};
use model::{MarketId, Time};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IdenStatic,
    IntoActiveModel, Iterable, PrimaryKeyToColumn, QueryFilter, QueryOrder,
};

use super::code::Code;
use super::outbox::{Outbox, Run};
use super::retention::Retention;
use super::row::{CandleRecord, Row};
use super::table;
use crate::candle::Candle;
use crate::interval::{Interval, UtcOffset};
use crate::record::TradeRecord;
use crate::rows::Rows;

/// Commands written in one transaction.
const COMMANDS_MAX: usize = 2_000;
/// Rows written by one statement; both databases bound the values of a statement.
const STATEMENT_ROWS_MAX: usize = 500;
/// The database is given so much time between transactions, unless there is a full one to write:
/// syncing for every command would compete with the journal for the disk.
const PAUSE: Duration = Duration::from_millis(200);
/// How long nothing is looked for that may be let go, once nothing was found.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// How often a failing database is asked after the exchange has stopped.
const LAST_TRIES: u32 = 5;
/// How long to wait before a failed transaction is tried again: twice as long each time.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Brings rows into the database. One task runs it as long as the exchange runs.
#[derive(Debug)]
pub struct Writer {
    outbox: Arc<Outbox>,
    database: Database,
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
        let (candles, learnt) = (HashMap::new(), HashSet::new());
        Self { outbox, database, candles, learnt, retention: Retention::default(), pruned: None }
    }

    /// Keeps things as long as is said, from now on.
    #[must_use]
    pub const fn retain(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Writes until the projection is gone and all of it is written. A failing database is asked
    /// again and again; meanwhile the history lags, and [`crate::History::is_behind`] tells. Once
    /// the projection is gone it is asked a few times more, and no longer: the journal has it all.
    pub async fn run(mut self) {
        let (mut pause, mut tries) = (RETRY.0, LAST_TRIES);
        while let Some(run) = self.outbox.next(COMMANDS_MAX).await {
            let began = Instant::now();
            match self.write(&run).await {
                Ok(rows) => {
                    self.outbox.wrote(&run);
                    pause = RETRY.0;
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
                    pause = RETRY.1.min(pause * 2);
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
        let rows = joined(run);
        self.learn_candles(&rows.trades).await?;
        let candles = self.changed_candles(&rows.trades);
        let transaction = self.database.begin().await?;
        let mut count = write_rows(&transaction, &rows).await?;
        let changed: Vec<_> = candles
            .iter()
            .map(|(&(market, interval, _), &candle)| CandleRecord { market, interval, candle })
            .collect();
        count += upsert::<table::candle::Entity, _>(&transaction, &changed).await?;
        let state = table::state::Model {
            place: 1,
            seq: Whole(run.through.0),
            origin: Moment(run.origin.unwrap_or_default()),
        };
        upsert_models::<table::state::Entity>(&transaction, vec![state.into_active_model()])
            .await?;
        transaction.commit().await?;
        // Ascending by time, so that the last of each stays.
        for ((market, interval, _), candle) in candles {
            self.candles.insert((market, interval), candle);
        }
        Ok(count)
    }

    /// Reads the last candles of markets that trade for the first time since the start.
    async fn learn_candles(&mut self, trades: &[TradeRecord]) -> Result<(), DbErr> {
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

    fn changed_candles(&self, trades: &[TradeRecord]) -> Candles {
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

/// The rows of a run, each order and list once, as it is at the end.
fn joined(run: &Run) -> Rows {
    let mut all = Rows::default();
    for entry in &run.entries {
        let rows = &entry.rows;
        all.orders.extend(rows.orders.iter().map(|(id, order)| (*id, Arc::clone(order))));
        all.lists.extend(&rows.lists);
        all.trades.extend(&rows.trades);
        all.aggregates.extend(&rows.aggregates);
        all.fills.extend(&rows.fills);
        all.preventions.extend(&rows.preventions);
        all.adjustments.extend(&rows.adjustments);
        all.amendments.extend(&rows.amendments);
    }
    all
}

async fn write_rows(to: &DatabaseTransaction, rows: &Rows) -> Result<u64, DbErr> {
    let orders: Vec<_> = rows.orders.values().map(Arc::as_ref).collect();
    let lists: Vec<_> = rows.lists.values().collect();
    Ok(upsert::<table::order::Entity, _>(to, orders).await?
        + upsert::<table::list::Entity, _>(to, lists).await?
        + upsert::<table::trade::Entity, _>(to, &rows.trades).await?
        + upsert::<table::aggregate::Entity, _>(to, &rows.aggregates).await?
        + upsert::<table::fill::Entity, _>(to, &rows.fills).await?
        + upsert::<table::prevention::Entity, _>(to, &rows.preventions).await?
        + upsert::<table::adjustment::Entity, _>(to, &rows.adjustments).await?
        + upsert::<table::amendment::Entity, _>(to, &rows.amendments).await?)
}

async fn upsert<'a, E, R>(
    to: &DatabaseTransaction,
    records: impl IntoIterator<Item = &'a R>,
) -> Result<u64, DbErr>
where
    E: EntityTrait,
    R: Row<Model = E::Model> + 'a,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let models: Vec<_> =
        records.into_iter().map(|record| record.store().into_active_model()).collect();
    let count = models.len() as u64;
    upsert_models::<E>(to, models).await?;
    Ok(count)
}

pub(crate) async fn upsert_models<E>(
    to: &DatabaseTransaction,
    mut models: Vec<E::ActiveModel>,
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let is_key = |column: &E::Column| keys.iter().any(|key| key.as_str() == column.as_str());
    let others: Vec<E::Column> = E::Column::iter().filter(|column| !is_key(column)).collect();
    let conflict = OnConflict::columns(keys.iter().copied()).update_columns(others).to_owned();
    while !models.is_empty() {
        let rest = models.split_off(models.len().min(STATEMENT_ROWS_MAX));
        E::insert_many(models).on_conflict(conflict.clone()).exec_without_returning(to).await?;
        models = rest;
    }
    Ok(())
}
