//! What happened to whom, in a chain; and the use of API keys, day by day.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{
    DbErr, DeriveIden, ForeignKey, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, blob, string_len, string_len_null, uuid, uuid_null};
use sea_orm_migration::sea_orm::ConnectionTrait;

pub struct Audit;

#[derive(DeriveIden)]
enum AuditLog {
    Table,
    Seq,
    At,
    Act,
    Actor,
    UserId,
    Address,
    Detail,
    Previous,
    Hash,
}

#[derive(DeriveIden)]
enum ApiKeys {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum ApiKeyDays {
    Table,
    KeyId,
    Day,
    Requests,
    Errors,
}

impl MigrationName for Audit {
    fn name(&self) -> &'static str {
        "0010_audit"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Audit {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        audit_log(manager).await?;
        api_key_days(manager).await?;
        // The same words in both dialects; one column a statement, as SQLite wants it.
        for column in ["last_address VARCHAR(64)", "requests_per_minute BIGINT"] {
            let statement = format!("ALTER TABLE api_keys ADD COLUMN {column}");
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}

/// No foreign key: the log outlives those of whom it speaks.
async fn audit_log(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(AuditLog::Table)
        .col(big_integer(AuditLog::Seq).primary_key())
        .col(big_integer(AuditLog::At))
        .col(string_len(AuditLog::Act, 24))
        .col(string_len(AuditLog::Actor, 16))
        .col(uuid_null(AuditLog::UserId))
        .col(string_len_null(AuditLog::Address, 64))
        .col(string_len(AuditLog::Detail, 512))
        .col(blob(AuditLog::Previous))
        .col(blob(AuditLog::Hash))
        .to_owned();
    manager.create_table(table).await
}

async fn api_key_days(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut key = ForeignKey::create()
        .name("api_key_days_key")
        .from(ApiKeyDays::Table, ApiKeyDays::KeyId)
        .to(ApiKeys::Table, ApiKeys::Id)
        .to_owned();
    let mut one_a_day = Index::create().col(ApiKeyDays::KeyId).col(ApiKeyDays::Day).to_owned();
    let table = Table::create()
        .table(ApiKeyDays::Table)
        .col(uuid(ApiKeyDays::KeyId))
        .col(big_integer(ApiKeyDays::Day))
        .col(big_integer(ApiKeyDays::Requests))
        .col(big_integer(ApiKeyDays::Errors))
        .primary_key(&mut one_a_day)
        .foreign_key(&mut key)
        .to_owned();
    manager.create_table(table).await
}
