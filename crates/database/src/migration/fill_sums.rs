//! What the fills of an order come to, beside it. Orders that are there already stay without: what
//! their fills cost stands in the fills.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{Alias, DbErr, MigrationTrait, SchemaManager, Table, async_trait};
use sea_orm_migration::schema::{big_integer_null, blob_null};

pub struct FillSums;

impl MigrationName for FillSums {
    fn name(&self) -> &'static str {
        "0013_fill_sums"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FillSums {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement, as SQLite wants it.
        for column in [
            big_integer_null(Alias::new("fill_count")),
            blob_null(Alias::new("fill_fee")),
            big_integer_null(Alias::new("last_fill_at")),
        ] {
            let mut table = Table::alter();
            let table = table.table(Alias::new("orders")).add_column(column);
            manager.alter_table(table.to_owned()).await?;
        }
        Ok(())
    }
}
