//! What the history lets go, and when, so that a busy exchange does not fill its disk.
//!
//! Keeps   orders that traded, fills, lists, preventions, movements and candles of an hour and more
//!         are kept for good. Age is counted in the journal's time.

use std::time::Duration;

use database::Database;
use model::{Interval, Time};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryOrder};

use super::code::Code;
use super::table::candle;
use crate::record::OrderStatus;

/// Rows that one statement deletes: others must get their turn.
const DELETED_MAX: u64 = 5_000;
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How long what is kept for a while is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Orders that ended without a trade.
    pub unfilled_orders: Duration,
    /// Amendments.
    pub amendments: Duration,
    /// Public trades, and aggregate trades.
    pub trades: Duration,
    /// Candles of a second.
    pub seconds: Duration,
    /// Candles of a minute up to half an hour.
    pub minutes: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            unfilled_orders: 90 * DAY,
            amendments: 366 * DAY,
            trades: 366 * DAY,
            seconds: 7 * DAY,
            minutes: 366 * DAY,
        }
    }
}

impl Retention {
    /// Deletes some of what is older than it must be, and answers how much; nothing is left to
    /// delete when that is zero.
    pub(crate) async fn prune(&self, database: &Database, now: Time) -> Result<u64, DbErr> {
        let cutoff = before(now, self.unfilled_orders);
        let [new, partly] = [OrderStatus::New, OrderStatus::PartiallyFilled].map(Code::code);
        let chosen =
            format!("filled = 0 AND updated_at < {cutoff} AND status NOT IN ({new}, {partly})");
        let mut deleted = delete(database, "orders", "id", "updated_at", &chosen).await?;
        let chosen = format!("at < {}", before(now, self.amendments));
        deleted += delete(database, "amendments", "seq", "at", &chosen).await?;
        for market in 0..market_count(database).await? {
            let cutoff = before(now, self.trades);
            for table in ["trades", "aggregate_trades"] {
                deleted += delete_trades(database, table, market, cutoff).await?;
            }
            for interval in Interval::ALL.into_iter().filter(|it| *it < Interval::Hour1) {
                let is_second = interval == Interval::Second1;
                let cutoff = before(now, if is_second { self.seconds } else { self.minutes });
                let span = interval.code();
                let chosen = format!("market = {market} AND span = {span} AND open_at < {cutoff}");
                deleted += delete(database, "candles", "open_at", "open_at", &chosen).await?;
            }
        }
        Ok(deleted)
    }
}

/// Markets are numbered from zero; those behind the last that traded have nothing to let go.
async fn market_count(database: &Database) -> Result<i32, DbErr> {
    let last = candle::Entity::find().order_by_desc(candle::Column::Market).one(database.read());
    Ok(last.await?.map_or(0, |candle| candle.market + 1))
}

fn before(now: Time, age: Duration) -> u64 {
    now.0.saturating_sub(u64::try_from(age.as_micros()).unwrap_or(u64::MAX))
}

/// The oldest of what is chosen. All of it is our own text and numbers.
async fn delete(
    database: &Database,
    table: &str,
    key: &str,
    age: &str,
    chosen: &str,
) -> Result<u64, DbErr> {
    let oldest =
        format!("SELECT {key} FROM {table} WHERE {chosen} ORDER BY {age} LIMIT {DELETED_MAX}");
    run(database, &format!("DELETE FROM {table} WHERE {chosen} AND {key} IN ({oldest})")).await
}

/// The oldest of a market. They are numbered in the order of their time: what is not among the
/// first is no older than these.
async fn delete_trades(
    database: &Database,
    table: &str,
    market: i32,
    cutoff: u64,
) -> Result<u64, DbErr> {
    let oldest =
        format!("SELECT id FROM {table} WHERE market = {market} ORDER BY id LIMIT {DELETED_MAX}");
    let chosen = format!("market = {market} AND at < {cutoff} AND id IN ({oldest})");
    run(database, &format!("DELETE FROM {table} WHERE {chosen}")).await
}

async fn run(database: &Database, statement: &str) -> Result<u64, DbErr> {
    Ok(database.write().execute_unprepared(statement).await?.rows_affected())
}
