//! The one door: where the database is, and the two ways in.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::Secret;
use sea_orm::sqlx;
use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqlErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::migration;

/// The SQLite database, inside the data directory.
const FILE_NAME: &str = "rialto.db";

/// Connections that read, and so the questions that are answered at once.
pub const READERS_MAX: u32 = 8;
/// Connections to PostgreSQL that write; SQLite has one writer.
const WRITERS_MAX: u32 = 8;
/// Pages that SQLite's writer keeps in memory, in KiB, negative as it wants them: a transaction of
/// the history fits.
const CACHE_KIB_MAX: &str = "-16384";
/// Pages of SQLite's log that are brought into the database at once: 32 MB, so that a page that
/// changes often is brought there seldom.
const LOG_PAGES: &str = "8192";
/// Steps of SQLite's machine that the reading between two uses of a connection may take: some two
/// million rows looked at, a part of a second. What needs more fails, and others get their turn.
const READ_STEPS_MAX: i32 = 20_000_000;
/// Steps between two looks at how many are left.
const READ_STEPS: i32 = 10_000;
/// How long the reading of one statement may take with PostgreSQL, in milliseconds.
const READ_MILLIS_MAX: &str = "5000";
/// How long to wait for a connection, and on SQLite for another's transaction.
const WAIT_MAX: Duration = Duration::from_secs(15);

/// Where the database is.
#[derive(Clone, Debug)]
pub enum Place {
    /// SQLite, in this file; it is created where it is missing, readable by its owner alone.
    File(PathBuf),
    /// PostgreSQL, `postgres://user:password@host/name`.
    Url(Secret<String>),
}

impl Place {
    /// PostgreSQL where a URL is configured, else SQLite in the data directory.
    #[must_use]
    pub fn new(url: Option<String>, data_dir: &Path) -> Self {
        match url {
            Some(url) => Self::Url(Secret::new(url)),
            None => Self::File(data_dir.join(FILE_NAME)),
        }
    }
}

/// What can go wrong at the door.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The SQLite file cannot be created.
    #[error("cannot create the database file {}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The URL is not one of PostgreSQL. It is not shown: it may hold a password.
    #[error("the database URL is not of the form postgres://user:password@host/name")]
    Url,
    /// No connection.
    #[error("cannot connect to the database")]
    Connect(#[source] DbErr),
    /// The tables cannot be brought up to date; they are as they were.
    #[error("cannot bring the tables up to date")]
    Migrate(#[source] DbErr),
}

/// An open database with its tables up to date. Clones share the same connections.
#[derive(Clone, Debug)]
pub struct Database {
    read: DatabaseConnection,
    write: DatabaseConnection,
}

impl Database {
    /// Connects and applies the migrations that are missing.
    ///
    /// # Errors
    /// [`DatabaseError`]; a database of a newer version is refused as one that cannot be migrated.
    pub async fn open(place: &Place) -> Result<Self, DatabaseError> {
        let database = match place {
            Place::File(path) => Self::open_file(path).await?,
            Place::Url(url) => Self::open_url(url).await?,
        };
        database.migrate().await.map_err(DatabaseError::Migrate)?;
        Ok(database)
    }

    async fn open_file(path: &Path) -> Result<Self, DatabaseError> {
        create_private(path)
            .map_err(|source| DatabaseError::Create { path: path.to_owned(), source })?;
        // SQLite has one writer: one connection for it, so that writers queue here in order
        // instead of meeting SQLITE_BUSY.
        let write = connect(sqlite_options(path, 1, false)).await?;
        let read = connect(sqlite_options(path, READERS_MAX, true)).await?;
        Ok(Self { read, write })
    }

    async fn open_url(url: &Secret<String>) -> Result<Self, DatabaseError> {
        // Asked first, because the driver's own complaint repeats the URL.
        let known = ["postgres://", "postgresql://"];
        let is_known = known.iter().any(|scheme| url.expose().starts_with(scheme));
        if !is_known || url.expose().parse::<PgConnectOptions>().is_err() {
            return Err(DatabaseError::Url);
        }
        let write = connect(postgres_options(url, WRITERS_MAX, false)).await?;
        let read = connect(postgres_options(url, READERS_MAX, true)).await?;
        Ok(Self { read, write })
    }

    /// For queries. The database refuses a write on this side.
    #[must_use]
    pub const fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// For single statements that change something. Several that belong together: [`Self::begin`].
    #[must_use]
    pub const fn write(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Begins a transaction that may write; it takes its turn at once, so that what it reads
    /// stays true until it commits (on SQLite; on PostgreSQL lock or compare what was read).
    /// Dropped without a commit, it changes nothing.
    ///
    /// # Errors
    /// [`DbErr`] if no connection becomes free in time.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.write.begin_with_options(options).await
    }

    /// Which of the two this is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// Waits for what is running and closes every connection.
    ///
    /// # Errors
    /// [`DbErr`] as the driver reports it.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.read.close_by_ref().await?;
        self.write.close_by_ref().await
    }

    async fn migrate(&self) -> Result<(), DbErr> {
        let transaction = self.begin().await?;
        migration::apply(&transaction).await?;
        transaction.commit().await
    }
}

/// Whether a statement failed because a unique column has the value already.
#[must_use]
pub fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, DatabaseError> {
    sea_orm::Database::connect(options).await.map_err(DatabaseError::Connect)
}

/// Statements are kept out of logs and spans, where their values would show.
fn quiet(url: &str, connections_max: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections_max)
        .acquire_timeout(WAIT_MAX)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

fn sqlite_options(path: &Path, connections_max: u32, read_only: bool) -> ConnectOptions {
    let path = path.to_owned();
    let mut options = quiet("sqlite::memory:", connections_max);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .filename(&path)
            .in_memory(false)
            .shared_cache(false)
            .foreign_keys(true)
            .busy_timeout(WAIT_MAX)
            .read_only(read_only);
        if read_only {
            return sqlite;
        }
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", CACHE_KIB_MAX)
            .pragma("wal_autocheckpoint", LOG_PAGES)
    });
    // Where the disk is full or fails, SQLite ends a transaction by itself; the driver goes on
    // counting it, and nothing that comes later on that connection would ever be committed.
    options.map_sqlx_sqlite_before_acquire(move |connection, _| {
        let is_at_rest = !connection.is_in_transaction();
        Box::pin(async move {
            if read_only {
                bound_reading(connection).await?;
            }
            Ok(is_at_rest)
        })
    });
    if read_only {
        options.map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_connect(|connection, _| Box::pin(bound_reading(connection)))
        });
    }
    options
}

/// Lets the next use of a connection take [`READ_STEPS_MAX`] and no more.
async fn bound_reading(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut left = READ_STEPS_MAX / READ_STEPS;
    connection.lock_handle().await?.set_progress_handler(READ_STEPS, move || {
        left -= 1;
        0 < left
    });
    Ok(())
}

fn postgres_options(url: &Secret<String>, connections_max: u32, read_only: bool) -> ConnectOptions {
    let mut options = quiet(url.expose(), connections_max);
    options.set_application_name("rialto");
    options.map_sqlx_postgres_opts(move |postgres| {
        let value = if read_only { "on" } else { "off" };
        let postgres = postgres.options([("default_transaction_read_only", value)]);
        if read_only {
            return postgres.options([("statement_timeout", READ_MILLIS_MAX)]);
        }
        postgres
    });
    options
}

/// The files that SQLite puts beside it take its mode. One that is there is not even opened: to
/// close it again would drop every lock that this process holds on it (POSIX), under SQLite.
fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let created = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    match created {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
