//! Finds what the history may let go without reading what it keeps.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{DbErr, MigrationTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::ConnectionTrait;

pub struct Retention;

impl MigrationName for Retention {
    fn name(&self) -> &'static str {
        "0003_retention"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Retention {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The same words in both dialects; the builder knows no partial index.
        let index = "CREATE INDEX orders_unfilled ON orders (updated_at) WHERE filled = 0";
        manager.get_connection().execute_unprepared(index).await.map(drop)
    }
}
