use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue, QueryOrder, Statement};

use super::*;
use crate::testing::{Nowhere, both, both_empty};
use crate::{Moment, Money, Whole};

mod sample {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sample")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub money: crate::Money,
        pub whole: crate::Whole,
        pub moment: Option<crate::Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

async fn text(db: &DatabaseConnection, sql: &str) -> String {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    row.unwrap().unwrap().try_get_by_index::<String>(0).unwrap()
}

async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    row.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap()
}

/// Every `table.column type` that might round a number.
async fn inexact_columns(database: &Database) -> Vec<String> {
    let exact: &[&str] = match database.backend() {
        DbBackend::Sqlite => &["text", "varchar", "integer", "bigint", "blob", "uuid_text"],
        _ => &["text", "character varying", "integer", "bigint", "bytea", "uuid", "boolean"],
    };
    let sql = match database.backend() {
        DbBackend::Sqlite => {
            "SELECT m.name || '.' || c.name, lower(c.type) FROM sqlite_master m
             JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
        }
        _ => {
            "SELECT table_name || '.' || column_name, data_type::text
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
    };
    let statement = Statement::from_string(database.backend(), sql);
    let rows = database.read().query_all_raw(statement).await.unwrap();
    assert!(10 < rows.len(), "the tables were found");
    rows.iter()
        .map(|row| row.try_get_many_by_index::<(String, String)>().unwrap())
        .filter(|(_, declared)| {
            let name = declared.split('(').next().unwrap_or_default();
            !exact.contains(&name)
        })
        .map(|(column, declared)| format!("{column} {declared}"))
        .collect()
}

#[tokio::test]
async fn no_column_of_any_table_can_round_a_number() {
    for test in both().await {
        let database = &test.database;
        assert_eq!(inexact_columns(database).await, Vec::<String>::new());
        for (declared, found) in [("real", "real"), ("double precision", "double")] {
            let sql = format!("CREATE TABLE bad (price {declared})");
            database.write().execute_unprepared(&sql).await.unwrap();
            let columns = inexact_columns(database).await;
            assert_eq!(columns.len(), 1, "{columns:?}");
            assert!(columns[0].starts_with(&format!("bad.price {found}")), "{columns:?}");
            database.write().execute_unprepared("DROP TABLE bad").await.unwrap();
        }
    }
}

#[tokio::test]
async fn the_side_for_reading_refuses_to_write() {
    for test in both().await {
        let write = "CREATE TABLE sneaked (id integer)";
        test.database.read().execute_unprepared(write).await.unwrap_err();
        test.database.write().execute_unprepared(write).await.unwrap();
    }
}

#[tokio::test]
async fn eight_that_open_an_empty_database_at_once_all_find_the_tables() {
    for Nowhere { place, .. } in &both_empty().await {
        let open = || {
            tokio::spawn({
                let place = place.clone();
                async move { Database::open(&place).await.map(drop) }
            })
        };
        let opening: Vec<_> = (0..8).map(|_| open()).collect();
        for opened in opening {
            opened.await.unwrap().unwrap();
        }
        let database = Database::open(place).await.unwrap();
        assert_eq!(number(database.read(), "SELECT count(*) FROM users").await, 0);
    }
}

#[tokio::test]
async fn tables_cut_off_half_way_leave_nothing_behind() {
    for Nowhere { place, .. } in &both_empty().await {
        let database = match place {
            Place::File(path) => Database::open_file(path).await.unwrap(),
            Place::Url(url) => Database::open_url(url).await.unwrap(),
        };
        let transaction = database.begin().await.unwrap();
        migration::apply(&transaction).await.unwrap();
        drop(transaction);
        let missing = database.write().execute_unprepared("SELECT * FROM seaql_migrations").await;
        missing.unwrap_err();
        database.migrate().await.unwrap();
        assert_eq!(number(database.read(), "SELECT count(*) FROM users").await, 0);
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    for test in both().await {
        let newer = "INSERT INTO seaql_migrations VALUES ('9999_future', 0)";
        test.database.write().execute_unprepared(newer).await.unwrap();
        let refused = Database::open(&test.place).await.unwrap_err();
        assert!(matches!(refused, DatabaseError::Migrate(_)), "{refused:?}");
    }
}

#[tokio::test]
async fn numbers_survive_exactly_and_sort_as_numbers() {
    for test in both().await {
        let db = test.database.write();
        let table = sea_orm::Schema::new(db.get_database_backend())
            .create_table_from_entity(sample::Entity);
        db.execute(&table).await.unwrap();
        let amounts = [i128::MIN, -12_345_678_901_234_123_456_789_012_345_678, -1, 0, 1, i128::MAX];
        for (row, amount) in (0_u64..).zip(amounts) {
            let model = sample::ActiveModel {
                id: ActiveValue::Set(Uuid::from_u128(u128::from(row))),
                money: ActiveValue::Set(Money(amount)),
                whole: ActiveValue::Set(Whole((i64::MAX as u64) - row)),
                moment: ActiveValue::Set((row != 0).then_some(Moment(model::Time(row)))),
            };
            sample::Entity::insert(model).exec_without_returning(db).await.unwrap();
        }
        let by_money = sample::Entity::find().order_by_desc(sample::Column::Money);
        let rows = by_money.all(test.database.read()).await.unwrap();
        let got: Vec<_> = rows.iter().map(|row| row.money.0).rev().collect();
        assert_eq!(got, amounts);
        assert_eq!(rows[0].whole, Whole(i64::MAX as u64 - 5));
        assert_eq!((rows[0].moment, rows[5].moment), (Some(Moment(model::Time(5))), None));
        assert_eq!(rows[0].id, Uuid::from_u128(5));
        let negative = sample::Entity::find().filter(sample::Column::Money.lt(Money(0)));
        assert_eq!(negative.count(test.database.read()).await.unwrap(), 3);
        assert_eq!(inexact_columns(&test.database).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_tables_refuse_what_contradicts_itself() {
    const USER: &str = "INSERT INTO users VALUES ($id, 'A@x.y', 'a@x.y', 'h', 'user', 'none', 0)";
    const KEY: &str = "INSERT INTO api_keys VALUES
        ($key, $owner, $look, 'hint', 'name', 'hmac', $sealed, $public, 'read', '', 0, NULL,
         NULL, 0, NULL, NULL, NULL)";
    for test in both().await {
        let db = test.database.write();
        let uuid = |n: u8| match db.get_database_backend() {
            DbBackend::Sqlite => format!("x'{:032x}'", n),
            _ => format!("'{}'", Uuid::from_u128(n.into())),
        };
        let bytes = |n: u8| match db.get_database_backend() {
            DbBackend::Sqlite => format!("x'{n:02x}'"),
            _ => format!("'\\x{n:02x}'"),
        };
        let user = |id: u8| USER.replace("$id", &uuid(id));
        let key = |key: u8, owner: u8, look: u8, sealed: &str, public: &str| {
            KEY.replace("$key", &uuid(key))
                .replace("$owner", &uuid(owner))
                .replace("$look", &bytes(look))
                .replace("$sealed", sealed)
                .replace("$public", public)
        };
        let some = bytes(9);
        let cases = [
            ("a user", user(1), true),
            ("the same email", user(2), false),
            ("a key with a sealed secret", key(1, 1, 1, &some, "NULL"), true),
            ("a key with a public key", key(2, 1, 2, "NULL", &some), true),
            ("the same lookup", key(3, 1, 1, &some, "NULL"), false),
            ("both credentials", key(4, 1, 4, &some, &some), false),
            ("no credential", key(5, 1, 5, "NULL", "NULL"), false),
            ("a key of nobody", key(6, 7, 6, &some, "NULL"), false),
            ("the end of a user who has keys", "DELETE FROM users".to_owned(), false),
            (
                "a second deployment",
                format!("INSERT INTO deployment VALUES (2, {}, 0)", uuid(1)),
                false,
            ),
        ];
        for (case, sql, is_accepted) in cases {
            let result = db.execute_unprepared(&sql).await;
            assert_eq!(result.is_ok(), is_accepted, "{case}: {result:?}");
            let is_double = case.starts_with("the same");
            assert_eq!(result.is_err_and(|error| is_duplicate(&error)), is_double, "{case}");
        }
    }
}

#[tokio::test]
async fn what_is_committed_to_sqlite_is_synced_and_nobody_else_reads_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let test = crate::testing::sqlite().await;
    let db = test.database.write();
    assert_eq!(text(db, "PRAGMA journal_mode").await, "wal");
    assert_eq!(number(db, "PRAGMA synchronous").await, 2);
    assert_eq!(number(db, "PRAGMA foreign_keys").await, 1);
    let Place::File(path) = &test.place else { panic!("SQLite is a file") };
    for file in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", file.path());
    }
}

#[test]
fn making_the_file_does_not_open_one_that_is_there() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    create_private(&path).unwrap();
    // The link leads nowhere: to open it would fail, or make what it points to.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("absent/file"), &link).unwrap();
    create_private(&link).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    create_private(&folder.path().join("absent/file")).unwrap_err();
}

#[tokio::test]
async fn a_transaction_that_is_dropped_changes_nothing() {
    for test in both().await {
        let transaction = test.database.begin().await.unwrap();
        transaction.execute_unprepared("DELETE FROM seaql_migrations").await.unwrap();
        drop(transaction);
        let count = "SELECT count(*) FROM seaql_migrations";
        assert!(0 < number(test.database.read(), count).await);
    }
}

#[tokio::test]
async fn the_password_in_the_url_is_not_shown() {
    const CANARY: &str = "canary-7f3a";
    let [_, Nowhere { place: Place::Url(good), .. }] = &both_empty().await else {
        panic!("the second is PostgreSQL");
    };
    let absent = good.expose().replace("postgres@", &format!("postgres:{CANARY}@"));
    let urls = [
        absent.replace("/test_", "/absent_"),
        format!("postgres://rialto:{CANARY}@[nonsense/none"),
        format!("mysql://rialto:{CANARY}@127.0.0.1/none"),
    ];
    for url in urls {
        let place = Place::new(Some(url), Path::new("."));
        let error = Database::open(&place).await.unwrap_err();
        let shown = format!("{place:?} {error:?} {error} {}", chain(&error));
        assert!(!shown.contains(CANARY), "{shown}");
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |error| error.source()).map(|e| e.to_string()).collect()
}

#[tokio::test]
async fn a_transaction_that_sqlite_ended_by_itself_takes_no_later_one_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&Place::new(None, folder.path())).await.unwrap();
    database.write().execute_unprepared("CREATE TABLE said (word TEXT UNIQUE)").await.unwrap();
    let say = |word| format!("INSERT OR ROLLBACK INTO said VALUES ('{word}')");
    // As a full disk does: the statement fails, and the transaction is gone.
    let ended = database.begin().await.unwrap();
    ended.execute_unprepared(&say("twice")).await.unwrap();
    ended.execute_unprepared(&say("twice")).await.unwrap_err();
    drop(ended);
    drop(database.begin().await.unwrap());
    let transaction = database.begin().await.unwrap();
    transaction.execute_unprepared(&say("kept")).await.unwrap();
    transaction.commit().await.unwrap();
    database.write().execute_unprepared(&say("kept alone")).await.unwrap();
    let said = number(database.read(), "SELECT count(*) FROM said").await;
    assert_eq!(said, 2, "all that was committed, seen by another connection");
}

#[tokio::test]
async fn a_reading_without_end_is_ended_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join(FILE_NAME));
    let database = Database::open(&place).await.unwrap();
    let count = |rows: u64| {
        format!(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {rows})
             SELECT count(*) FROM n"
        )
    };
    assert_eq!(number(database.read(), &count(1_000)).await, 1_000);
    for _ in 0..2 {
        let endless = database.read().execute_unprepared(&count(10_000_000)).await;
        assert!(endless.unwrap_err().to_string().contains("interrupted"));
        assert_eq!(number(database.read(), &count(1_000)).await, 1_000);
    }
}
