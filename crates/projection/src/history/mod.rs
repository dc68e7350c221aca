//! What no longer fits in memory: orders, fills, trades, candles and movements in the database.
//!
//! Keeps   rows and the sequence reached are written in one transaction, so that every start
//!         knows what is there; what comes again is passed over. All of it can be folded anew from
//!         the journal: [`History::clear`], then a replay.
//! Fails   [`HistoryError`] towards who asks; towards the exchange never: a lagging database is
//!         told by [`History::lags`], and then new orders should be refused as busy.

mod candles;
mod code;
mod gate;
mod outbox;
mod read;
mod retention;
mod row;
mod table;
mod writer;

use std::sync::Arc;

use database::Database;
use model::{Seq, Time};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

pub use candles::candles_read;
pub use gate::{Entering, Gate, Turn};
pub use outbox::OUTBOX_MAX;
pub(crate) use outbox::{Entry, Outbox, PACE, Standing};
pub use retention::Retention;
pub use writer::Writer;

use crate::projection::Projection;
use crate::views::Views;

/// Questions that the database answers at once.
pub const QUESTIONS_MAX: usize = database::READERS_MAX as usize;

/// Why the history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The database does not answer.
    #[error("the history cannot be read")]
    Database(#[from] DbErr),
    /// A row that no writer of ours wrote.
    #[error("the history holds a row that is no record")]
    Row,
    /// The process ends, and reads nothing more.
    #[error("the history is no longer read")]
    Unread,
    /// Who asks has as many questions under way as are answered at once.
    #[error("too much is asked of the history at once")]
    Busy,
}

/// Views and history as one: what is in memory comes from there, the rest from the database.
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct History {
    views: Views,
    stored: Option<Stored>,
    gate: Option<Arc<dyn Gate>>,
}

#[derive(Clone, Debug)]
struct Stored {
    database: Database,
    outbox: Arc<Outbox>,
    /// Of the question that is being answered.
    turn: Option<Turn>,
}

impl History {
    /// Nothing but what is in memory.
    #[must_use]
    pub const fn memory_only(views: Views) -> Self {
        Self { views, stored: None, gate: None }
    }

    /// Makes `projection` hand its rows to the database, through a writer that the caller runs as
    /// a task from now on: a replay waits for it. Comes before the projection begins.
    ///
    /// # Errors
    /// [`HistoryError`] if the sequence reached cannot be read.
    pub async fn open(
        database: &Database,
        projection: &mut Projection,
    ) -> Result<(Self, Writer), HistoryError> {
        let state = table::state::Entity::find_by_id(1).one(database.read()).await?;
        let (written, origin) = state.map_or((Seq(0), Time(0)), |it| (Seq(it.seq.0), it.origin.0));
        let outbox = Arc::new(Outbox::new(written, (origin != Time(0)).then_some(origin)));
        projection.keep_history(Arc::clone(&outbox));
        let writer = Writer::new(Arc::clone(&outbox), database.clone());
        let stored = Some(Stored { database: database.clone(), outbox, turn: None });
        Ok((Self { views: projection.views(), stored, gate: None }, writer))
    }

    /// This history for one who asks: where memory does not tell all, the database is asked in
    /// their turn at `gate`, or [`HistoryError::Busy`] is told.
    #[must_use]
    pub fn gated(&self, gate: Arc<dyn Gate>) -> Self {
        Self { gate: Some(gate), ..self.clone() }
    }

    /// The views.
    #[must_use]
    pub const fn views(&self) -> &Views {
        &self.views
    }

    /// The last command whose rows are in the database; `None` without one. More than the journal
    /// has after a replay means that the journal has lost something.
    #[must_use]
    pub fn reached(&self) -> Option<Seq> {
        self.stored.as_ref().map(|stored| stored.outbox.written())
    }

    /// How many commands wait to be written, at most [`OUTBOX_MAX`].
    #[must_use]
    pub fn lag(&self) -> usize {
        self.stored.as_ref().map_or(0, |stored| stored.outbox.lag())
    }

    /// Whether so much waits that new orders should be refused as busy.
    #[must_use]
    pub fn lags(&self) -> bool {
        self.stored.as_ref().is_some_and(|stored| stored.outbox.lags())
    }

    /// Whether the history was given up until the next start: the database was away for too long,
    /// or it tells of another journal.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.stored.as_ref().is_some_and(|stored| stored.outbox.has_gap())
    }

    /// Waits until all that is folded is written.
    pub async fn drained(&self) {
        if let Some(stored) = &self.stored {
            stored.outbox.drained().await;
        }
    }

    /// Empties the history, so that a replay of the journal writes it anew. On a stopped exchange.
    ///
    /// # Errors
    /// [`HistoryError`], and then nothing is changed.
    pub async fn clear(database: &Database) -> Result<(), HistoryError> {
        let transaction = database.begin().await?;
        for table in TABLES {
            transaction.execute_unprepared(&format!("DELETE FROM {table}")).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Declares that nothing up to `seq` is missing, where something is: what the journal no
    /// longer has stays a gap. On a stopped exchange, by an operator who knows.
    ///
    /// # Errors
    /// [`HistoryError`], and then nothing is changed.
    pub async fn skip_to(database: &Database, seq: Seq) -> Result<(), HistoryError> {
        let state = table::state::Entity::find_by_id(1).one(database.read()).await?;
        let origin = state.map_or(Time(0), |state| state.origin.0);
        Ok(writer::declare(database, seq, origin).await?)
    }
}

/// Everything that a rebuild writes anew.
const TABLES: [&str; 10] = [
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
];
