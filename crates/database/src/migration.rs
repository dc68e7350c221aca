//! The tables, step by step. An area of the product is a file; a step that has been released is
//! never edited, a later change is a further step.

mod amendments;
mod audit;
mod clusters;
mod fewer_indexes;
mod fill_sums;
mod history;
mod labels;
mod lookups;
mod notices;
mod people;
mod retention;
mod second_factors;
mod sessions;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(people::People),
            Box::new(history::History),
            Box::new(retention::Retention),
            Box::new(labels::Labels),
            Box::new(amendments::Amendments),
            Box::new(clusters::Clusters),
            Box::new(lookups::Lookups),
            Box::new(sessions::Sessions),
            Box::new(second_factors::Factors),
            Box::new(audit::Audit),
            Box::new(notices::Steps),
            Box::new(fewer_indexes::FewerIndexes),
            Box::new(fill_sums::FillSums),
        ]
    }
}

/// Any number that nobody else locks: "rialto" in ASCII.
const LOCK: i64 = 0x7269_616c_746f;

/// Applies what is missing, inside one transaction. Two processes that start at once take turns:
/// on SQLite by the transaction itself, on PostgreSQL by a lock that ends with it.
pub async fn apply(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    }
    Migrator::up(transaction, None).await
}
