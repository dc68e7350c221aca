//! Deployment, users and API keys.
//!
//! Text that a computer compares (`email_key`, `role`, `kind` …) is normalised by its writer, so
//! that both databases compare alike, byte by byte.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{
    DbErr, DeriveIden, Expr, ExprTrait, ForeignKey, Index, MigrationTrait, SchemaManager, Table,
    async_trait,
};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, blob_null, integer, pk_uuid, string_len, text, uuid,
};

pub struct People;

#[derive(DeriveIden)]
enum Deployment {
    Table,
    Place,
    Id,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
    Email,
    EmailKey,
    PasswordHash,
    Role,
    Kyc,
    CreatedAt,
}

#[derive(DeriveIden)]
enum ApiKeys {
    Table,
    Id,
    UserId,
    Lookup,
    Hint,
    Name,
    Kind,
    Sealed,
    PublicKey,
    Scopes,
    AllowIps,
    CreatedAt,
    ExpiresAt,
    LastUsedAt,
    Uses,
    RevokedAt,
}

impl MigrationName for People {
    fn name(&self) -> &'static str {
        "0001_people"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for People {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        deployment(manager).await?;
        users(manager).await?;
        api_keys(manager).await
    }
}

/// One row: the name of this installation, to which sealed records are bound.
async fn deployment(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Deployment::Table)
        .col(integer(Deployment::Place).primary_key().check(Expr::col(Deployment::Place).eq(1)))
        .col(uuid(Deployment::Id))
        .col(big_integer(Deployment::CreatedAt))
        .to_owned();
    manager.create_table(table).await
}

async fn users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Users::Table)
        .col(pk_uuid(Users::Id))
        .col(string_len(Users::Email, 254))
        .col(string_len(Users::EmailKey, 1_016).unique_key())
        .col(text(Users::PasswordHash))
        .col(string_len(Users::Role, 16))
        .col(string_len(Users::Kyc, 16))
        .col(big_integer(Users::CreatedAt))
        .to_owned();
    manager.create_table(table).await
}

async fn api_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let one_credential = Expr::col(ApiKeys::Sealed)
        .is_null()
        .and(Expr::col(ApiKeys::PublicKey).is_not_null())
        .or(Expr::col(ApiKeys::Sealed).is_not_null().and(Expr::col(ApiKeys::PublicKey).is_null()));
    let owner = ForeignKey::create()
        .name("api_keys_user")
        .from(ApiKeys::Table, ApiKeys::UserId)
        .to(Users::Table, Users::Id)
        .to_owned();
    let table = Table::create()
        .table(ApiKeys::Table)
        .col(pk_uuid(ApiKeys::Id))
        .col(uuid(ApiKeys::UserId))
        .col(blob(ApiKeys::Lookup).unique_key())
        .col(string_len(ApiKeys::Hint, 16))
        .col(string_len(ApiKeys::Name, 64))
        .col(string_len(ApiKeys::Kind, 16))
        .col(blob_null(ApiKeys::Sealed))
        .col(blob_null(ApiKeys::PublicKey))
        .col(text(ApiKeys::Scopes))
        .col(text(ApiKeys::AllowIps))
        .col(big_integer(ApiKeys::CreatedAt))
        .col(big_integer_null(ApiKeys::ExpiresAt))
        .col(big_integer_null(ApiKeys::LastUsedAt))
        .col(big_integer(ApiKeys::Uses).default(0))
        .col(big_integer_null(ApiKeys::RevokedAt))
        .foreign_key(&mut owner.clone())
        .check(one_credential)
        .to_owned();
    manager.create_table(table).await?;
    let index = Index::create()
        .name("api_keys_by_user")
        .table(ApiKeys::Table)
        .col(ApiKeys::UserId)
        .to_owned();
    manager.create_index(index).await
}
