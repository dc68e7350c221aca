//! Finds orders by what they are asked for, without reading the rest of an account.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{DbErr, MigrationTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::ConnectionTrait;

pub struct Lookups;

/// The same words in both dialects; the builder knows no partial index. Few orders change their
/// name, and those that keep it are found by it.
const STEPS: [&str; 3] = [
    "CREATE INDEX orders_by_market ON orders (account, market, id)",
    "DROP INDEX orders_by_account",
    "CREATE INDEX orders_by_first_name ON orders (account, market, first_client_id)
     WHERE first_client_id <> client_id",
];

impl MigrationName for Lookups {
    fn name(&self) -> &'static str {
        "0007_lookups"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Lookups {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for step in STEPS {
            manager.get_connection().execute_unprepared(step).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::MigratorTrait;
    use sea_orm_migration::sea_orm::{ConnectOptions, Database, DbBackend, Statement};

    use super::super::Migrator;
    use super::*;

    #[tokio::test]
    async fn what_is_asked_of_orders_and_fills_has_an_index() {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let connection = Database::connect(options).await.unwrap();
        Migrator::up(&connection, None).await.unwrap();
        let mine = "FROM orders WHERE account = 1 AND market = 2";
        for (query, want) in [
            (
                format!("{mine} AND client_id = 'a' ORDER BY id DESC LIMIT 1"),
                "orders_by_name (account=? AND market=? AND client_id=?)",
            ),
            (
                format!(
                    "{mine} AND first_client_id = 'a' AND first_client_id <> client_id
                     ORDER BY id DESC LIMIT 1"
                ),
                "orders_by_first_name (account=? AND market=? AND first_client_id=?)",
            ),
            (
                format!("{mine} AND id >= 3 ORDER BY id LIMIT 1"),
                "orders_by_market (account=? AND market=? AND id>?)",
            ),
            (
                "FROM fills WHERE order_id = 1 AND trade >= 2 ORDER BY trade LIMIT 1".into(),
                "fills_by_order (order_id=?)",
            ),
        ] {
            let query = format!("EXPLAIN QUERY PLAN SELECT * {query}");
            let query = Statement::from_string(DbBackend::Sqlite, query);
            let plan = connection.query_all_raw(query).await.unwrap();
            let detail: String = plan[0].try_get("", "detail").unwrap();
            assert!(detail.contains(want), "{detail} instead of {want}");
        }
    }
}
