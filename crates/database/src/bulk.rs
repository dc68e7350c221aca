//! Many rows in few statements, past the query builder: for who writes all day long.
//!
//! Keeps   rows are written as they are given, a batch in one transaction; a statement is one of
//!         few, so that the database parses each of them once.
//! Fails   [`DbErr`], and then the transaction changes nothing.

use std::sync::Arc;

use sea_orm::sqlx::postgres::PgArguments;
use sea_orm::sqlx::sqlite::SqliteArguments;
use sea_orm::sqlx::{
    self, Arguments, AssertSqlSafe, Encode, Error, Postgres, Sqlite, Transaction, Type,
};
use sea_orm::{DbBackend, DbErr, RuntimeErr};

use crate::{Database, Moment, Money, Whole};

/// Rows written by one statement. A statement is kept for each of these, the last for what is left
/// over.
const ROWS_AT_ONCE: [usize; 4] = [512, 64, 8, 1];
/// Values of a statement, as far as both databases take them.
const VALUES_MAX: usize = 32_766;

/// What becomes of a row whose key is in the table already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// It stays, and the new one is passed over.
    Stays,
    /// It is replaced by the new one.
    Yields,
    /// The statement fails, and nothing of the transaction is to be committed: the cheapest way,
    /// where there is none.
    Fails,
}

/// Rows on their way into one table. All names are our own text.
#[derive(Clone, Debug)]
pub struct Target {
    statements: [Arc<str>; ROWS_AT_ONCE.len()],
    columns: usize,
}

impl Target {
    /// Rows of `columns`, of which `keys` are the primary key, for `table`.
    ///
    /// # Panics
    /// If there are so many columns that no statement takes them.
    #[must_use]
    pub fn new(
        database: &Database,
        table: &str,
        columns: &[&str],
        keys: &[&str],
        present: Present,
    ) -> Self {
        assert!(columns.len() * ROWS_AT_ONCE[0] <= VALUES_MAX, "too many columns");
        let is_key = |column: &&&str| keys.contains(*column);
        let replaced: Vec<_> = columns
            .iter()
            .filter(|column| !is_key(column))
            .map(|column| format!("\"{column}\" = excluded.\"{column}\""))
            .collect();
        let keys = quoted(keys);
        let action = match present {
            Present::Stays => format!("ON CONFLICT ({keys}) DO NOTHING"),
            Present::Yields => {
                format!("ON CONFLICT ({keys}) DO UPDATE SET {}", replaced.join(", "))
            }
            Present::Fails => String::new(),
        };
        // SQLite then need not be able to take back one statement alone, for which it would write
        // down every page that the statement changes.
        let or = match (present, database.backend()) {
            (Present::Fails, DbBackend::Sqlite) => "OR FAIL ",
            _ => "",
        };
        let names = quoted(columns);
        let statements = ROWS_AT_ONCE.map(|rows| {
            let values: Vec<_> =
                (0..rows).map(|row| places(database.backend(), row, columns.len())).collect();
            let values = values.join(",");
            format!("INSERT {or}INTO \"{table}\" ({names}) VALUES {values} {action}").into()
        });
        Self { statements, columns: columns.len() }
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// The places of one row's values.
fn places(backend: DbBackend, row: usize, columns: usize) -> String {
    let place = |column| match backend {
        DbBackend::Postgres => format!("${}", row * columns + column + 1),
        // Of the others only SQLite is compiled in.
        _ => "?".to_owned(),
    };
    format!("({})", (0..columns).map(place).collect::<Vec<_>>().join(","))
}

/// Values of rows, in the order of the columns.
#[derive(Debug)]
pub struct Cells(Driver<SqliteArguments, PgArguments>);

#[derive(Debug)]
enum Driver<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// What fits into a column.
pub trait Cell: Sized {
    /// Adds it, or that it is absent.
    fn add(cell: Option<Self>, to: &mut Cells);
}

impl Cells {
    /// Adds one value.
    pub fn put(&mut self, cell: impl Cell) -> &mut Self {
        Cell::add(Some(cell), self);
        self
    }

    /// Adds one value, or that it is absent.
    pub fn put_optional<C: Cell>(&mut self, cell: Option<C>) -> &mut Self {
        Cell::add(cell, self);
        self
    }

    fn bind<'t, T>(&mut self, value: T)
    where
        T: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres>,
    {
        let bound = match &mut self.0 {
            Driver::Sqlite(arguments) => Arguments::add(arguments, value),
            Driver::Postgres(arguments) => Arguments::add(arguments, value),
        };
        bound.expect("whole numbers, text and bytes always have a form");
    }
}

impl Cell for i32 {
    fn add(cell: Option<Self>, to: &mut Cells) {
        to.bind(cell);
    }
}

impl Cell for Whole {
    fn add(cell: Option<Self>, to: &mut Cells) {
        to.bind(cell.map(Self::store));
    }
}

impl Cell for Moment {
    fn add(cell: Option<Self>, to: &mut Cells) {
        to.bind(cell.map(Self::store));
    }
}

impl Cell for Money {
    fn add(cell: Option<Self>, to: &mut Cells) {
        to.bind(cell.map(Self::store));
    }
}

impl Cell for &str {
    fn add(cell: Option<Self>, to: &mut Cells) {
        to.bind(cell);
    }
}

/// A transaction of many rows. Dropped without a commit, it changes nothing.
#[derive(Debug)]
pub struct Bulk(Driver<Transaction<'static, Sqlite>, Transaction<'static, Postgres>>);

impl Database {
    /// Begins a transaction of many rows; it takes its turn as [`Self::begin`] does.
    ///
    /// # Errors
    /// [`DbErr`] if no connection becomes free in time.
    pub async fn begin_bulk(&self) -> Result<Bulk, DbErr> {
        let driver = match self.backend() {
            DbBackend::Postgres => {
                let pool = self.write().get_postgres_connection_pool();
                Driver::Postgres(pool.begin().await.map_err(failed)?)
            }
            // Of the others only SQLite is compiled in.
            _ => {
                let pool = self.write().get_sqlite_connection_pool();
                Driver::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?)
            }
        };
        Ok(Bulk(driver))
    }
}

impl Bulk {
    /// Writes `rows` into `target`, each as `write` tells its values, and counts them. No key may
    /// come twice.
    ///
    /// # Errors
    /// [`DbErr`] as the driver reports it.
    ///
    /// # Panics
    /// If `write` does not tell one value for each column.
    pub async fn put<R>(
        &mut self,
        target: &Target,
        rows: &[R],
        write: impl Fn(&R, &mut Cells),
    ) -> Result<u64, DbErr> {
        let mut rest = rows;
        for (size, statement) in ROWS_AT_ONCE.into_iter().zip(&target.statements) {
            while size <= rest.len() {
                let (now, later) = rest.split_at(size);
                self.run(statement, size * target.columns, |cells| {
                    now.iter().for_each(|row| write(row, cells));
                })
                .await?;
                rest = later;
            }
        }
        Ok(rows.len() as u64)
    }

    async fn run(
        &mut self,
        statement: &Arc<str>,
        count: usize,
        write: impl FnOnce(&mut Cells),
    ) -> Result<(), DbErr> {
        let statement = AssertSqlSafe(Arc::clone(statement));
        match &mut self.0 {
            Driver::Sqlite(transaction) => {
                let mut arguments = SqliteArguments::default();
                arguments.reserve(count, 0);
                let mut cells = Cells(Driver::Sqlite(arguments));
                write(&mut cells);
                let Driver::Sqlite(arguments) = cells.0 else { unreachable!("made above") };
                assert_eq!(Arguments::len(&arguments), count, "one value for each column");
                let done = sqlx::query_with(statement, arguments).execute(&mut **transaction);
                done.await.map(drop).map_err(failed)
            }
            Driver::Postgres(transaction) => {
                let mut arguments = PgArguments::default();
                arguments.reserve(count, count * size_of::<u64>());
                let mut cells = Cells(Driver::Postgres(arguments));
                write(&mut cells);
                let Driver::Postgres(arguments) = cells.0 else { unreachable!("made above") };
                assert_eq!(Arguments::len(&arguments), count, "one value for each column");
                let done = sqlx::query_with(statement, arguments).execute(&mut **transaction);
                done.await.map(drop).map_err(failed)
            }
        }
    }

    /// Makes it so.
    ///
    /// # Errors
    /// [`DbErr`], and then nothing is changed.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Driver::Sqlite(transaction) => transaction.commit().await.map_err(failed),
            Driver::Postgres(transaction) => transaction.commit().await.map_err(failed),
        }
    }
}

fn failed(error: Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}
