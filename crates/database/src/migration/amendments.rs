//! What became of orders that were amended.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{
    DbErr, DeriveIden, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, integer, string_len};

pub struct Amendments;

#[derive(DeriveIden, Clone, Copy)]
enum Columns {
    #[sea_orm(iden = "amendments")]
    Table,
    Seq,
    Account,
    Market,
    OrderId,
    ClientIdBefore,
    ClientId,
    QtyBefore,
    Qty,
    At,
}

/// The longest name of an order.
const NAME_MAX: u32 = 36;

impl MigrationName for Amendments {
    fn name(&self) -> &'static str {
        "0005_amendments"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Amendments {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Columns::Table)
            .col(big_integer(Columns::Seq).primary_key())
            .col(big_integer(Columns::Account))
            .col(integer(Columns::Market))
            .col(big_integer(Columns::OrderId))
            .col(string_len(Columns::ClientIdBefore, NAME_MAX))
            .col(string_len(Columns::ClientId, NAME_MAX))
            .col(big_integer(Columns::QtyBefore))
            .col(big_integer(Columns::Qty))
            .col(big_integer(Columns::At))
            .to_owned();
        manager.create_table(table).await?;
        for (name, columns) in [
            ("amendments_by_order", &[Columns::OrderId, Columns::Seq][..]),
            ("amendments_by_time", &[Columns::At][..]),
        ] {
            let mut index = Index::create();
            index.name(name).table(Columns::Table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
