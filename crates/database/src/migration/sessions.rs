//! Sessions, and the keys that the service itself has.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{
    DbErr, DeriveIden, ForeignKey, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, blob_null, pk_uuid, string_len, string_len_null, uuid,
};

pub struct Sessions;

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum ServiceKeys {
    Table,
    Id,
    Purpose,
    Sealed,
    CreatedAt,
}

#[derive(DeriveIden)]
enum UserSessions {
    Table,
    Id,
    UserId,
    Device,
    Address,
    Network,
    CreatedAt,
    LastActivityAt,
    RefreshHash,
    PreviousHash,
    Salt,
    RotatedAt,
    EndedAt,
    EndReason,
}

impl MigrationName for Sessions {
    fn name(&self) -> &'static str {
        "0008_sessions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Sessions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        service_keys(manager).await?;
        sessions(manager).await
    }
}

/// What the service signs and decrypts with, sealed.
async fn service_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(ServiceKeys::Table)
        .col(pk_uuid(ServiceKeys::Id))
        .col(string_len(ServiceKeys::Purpose, 16))
        .col(blob(ServiceKeys::Sealed))
        .col(big_integer(ServiceKeys::CreatedAt))
        .to_owned();
    manager.create_table(table).await
}

/// A refresh token is stored as a hash; so is the one before it, with the salt by which the later
/// came out of it.
async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut owner = ForeignKey::create()
        .name("user_sessions_user")
        .from(UserSessions::Table, UserSessions::UserId)
        .to(Users::Table, Users::Id)
        .to_owned();
    let table = Table::create()
        .table(UserSessions::Table)
        .col(pk_uuid(UserSessions::Id))
        .col(uuid(UserSessions::UserId))
        .col(string_len(UserSessions::Device, 512))
        .col(string_len(UserSessions::Address, 64))
        .col(string_len(UserSessions::Network, 64))
        .col(big_integer(UserSessions::CreatedAt))
        .col(big_integer(UserSessions::LastActivityAt))
        .col(blob(UserSessions::RefreshHash))
        .col(blob_null(UserSessions::PreviousHash))
        .col(blob_null(UserSessions::Salt))
        .col(big_integer_null(UserSessions::RotatedAt))
        .col(big_integer_null(UserSessions::EndedAt))
        .col(string_len_null(UserSessions::EndReason, 24))
        .foreign_key(&mut owner)
        .to_owned();
    manager.create_table(table).await?;
    for (name, column) in [
        ("user_sessions_by_user", UserSessions::UserId),
        ("user_sessions_by_end", UserSessions::EndedAt),
    ] {
        let index = Index::create().name(name).table(UserSessions::Table).col(column).to_owned();
        manager.create_index(index).await?;
    }
    Ok(())
}
