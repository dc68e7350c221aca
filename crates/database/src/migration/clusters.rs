//! Keeps the long tables of the history in the order of their keys, on SQLite: one tree for the
//! rows and their key instead of one each. PostgreSQL has its own way with rows.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{DbErr, MigrationTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

pub struct Clusters;

const TABLES: [&str; 5] = ["orders", "fills", "trades", "aggregate_trades", "candles"];

impl MigrationName for Clusters {
    fn name(&self) -> &'static str {
        "0006_clusters"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Clusters {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if connection.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        for table in TABLES {
            cluster(connection, table).await?;
        }
        Ok(())
    }
}

/// Makes the table anew with the same columns, rows and indexes.
async fn cluster(connection: &impl ConnectionTrait, table: &str) -> Result<(), DbErr> {
    let definition = definitions(connection, "table", table).await?.concat();
    let indexes = definitions(connection, "index", table).await?;
    let steps = [
        format!("ALTER TABLE {table} RENAME TO {table}_before"),
        format!("{definition} WITHOUT ROWID"),
        format!("INSERT INTO {table} SELECT * FROM {table}_before"),
        format!("DROP TABLE {table}_before"),
    ];
    for step in steps.iter().chain(&indexes) {
        connection.execute_unprepared(step).await?;
    }
    Ok(())
}

/// The statements that made a table, or its indexes.
async fn definitions(
    connection: &impl ConnectionTrait,
    kind: &str,
    table: &str,
) -> Result<Vec<String>, DbErr> {
    let query = format!(
        "SELECT sql FROM sqlite_master
         WHERE type = '{kind}' AND tbl_name = '{table}' AND sql IS NOT NULL"
    );
    let query = Statement::from_string(DbBackend::Sqlite, query);
    connection.query_all_raw(query).await?.iter().map(|row| row.try_get_by_index(0)).collect()
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::MigratorTrait;
    use sea_orm_migration::sea_orm::{ConnectOptions, Database};

    use super::super::Migrator;
    use super::*;

    /// The steps before this one.
    const STEPS_BEFORE: u32 = 5;

    #[tokio::test]
    async fn rows_and_indexes_stay_when_a_table_is_put_in_the_order_of_its_keys() {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let connection = Database::connect(options).await.unwrap();
        Migrator::up(&connection, Some(STEPS_BEFORE)).await.unwrap();
        let trade = "INSERT INTO trades VALUES (3, 7, 11, 5, x'00', 1, 1000, 9)";
        connection.execute_unprepared(trade).await.unwrap();
        let mut indexes = Vec::new();
        for table in TABLES {
            indexes.push(definitions(&connection, "index", table).await.unwrap());
        }
        Migrator::up(&connection, Some(1)).await.unwrap();
        for (table, indexes) in TABLES.into_iter().zip(indexes) {
            let definition = definitions(&connection, "table", table).await.unwrap().concat();
            assert!(definition.ends_with(" WITHOUT ROWID"), "{definition}");
            assert_eq!(definitions(&connection, "index", table).await.unwrap(), indexes);
        }
        let count = "SELECT count(*) FROM trades WHERE market = 3 AND id = 7 AND seq = 9";
        let count = Statement::from_string(DbBackend::Sqlite, count);
        let row = connection.query_one_raw(count).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 1);
    }
}
