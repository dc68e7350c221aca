//! Trades are numbered in the order of their time, so that a moment is found by their numbers: an
//! index by time costs every trade an entry that nobody reads.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{DbErr, MigrationTrait, SchemaManager, async_trait};
use sea_orm_migration::sea_orm::ConnectionTrait;

pub struct FewerIndexes;

const STEPS: [&str; 2] = ["DROP INDEX trades_by_time", "DROP INDEX aggregates_by_time"];

impl MigrationName for FewerIndexes {
    fn name(&self) -> &'static str {
        "0012_fewer_indexes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FewerIndexes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for step in STEPS {
            manager.get_connection().execute_unprepared(step).await?;
        }
        Ok(())
    }
}
