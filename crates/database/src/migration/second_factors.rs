//! Second factors, and the codes for those who lost theirs.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{
    DbErr, DeriveIden, ForeignKey, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, pk_uuid, uuid};

pub struct Factors;

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum SecondFactors {
    Table,
    Id,
    UserId,
    Sealed,
    CreatedAt,
    ConfirmedAt,
    LastStep,
}

#[derive(DeriveIden)]
enum RecoveryCodes {
    Table,
    Id,
    UserId,
    Hash,
    UsedAt,
}

impl MigrationName for Factors {
    fn name(&self) -> &'static str {
        "0009_second_factors"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Factors {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = ForeignKey::create()
            .name("second_factors_user")
            .from(SecondFactors::Table, SecondFactors::UserId)
            .to(Users::Table, Users::Id)
            .to_owned();
        let factors = Table::create()
            .table(SecondFactors::Table)
            .col(pk_uuid(SecondFactors::Id))
            .col(uuid(SecondFactors::UserId))
            .col(blob(SecondFactors::Sealed))
            .col(big_integer(SecondFactors::CreatedAt))
            .col(big_integer_null(SecondFactors::ConfirmedAt))
            .col(big_integer_null(SecondFactors::LastStep))
            .foreign_key(&mut owner)
            .to_owned();
        manager.create_table(factors).await?;
        let by_user = Index::create()
            .name("second_factors_by_user")
            .table(SecondFactors::Table)
            .col(SecondFactors::UserId)
            .to_owned();
        manager.create_index(by_user).await?;
        let mut owner = ForeignKey::create()
            .name("recovery_codes_user")
            .from(RecoveryCodes::Table, RecoveryCodes::UserId)
            .to(Users::Table, Users::Id)
            .to_owned();
        let codes = Table::create()
            .table(RecoveryCodes::Table)
            .col(pk_uuid(RecoveryCodes::Id))
            .col(uuid(RecoveryCodes::UserId))
            .col(blob(RecoveryCodes::Hash))
            .col(big_integer_null(RecoveryCodes::UsedAt))
            .foreign_key(&mut owner)
            .to_owned();
        manager.create_table(codes).await?;
        let by_user = Index::create()
            .name("recovery_codes_by_user")
            .table(RecoveryCodes::Table)
            .col(RecoveryCodes::UserId)
            .to_owned();
        manager.create_index(by_user).await
    }
}
