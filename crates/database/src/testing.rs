//! Fresh databases of both kinds for tests.
//!
//! PostgreSQL is the distribution's own: started in a temporary folder, on a Unix socket only,
//! never as root, stopped with the last test of the process that uses it.

mod postgres;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Database, Place};

/// A fresh database with all tables, gone when dropped.
pub struct TestDatabase {
    /// The open door.
    pub database: Database,
    /// Where it is, to open it once more.
    pub place: Place,
    _home: Home,
}

/// A place for a database in which there is nothing yet.
pub struct Nowhere {
    /// Where it may be opened.
    pub place: Place,
    home: Home,
}

enum Home {
    Folder { _folder: tempfile::TempDir },
    Server { _server: Arc<postgres::Server> },
}

/// One of each kind, so that a test says `for test in both().await`.
///
/// # Panics
/// If one cannot be started: without PostgreSQL, half of the product is not tested.
pub async fn both() -> [TestDatabase; 2] {
    [sqlite().await, postgres().await]
}

/// One place of each kind, without tables.
///
/// # Panics
/// As [`both`].
pub async fn both_empty() -> [Nowhere; 2] {
    [sqlite_empty(), postgres_empty().await]
}

/// A fresh SQLite database.
///
/// # Panics
/// If it cannot be opened.
pub async fn sqlite() -> TestDatabase {
    open(sqlite_empty()).await
}

/// A fresh database on a PostgreSQL server of this process.
///
/// # Panics
/// If PostgreSQL is not installed or does not start.
pub async fn postgres() -> TestDatabase {
    open(postgres_empty().await).await
}

async fn open(Nowhere { place, home }: Nowhere) -> TestDatabase {
    let database = Database::open(&place).await.expect("a fresh database opens");
    TestDatabase { database, place, _home: home }
}

fn sqlite_empty() -> Nowhere {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Nowhere { place: Place::new(None, folder.path()), home: Home::Folder { _folder: folder } }
}

async fn postgres_empty() -> Nowhere {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = postgres::Server::shared();
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    server.create_database(&name).await;
    let place = Place::new(Some(server.url(&name)), Path::new("."));
    Nowhere { place, home: Home::Server { _server: server } }
}
