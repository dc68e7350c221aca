//! How clients label their orders.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{DbErr, MigrationTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::ConnectionTrait;

pub struct Labels;

impl MigrationName for Labels {
    fn name(&self) -> &'static str {
        "0004_labels"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Labels {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The same words in both dialects; one column a statement, as SQLite wants it.
        for column in ["strategy_id", "strategy_type"] {
            let statement = format!("ALTER TABLE orders ADD COLUMN {column} BIGINT");
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}
