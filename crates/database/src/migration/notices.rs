//! What users are told of their accounts, and whether they have read it.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{
    DbErr, DeriveIden, ForeignKey, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, big_integer_null, string_len, string_len_null, uuid};

pub struct Steps;

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Notices {
    Table,
    Id,
    UserId,
    At,
    Kind,
    Title,
    Detail,
    SubjectKind,
    SubjectId,
    Symbol,
    Mark,
    ReadAt,
}

impl MigrationName for Steps {
    fn name(&self) -> &'static str {
        "0011_notices"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Steps {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = ForeignKey::create()
            .name("notices_user")
            .from(Notices::Table, Notices::UserId)
            .to(Users::Table, Users::Id)
            .to_owned();
        let table = Table::create()
            .table(Notices::Table)
            .col(big_integer(Notices::Id).primary_key())
            .col(uuid(Notices::UserId))
            .col(big_integer(Notices::At))
            .col(string_len(Notices::Kind, 24))
            .col(string_len(Notices::Title, 128))
            .col(string_len(Notices::Detail, 512))
            .col(string_len_null(Notices::SubjectKind, 16))
            .col(string_len_null(Notices::SubjectId, 40))
            .col(string_len_null(Notices::Symbol, 64))
            .col(string_len_null(Notices::Mark, 96))
            .col(big_integer_null(Notices::ReadAt))
            .foreign_key(&mut owner)
            .to_owned();
        manager.create_table(table).await?;
        let by_user = Index::create()
            .name("notices_by_user")
            .table(Notices::Table)
            .col(Notices::UserId)
            .col(Notices::Id)
            .to_owned();
        manager.create_index(by_user).await?;
        let once = Index::create()
            .name("notices_by_mark")
            .table(Notices::Table)
            .col(Notices::UserId)
            .col(Notices::Mark)
            .unique()
            .to_owned();
        manager.create_index(once).await
    }
}
